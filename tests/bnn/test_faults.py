"""Descriptions of faults that a network cannot have are refused, and the place named."""

from typing import Any

import pytest
from pydantic import ValidationError

from sensorsim.bnn import faulty
from sensorsim.bnn.faults import Faults
from sensorsim.bnn.model import Model
from sensorsim.core.errors import InputError


@pytest.mark.parametrize(
    ("faults", "words"),
    [
        ({"weight_flip_rates": {"1": 0.1}}, "weight_flip_rates: no place '1'; expected one of 0,"),
        ({"activation_flip_rates": {"0": 0.1}}, "expected one of input, 1, 2"),
        ({"accumulator_bits_by_place": {"1": 4}}, "expected one of 0, 3, 5"),
        ({"stuck_channels": [{"layer": "2", "channel": 0, "value": 0}]}, "expected one of 1, 4"),
        ({"stuck_channels": [{"layer": "1", "channel": 10, "value": 0}]}, "expected 0 to 9"),
        (
            {"stuck_weights": [{"layer": "0", "output": 10, "index": 0, "value": 0}]},
            "output 10 of layer 0, expected 0 to 9",
        ),
        (
            {"stuck_weights": [{"layer": "0", "output": 0, "index": 18, "value": 0}]},
            "index 18 of layer 0, expected 0 to 17",
        ),
    ],
)
def test_faults_of_places_that_are_not_there_are_named(
    model: Model, faults: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        faulty.faulty_model(model, Faults.model_validate(faults), 0, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"weight_flip_rate": 1.1},
        {"activation_flip_rates": {"1": -0.1}},
        {"accumulator_bits": 1},
        {"overflow": "clip"},
        {"stuck_weights": [{"layer": "0", "output": 0, "index": 0, "value": 2}]},
    ],
)
def test_faults_out_of_bounds_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Faults.model_validate(fields)

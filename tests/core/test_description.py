"""Numbers, switches and words are kept apart in every description."""

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, ValidationError

from sensorsim import InputError, load_pipeline
from sensorsim.core.description import Description
from sensorsim.readout import Adc, Thermometer
from sensorsim.sensor import Photodiode


class _Inner(Description):
    part: float = 1.0


class _Every(Description):
    real: float = 0.0
    whole: int = 0
    switch: bool = False
    word: str = ""
    maybe: int | None = None
    named: Annotated[float, Field(ge=0)] | Literal["input"] = 0.0
    inner: Annotated[float, Field(gt=0)] | _Inner = 1.0
    many: tuple[float, ...] = ()
    rates: dict[str, float] = Field({})
    pairs: tuple[tuple[int, float], ...] = ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("real", True), ("real", "1"), ("whole", True), ("whole", "1"), ("whole", 1.0),
        ("switch", 1), ("switch", 1.0), ("switch", "yes"), ("maybe", False), ("maybe", "3"),
        ("named", True), ("named", "0.5"), ("inner", True), ("inner", "2"),
        ("inner", {"part": True}), ("many", [0.1, True]), ("many", ["0.1"]), ("rates", {"1": True}),
        ("rates", {"1": "0.1"}), ("pairs", [[1, True]]), ("word", 1),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused(field: str, value: Any) -> None:
    with pytest.raises(ValidationError):
        _Every.model_validate({field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("real", 1), ("whole", 2), ("switch", True), ("word", "1"), ("maybe", None), ("maybe", 3),
        ("named", "input"), ("named", 1), ("inner", 2), ("inner", {"part": 3}), ("many", [1, 0.5]),
        ("rates", {"1": 1}), ("pairs", [[1, 2]]),
    ],
)  # fmt: skip
def test_what_toml_states_is_taken(field: str, value: Any) -> None:
    assert getattr(_Every.model_validate({field: value}), field) is not ...


def test_parts_of_a_pipeline_refuse_switches_and_words_for_numbers() -> None:
    with pytest.raises(ValidationError, match="full_well_e"):
        Photodiode.model_validate({"full_well_e": True})
    with pytest.raises(ValidationError, match="quantum_efficiency"):
        Photodiode.model_validate({"quantum_efficiency": "0.5"})
    with pytest.raises(ValidationError, match="bits"):
        Adc.model_validate({"bits": "8"})
    with pytest.raises(ValidationError, match="thresholds"):
        Thermometer.model_validate({"thresholds": ["0.5"]})
    with pytest.raises(InputError, match=r"photodiode\.full_well_e True: expected a number"):
        load_pipeline("glt2", {"photodiode.full_well_e": True})

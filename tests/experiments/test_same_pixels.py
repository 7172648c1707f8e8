"""Pipelines that are compared read the same volts."""

import pytest

import sensorsim as ss
from sensorsim.core.errors import InputError
from sensorsim.experiments.monte_carlo import accuracies_over_dies
from sensorsim.experiments.paired import compare
from sensorsim.experiments.same_pixels import check_same_pixels


def test_the_field_that_differs_is_named_with_both_values() -> None:
    pipe = ss.load_pipeline("glt2")
    noisy = pipe.replace({"photodiode.read_noise_e": 9.0, "name": "noisy"})
    words = r"photodiode\.read_noise_e: 4\.0 in glt2, 9\.0 in noisy; .* change it in both"
    with pytest.raises(InputError, match=words):
        compare([pipe, noisy], images=10)
    with pytest.raises(InputError, match=words):
        accuracies_over_dies([pipe, noisy], [0, 1], images=10)


def test_fields_of_other_parts_may_differ() -> None:
    pipe = ss.load_pipeline("glt2")
    check_same_pixels([pipe, pipe.replace({"die": 3})], ("scene", "photodiode"))
    with pytest.raises(InputError, match="die: 0 in glt2, 3 in glt2"):
        check_same_pixels([pipe, pipe.replace({"die": 3})], ("die",))


def test_no_pipelines_raise() -> None:
    with pytest.raises(InputError, match="expected at least one"):
        compare([])

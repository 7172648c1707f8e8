"""Constants and estimates."""

import pytest
from pydantic import ValidationError

from sensorsim.circuits.constant import Constant, Estimate, Range, stated

GOOD = {
    "low": 1, "typical": 2, "high": 4, "unit": "fF", "source": "own arithmetic", "basis": "assumed",
    "id": "a.b_ff",
}  # fmt: skip


@pytest.mark.parametrize("figures", [(2, 1, 3), (1, 3, 2), (3, 2, 1), (-1, 0, 1)])
def test_range_refuses_what_is_out_of_order_or_negative(figures: tuple[int, int, int]) -> None:
    low, typical, high = figures
    with pytest.raises(ValidationError, match="low"):
        Range(low=low, typical=typical, high=high)


def test_scaled_range_keeps_its_spread() -> None:
    assert Range(low=1, typical=2, high=4).scaled(3) == Range(low=3, typical=6, high=12)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"low": 0}, "no logarithm"),
        ({"source": "me"}, "source"),
        ({"basis": "guess"}, "basis"),
        ({"law": "normal"}, "law"),
        ({"scaling": "capacitance"}, "node_nm"),
        ({"scaling": "cv2", "node_nm": 65}, "supply_v"),
        ({"typical": float("nan")}, "typical"),
        ({"law": "empirical"}, "expected percentiles and values"),
        ({"percentiles": [0, 100]}, "0 values for 2 percentiles"),
        ({"percentiles": [0, 100], "values": [1, 2]}, "typical beside percentiles"),
        ({"values": [1, 2]}, "2 values for 0 percentiles"),
    ],
)
def test_constant_without_sense_is_refused(change: dict[str, object], words: str) -> None:
    Constant.model_validate(GOOD)
    with pytest.raises(ValidationError, match=words):
        Constant.model_validate(GOOD | change)


SURVEYED = {k: v for k, v in GOOD.items() if k not in ("low", "typical", "high")}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"percentiles": [0, 100], "values": [1]}, "1 values for 2"),
        ({"percentiles": [50], "values": [1]}, "at least two"),
        ({"percentiles": [0, 100], "values": [1, 2], "law": "triangular"}, "'triangular' with 2"),
        ({"percentiles": [0, 100], "values": [1, 2], "high": 9}, "high beside percentiles"),
        ({"percentiles": [0, 100], "values": [2, 1]}, "do not descend"),
        ({"percentiles": [0, 100], "values": [0, 1]}, "positive"),
        ({"percentiles": [0, 100], "values": [1, float("inf")]}, "positive"),
        ({"percentiles": [0, 100], "values": [1, True]}, "lists of numbers"),
        ({"percentiles": [0, 100], "values": "12"}, "lists of numbers"),
        ({"percentiles": [0, 50, 50, 100], "values": [1, 2, 3, 4]}, "ascending"),
        ({"percentiles": [100, 0], "values": [1, 2]}, "ascending"),
        ({"percentiles": [0, 101], "values": [1, 2]}, "ascending"),
        ({"percentiles": [60, 100], "values": [1, 2]}, "from 0 to 100"),
        ({"percentiles": [0, 100], "values": [1, 2], "low": 1.9}, "low <= typical"),
    ],
)
def test_distribution_without_sense_is_refused(change: dict[str, object], words: str) -> None:
    Constant.model_validate(SURVEYED | {"percentiles": [0, 100], "values": [1, 2], "low": 0.5})
    with pytest.raises(ValidationError, match=words):
        Constant.model_validate(SURVEYED | change)


def test_constant_times_a_factor_keeps_its_law_and_says_why() -> None:
    found = Constant.model_validate(SURVEYED | {"percentiles": [0, 50, 100], "values": [1, 2, 8]})
    twice = found.times(2, "; twice")
    assert twice.values == (2, 4, 16)
    assert (twice.low, twice.typical, twice.high) == (2, 4, 2 * found.high)
    assert (twice.law, twice.source) == ("empirical", "own arithmetic; twice")


def test_estimate_over_estimates_is_the_formula_of_their_formulas() -> None:
    c = Constant.model_validate(GOOD)
    volts = stated("a.volts_v", 3, "V", "stated by the test")
    charge = Estimate((c, volts), lambda ff, v: ff * v)
    none = Estimate((), lambda: 5.0)
    energy = Estimate.over(lambda v, fc, five, again: v * fc + five + again, volts, charge, none, c)
    assert energy.range == Range(low=9 + 6, typical=18 + 7, high=36 + 9)
    assert [x.id for x in energy.constants] == ["a.volts_v", "a.b_ff", "a.volts_v", "a.b_ff"]
    assert energy.at({"a.b_ff": 10, "a.volts_v": 2}) == 40 + 15


def test_estimate_is_its_formula_at_low_typical_and_high() -> None:
    c = Constant.model_validate(GOOD)
    volts = stated("a.volts_v", 3, "V", "stated by the test")
    energy = Estimate((c, volts), lambda ff, v: ff * v**2)
    assert energy.range == Range(low=9, typical=18, high=36)
    assert energy.at({"a.b_ff": 10, "a.volts_v": 2}) == 40
    assert energy.source == "own arithmetic; stated by the test"

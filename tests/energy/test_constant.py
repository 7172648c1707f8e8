"""Constants and estimates."""

import pytest
from pydantic import ValidationError

from sensorsim.energy.constant import Constant, Estimate, Range, stated

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
    ],
)
def test_constant_without_sense_is_refused(change: dict[str, object], words: str) -> None:
    Constant.model_validate(GOOD)
    with pytest.raises(ValidationError, match=words):
        Constant.model_validate(GOOD | change)


def test_estimate_is_its_formula_at_low_typical_and_high() -> None:
    c = Constant.model_validate(GOOD)
    volts = stated("a.volts_v", 3, "V", "stated by the test")
    energy = Estimate((c, volts), lambda ff, v: ff * v**2)
    assert energy.range == Range(low=9, typical=18, high=36)
    assert energy.at({"a.b_ff": 10, "a.volts_v": 2}) == 40
    assert energy.source == "own arithmetic; stated by the test"

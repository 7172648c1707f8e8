"""The ledger: counts, sums, and what may not be added."""

import numpy as np
import pytest

from sensorsim.circuits.constant import Constant, Estimate
from sensorsim.circuits.ledger import Ledger, Row
from sensorsim.core.errors import InputError


def price(low: float, typical: float, high: float, name: str = "x.pj") -> Estimate:
    constant = Constant(
        low=low, typical=typical, high=high, unit="pJ", source=f"arithmetic of {name}",
        basis="assumed", law="triangular", id=name,
    )  # fmt: skip
    return Estimate((constant,), lambda pj: pj)


BOOK = Ledger(
    (
        Row("pixel", "x", 2, price(1, 2, 3)),
        Row("pixel", "y", 1, price(10, 10, 10, "y.pj")),
        Row("link", "z", 100, price(0, 1, 1, "z.pj")),
    )
)


def figures(*stages: str) -> tuple[float, float, float]:
    total = BOOK.total_pj(*stages)
    return total.low, total.typical, total.high


def test_totals_are_count_times_price_summed_by_stage() -> None:
    assert figures("pixel") == (12, 14, 16)
    assert figures("link") == (0, 100, 100)
    assert figures() == figures("pixel", "link") == (12, 114, 116)
    assert figures("readout") == (0, 0, 0)


def test_a_decision_takes_frames_and_a_right_one_more() -> None:
    assert BOOK.per_decision_pj(3).typical == pytest.approx(3 * 114)
    assert BOOK.per_correct_decision_pj(0.8).typical == pytest.approx(114 / 0.8)
    assert BOOK.per_correct_decision_pj(1).high == pytest.approx(116)


@pytest.mark.parametrize("accuracy", [0.0, -0.1, 1.1])
def test_accuracy_out_of_range_is_refused(accuracy: float) -> None:
    with pytest.raises(InputError, match="accuracy"):
        BOOK.per_correct_decision_pj(accuracy)


def test_a_decision_of_no_frames_is_refused() -> None:
    with pytest.raises(InputError, match="frames 0"):
        BOOK.per_decision_pj(0)


def test_power_is_energy_times_frame_rate() -> None:
    at_1_mhz = Ledger(BOOK.rows, frame_rate_hz=1e6)
    assert at_1_mhz.average_power_uw().typical == pytest.approx(114)
    with pytest.raises(InputError, match="frame_rate_hz"):
        BOOK.average_power_uw()


def test_draws_follow_the_constants() -> None:
    values = {"x.pj": np.array([1.0, 3.0]), "y.pj": np.array([10.0, 0.0]), "z.pj": np.zeros(2)}
    np.testing.assert_allclose(BOOK.draws_pj(values), [12, 6])
    np.testing.assert_allclose(BOOK.draws_pj(values, "link"), [0, 0])


def test_constants_and_sources_come_once() -> None:
    twice = Ledger((*BOOK.rows, Row("link", "again", 1, price(0, 1, 1, "z.pj"))))
    assert [c.id for c in twice.constants()] == ["x.pj", "y.pj", "z.pj"]
    assert twice.rows[-1].source == "arithmetic of z.pj"


def test_whole_chip_beside_its_parts_is_refused() -> None:
    chip = Row("network", "operation, memory included", 1, price(1, 1, 1), whole_chip=True)
    memory = Row("network", "weight memory", 1, price(1, 1, 1))
    with pytest.raises(InputError, match=r"network.*'operation, memory included'.*weight memory"):
        Ledger((chip, memory))
    elsewhere = Row("static", "static power", 1, price(1, 1, 1))
    assert Ledger((chip, elsewhere)).total_pj().typical == 2


def test_table_and_dataset_hold_the_rows_with_their_units() -> None:
    table, data = BOOK.table(), BOOK.to_xarray()
    assert list(table["component"]) == list(data["component"].values) == ["x", "y", "z"]
    assert table["energy_pj_typical"].sum() == data["energy_pj_typical"].sum() == 114
    assert table["each_pj_high"].tolist() == [3, 10, 1]
    assert {data[f"energy_pj_{b}"].attrs["units"] for b in ("low", "typical", "high")} == {"pJ"}
    assert "units" not in data["count"].attrs

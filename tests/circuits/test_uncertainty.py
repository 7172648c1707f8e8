"""Monte-Carlo: its laws against analytic moments, its addresses, and what cancels."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sensorsim.circuits.constant import Constant, Estimate
from sensorsim.circuits.ledger import Ledger, Row
from sensorsim.circuits.technology import Process, Survey, constants_of
from sensorsim.circuits.uncertainty import (
    Spread,
    difference,
    draw,
    quantile,
    total_spread,
    triangular_quantile,
)
from sensorsim.core.errors import InputError


def constant(id_: str, low: float, typical: float, high: float, law: str) -> Constant:
    return Constant(
        low=low, typical=typical, high=high, unit="pJ", source="made up for a test",
        basis="assumed", law=law, id=id_,
    )  # fmt: skip


def book(*constants: Constant) -> Ledger:
    return Ledger(tuple(Row("readout", c.id, 1, Estimate((c,), lambda pj: pj)) for c in constants))


@given(st.floats(0.001, 0.999), st.floats(0, 1))
def test_quantile_is_that_of_scipy(p: float, mode: float) -> None:
    found = triangular_quantile(np.array([p]), 2.0, 2 + 3 * mode, 5.0)
    assert found[0] == pytest.approx(stats.triang.ppf(p, mode, 2, 3), rel=1e-9)


@pytest.mark.parametrize(("low", "mode", "high"), [(1, 2, 6), (0, 0, 1), (3, 5, 5)])
def test_moments_are_those_of_the_triangular_law(low: float, mode: float, high: float) -> None:
    c = constant("a", low, mode, high, "triangular")
    draws = draw([c], 40_000)["a"]
    mean = (low + mode + high) / 3
    variance = (low**2 + mode**2 + high**2 - low * mode - low * high - mode * high) / 18
    assert draws.mean() == pytest.approx(mean, abs=5 * np.sqrt(variance / draws.size))
    assert draws.var() == pytest.approx(variance, rel=0.03)


def test_logarithm_is_triangular() -> None:
    c = constant("a", 1, 10, 1000, "log-triangular")
    logs = np.log10(draw([c], 40_000)["a"])
    assert logs.mean() == pytest.approx((0 + 1 + 3) / 3, abs=0.02)
    assert logs.var() == pytest.approx((0 + 1 + 9 - 0 - 0 - 3) / 18, rel=0.03)
    assert 0 <= logs.min() <= logs.max() <= 3


def test_what_a_survey_found_is_drawn_by_its_percentiles() -> None:
    c = Constant.model_validate(
        {"percentiles": [0, 10, 50, 90, 100], "values": [1, 2, 8, 32, 500], "unit": "pJ",
         "source": "made up for a test", "basis": "assumed", "id": "a"}
    )  # fmt: skip
    assert (c.low, c.typical, c.high) == pytest.approx((1, 8, 32))
    assert c.law == "empirical"
    np.testing.assert_allclose(quantile(c, np.array([0, 0.1, 0.5, 0.95, 1])),
                               [1, 2, 8, np.sqrt(32 * 500), 500])  # fmt: skip
    draws = draw([c], 40_000)["a"]
    np.testing.assert_allclose(np.percentile(draws, (10, 50, 90)), [2, 8, 32], rtol=0.05)


def test_constant_without_spread_stays() -> None:
    c = constant("a", 3, 3, 3, "log-triangular")
    np.testing.assert_allclose(draw([c], 5)["a"], 3)


def test_same_seed_same_numbers_and_another_differs() -> None:
    c = constant("a", 1, 2, 4, "triangular")
    np.testing.assert_array_equal(draw([c], 50, 7)["a"], draw([c], 50, 7)["a"])
    assert (draw([c], 50, 7)["a"] != draw([c], 50, 8)["a"]).all()


def test_a_draw_depends_neither_on_other_constants_nor_on_their_number() -> None:
    a, b = (constant(i, 1, 2, 4, "triangular") for i in "ab")
    both, alone = draw([b, a], 50), draw([a], 90)
    np.testing.assert_array_equal(both["a"], alone["a"][:50])
    assert abs(np.corrcoef(draw([a, b], 4000)["a"], draw([a, b], 4000)["b"])[0, 1]) < 0.05


def test_what_two_ledgers_share_cancels() -> None:
    shared = constant("shared", 1, 100, 1000, "triangular")
    small = constant("small", 1, 1.1, 1.2, "triangular")
    found = difference(book(shared), book(shared, small))
    assert (found.spread.low, found.spread.high) == pytest.approx((-1.2, -1), abs=0.03)
    assert found.probability_first_cheaper == 1


def test_independent_numbers_would_be_wider() -> None:
    a = constant("a", 50, 100, 200, "triangular")
    dearer = constant("a", 55, 110, 220, "triangular")
    common = difference(book(a), book(dearer)).spread
    one = draw([a], 4000, 0)["a"]
    other = draw([dearer], 4000, 1)["a"]
    independent = Spread.of(one - other)
    assert common.high - common.low < 0.2 * (independent.high - independent.low)
    assert common.mean == pytest.approx(independent.mean, abs=3)


def test_interval_lies_within_the_sum_of_all_lows_and_highs() -> None:
    terms = [constant(f"c{i}", 1, 2, 4, "log-triangular") for i in range(9)]
    spread, bounds = total_spread(book(*terms)), book(*terms).total_pj()
    assert bounds.low < spread.low < spread.median < spread.high < bounds.high
    assert spread.high - spread.low < 0.7 * (bounds.high - bounds.low), "sums narrow"


def test_ledger_without_spread_has_none() -> None:
    c = constant("a", 3, 3, 3, "triangular")
    assert total_spread(book(c), draws=10) == Spread(3, 3, 3, 3)
    assert total_spread(book(c), "link", draws=10) == Spread(0, 0, 0, 0)


def test_ids_have_addresses_of_their_own(process: Process, survey: Survey) -> None:
    ids = {c.id for t in (process, survey) for *_, c in constants_of(t)}
    assert len({zlib.crc32(i.encode()) for i in ids}) == len(ids) > 30


@pytest.mark.parametrize(("draws", "seed", "word"), [(0, 0, "draws"), (5, -1, "seed")])
def test_wrong_arguments_are_named(draws: int, seed: int, word: str) -> None:
    with pytest.raises(InputError, match=word):
        draw([], draws, seed)

"""Break-even points of made-up energies with known answers."""

import numpy as np
import pytest

from sensorsim.circuits.break_even import adc_percentile, first_percentile, link_price, thresholds


def test_percentile_is_where_the_adc_becomes_dearer() -> None:
    mine = np.array([10.0, 25.2, 120.0, -1.0])
    found = first_percentile(mine, lambda p: p)
    np.testing.assert_array_equal(found, [10.5, 25.5, np.nan, 0])
    even = adc_percentile(mine, lambda p: np.full(4, p))
    assert even.exists == 0.75
    assert even.at is not None
    assert even.at.median == 10.5
    np.testing.assert_allclose(even.probability, [0.25, 0.25, 0.5, 0.75, 0.75, 0.75, 0.75])


def test_never_cheaper_has_no_percentile() -> None:
    even = adc_percentile(np.array([5.0]), lambda p: np.array([4.0]))
    assert even.at is None
    assert even.exists == 0
    assert not even.probability.any()


def test_link_price_is_the_difference_over_the_bits() -> None:
    free = np.array([-100.0, -300.0])  # cheaper by so much, but sends 50 bits more
    even = link_price(free, 50, np.array([0.0, 3.0, 10.0]))
    assert even.at is not None
    assert (even.at.low, even.at.high) == pytest.approx((2.1, 5.9))
    np.testing.assert_allclose(even.probability, [1, 0.5, 0])


def test_fewer_bits_win_at_high_prices() -> None:
    even = link_price(np.array([100.0]), -50, np.array([0.0, 3.0]))
    assert even.at is not None
    assert even.at.median == pytest.approx(2)
    np.testing.assert_allclose(even.probability, [0, 1])


@pytest.mark.parametrize(("free", "bits"), [(-100.0, -50.0), (100.0, 50.0), (-1.0, 0.0)])
def test_no_price_turns_what_is_decided(free: float, bits: float) -> None:
    even = link_price(np.array([free]), bits, np.array([0.0, 100.0]))
    assert even.at is None
    assert even.probability[0] == even.probability[1] == (free < 0)


def test_thresholds_are_counted_until_they_cost_more() -> None:
    per_threshold = np.array([1.0, 3.0, 20.0])
    mine = np.arange(1, 9)[:, np.newaxis] * per_threshold
    even = thresholds(np.array([5.5, 5.5, 5.5]), mine)
    np.testing.assert_allclose(even.axis, np.arange(1, 9))
    np.testing.assert_allclose(even.probability[[0, 1, 4, 5]], [2 / 3, 1 / 3, 1 / 3, 0])
    assert even.exists == pytest.approx(2 / 3)
    assert even.at is not None
    assert (even.at.median, even.exists) == (pytest.approx(3), pytest.approx(2 / 3))

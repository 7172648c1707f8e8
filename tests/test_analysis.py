"""Intervals."""

import numpy as np
import pytest
from scipy import stats

from sensorsim.analysis import paired_difference, wilson_interval


@pytest.mark.parametrize(("right", "total"), [(0, 10), (10, 10), (7, 10), (8702, 10_000)])
def test_wilson_interval_is_that_of_scipy(right: int, total: int) -> None:
    theirs = stats.binomtest(right, total).proportion_ci(method="wilson")
    assert wilson_interval(right, total) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize("total", [1, 3, 10, 60, 333])
def test_interval_holds_the_proportion_even_at_its_ends(total: int) -> None:
    for right in (0, total):
        low, high = wilson_interval(right, total)
        assert low <= right / total <= high


@pytest.mark.parametrize(("right", "total"), [(1, 0), (-1, 5), (6, 5)])
def test_counts_that_cannot_be_are_refused(right: int, total: int) -> None:
    with pytest.raises(ValueError, match=f"{right} of {total}"):
        wilson_interval(right, total)


def test_paired_difference_counts_discordant_pairs() -> None:
    a = np.array([True] * 60 + [False] * 40)
    b = np.array([True] * 50 + [False] * 10 + [True] * 5 + [False] * 35)
    mean, low, high = paired_difference(a, b)
    assert mean == pytest.approx(0.05)
    half = 1.959964 * np.sqrt((15 / 100 - 0.05**2) / 100)
    assert (low, high) == pytest.approx((0.05 - half, 0.05 + half), rel=1e-5)

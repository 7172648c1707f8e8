"""Intervals."""

import numpy as np
import pytest
from scipy import stats

from sensorsim.core.statistics import paired_difference, pareto_front, wilson_interval, yield_at


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


def test_yield_counts_the_dies_that_reach_what_is_required() -> None:
    accuracies = [0.80, 0.85, 0.85, 0.90]
    assert yield_at(accuracies, 0.85) == (0.75, *wilson_interval(3, 4))
    assert yield_at(accuracies, 0.95)[0] == 0
    assert yield_at(accuracies, 0.80)[0] == 1


def test_yield_of_a_normal_law_is_its_tail() -> None:
    dies = stats.norm(0.85, 0.01).ppf((np.arange(2000) + 0.5) / 2000)
    for required in (0.83, 0.85, 0.86):
        part, low, high = yield_at(dies, required)
        assert part == pytest.approx(stats.norm(0.85, 0.01).sf(required), abs=1e-3)
        assert low < part < high


def test_pareto_front_of_known_points() -> None:
    costs = [1, 2, 3, 2, 4, 1]
    values = [0.5, 0.7, 0.7, 0.6, 0.9, 0.5]
    front = pareto_front(costs, values)
    assert front.tolist() == [True, True, False, False, True, True]


def test_what_lies_off_the_front_is_beaten_by_a_point_on_it() -> None:
    random = np.random.default_rng(0)
    cost, value = random.random((2, 60))
    front = pareto_front(cost, value)
    assert 1 < front.sum() < 60
    for i in range(60):
        beaten = (cost[front] <= cost[i]) & (value[front] >= value[i])
        beaten &= (cost[front] < cost[i]) | (value[front] > value[i])
        assert beaten.any() != front[i]
    order = np.argsort(cost[front])
    assert (np.diff(value[front][order]) > 0).all(), "along the front more costs more"

"""Intervals."""

import itertools

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


def pair(first: int, second: int, total: int) -> tuple[np.ndarray, np.ndarray]:
    """Decisions of which so many are right in the first alone, and in the second alone."""
    a, b = np.zeros((2, total), bool)
    a[:first] = True
    b[first : first + second] = True
    return a, b


def test_paired_difference_of_many_images_has_the_interval_of_wald() -> None:
    mean, low, high = paired_difference(*pair(1000, 500, 10_000))
    assert mean == pytest.approx(0.05)
    half = 1.959964 * np.sqrt((0.15 - 0.05**2) / 10_000)
    assert (low, high) == pytest.approx((0.05 - half, 0.05 + half), abs=1.5e-4)


@pytest.mark.parametrize("total", [1, 20, 2000])
def test_equal_decisions_do_not_prove_that_two_readouts_are_equal(total: int) -> None:
    mean, low, high = paired_difference(*pair(0, 0, total))
    width = 1.959964**2 / (total + 1.959964**2)  # the score interval's closed form
    assert (mean, low, high) == pytest.approx((0, -width, width), rel=1e-5)


def test_the_interval_of_a_paired_difference_covers_it_also_where_few_decisions_differ() -> None:
    total = 30
    counts = [(f, s) for f in range(total + 1) for s in range(total + 1 - f)]
    intervals = np.array([paired_difference(*pair(*c, total))[1:] for c in counts])
    wald = []
    for first, second in counts:
        mean = (first - second) / total
        half = 1.959964 * np.sqrt(((first + second) / total - mean**2) / total)
        wald.append((mean - half, mean + half))
    for p in itertools.product((0.01, 0.05, 0.2), repeat=2):
        rest = [(f, s, total - f - s) for f, s in counts]
        chance = stats.multinomial(total, [*p, 1 - sum(p)]).pmf(rest)

        def coverage(ends: np.ndarray, p: tuple = p, chance: np.ndarray = chance) -> float:
            inside = (ends[:, 0] <= p[0] - p[1]) & (p[0] - p[1] <= ends[:, 1])
            return float(chance[inside].sum())

        assert coverage(intervals) > 0.925
        if p == (0.05, 0.01):
            assert coverage(np.array(wald)) < 0.85, "why Wald's interval is not used"


@pytest.mark.parametrize(("first", "second"), [(7, 0), (0, 7), (7, 3)])
def test_the_interval_of_a_paired_difference_mirrors_with_its_order(
    first: int, second: int
) -> None:
    mean, low, high = paired_difference(*pair(first, second, 50))
    assert low < mean < high
    assert paired_difference(*pair(second, first, 50)) == pytest.approx((-mean, -high, -low))


def test_no_images_have_no_difference() -> None:
    with pytest.raises(ValueError, match="not empty"):
        paired_difference(np.zeros(0, bool), np.zeros(0, bool))


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

"""Exact Poisson numbers: every branch against scipy, moments and chi-square over many draws."""

import numpy as np
import pytest
from numba import njit
from scipy import special, stats

from sensorsim.kernels.electrons import SEGMENT, _draw_electrons, _scratch
from sensorsim.kernels.normal import GROUP, fill_pixel_normals, fill_words
from sensorsim.kernels.poisson import (
    UNSETTLED,
    exp_minus,
    series_quantile,
    settle_series,
    settle_sum,
    sum_quantiles,
)

SMALL = [0.01, 0.33, 2.0, 9.9]
LARGE = [10.0, 11.3, 100.0, 3e3, 1e5, 1e6]


@njit
def draw_frame(mean, frame, out):
    """Poisson numbers of one mean, segment by segment as the photodiode draws them."""
    scratch = _scratch()
    for start in range(0, out.size, SEGMENT):
        part = out[start : start + SEGMENT]
        part[:] = mean
        _draw_electrons(part, start // GROUP, frame, 5, 2, scratch)


def draws(mean: float, total: int) -> np.ndarray:
    out = np.empty(total, np.float32)
    draw_frame(np.float32(mean), 0, out)
    return out.astype(np.int64)


@njit
def _series(mean, w, fast, out):
    for i in range(w.size):
        fast[i] = series_quantile(mean, w[i])
        out[i] = settle_series(mean, w[i]) if fast[i] == UNSETTLED else fast[i]


@pytest.mark.parametrize("mean", LARGE)
def test_series_gives_the_quantile(mean: float) -> None:
    w = np.linspace(-6.66, 6.66, 60_000, dtype=np.float32)
    fast, out = np.empty((2, w.size), np.int32)
    _series(np.float32(mean), w, fast, out)
    wide = w.astype(float)
    mean = float(np.float32(mean))
    lower = stats.poisson.ppf(special.ndtr(wide), mean)
    upper = stats.poisson.isf(special.ndtr(-wide), mean)
    different = np.flatnonzero(out != np.where(wide > 0, upper, lower))
    assert different.size < 10
    for i in different:  # scipy's tails of large means are off by 1e-5: add up probabilities
        beyond = [tail_sum(out[i] + step, mean, wide[i] > 0) for step in (-1, 0)]
        level = special.ndtr(-abs(wide[i]))
        assert beyond[0] > level >= beyond[1] if wide[i] > 0 else beyond[0] < level <= beyond[1]
    weight = stats.norm.pdf(wide)
    assert weight[fast == UNSETTLED].sum() < 5e-3 * weight.sum()


def tail_sum(n: int, mean: float, upper: bool) -> float:
    """P(N > n) if ``upper``, else P(N <= n)."""
    reach = int(10 * np.sqrt(mean)) + 50
    numbers = np.arange(n + 1, n + reach) if upper else np.arange(max(0, n - reach), n + 1)
    return float(stats.poisson.pmf(numbers, mean).sum())


@pytest.mark.parametrize("mean", SMALL)
def test_sums_give_the_quantile(mean: float) -> None:
    words = np.empty(800 * GROUP, np.uint32)
    fill_words(words, 0, 0, 1, 0, 1)
    words[:3] = [0, 0xFFFFFFFF, 1 << 31]
    means = np.full(words.size, mean, np.float32)
    out = np.empty(words.size, np.int32)
    scratch = np.empty((3, words.size), np.float32)
    sum_quantiles(means, words, scratch[0], scratch[1], scratch[2], out)
    for i in np.flatnonzero(out == UNSETTLED):
        out[i] = settle_sum(means[i], words[i])
    # From the nearer end, because the level loses its digits at 1.
    mean = float(np.float32(mean))
    lower = stats.poisson.ppf((words + 0.5) / 2**32, mean)
    upper = stats.poisson.isf((~words + 0.5) / 2**32, mean)
    np.testing.assert_array_equal(out, np.where(words >> 31, upper, lower))


def test_exponential_is_that_of_float64() -> None:
    x = np.linspace(0, 80, 10_001).astype(np.float32)
    ours = np.array([exp_minus(v) for v in x])
    np.testing.assert_allclose(ours, np.exp(-x.astype(float)), rtol=2e-6)


def chi_square_p(counts: np.ndarray, mean: float) -> float:
    """P value over some fifty cells of equal share, and the tails."""
    cells = np.concatenate([[1e-5, 1e-4, 1e-3], np.linspace(0, 1, 51)[1:-1], [0.999, 0.9999]])
    edges = np.unique(stats.poisson.ppf(cells, mean))
    share = np.diff(np.concatenate([[0], stats.poisson.cdf(edges, mean), [1]]))
    observed = np.histogram(counts, np.concatenate([[-1], edges, [np.inf]]) + 0.5)[0]
    keep = share * counts.size > 5
    merged = [*observed[keep], observed[~keep].sum()]
    expected = [*(share[keep] * counts.size), share[~keep].sum() * counts.size]
    if expected[-1] < 5:
        merged, expected = merged[:-1], expected[:-1]
    scale = sum(merged) / sum(expected)
    return float(stats.chisquare(merged, np.array(expected) * scale).pvalue)


def moments_fit(counts: np.ndarray, mean: float) -> bool:
    """First four central moments within five standard errors of a Poisson law's."""
    c = counts - mean
    power = [None, c, c**2, c**3, c**4]
    expected = [None, 0.0, mean, mean, mean + 3 * mean**2]
    return all(
        abs(power[k].mean() - expected[k]) < 5 * power[k].std() / np.sqrt(c.size)
        for k in (1, 2, 3, 4)
    )


TEN_MEANS = [0.01, 0.2, 1.0, 5.0, 9.99, 10.01, 30.0, 1e3, 1e5, 1e6]


@pytest.mark.slow
@pytest.mark.parametrize("mean", TEN_MEANS)
def test_ten_million_draws_follow_the_law(mean: float) -> None:
    counts = draws(mean, 10_000_000)
    mean = float(np.float32(mean))
    assert chi_square_p(counts, mean) > 1e-3
    assert moments_fit(counts.astype(float), mean)


@pytest.mark.parametrize("mean", [0.2, 5.0, 30.0, 1e3])
def test_a_mean_two_percent_off_is_caught(mean: float) -> None:
    counts = draws(1.02 * mean, 2_000_000)
    assert chi_square_p(counts, mean) < 1e-3 or not moments_fit(counts.astype(float), mean)


def test_a_rounded_normal_law_is_caught() -> None:
    w = np.empty(2_000_000, np.float32)
    fill_pixel_normals(w, 0, 0, 1)
    counts = np.rint(100 + 10 * w.astype(float)).astype(np.int64)
    assert not moments_fit(counts.astype(float), 100.0)
    assert chi_square_p(counts, 100.0) < 1e-6


def test_no_mean_gives_no_electrons() -> None:
    assert not draws(0.0, 1000).any()

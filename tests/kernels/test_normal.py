"""Vectorized normal numbers: distribution, accuracy, addresses."""

import math

import numpy as np
import pytest
from scipy import stats

from sensorsim.kernels.normal import (
    GROUP,
    MAX_NORMAL,
    box_muller,
    fill_frame_normals,
    fill_pixel_normals,
    fill_words,
    log32,
)
from sensorsim.kernels.philox import philox4x32

DRAWS = 1_000_000


def draw(pixels: int, frame: int = 3, seed: int = 1, stream: int = 2) -> np.ndarray:
    out = np.empty(pixels, np.float32)
    fill_pixel_normals(out, frame, seed, stream)
    return out


def test_draws_are_normal_into_the_tails() -> None:
    values = draw(DRAWS).astype(float)
    assert stats.kstest(values, "norm").pvalue > 0.01
    edges = np.concatenate([[-np.inf], np.linspace(-4.5, 4.5, 61), [np.inf]])
    share = np.diff(stats.norm.cdf(edges))
    observed = np.histogram(values, edges)[0]
    assert stats.chisquare(observed, share * DRAWS).pvalue > 0.01


def test_a_spread_one_percent_off_is_caught() -> None:
    values = 1.01 * draw(DRAWS).astype(float)
    edges = np.concatenate([[-np.inf], np.linspace(-4.5, 4.5, 61), [np.inf]])
    share = np.diff(stats.norm.cdf(edges))
    assert stats.chisquare(np.histogram(values, edges)[0], share * DRAWS).pvalue < 1e-6


def test_pixels_that_share_words_are_independent() -> None:
    values = draw(DRAWS // GROUP * GROUP).reshape(-1, 2, 2, GROUP // 4).astype(float)
    first, second = values[:, :, 0].ravel(), values[:, :, 1].ravel()
    limit = 4 / math.sqrt(first.size)
    assert abs(np.corrcoef(first, second)[0, 1]) < limit
    assert abs(np.corrcoef(first**2, second**2)[0, 1]) < limit


@pytest.mark.parametrize("radius", [0, 1, 1 << 20, 1 << 31, 0xFFFFFFFF, 0xFFFFFF00])
@pytest.mark.parametrize("angle", [0, 1, 0x20000000, 0x60000001, 0x80000000, 0xDEADBEEF])
def test_transform_is_that_of_float64(radius: int, angle: int) -> None:
    u = (2 * (radius >> 1) + 1) * 2.0**-32
    length = math.sqrt(-2 * math.log(u))
    turn = 2 * math.pi * (angle - (1 << 32 if angle >= 1 << 31 else 0)) / 2**32
    ours = box_muller(np.uint32(radius), np.uint32(angle))
    expected = length * math.cos(turn), length * math.sin(turn)
    np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=4e-4 if u > 0.999 else 1e-5)
    assert max(map(abs, ours)) <= MAX_NORMAL


def test_logarithm_is_that_of_float64() -> None:
    x = np.geomspace(2e-38, 3e38, 10_000).astype(np.float32)
    ours = np.array([log32(v) for v in x])
    np.testing.assert_allclose(ours, np.log(x.astype(float)), rtol=3e-7, atol=2e-7)


def test_words_are_those_of_philox() -> None:
    words = np.empty(2 * GROUP, np.uint32)
    fill_words(words, 5, 7, 1, 8, 9)
    for group, word, block in [(0, 0, 0), (0, 3, 31), (1, 2, 17)]:
        counter = (5 + group) * GROUP // 4 + block
        expected = philox4x32(*(np.uint64(v) for v in (counter, 7, 1, 0, 8, 9)))[word]
        assert words[group * GROUP + word * GROUP // 4 + block] == expected


def test_a_draw_depends_on_its_address_alone() -> None:
    whole = draw(10 * GROUP)
    np.testing.assert_array_equal(draw(5 * GROUP + 7), whole[: 5 * GROUP + 7])
    part = np.empty(2 * GROUP, np.float32)
    fill_frame_normals(np.empty(2 * GROUP, np.uint32), part, 4, 3, 1, 2)
    np.testing.assert_array_equal(part, whole[4 * GROUP : 6 * GROUP])
    for other in ({"frame": 4}, {"seed": 2}, {"stream": 3}):
        assert not np.isin(draw(GROUP, **other), whole).any()

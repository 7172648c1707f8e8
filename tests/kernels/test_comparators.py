"""Comparators against slow, obvious references that draw every number."""

import numpy as np
import pytest

from sensorsim import streams
from sensorsim.kernels.comparators import compare
from sensorsim.kernels.philox import standard_normal

SEED = 4


def scene(pixels: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    volts = random.uniform(-0.01, 0.2, (3, pixels)).astype(np.float32)
    return volts, np.array([0, 1, 0]), np.array([7, 8, 9], np.uint32)


@pytest.mark.parametrize("noise_v", [0.0, 0.0005, 0.02])
@pytest.mark.parametrize("count", [1, 2, 8, 11])
def test_comparators_equal_ones_that_always_draw(noise_v: float, count: int) -> None:
    volts, dies, frames = scene()
    thresholds = np.geomspace(0.001, 0.15, count)
    offset = np.random.default_rng(1).normal(0, 0.002, (2, 6, count))
    out = np.empty((*volts.shape, count), np.uint8)
    compare(volts, thresholds, offset, dies, frames, 6, noise_v, SEED, streams.READOUT_NOISE, out)
    for n, p, m in np.ndindex(out.shape):
        z = standard_normal(p, frames[n], m, SEED, streams.READOUT_NOISE)
        margin = volts[n, p] + offset[dies[n], p % 6, m] - thresholds[m] + noise_v * z
        assert out[n, p, m] == (margin >= 0)


def test_a_tie_gives_one() -> None:
    volts = np.array([[0.25, 0.2499, 0.5]], np.float32)
    first, frame = np.zeros(1, np.int64), np.zeros(1, np.uint32)
    bits = np.empty((1, 3, 2), np.uint8)
    compare(volts, np.array([0.25, 0.5]), np.zeros((1, 1, 2)), first, frame, 1, 0.0, 0, 0, bits)
    np.testing.assert_array_equal(bits, [[[1, 0], [0, 0], [1, 1]]])

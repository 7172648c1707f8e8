"""The quantizer against a slow, obvious reference that draws every number."""

import numpy as np
import pytest

from sensorsim import streams
from sensorsim.kernels.comparators import quantize
from sensorsim.kernels.philox import standard_normal

SEED = 4


def scene(pixels: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    volts = random.uniform(-0.01, 0.2, (3, pixels)).astype(np.float32)
    return volts, np.array([0, 1, 0]), np.array([7, 8, 9], np.uint32)


@pytest.mark.parametrize("noise_v", [0.0, 0.0005, 0.02])
@pytest.mark.parametrize("levels", [1, 3, 15, 255])
def test_quantizer_equals_one_that_always_draws(noise_v: float, levels: int) -> None:
    volts, dies, frames = scene()
    transitions = np.arange(1, levels + 1) / (levels + 1) * 0.15
    offset = np.random.default_rng(1).normal(0, 0.002, (2, 6))
    out = np.empty(volts.shape, np.uint16)
    quantize(volts, transitions, offset, dies, frames, 6, noise_v, SEED, streams.READOUT_NOISE, out)
    for n, p in np.ndindex(volts.shape):
        z = standard_normal(p, frames[n], 0, SEED, streams.READOUT_NOISE)
        v = np.float64(volts[n, p]) + offset[dies[n], p % 6]
        v = v + noise_v * z if noise_v else v
        assert out[n, p] == (v >= transitions).sum()


def test_a_tie_gives_one() -> None:
    volts = np.array([[0.25, 0.2499, 0.5]], np.float32)
    zero = np.zeros((1, 1))
    first, frame = np.zeros(1, np.int64), np.zeros(1, np.uint32)
    codes = np.empty(volts.shape, np.uint16)
    quantize(volts, np.array([0.25, 0.5]), zero, first, frame, 1, 0.0, 0, 0, codes)
    np.testing.assert_array_equal(codes, [[1, 0, 2]])

"""Quantizer against a slow, obvious reference that draws every number."""

import numpy as np
import pytest

from sensorsim import streams
from sensorsim.kernels.philox import standard_normal
from sensorsim.kernels.quantizer import count_levels, quantize

SEED = 4
CHANNELS = 6


@pytest.mark.parametrize("noise_v", [0.0, 0.0005, 0.02])
@pytest.mark.parametrize("count", [1, 3, 15, 255])
@pytest.mark.parametrize("columns", [1, CHANNELS])
def test_quantizer_equals_one_that_always_draws(noise_v: float, count: int, columns: int) -> None:
    random = np.random.default_rng(0)
    volts = random.uniform(-0.01, 0.2, (3, 60)).astype(np.float32)
    dies, frames = np.array([0, 1, 0]), np.array([7, 8, 9], np.uint32)
    levels = np.sort(random.uniform(0, 0.15, (2, columns, count)), axis=-1)
    levels[..., count // 3 : count // 2] = levels[..., count // 3, np.newaxis]  # missing codes
    offset = random.normal(0, 0.002, (2, CHANNELS))
    out = np.empty(volts.shape, np.uint16)
    quantize(
        volts, levels, offset, dies, frames, CHANNELS, noise_v, SEED, streams.READOUT_NOISE, out
    )
    for n, p in np.ndindex(volts.shape):
        column = p % CHANNELS
        v = np.float64(volts[n, p]) + offset[dies[n], column]
        if noise_v:
            v += noise_v * standard_normal(p, frames[n], 0, SEED, streams.READOUT_NOISE)
        assert out[n, p] == (v >= levels[dies[n], column % columns]).sum()


def test_a_tie_reaches_its_level_and_equal_levels_are_reached_together() -> None:
    volts = np.array([[0.25, 0.2499, 0.5]], np.float32)
    codes = np.empty(volts.shape, np.uint16)
    levels = np.array([[[0.25, 0.5, 0.5, 0.75]]])
    first, frame = np.zeros(1, np.int64), np.zeros(1, np.uint32)
    quantize(volts, levels, np.zeros((1, 1)), first, frame, 1, 0.0, 0, 0, codes)
    np.testing.assert_array_equal(codes, [[1, 0, 3]])
    assert [count_levels(v, levels[0, 0]) for v in (0.0, 0.25, 0.6, 1.0)] == [0, 1, 3, 4]

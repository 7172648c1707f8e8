"""Bit fields against a slow, obvious reference that draws every number and remembers by name."""

import numpy as np
import pytest

from sensorsim import streams
from sensorsim.kernels.philox import standard_normal
from sensorsim.kernels.thermometer import compare

SEED = 4
COLUMNS = 6


def scene(pixels: int = 60) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    volts = random.uniform(-0.01, 0.2, (3, pixels)).astype(np.float32)
    return volts, np.array([0, 1, 0]), np.array([7, 8, 9], np.uint32)


def slow(
    volts: np.ndarray, levels: np.ndarray, offset: np.ndarray, dies: np.ndarray,
    frames: np.ndarray, noise_v: float, hysteresis_v: float, chained: bool,
) -> np.ndarray:  # fmt: skip
    bits = {}
    for n, p, m in np.ndindex(*volts.shape, levels.shape[1]):
        before = (n, p, m - 1) if chained else (n, p - COLUMNS, m)
        threshold = levels[dies[n], m] - hysteresis_v * (bits.get(before, 0) - 0.5)
        z = standard_normal(p, frames[n], m, SEED, streams.READOUT_NOISE)
        seen = volts[n, p] + offset[dies[n], p % COLUMNS, m] + noise_v * z
        bits[n, p, m] = int(seen >= threshold)
    out = np.zeros(volts.shape, np.uint32)
    for (n, p, m), bit in bits.items():
        out[n, p] |= np.uint32(bit << m)
    return out


@pytest.mark.parametrize("noise_v", [0.0, 0.0005, 0.02])
@pytest.mark.parametrize("count", [1, 2, 8, 11, 32])
@pytest.mark.parametrize(
    ("hysteresis_v", "chained"), [(0.0, False), (0.0, True), (0.03, False), (0.03, True)]
)
def test_fields_equal_those_of_a_reference_that_always_draws(
    noise_v: float, count: int, hysteresis_v: float, chained: bool
) -> None:
    volts, dies, frames = scene()
    random = np.random.default_rng(1)
    levels = np.geomspace(0.001, 0.15, count) + random.normal(0, 0.003, (2, count))
    offset = random.normal(0, 0.002, (2, COLUMNS, count))
    out = np.empty(volts.shape, np.uint32)
    compare(
        volts, levels, offset, dies, frames, COLUMNS, noise_v, hysteresis_v, chained, SEED,
        streams.READOUT_NOISE, out,
    )  # fmt: skip
    expected = slow(volts, levels, offset, dies, frames, noise_v, hysteresis_v, chained)
    np.testing.assert_array_equal(out, expected)


def test_a_tie_gives_one() -> None:
    volts = np.array([[0.25, 0.2499, 0.5]], np.float32)
    fields = np.empty(volts.shape, np.uint32)
    compare(
        volts, np.array([[0.25, 0.5]]), np.zeros((1, 1, 2)), np.zeros(1, np.int64),
        np.zeros(1, np.uint32), 1, 0.0, 0.0, False, 0, 0, fields,
    )  # fmt: skip
    np.testing.assert_array_equal(fields, [[0b01, 0b00, 0b11]])

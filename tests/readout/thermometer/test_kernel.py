"""Bit fields against a slow, obvious reference that draws every number and remembers by name."""

import numpy as np
import pytest
from scipy import stats

from sensorsim.core import streams
from sensorsim.core.pool import counter
from sensorsim.kernels.normal import MAX_NORMAL, decision_noise
from sensorsim.kernels.segments import SEGMENT, SPAN
from sensorsim.readout.level_tables import close_levels, step_table
from sensorsim.readout.thermometer.kernel import compare, compare_with_memory

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
        z = decision_noise(p, frames[n], m, SEED, streams.READOUT_NOISE)
        margin = volts[n, p] - (levels[dies[n], m] - offset[dies[n], p % COLUMNS, m])
        margin += hysteresis_v * (bits.get(before, 0) - 0.5)
        bits[n, p, m] = int(margin + noise_v * z >= 0)
    out = np.zeros(volts.shape, np.uint32)
    for (n, p, m), bit in bits.items():
        out[n, p] |= np.uint32(bit << m)
    return out


@pytest.mark.parametrize("noise_v", [0.0, 0.0005, 0.02])
@pytest.mark.parametrize("count", [1, 2, 8, 11, 32])
@pytest.mark.parametrize("chained", [False, True])
@pytest.mark.parametrize("hysteresis_v", [0.0, 0.03])
def test_fields_equal_those_of_a_reference_that_always_draws(
    noise_v: float, count: int, chained: bool, hysteresis_v: float
) -> None:
    volts, dies, frames = scene()
    levels, offset = circuit(count)
    out = np.empty(volts.shape, np.uint32)
    compare_with_memory(
        volts, levels[:, np.newaxis] - offset, dies, frames, noise_v, hysteresis_v, chained, SEED,
        streams.READOUT_NOISE, counter(), out,
    )  # fmt: skip
    expected = slow(volts, levels, offset, dies, frames, noise_v, hysteresis_v, chained)
    np.testing.assert_array_equal(out, expected)


def circuit(count: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    levels = np.geomspace(0.001, 0.15, count) + random.normal(0, 0.003, (2, count))
    return levels, random.normal(0, 0.002, (2, COLUMNS, count))


@pytest.mark.parametrize("noise_v", [0.0, 0.0005, 0.02])
@pytest.mark.parametrize("count", [1, 2, 11, 32])
@pytest.mark.parametrize("steps", [1, 40, 2048])
def test_levels_out_of_reach_need_no_comparison(noise_v: float, count: int, steps: int) -> None:
    volts, dies, frames = scene(SPAN + SEGMENT + 60)
    levels, offset = circuit(count)
    thresholds = levels[:, np.newaxis] - offset
    reach_v = np.abs(offset).max() + MAX_NORMAL * noise_v
    table = step_table(levels.min() - reach_v, levels.max() + reach_v, steps)
    close = close_levels(levels, reach_v, table)
    out, expected = np.empty((2, *volts.shape), np.uint32)
    compare(
        volts, thresholds, *close, table.lowest, table.steps_per_v, dies, frames, noise_v, SEED,
        streams.READOUT_NOISE, counter(), out,
    )  # fmt: skip
    compare_with_memory(
        volts, thresholds, dies, frames, noise_v, 0.0, False, SEED, streams.READOUT_NOISE,
        counter(), expected,
    )  # fmt: skip
    np.testing.assert_array_equal(out, expected)


def test_a_tie_gives_one() -> None:
    volts = np.array([[0.25, 0.2499, 0.5]], np.float32)
    levels = np.array([[0.25, 0.5]])
    table = step_table(0.25, 0.5, 16)
    fields = np.empty(volts.shape, np.uint32)
    compare(
        volts, levels[:, np.newaxis], *close_levels(levels, 0.0, table), table.lowest,
        table.steps_per_v, np.zeros(1, np.int64), np.zeros(1, np.uint32), 0.0, 0, 0,
        counter(), fields,
    )  # fmt: skip
    np.testing.assert_array_equal(fields, [[0b01, 0b00, 0b11]])


def test_draws_of_neighbors_are_independent_and_normal() -> None:
    draws = np.array([[decision_noise(p, 0, m, SEED, 6) for m in range(4)] for p in range(20_000)])
    assert stats.kstest(draws.ravel(), "norm").pvalue > 0.01
    assert np.abs(np.corrcoef(draws.T) - np.eye(4)).max() < 4 / np.sqrt(20_000)

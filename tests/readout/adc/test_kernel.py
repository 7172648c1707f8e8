"""Quantizer against a slow, obvious reference that compares with every level."""

import numpy as np
import pytest

from sensorsim.core import streams
from sensorsim.core.pool import counter
from sensorsim.kernels.normal import fill_pixel_normals
from sensorsim.kernels.segments import SEGMENT, SPAN, step_of
from sensorsim.readout.adc.kernel import add_offsets, quantize
from sensorsim.readout.level_tables import ended, guesses

SEED = 4
SAMPLES = SPAN + SEGMENT + 60


@pytest.mark.parametrize("noise_v", [0.0, 0.0005, 0.02])
@pytest.mark.parametrize("count", [1, 3, 15, 255])
@pytest.mark.parametrize("each_column", [False, True])
@pytest.mark.parametrize("good_guess", [False, True])
def test_codes_are_those_of_a_comparison_with_every_level(
    noise_v: float, count: int, each_column: bool, good_guess: bool
) -> None:
    random = np.random.default_rng(0)
    columns = 6
    volts = random.uniform(-0.01, 0.2, (3, SAMPLES)).astype(np.float32)
    dies, frames = np.array([0, 1, 0]), np.array([7, 8, 9], np.uint32)
    shape = (2, columns if each_column else 1, count)
    levels = np.sort(random.uniform(0, 0.15, shape), axis=-1).astype(np.float32)
    levels[..., count // 3 : count // 2] = levels[..., count // 3, np.newaxis]  # missing codes
    offset = random.normal(0, 0.002, (2, columns)).astype(np.float32)
    guesses = np.arange(count + 1, dtype=np.uint16) if good_guess else np.array([count], np.uint16)
    noise_v = np.float32(noise_v)
    out = np.empty(volts.shape, np.uint16)
    endless = np.concatenate([levels, np.full((*levels.shape[:2], 1), np.inf, np.float32)], 2)
    quantize(
        volts, endless, guesses, np.float32(0), np.float32(count / 0.15), np.float32(0), offset,
        dies, frames, noise_v, SEED, streams.READOUT_NOISE, counter(), out,
    )  # fmt: skip
    column = np.arange(SAMPLES) % columns
    normals = np.empty(SAMPLES, np.float32)
    for n in range(3):
        fill_pixel_normals(normals, frames[n], SEED, streams.READOUT_NOISE)
        seen = volts[n] + offset[dies[n], column] + noise_v * normals
        own = levels[dies[n], column if each_column else 0 * column]
        np.testing.assert_array_equal(out[n], (seen[:, np.newaxis] >= own).sum(1))


def test_a_tie_reaches_its_level_and_equal_levels_are_reached_together() -> None:
    volts = np.array([[0.25, 0.2499, 0.5]], np.float32)
    codes = np.empty(volts.shape, np.uint16)
    levels = np.array([[[0.25, 0.5, 0.5, 0.75, np.inf]]], np.float32)
    quantize(
        volts, levels, np.zeros(1, np.uint16), np.float32(0), np.float32(1),
        np.float32(0), np.zeros((1, 1), np.float32), np.zeros(1, np.int64), np.zeros(1, np.uint32),
        np.float32(0), 0, 0, counter(), codes,
    )  # fmt: skip
    np.testing.assert_array_equal(codes, [[1, 0, 3]])


@pytest.mark.parametrize("bits", [2, 8, 14])
@pytest.mark.parametrize("full_scale_v", [1.0, 0.77])
def test_arithmetic_finds_the_codes_of_equal_steps(bits: int, full_scale_v: float) -> None:
    levels = np.arange(1, 2**bits) / 2**bits * full_scale_v
    how = guesses(levels[np.newaxis, np.newaxis])
    assert how.codes.size == 0
    exact = ended(levels)[:-1]
    near = np.concatenate([exact, np.nextafter(exact, np.float32(-1)), np.nextafter(exact, 9)])
    random = np.random.default_rng(0).uniform(-0.2, 1.2, 30_000)
    volts = np.concatenate([near, random]).astype(np.float32)[np.newaxis]
    out = np.empty(volts.shape, np.uint16)
    quantize(
        volts, ended(levels)[np.newaxis, np.newaxis], *how, np.zeros((1, 1), np.float32),
        np.zeros(1, np.int64), np.zeros(1, np.uint32), np.float32(0), 0, 0, counter(), out,
    )  # fmt: skip
    np.testing.assert_array_equal(out[0], np.searchsorted(levels, volts[0].astype(float), "right"))


def test_offsets_follow_the_columns_through_a_segment() -> None:
    volts, offset = np.zeros(100, np.float32), np.arange(7, dtype=np.float32)
    out = np.empty(100, np.float32)
    add_offsets(volts, offset, 1000, out)
    np.testing.assert_array_equal(out, (1000 + np.arange(100)) % 7)


def test_what_lies_beyond_the_table_takes_its_end_steps() -> None:
    lowest, per_v, last = np.float32(0.5), np.float32(10), np.float32(9)
    volts = [-1e30, 0.0, 0.5, 0.61, 1.49, 2.0, 1e30, np.inf, -np.inf]
    steps = [step_of(np.float32(v), lowest, per_v, last) for v in volts]
    assert steps == [0, 0, 0, 1, 9, 9, 9, 9, 0]

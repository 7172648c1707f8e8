"""Maps of a die: their spreads, and what they belong to."""

import math
import tracemalloc
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from sensorsim.core import streams
from sensorsim.kernels.philox import fill_uniform
from sensorsim.sensor import FixedPattern, Photodiode, fixed_pattern

SHAPE = (200, 200, 1)


def test_spreads_are_those_stated_and_belong_to_a_die() -> None:
    pixel = Photodiode(prnu_percent=2.0, dsnu_e=3.0)
    maps = fixed_pattern(pixel, SHAPE, [0, 1], seed=0)
    assert maps.gain.std(1) == pytest.approx([0.02, 0.02], rel=0.02)
    assert maps.gain.mean() == pytest.approx(1, abs=4e-4)
    assert maps.offset_e.std(1) == pytest.approx([3.0, 3.0], rel=0.02)
    assert abs(np.corrcoef(maps.gain)[0, 1]) < 0.02
    assert abs(np.corrcoef(maps.gain[0], maps.offset_e[0])[0, 1]) < 0.02


def test_dark_current_spreads_log_normally_about_its_mean() -> None:
    dark = fixed_pattern(Photodiode(dark_current_spread_percent=50), SHAPE, [0], 0).dark
    assert dark.min() > 0
    assert dark.mean() == pytest.approx(1, abs=4 * 0.5 / 200)
    assert dark.std() == pytest.approx(0.5, rel=0.03)
    assert np.log(dark).std() == pytest.approx(math.sqrt(math.log(1.25)), rel=0.02)


def test_rows_and_columns_shift_as_a_whole() -> None:
    pixel = Photodiode(dsnu_e=0, row_offset_e=2.0, column_offset_e=5.0)
    offsets = fixed_pattern(pixel, (300, 200, 2), [4], 0).offset_e.reshape(300, 400)
    rows, columns = offsets.mean(1), offsets.mean(0)
    np.testing.assert_allclose(
        offsets, rows[:, None] + columns - offsets.mean(), atol=1e-4
    )  # nothing is left
    assert rows.std() == pytest.approx(2.0, rel=4 / math.sqrt(600))
    assert columns.std() == pytest.approx(5.0, rel=4 / math.sqrt(800))


def test_what_does_not_vary_has_no_size() -> None:
    plain = Photodiode(prnu_percent=0, dsnu_e=0)
    assert all(part.size == 0 for part in fixed_pattern(plain, SHAPE, [0], 0))
    ladder = Photodiode(noise="temporal", rts_pixel_fraction=0.1, rts_amplitude_e=3.0)
    maps = fixed_pattern(ladder, SHAPE, [0], 0)
    assert maps.gain.size == maps.offset_e.size == 0
    assert maps.rts_e.size == 40_000


def test_no_map_passes_through_double_precision() -> None:
    pixel = Photodiode(
        prnu_percent=1, dsnu_e=1, dark_current_spread_percent=30, rts_pixel_fraction=0.1,
        rts_amplitude_e=3,
    )  # fmt: skip
    shape = (1000, 1000, 1)
    fixed_pattern(pixel, (10, 10, 1), [0], 0)  # compiled before memory is counted
    tracemalloc.start()
    pattern = fixed_pattern(pixel, shape, [0], 0)
    held, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert all(m.dtype == np.float32 for m in pattern)
    assert most - held < 12 * shape[0] * shape[1], "more than three float32 maps in between"


def test_traps_are_those_of_one_draw_per_pixel() -> None:
    pixel = Photodiode(rts_pixel_fraction=0.1, rts_amplitude_e=3)
    size = 70_000  # more than are drawn at once
    chosen, level = np.empty((2, size))
    stream = streams.of_die(streams.RTS_PIXELS, 4)
    fill_uniform(chosen, 0, 9, stream)
    fill_uniform(level, 1, 9, stream)
    expected = np.where(chosen < 0.1, -3 * np.log(level), 0).astype(np.float32)
    np.testing.assert_array_equal(fixed_pattern(pixel, (1, size, 1), [4], 9).rts_e[0], expected)


def test_frames_of_one_die_share_the_maps_that_were_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module("sensorsim.sensor.fixed_pattern")

    drawn = []

    def counted(*arguments: Any) -> FixedPattern:
        drawn.append(arguments)
        return fixed_pattern(*arguments)

    module._kept.cache_clear()
    monkeypatch.setattr(module, "fixed_pattern", counted)
    pixel = Photodiode(prnu_percent=3.0)
    one = module.pattern_of_frames(pixel, (4, 5, 1), np.array([2]), 7)
    again = module.pattern_of_frames(pixel, (4, 5, 1), np.array([2]), 7)
    assert len(drawn) == 1
    np.testing.assert_array_equal(one.gain, again.gain)
    with pytest.raises(ValueError, match="read-only"):
        one.gain[:] = 0
    for other in ((pixel, (4, 5, 1), np.array([3]), 7), (pixel, (4, 5, 1), np.array([2]), 8),
                  (pixel, (5, 4, 1), np.array([2]), 7),
                  (Photodiode(prnu_percent=2.0), (4, 5, 1), np.array([2]), 7)):  # fmt: skip
        module.pattern_of_frames(*other)
    assert len(drawn) == 5, "another die, seed, array or pixel has maps of its own"
    assert module._kept.cache_info().currsize == 1, "the size of one call's maps is the limit"
    module._kept.cache_clear()

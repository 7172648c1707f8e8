"""Moments of frames whose parts are known."""

import numpy as np
import pytest

from sensorsim.lab.frame_statistics import pair_moments, spatial_moments


def test_a_pattern_and_a_change_of_light_leave_no_temporal_variance() -> None:
    pattern = np.random.default_rng(0).integers(0, 900, (20, 30))
    assert pair_moments(pattern, pattern + 7) == (pattern.mean() + 3.5, 0.0)


def test_temporal_variance_is_that_of_one_frame() -> None:
    random = np.random.default_rng(1)
    frames = np.rint(random.normal(500, 9, (2, 400, 400))).astype(np.int64)
    moments = pair_moments(*frames)
    assert moments.variance_dn2 == pytest.approx(81 + 1 / 12, rel=4 * np.sqrt(2 / 160_000))


def test_rows_columns_and_pixels_are_told_apart() -> None:
    """Patterns of exactly known variance that do not correlate: an identity, not an estimate."""
    m = n = 16
    rows = 30 * np.where(np.arange(m) % 2, 1, -1)[:, np.newaxis]
    columns = 50 * np.where(np.arange(n) % 2, 1, -1)[np.newaxis]
    pixels = 20 * np.where((np.arange(m)[:, np.newaxis] + np.arange(n)) // 2 % 2, 1, -1)
    frame = 1000 + rows + columns + pixels
    moments = spatial_moments([frame, frame, frame])
    assert moments.temporal_dn2 == 0
    parts = moments.row_dn2 + moments.column_dn2 + moments.pixel_dn2
    assert parts == pytest.approx(moments.variance_dn2)
    # What a frame's pixels leave in a row's average is taken off, though here it happens to be 0.
    assert moments.pixel_dn2 == pytest.approx(400, rel=0.2)
    assert moments.row_dn2 == pytest.approx(900, rel=0.05)
    assert moments.column_dn2 == pytest.approx(2500, rel=0.02)


@pytest.mark.parametrize("stack", [2, 16])
def test_temporal_noise_is_taken_off_a_stack(stack: int) -> None:
    random = np.random.default_rng(2)
    pattern = random.normal(300, 5, (200, 300))
    frames = np.rint(pattern + random.normal(0, 20, (stack, 200, 300))).astype(np.int64)
    moments = spatial_moments(iter(frames))
    assert moments.temporal_dn2 == pytest.approx(400, rel=0.03)
    error = moments.relative_error * moments.variance_dn2
    assert abs(moments.variance_dn2 - 25) < 4 * error
    assert error < 0.1 * moments.variance_dn2
    assert abs(moments.row_dn2) < 0.3
    assert abs(moments.column_dn2) < 0.3

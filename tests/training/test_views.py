"""Views: a fixed set of shifts and mirrors, cut without a margin of invented pixels."""

import numpy as np
import pytest

pytest.importorskip("torch")

from sensorsim.training.views import Photographs, Views


@pytest.mark.parametrize(
    ("shift", "step", "mirror", "expected"),
    [(2, 1, True, 50), (4, 4, True, 18), (0, 1, False, 1), (5, 2, False, 25), (3, 2, True, 18)],
)
def test_number_of_views(shift: int, step: int, mirror: bool, expected: int) -> None:
    views = Views(shift_px=shift, step_px=step, mirror=mirror)
    assert views.count == expected
    assert (0, 0) in views.shifts
    assert len(set(views.shifts)) == len(views.shifts)


def test_every_view_is_the_shifted_and_mirrored_image() -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 7, 9, 2), np.uint8)
    views = Views(shift_px=2, step_px=2)
    photographs = Photographs(images, views)
    for number in range(views.count):
        dy, dx = views.shifts[number // 2]
        rows = np.clip(np.arange(7) + dy, 0, 6)
        columns = np.clip(np.arange(9) + dx, 0, 8)
        expected = images[:, rows][:, :, columns]
        if number % 2:
            expected = expected[:, :, ::-1]
        seen = photographs.take(np.arange(3), np.full(3, number))
        np.testing.assert_array_equal(seen, expected)
        assert views.shift_of(np.array([number]))[0] == number // 2

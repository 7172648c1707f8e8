"""Orientation numbers of EXIF and LibRaw, against Pillow and LibRaw's own rule."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from sensorsim.scenes.orientation import TAG, exif_orientation, upright

SAMPLES = np.arange(15, dtype=np.uint8).reshape(3, 5)


@pytest.mark.parametrize("orientation", range(10))
def test_pictures_are_turned_as_pillow_turns_them(orientation: int) -> None:
    image = Image.fromarray(SAMPLES)
    image.getexif()[TAG] = orientation
    wanted = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(upright(SAMPLES, orientation), wanted)


@pytest.mark.parametrize("flip", range(8))
def test_libraw_takes_the_sample_of_every_place_from_the_same_place(flip: int) -> None:
    """LibRaw's flip_index: swap row and column, then mirror them in the stored array."""
    made = upright(SAMPLES, exif_orientation(flip))
    for row, column in np.ndindex(made.shape):
        r, c = (column, row) if flip & 4 else (row, column)
        r, c = (2 - r if flip & 2 else r), (4 - c if flip & 1 else c)
        assert made[row, column] == SAMPLES[r, c]

"""Color filters: what pixels sample, and what the network reads of a cell."""

from typing import get_args

import numpy as np
import pytest

from sensorsim.core.errors import InputError
from sensorsim.optics.cfa import (
    LUMINANCE,
    Bayer,
    array_shape,
    bayer,
    cell_colors,
    from_planes,
    network_planes,
    network_shape,
    sample_colors,
)

RANDOM = np.random.default_rng(5)
ALL = get_args(Bayer)


@pytest.mark.parametrize("mosaic", ALL)
def test_each_pixel_samples_the_color_of_its_filter_and_no_other(mosaic: Bayer) -> None:
    light = RANDOM.random((2, 6, 8, 3)).astype(np.float32)
    samples = sample_colors(light, mosaic)
    letters = mosaic.removeprefix("bayer-")
    for row in range(6):
        for column in range(8):
            color = "rgb".index(letters[2 * (row % 2) + column % 2])
            np.testing.assert_array_equal(samples[:, row, column, 0], light[:, row, column, color])


def test_constant_color_makes_constant_planes_in_the_order_of_the_cell() -> None:
    light = np.broadcast_to(np.array([0.1, 0.2, 0.3], np.float32), (1, 4, 6, 3))
    planes = network_planes(sample_colors(light, "bayer-gbrg"), "bayer-gbrg")
    assert planes.shape == (1, 2, 3, 4)
    for place, value in enumerate((0.2, 0.3, 0.1, 0.2)):  # g b / r g
        np.testing.assert_array_equal(planes[..., place], np.float32(value))


def test_planes_are_upper_left_upper_right_lower_left_lower_right() -> None:
    codes = np.arange(24, dtype=np.uint16).reshape(1, 4, 6, 1)
    planes = network_planes(codes, "bayer-rggb")
    np.testing.assert_array_equal(planes[0, 0, 0], [0, 1, 6, 7])
    np.testing.assert_array_equal(planes[0, 1, 2], [16, 17, 22, 23])
    np.testing.assert_array_equal(from_planes(planes), codes)
    assert planes.dtype == codes.dtype


def test_without_a_mosaic_the_network_reads_the_samples_themselves() -> None:
    codes = RANDOM.integers(0, 9, (2, 3, 5, 3)).astype(np.uint32)
    for layout in ("scene", "rgb"):
        assert network_planes(codes, layout) is codes


def test_gray_light_is_the_same_through_every_filter() -> None:
    gray = RANDOM.random((1, 4, 4, 1)).astype(np.float32)
    for layout in ("scene", "mono", *ALL):
        np.testing.assert_array_equal(sample_colors(gray, layout), gray)
    np.testing.assert_array_equal(sample_colors(gray, "rgb"), np.repeat(gray, 3, axis=-1))


def test_mono_is_luminance_and_keeps_white() -> None:
    light = RANDOM.random((2, 3, 4, 3)).astype(np.float32)
    expected = 0.2126 * light[..., 0] + 0.7152 * light[..., 1] + 0.0722 * light[..., 2]
    np.testing.assert_allclose(sample_colors(light, "mono")[..., 0], expected, rtol=1e-6)
    assert sum(LUMINANCE) == pytest.approx(1)


def test_shapes_follow_the_layout() -> None:
    assert array_shape((32, 32, 3), "scene") == (32, 32, 3)
    assert array_shape((32, 32, 3), "mono") == (32, 32, 1)
    assert array_shape((32, 30, 3), "bayer-bggr") == (32, 30, 1)
    assert network_shape((32, 30, 1), "bayer-bggr") == (16, 15, 4)
    assert network_shape((32, 30, 3), "rgb") == (32, 30, 3)


def test_only_bayer_layouts_are_mosaics() -> None:
    assert [bayer(x) for x in ("scene", "mono", "rgb", "bayer-grbg")] == [None] * 3 + ["bayer-grbg"]
    assert cell_colors("bayer-grbg") == (1, 0, 2, 1)


def test_half_cells_and_odd_numbers_of_colors_are_refused() -> None:
    with pytest.raises(InputError, match=r"bayer-rggb.*5 x 4.*even"):
        network_planes(np.zeros((1, 5, 4, 1), np.uint16), "bayer-rggb")
    with pytest.raises(InputError, match=r"'mono'.*4 colors.*1 \(gray\) or 3"):
        sample_colors(np.zeros((1, 4, 4, 4), np.float32), "mono")

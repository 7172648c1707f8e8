"""Frames cut, averaged and shifted: light is kept, and a mosaic stays one."""

from typing import get_args

import numpy as np
import pytest

from sensorsim.core.errors import InputError
from sensorsim.optics.cfa import Bayer, sample_colors
from sensorsim.scenes.crop import area_average, fitted, rephased
from sensorsim.scenes.frame import Frame, FrameLayout

RANDOM = np.random.default_rng(7)


def frame(light: np.ndarray, layout: FrameLayout) -> Frame:
    return Frame(light.astype(np.float32), layout, "here", "x")


def test_whole_blocks_give_the_mean_of_each() -> None:
    light = RANDOM.random((6, 8, 3)).astype(np.float32)
    expected = light.reshape(3, 2, 2, 4, 3).mean((1, 3))
    np.testing.assert_allclose(area_average(light, 3, 2), expected, rtol=1e-6)


def test_divided_pixels_count_for_their_part() -> None:
    light = np.array([1.0, 2.0, 4.0], np.float32).reshape(1, 3, 1)
    got = area_average(light, 1, 2)[0, :, 0]  # 1 and half of 2; half of 2 and 4
    np.testing.assert_allclose(got, [(1 + 0.5 * 2) / 1.5, (0.5 * 2 + 4) / 1.5], rtol=1e-6)


def test_average_keeps_the_mean_and_a_constant() -> None:
    light = RANDOM.random((31, 47, 1)).astype(np.float32)
    assert area_average(light, 7, 5).mean() == pytest.approx(light.mean(), rel=1e-5)
    np.testing.assert_allclose(area_average(np.full((31, 47, 1), 0.3), 7, 5), 0.3, rtol=1e-6)


def test_the_middle_is_cut_to_the_aspect() -> None:
    light = np.zeros((10, 30, 1))
    light[:, 10:20] = 1.0
    np.testing.assert_array_equal(fitted(frame(light, "mono"), 5, 5).light, 1)
    np.testing.assert_array_equal(
        fitted(frame(light.transpose(1, 0, 2), "mono"), 5, 5).light, 1
    )  # fmt: skip


@pytest.mark.parametrize("mosaic", get_args(Bayer))
def test_a_mosaic_of_one_color_stays_that_mosaic(mosaic: Bayer) -> None:
    color = np.broadcast_to(np.array([0.1, 0.5, 0.9], np.float32), (1, 51, 65, 3))
    small = fitted(frame(sample_colors(color, mosaic)[0], mosaic), 8, 12)
    expected = sample_colors(color[:, :8, :12], mosaic)[0]
    np.testing.assert_allclose(small.light, expected, rtol=1e-6)
    assert small.layout == mosaic
    assert small.metadata["fitted_from"] == "51 x 65"


def test_a_frame_of_the_right_size_is_left_as_it_is() -> None:
    mosaic = frame(RANDOM.random((8, 12, 1)), "bayer-rggb")
    np.testing.assert_allclose(fitted(mosaic, 8, 12).light, mosaic.light, rtol=1e-6)


@pytest.mark.parametrize("have", get_args(Bayer))
@pytest.mark.parametrize("want", get_args(Bayer))
def test_a_mosaic_can_begin_with_any_cell(have: Bayer, want: Bayer) -> None:
    color = RANDOM.random((1, 8, 10, 3)).astype(np.float32)
    shifted = rephased(frame(sample_colors(color, have)[0], have), want)
    rows = int(shifted.metadata.get("rows_left_out", 0))
    columns = int(shifted.metadata.get("columns_left_out", 0))
    expected = sample_colors(color[:, rows:, columns:], want)[0]
    np.testing.assert_array_equal(shifted.light, expected)
    assert shifted.layout == want
    assert (rows, columns) == (0, 0) or have != want


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(InputError, match=r"4 x 9 pixels, smaller than the 5 x 5"):
        fitted(frame(np.ones((4, 9, 1)), "mono"), 5, 5)
    with pytest.raises(InputError, match=r"mosaic does not fit 5 x 4"):
        fitted(frame(np.ones((10, 10, 1)), "bayer-rggb"), 5, 4)
    with pytest.raises(ValueError, match="expected a mosaic"):
        rephased(frame(np.ones((4, 4, 1)), "mono"), "bayer-rggb")


@pytest.mark.parametrize(
    ("light", "layout", "words"),
    [
        (np.full((2, 2, 1), np.nan), "mono", "here: 4 samples are NaN or infinite"),
        (np.full((2, 2, 1), np.inf), "mono", "NaN or infinite"),
        (np.full((2, 2, 1), -0.1), "mono", "smallest light -0.1"),
        (np.ones((2, 2, 3)), "bayer-rggb", r"expected \(rows, columns, 1\)"),
        (np.ones((2, 2, 1)), "rgb", r"expected \(rows, columns, 3\)"),
        (np.ones((0, 2, 1)), "mono", "shape"),
    ],
)
def test_light_that_is_none_makes_no_frame(
    light: np.ndarray, layout: FrameLayout, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        frame(light, layout)

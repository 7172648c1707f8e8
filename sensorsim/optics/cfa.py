"""Color filters on the array: the colors that pixels sample, and the channels of the network.

Under a Bayer filter every pixel samples one color. The array, its noise and its readout process the
mosaic as one plane. Only the network reads each cell of 2 x 2 pixels as one pixel of four channels,
in the order upper left, upper right, lower left, lower right.
"""

from typing import Any, Literal, TypeVar, get_args

import numpy as np
import numpy.typing as npt

from sensorsim.core.errors import InputError

Bayer = Literal["bayer-rggb", "bayer-grbg", "bayer-gbrg", "bayer-bggr"]
Layout = Literal["scene", "mono", "rgb", "bayer-rggb", "bayer-grbg", "bayer-gbrg", "bayer-bggr"]
"""scene: one sample per color of the scene; mono: luminance; rgb: three samples per pixel."""

Shape = tuple[int, int, int]
Scalar = TypeVar("Scalar", bound=np.generic)

LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Weights of red, green and blue: primaries of ITU-R BT.709-6, which are those of sRGB."""

_BAYER: tuple[Bayer, ...] = get_args(Bayer)
_SAMPLES: dict[str, int] = {"mono": 1, "rgb": 3} | dict.fromkeys(_BAYER, 1)


def bayer(layout: str) -> Bayer | None:
    """Narrow a layout to a Bayer mosaic.

    Parameters
    ----------
    layout : str
        Name of a layout.

    Returns
    -------
    Bayer or None
        ``layout`` if it is a Bayer mosaic, else None.
    """
    return next((b for b in _BAYER if b == layout), None)


def cell_colors(mosaic: Bayer) -> tuple[int, int, int, int]:
    """Color of each pixel of a cell, row by row.

    Parameters
    ----------
    mosaic : Bayer
        Layout of the mosaic.

    Returns
    -------
    tuple of 4 int
        0 red, 1 green, 2 blue.

    Examples
    --------
    >>> cell_colors("bayer-grbg")
    (1, 0, 2, 1)
    """
    a, b, c, d = ("rgb".index(letter) for letter in mosaic.removeprefix("bayer-"))
    return a, b, c, d


def array_shape(scene: Shape, layout: Layout) -> Shape:
    """Shape of the array that samples a scene of the given shape.

    Parameters
    ----------
    scene : (int, int, int)
        Rows, columns and colors of the scene.
    layout : Layout
        Color filters on the array.

    Returns
    -------
    (int, int, int)
        Rows, columns and samples per pixel.

    Raises
    ------
    InputError
        If the layout is not ``scene`` and the scene has neither 1 nor 3 colors.

    Examples
    --------
    >>> array_shape((4, 6, 3), "bayer-rggb")
    (4, 6, 1)
    """
    rows, columns, colors = scene
    if layout != "scene" and colors not in (1, 3):
        raise InputError(
            f"scene.layout {layout!r}: the scene has {colors} colors; expected 1 (gray) or 3 "
            "(red, green, blue), or leave the layout out"
        )
    return rows, columns, _SAMPLES.get(layout, colors)


def network_shape(array: Shape, layout: Layout) -> Shape:
    """Shape of what the network reads from an array of the given shape.

    Parameters
    ----------
    array : (int, int, int)
        Rows, columns and samples per pixel of the array.
    layout : Layout
        Color filters on the array.

    Returns
    -------
    (int, int, int)
        Rows, columns and channels; a Bayer cell becomes one pixel of four channels.

    Raises
    ------
    InputError
        If the array is a Bayer mosaic with an odd number of rows or columns.

    Examples
    --------
    >>> network_shape((4, 6, 1), "bayer-rggb")
    (2, 3, 4)
    """
    rows, columns, samples = array
    if not bayer(layout):
        return array
    if rows % 2 or columns % 2:
        raise InputError(
            f"scene.layout {layout!r}: {rows} x {columns} pixels, expected even sides, for cells "
            "of 2 x 2: leave out a row or a column"
        )
    return rows // 2, columns // 2, 4 * samples


def sample_colors(light: npt.NDArray[np.float32], layout: Layout) -> npt.NDArray[np.float32]:
    """Light that each pixel samples through its color filter.

    Gray light is the same through every filter. ``mono`` turns color into luminance.

    Parameters
    ----------
    light : float32 [N, H, W, C]
        Relative linear light; C is 1 for gray light, 3 for red, green and blue.
    layout : Layout
        Color filters on the array.

    Returns
    -------
    float32 [N, H, W, S]
        Relative linear light; S samples per pixel, as in `array_shape`.

    Raises
    ------
    InputError
        If the layout is not ``scene`` and C is neither 1 nor 3.
    """
    colors = light.shape[-1]
    _, _, samples = array_shape((light.shape[1], light.shape[2], colors), layout)
    mosaic = bayer(layout)
    if colors == 1:
        return np.repeat(light, samples, axis=-1) if samples > 1 else light
    if mosaic:
        return _mosaic(light, mosaic)
    return light @ np.array([[w] for w in LUMINANCE], np.float32) if layout == "mono" else light


def _mosaic(light: npt.NDArray[np.float32], mosaic: Bayer) -> npt.NDArray[np.float32]:
    out = np.empty((*light.shape[:-1], 1), np.float32)
    for place, color in enumerate(cell_colors(mosaic)):
        row, column = divmod(place, 2)
        out[:, row::2, column::2, 0] = light[:, row::2, column::2, color]
    return out


def network_planes(samples: npt.NDArray[Scalar], layout: Layout) -> npt.NDArray[Scalar]:
    """Rearrange samples for the network: each cell of a mosaic becomes four channels of one pixel.

    Parameters
    ----------
    samples : [N, H, W, C]
        Codes, DN, or volts, V.
    layout : Layout
        Color filters on the array.

    Returns
    -------
    [N, H / 2, W / 2, 4 C] under a Bayer filter, else [N, H, W, C]
        Same dtype and unit as ``samples``.

    Raises
    ------
    InputError
        As for `network_shape`.
    """
    n, h, w, c = samples.shape
    rows, columns, colors = network_shape((h, w, c), layout)
    if (rows, columns) == (h, w):
        return samples
    cells = samples.reshape(n, rows, 2, columns, 2, c)
    return np.ascontiguousarray(cells.transpose(0, 1, 3, 2, 4, 5)).reshape(n, rows, columns, colors)


def from_planes(planes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Undo `network_planes` of a mosaic.

    Parameters
    ----------
    planes : [N, H, W, 4]
        The four samples of each cell.

    Returns
    -------
    [N, 2 H, 2 W, 1]
        The mosaic; same dtype as ``planes``.
    """
    n, h, w, _ = planes.shape
    cells = planes.reshape(n, h, w, 2, 2)
    return np.ascontiguousarray(cells.transpose(0, 1, 3, 2, 4)).reshape(n, 2 * h, 2 * w, 1)

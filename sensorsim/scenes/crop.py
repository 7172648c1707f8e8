"""Crop and average a frame to the size of an array, or shift it to another color filter."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sensorsim.core.errors import InputError
from sensorsim.optics.cfa import Bayer, from_planes, network_planes
from sensorsim.scenes.frame import Frame

FloatArray = npt.NDArray[np.float32]


def rephased(frame: Frame, mosaic: Bayer) -> Frame:
    """Drop the first row, column or both of a mosaic, so that it begins with another cell.

    Every Bayer filter is every other one shifted by a pixel: no sample changes.

    Parameters
    ----------
    frame : Frame
        A Bayer mosaic.
    mosaic : Bayer
        Layout wanted.

    Returns
    -------
    Frame
        The mosaic in the wanted layout; ``metadata`` states the rows and columns left out.

    Raises
    ------
    ValueError
        If the frame is not a mosaic.
    """
    if frame.mosaic is None:
        raise ValueError(f"layout {frame.layout!r}: expected a mosaic")
    for rows, columns in ((0, 0), (0, 1), (1, 0), (1, 1)):
        if _shifted(frame.mosaic, rows, columns) == mosaic:
            break
    if not (rows or columns):
        return frame
    return replace(
        frame,
        light=frame.light[rows:, columns:],
        layout=mosaic,
        metadata={**frame.metadata, "rows_left_out": rows, "columns_left_out": columns},
    )


def _shifted(mosaic: Bayer, rows: int, columns: int) -> str:
    cell = np.array(list(mosaic.removeprefix("bayer-"))).reshape(2, 2)
    return "bayer-" + "".join(np.roll(cell, (-rows, -columns), (0, 1)).ravel())


def fitted(frame: Frame, rows: int, columns: int) -> Frame:
    """Crop the center of a frame to an aspect ratio, and average it over areas to a size.

    The largest part of the wanted aspect ratio is cut from the center. Averages are of linear
    light. In a mosaic each of the four positions of a cell is averaged separately, so that it stays
    a mosaic.

    Parameters
    ----------
    frame : Frame
        Scene.
    rows, columns : int
        Size wanted, pixels.

    Returns
    -------
    Frame
        Light of shape [rows, columns, C]; ``metadata`` states the original size.

    Raises
    ------
    InputError
        If the frame has fewer rows or columns, or it is a mosaic and a side is odd.
    """
    if frame.mosaic and (rows % 2 or columns % 2):
        raise InputError(
            f"{frame.origin}: a mosaic does not fit {rows} x {columns} pixels; expected even sides"
        )
    height, width = frame.light.shape[:2]
    if height < rows or width < columns:
        raise InputError(
            f"{frame.origin}: {height} x {width} pixels, smaller than the {rows} x {columns} that "
            "it should fit; take a larger picture"
        )
    step = 2 if frame.mosaic else 1
    light = network_planes(frame.light[np.newaxis, : height // step * step,
                                       : width // step * step], frame.layout)[0]  # fmt: skip
    light = area_average(_middle(light, rows, columns), rows // step, columns // step)
    if frame.mosaic:
        light = from_planes(light[np.newaxis])[0]
    return replace(
        frame, light=light, metadata={**frame.metadata, "fitted_from": f"{height} x {width}"}
    )


def _middle(light: FloatArray, rows: int, columns: int) -> FloatArray:
    """The largest part of aspect ratio rows : columns around the center."""
    height, width = light.shape[:2]
    h, w = min(height, width * rows // columns), min(width, height * columns // rows)
    top, left = (height - h) // 2, (width - w) // 2
    return light[top : top + h, left : left + w]


def area_average(light: FloatArray, rows: int, columns: int) -> FloatArray:
    """Mean over equal areas; a pixel on a border counts with the fraction inside.

    Parameters
    ----------
    light : float32 [H, W, C]
        Relative linear light.
    rows, columns : int
        Size of the result, pixels; at most H and W.

    Returns
    -------
    float32 [rows, columns, C]
        Means; the overall mean is unchanged.

    Examples
    --------
    >>> light = np.array([0, 3, 6], np.float32).reshape(1, 3, 1)
    >>> area_average(light, 1, 2).ravel().tolist()
    [1.0, 5.0]
    """
    down = _overlap(rows, light.shape[0])
    across = _overlap(columns, light.shape[1])
    return np.einsum("ih,hwc,jw->ijc", down, light, across, optimize=True).astype(np.float32)


def _overlap(parts: int, pixels: int) -> npt.NDArray[np.float64]:
    """Weight of each pixel in the mean of each part: float64 [parts, pixels], rows sum to 1."""
    edges = np.arange(parts + 1) * (pixels / parts)
    pixel = np.arange(pixels)
    high = np.minimum(edges[1:, np.newaxis], pixel + 1)
    low = np.maximum(edges[:-1, np.newaxis], pixel)
    return np.maximum(high - low, 0) * (parts / pixels)

"""Turn pictures upright, as the file's orientation tag states."""

from typing import Any

import numpy as np
import numpy.typing as npt

TAG = 0x0112
"""Orientation in EXIF 2.32 and TIFF 6.0."""
_OF_LIBRAW = {0: 1, 1: 2, 3: 3, 2: 4, 4: 5, 6: 6, 7: 7, 5: 8}
"""LibRaw's ``flip``: bit 0 mirrors columns, bit 1 rows, then bit 2 transposes."""


def upright(samples: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Rotate and mirror a picture.

    Parameters
    ----------
    samples : any dtype [H, W, ...]
        Picture as stored.
    orientation : int
        EXIF's orientation; 5 to 8 swap rows and columns, numbers other than 2 to 8 change nothing.

    Returns
    -------
    any dtype [H, W, ...] or [W, H, ...]
        Contiguous array of the same samples.

    Examples
    --------
    >>> upright(np.array([[1, 2, 3]]), 6).tolist()
    [[1], [2], [3]]
    """
    if orientation in (5, 6, 7, 8):
        samples = samples.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return np.ascontiguousarray(samples)


def exif_orientation(flip: int) -> int:
    """EXIF's orientation for LibRaw's ``flip``.

    Parameters
    ----------
    flip : int, 0 to 7
        LibRaw's number.

    Returns
    -------
    int, 1 to 8
        The same turn as EXIF's orientation.

    Examples
    --------
    >>> exif_orientation(6)
    6
    """
    return _OF_LIBRAW[flip]

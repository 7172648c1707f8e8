"""Convert sRGB codes to linear light, and back."""

import numpy as np
import numpy.typing as npt


def to_linear(encoded: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Decode sRGB by the piecewise curve of IEC 61966-2-1.

    Parameters
    ----------
    encoded : array_like
        uint8 codes, or floats in [0, 1]; any shape.

    Returns
    -------
    float32, the shape of ``encoded``
        Relative linear light, in [0, 1].

    Examples
    --------
    >>> to_linear(np.array([0, 255], np.uint8)).tolist()
    [0.0, 1.0]
    """
    array = np.asarray(encoded)
    if array.dtype == np.uint8:
        return _TABLE[array]
    return _decode(array.astype(np.float64)).astype(np.float32)


def to_srgb(light: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Encode linear light by the piecewise curve of IEC 61966-2-1, to the nearest 8-bit code.

    ``to_srgb(to_linear(codes))`` gives every code back.

    Parameters
    ----------
    light : float32, any shape
        Relative linear light, in [0, 1].

    Returns
    -------
    uint8, the shape of ``light``
        sRGB codes.

    Examples
    --------
    >>> to_srgb(np.array([0.0, 0.2140, 1.0], np.float32)).tolist()
    [0, 127, 255]
    """
    return np.searchsorted(_BORDERS, light).astype(np.uint8)


def _decode(value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


_TABLE = _decode(np.arange(256) / 255).astype(np.float32)
_BORDERS = _decode((np.arange(255) + 0.5) / 255).astype(np.float32)
"""Light at the midpoints between codes; midpoints are of encoded values."""

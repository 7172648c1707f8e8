"""sRGB code values to linear light, and back."""

import numpy as np
import numpy.typing as npt


def to_linear(encoded: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """Decode sRGB by the exact piecewise curve of IEC 61966-2-1.

    Parameters
    ----------
    encoded : uint8, or float in [0, 1]

    Returns
    -------
    float32, relative linear light in [0, 1]
    """
    array = np.asarray(encoded)
    if array.dtype == np.uint8:
        return _TABLE[array]
    return _decode(array.astype(np.float64)).astype(np.float32)


def to_srgb(light: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """Encode linear light by the piecewise curve of IEC 61966-2-1, to the nearest of 8 bits.

    Parameters
    ----------
    light : float32, relative linear light in [0, 1]

    Returns
    -------
    uint8
        ``to_srgb(to_linear(codes))`` gives every code back.
    """
    return np.searchsorted(_BORDERS, light).astype(np.uint8)


def _decode(value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


_TABLE = _decode(np.arange(256) / 255).astype(np.float32)
_BORDERS = _decode((np.arange(255) + 0.5) / 255).astype(np.float32)
"""Light halfway between two codes, in encoded values."""

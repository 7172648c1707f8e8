"""sRGB code values to linear light."""

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


def _decode(value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


_TABLE = _decode(np.arange(256) / 255).astype(np.float32)

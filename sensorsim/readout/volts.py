"""Check volts, and arrange them for a readout's kernel."""

import math

import numpy as np
import numpy.typing as npt

from sensorsim.core import streams
from sensorsim.core.errors import InputError


def samples_of(
    volts: npt.ArrayLike, full_scale_v: float, key: streams.Key
) -> npt.NDArray[np.float32]:
    """Check and flatten the volts of images for a readout's kernel.

    Parameters
    ----------
    volts : float [N, H, W, C], V
        Pixel signals.
    full_scale_v : float
        Voltage at which the readout's range ends, V.
    key : Key
        Noise addresses of the N frames.

    Returns
    -------
    float32 [N, H * W * C]
        The same volts, contiguous, V.

    Raises
    ------
    InputError
        If the volts do not have 4 axes, full scale is not finite and positive, or the key is not
        for N images.
    """
    array = np.ascontiguousarray(volts, np.float32)
    if array.ndim != 4:
        raise InputError(
            f"volts: shape {array.shape}, expected 4 axes [image, row, column, color]; "
            "add the missing axes with numpy.newaxis"
        )
    if not 0 < full_scale_v < math.inf:
        raise InputError(f"full_scale_v {full_scale_v}: expected finite volts > 0")
    key.check_covers(len(array))
    return array.reshape(len(array), math.prod(array.shape[1:]))


def bad_volts() -> InputError:
    """Make the error for volts that are NaN or infinite.

    Returns
    -------
    InputError
        The error, for the caller to raise.
    """
    return InputError(
        "volts: NaN or infinite at a comparator; expected finite volts: correct them before readout"
    )

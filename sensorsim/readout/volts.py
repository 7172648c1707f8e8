"""Volts as a readout's kernel takes them, and the errors of volts that it rejects."""

import math

import numpy as np
import numpy.typing as npt

from sensorsim.core import streams
from sensorsim.core.errors import InputError


def samples_of(
    volts: npt.ArrayLike, full_scale_v: float, key: streams.Key
) -> npt.NDArray[np.float32]:
    """Volts of images as a readout's kernel takes them.

    Parameters
    ----------
    volts : float [N, H, W, C], V
    full_scale_v : float
        Volts at which the readout's range ends.
    key : Key
        Of N frames.

    Returns
    -------
    float32 [N, H * W * C]
        The same volts, contiguous, V.

    Raises
    ------
    InputError
        If the volts have another number of axes, full scale is not finite and positive, or the key
        is of another number of images.
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
    """The error for samples that a kernel rejected: NaN or infinite.

    Returns
    -------
    InputError
        To be raised.
    """
    return InputError(
        "volts: NaN or infinite at a comparator; expected finite volts: mend them before readout"
    )

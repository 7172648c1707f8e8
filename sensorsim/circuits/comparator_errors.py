"""What ADC and thermometer share: input checks, a comparator's noise and a column's offset."""

import math

import numpy as np
import numpy.typing as npt
from pydantic import Field

from sensorsim.core import streams
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.kernels.normal import fill_pixel_normals


class Comparator(Description):
    """Errors referred to the comparator's input."""

    noise_mv: float = Field(0.5, ge=0, le=100, description="Input noise, mV rms per decision.")
    offset_mv: float = Field(
        0.5, ge=0, le=100, description="Residual offset after auto-zero, mV rms over comparators."
    )


def column_offsets_v(
    comparator: Comparator, columns: int, per_column: int, dies: npt.ArrayLike, seed: int
) -> npt.NDArray[np.float64]:
    """Residual offset of every comparator of some dies.

    Returns
    -------
    float64 [D, columns, per_column], volts
    """
    dies = np.atleast_1d(np.asarray(dies, np.int64))
    offsets = np.empty((dies.size, columns * per_column), np.float32)
    for row, die in enumerate(dies):
        stream = streams.of_die(streams.READOUT_OFFSET, int(die))
        fill_pixel_normals(offsets[row], 0, seed, stream)
    return (
        (offsets * (comparator.offset_mv * 1e-3))
        .astype(np.float64)
        .reshape(dies.size, columns, per_column)
    )


def samples_of(
    volts: npt.ArrayLike, full_scale_v: float, key: streams.Key
) -> npt.NDArray[np.float32]:
    """Volts of images [N, H, W, C] as a readout's kernel takes them: float32 [N, H * W * C].

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
    """The error of samples that a kernel refused."""
    return InputError(
        "volts: NaN or infinite at a comparator; expected finite volts: mend them before readout"
    )

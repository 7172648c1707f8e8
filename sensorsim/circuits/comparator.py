"""A comparator's errors, the same in every readout: noise per decision, residual offset per die."""

import numpy as np
import numpy.typing as npt
from pydantic import Field

from sensorsim.core import streams
from sensorsim.core.description import Description
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

    Parameters
    ----------
    comparator : Comparator
        Its ``offset_mv`` is the standard deviation.
    columns : int
        Column circuits: image columns times colors.
    per_column : int
        Comparators of a column that each have an offset of their own.
    dies : int [D]
        Numbers of the dies.
    seed : int, 0 to 2**32 - 1
        Seed of all random numbers.

    Returns
    -------
    float64 [D, columns, per_column]
        Offsets, V.
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

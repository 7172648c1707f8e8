"""Ratios of a die: nominal ones with the mismatch of each column's capacitive divider."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sensorsim.core import streams
from sensorsim.kernels.philox import fill_standard_normal


def mismatched_ratios(
    ratios: Sequence[float], mismatch_percent: float, columns: int, dies: npt.ArrayLike, seed: int
) -> npt.NDArray[np.float64]:
    """Ratios of every column of some dies.

    A divider is two capacitors; their relative errors make a relative error of the ratio, normal
    and independent from ratio to ratio, since each is a switched unit of its own.

    Parameters
    ----------
    ratios : sequence of float [M]
    mismatch_percent : float
        Relative error, percent rms.
    columns : int
        Image columns times colors.
    dies : int [D]
        Numbers of the dies.
    seed : int, 0 to 2**32 - 1

    Returns
    -------
    float64 [D, columns, M]
        Ratios, at least a millionth; they need not ascend.
    """
    dies = np.atleast_1d(np.asarray(dies, np.int64))
    unit = np.empty((dies.size, columns * len(ratios)))
    for row, die in enumerate(dies):
        stream = streams.of_die(streams.REFERENCE_MISMATCH, int(die))
        fill_standard_normal(unit[row], 0, seed, stream)
    error = 1 + mismatch_percent / 100 * unit.reshape(dies.size, columns, len(ratios))
    return np.maximum(np.asarray(ratios) * error, 1e-6)

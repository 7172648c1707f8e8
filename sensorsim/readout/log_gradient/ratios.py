"""Ratios of a die: nominal ratios with the mismatch of each column's capacitive divider."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from sensorsim.core import streams
from sensorsim.kernels.philox import fill_standard_normal


def mismatched_ratios(
    ratios: Sequence[float], mismatch_percent: float, columns: int, dies: npt.ArrayLike, seed: int
) -> npt.NDArray[np.float64]:
    """Draw the ratios of every column of some dies.

    The capacitors of a divider give each ratio a normal relative error. Errors are independent
    between ratios, since each ratio has its own switched capacitors.

    Parameters
    ----------
    ratios : sequence of float [M]
        Nominal ratios.
    mismatch_percent : float
        Relative error of a ratio, percent rms.
    columns : int
        Image columns times colors.
    dies : int [D]
        Die numbers.
    seed : int, 0 to 2**32 - 1
        Seed of the errors.

    Returns
    -------
    float64 [D, columns, M]
        Ratios, at least 1e-6; not always ascending.
    """
    dies = np.atleast_1d(np.asarray(dies, np.int64))
    unit = np.empty((dies.size, columns * len(ratios)))
    for row, die in enumerate(dies):
        stream = streams.of_die(streams.REFERENCE_MISMATCH, int(die))
        fill_standard_normal(unit[row], 0, seed, stream)
    error = 1 + mismatch_percent / 100 * unit.reshape(dies.size, columns, len(ratios))
    return np.maximum(np.asarray(ratios) * error, 1e-6)

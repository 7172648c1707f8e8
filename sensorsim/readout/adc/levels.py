"""Transition levels of every column of a die, all static errors included."""

import numpy as np
import numpy.typing as npt

from sensorsim.core import streams
from sensorsim.core.errors import InputError
from sensorsim.readout.adc.architecture import Columns, SingleSlope
from sensorsim.readout.adc.conversion import Conversion

_MOST_LEVELS = 2**27
"""1 GiB of float64."""


def transition_levels_v(
    adc: Conversion, full_scale_v: float, columns: int, dies: npt.ArrayLike, seed: int
) -> npt.NDArray[np.float64]:
    """Compute the transition levels of every column of some dies, with all static errors.

    If a digital curve follows, the levels are those of the linear conversion.

    Parameters
    ----------
    adc : Conversion
        The conversion.
    full_scale_v : float
        Voltage at which an ideal converter's code range ends, V.
    columns : int
        Converters of a die: image columns times colors.
    dies : int [D]
        Die numbers.
    seed : int, 0 to 2**32 - 1
        Seed of the errors.

    Returns
    -------
    float64 [D, K, L]
        Levels, V, ascending; equal neighbors are missing codes. K is 1 if the columns are equal,
        else ``columns``.

    Raises
    ------
    InputError
        If the levels would not fit into memory.
    """
    adc = adc.converter
    dies = np.atleast_1d(np.asarray(dies, np.int64))
    shape = (dies.size, columns if adc.varies_over_columns else 1, adc.levels)
    if np.prod(shape, dtype=float) > _MOST_LEVELS:
        raise InputError(
            f"readout.bits {adc.bits}: {columns} different columns of {dies.size} dies have more "
            f"than {_MOST_LEVELS} transition levels; expected fewer: take fewer bits or columns, "
            "or set the mismatch between columns to 0"
        )
    levels = np.empty(shape)
    for row, die in zip(levels, map(int, dies), strict=True):
        row[:] = _levels_of_die(adc, full_scale_v, Columns(shape[1], die, seed))
    return levels


def _levels_of_die(
    adc: Conversion, full_scale_v: float, columns: Columns
) -> npt.NDArray[np.float64]:
    """Solve ``gain * level + offset = level of the architecture``: float64 [1 or columns, L]."""
    if isinstance(adc.architecture, SingleSlope):
        levels = adc.architecture.levels_v(adc.bits, full_scale_v, columns, adc.tone_curve)
    else:
        levels = adc.architecture.levels_v(adc.bits, full_scale_v, columns)
    gain = np.full(columns.count, 1 + adc.gain_error_percent / 100)
    if adc.column_gain_percent > 0:
        gain *= 1 + adc.column_gain_percent / 100 * columns.normal(streams.ADC_COLUMN_GAIN)
    return (levels - adc.offset_mv * 1e-3) / gain[:, np.newaxis]

"""Volts to ADC codes: how many transition levels of its column a sample reaches.

A column's residual offset and one noise draw per conversion are added to the volts. A conversion
that is further from every level than the largest possible noise needs no random number, and since
every draw has its own address, skipping it changes no other draw.
"""

import numpy as np
from numba import njit, prange

from sensorsim.kernels.philox import MAX_NORMAL, standard_normal


@njit(cache=True)
def count_levels(volts, levels):
    """Number of ascending ``levels`` that ``volts`` reaches (``>=``), by bisection."""
    low = 0
    high = levels.size
    while low < high:
        middle = (low + high) >> 1
        if volts >= levels[middle]:
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True, parallel=True)
def quantize(volts, levels, offset, dies, frames, channels_per_row, noise_v, seed, stream, out):
    """Codes of converters with the given transition levels.

    Parameters
    ----------
    volts : float32 [N, P]
    levels : float64 [D, K, L], transition levels in volts; code = number of levels reached
        Ascending along the last axis; equal neighbors are codes that never come. K is 1 (all
        columns alike) or ``channels_per_row``.
    offset : float64 [D, channels_per_row], volts added in front of the converter of a column
    dies, frames : int64 [N], uint32 [N]
    channels_per_row : int, W * C
    noise_v : float, rms input noise; one draw per conversion
    out : uint16 [N, P]
    """
    reach = MAX_NORMAL * noise_v
    last = levels.shape[2]
    each_column = levels.shape[1] > 1
    for n in prange(volts.shape[0]):
        for p in range(volts.shape[1]):
            column = p % channels_per_row
            own = levels[dies[n], column if each_column else 0]
            v = np.float64(volts[n, p]) + offset[dies[n], column]
            code = count_levels(v, own)
            near = (code > 0 and v - own[code - 1] <= reach) or (
                code < last and own[code] - v <= reach
            )
            if noise_v > 0.0 and near:
                v += noise_v * standard_normal(p, frames[n], 0, seed, stream)
                while code < last and v >= own[code]:
                    code += 1
                while code > 0 and v < own[code - 1]:
                    code -= 1
            out[n, p] = code

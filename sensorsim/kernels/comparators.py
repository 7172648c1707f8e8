"""Volts against reference levels: ADC codes and thermometer bits.

Both readouts compare the pixel's volts, plus noise and a column's residual offset, with ascending
levels. A comparison whose margin exceeds the largest possible noise needs no random number, and
since every draw has its own address, skipping it changes no other draw.
"""

import numpy as np
from numba import njit, prange

from sensorsim.kernels.philox import (
    MAX_NORMAL,
    normal_quantile,
    normal_words,
    standard_normal,
    uniform32,
)


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
    """Codes of a converter with the given transition levels.

    Parameters
    ----------
    volts : float32 [N, P]
    levels : float64 [L], ascending transition levels in volts; code = number of levels reached
    offset : float64 [D, channels_per_row], volts added in front of the converter of a column
    dies, frames : int64 [N], uint32 [N]
    channels_per_row : int, W * C
    noise_v : float, rms input noise; one draw per conversion
    out : uint16 [N, P]
    """
    reach = MAX_NORMAL * noise_v
    last = levels.size
    for n in prange(volts.shape[0]):
        for p in range(volts.shape[1]):
            v = np.float64(volts[n, p]) + offset[dies[n], p % channels_per_row]
            code = count_levels(v, levels)
            near = (code > 0 and v - levels[code - 1] <= reach) or (
                code < last and levels[code] - v <= reach
            )
            if noise_v > 0.0 and near:
                v += noise_v * standard_normal(p, frames[n], 0, seed, stream)
                while code < last and v >= levels[code]:
                    code += 1
                while code > 0 and v < levels[code - 1]:
                    code -= 1
            out[n, p] = code


@njit(cache=True, parallel=True)
def compare(volts, thresholds, offset, dies, frames, channels_per_row, noise_v, seed, stream, out):
    """Raw comparator decisions, one byte each.

    Parameters
    ----------
    volts : float32 [N, P]
    thresholds : float64 [M], ascending, volts
    offset : float64 [D, channels_per_row, M], volts added to the pixel at comparator m
    noise_v : float, rms noise; one draw per comparison
    out : uint8 [N, P, M], 1 where volts + noise + offset >= threshold
    """
    reach = MAX_NORMAL * noise_v
    for n in prange(volts.shape[0]):
        for p in range(volts.shape[1]):
            drawn = -1
            z0 = z1 = z2 = z3 = np.uint64(0)
            for m in range(thresholds.size):
                margin = volts[n, p] + offset[dies[n], p % channels_per_row, m] - thresholds[m]
                if noise_v > 0.0 and abs(margin) <= reach:
                    if m >> 2 != drawn:  # four neighbors share one block of random words
                        drawn = m >> 2
                        z0, z1, z2, z3 = normal_words(p, frames[n], drawn, seed, stream)
                    lane = m & 3
                    word = z0 if lane == 0 else z1 if lane == 1 else z2 if lane == 2 else z3
                    margin += noise_v * normal_quantile(uniform32(word))
                out[n, p, m] = margin >= 0.0

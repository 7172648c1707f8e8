"""Volts against reference levels: ADC codes and thermometer bits.

Both readouts compare the pixel's volts, plus noise and a column's residual offset, with ascending
levels. A comparison whose margin exceeds the largest possible noise needs no random number, and
since every draw has its own address, skipping it changes no other draw.
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
    for n in prange(volts.shape[0]):
        for p in range(volts.shape[1]):
            v = np.float64(volts[n, p]) + offset[dies[n], p % channels_per_row]
            if noise_v > 0.0:
                reach = MAX_NORMAL * noise_v
                code = count_levels(v - reach, levels)
                if code != count_levels(v + reach, levels):
                    v += noise_v * standard_normal(p, frames[n], 0, seed, stream)
                    code = count_levels(v, levels)
            else:
                code = count_levels(v, levels)
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
            for m in range(thresholds.size):
                margin = volts[n, p] + offset[dies[n], p % channels_per_row, m] - thresholds[m]
                if noise_v > 0.0 and abs(margin) <= reach:
                    margin += noise_v * standard_normal(p, frames[n], m, seed, stream)
                out[n, p, m] = margin >= 0.0

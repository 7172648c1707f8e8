"""Volts against reference levels: thermometer bits.

Every comparator compares the pixel's volts, plus noise and a column's residual offset, with its
level. A comparison whose margin exceeds the largest possible noise needs no random number, and
since every draw has its own address, skipping it changes no other draw.
"""

import numpy as np
from numba import njit, prange

from sensorsim.kernels.philox import (
    MAX_NORMAL,
    normal_quantile,
    normal_words,
    uniform32,
)


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

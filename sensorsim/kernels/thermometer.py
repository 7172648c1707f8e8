"""Volts against M reference levels: the bit fields of a thermometer.

A comparison whose margin exceeds the largest possible noise needs no random number, and since every
draw has its own address, skipping it changes no other draw.
"""

import numpy as np
from numba import njit, prange

from sensorsim.kernels.philox import MAX_NORMAL, normal_quantile, normal_words, uniform32

_ONE = np.uint64(1)


@njit(cache=True, inline="always")  # LLVM alone does not, and a call costs as much as the work
def _decide(
    volts, offset, column, levels, die, noise_v, half_hysteresis_v, above, chained, pixel, frame,
    seed, stream,
):  # fmt: skip
    """Bit field of one sample; ``above`` is the field that hysteresis remembers (see `compare`)."""
    reach = MAX_NORMAL * noise_v
    field = np.uint64(0)
    drawn = -1
    z0 = z1 = z2 = z3 = np.uint64(0)
    for m in range(levels.shape[1]):
        place = np.uint64(m)
        margin = volts + offset[die, column, m] - levels[die, m]
        if half_hysteresis_v > 0.0:
            memory = (field << _ONE) if chained else above
            one_before = (memory >> place) & _ONE
            margin += half_hysteresis_v if one_before else -half_hysteresis_v
        if noise_v > 0.0 and abs(margin) <= reach:
            if m >> 2 != drawn:  # four neighbors share one block of random words
                drawn = m >> 2
                z0, z1, z2, z3 = normal_words(pixel, frame, drawn, seed, stream)
            lane = m & 3
            word = z0 if lane == 0 else z1 if lane == 1 else z2 if lane == 2 else z3
            margin += noise_v * normal_quantile(uniform32(word))
        if margin >= 0.0:
            field |= _ONE << place
    return field


@njit(cache=True, parallel=True)
def compare(
    volts, levels, offset, dies, frames, columns, noise_v, hysteresis_v, chained, seed, stream, out
):  # fmt: skip
    """Decisions against every level, a bit field for each sample.

    A decision moves the threshold of the next one by half the hysteresis towards itself. The next
    one is that of the same level in the row below (``p + columns``), or, if ``chained``, that of
    the next level of the same sample. Before the first decision the memory is 0. Samples of an
    image are therefore visited in their order, and only images run in parallel.

    Parameters
    ----------
    volts : float32 [N, P]
    levels : float64 [D, M], volts, M <= 32; the reference levels of each die
    offset : float64 [D, columns, M], volts added to the sample at level m
    dies, frames : int64 [N] (rows of ``levels`` and ``offset``), uint32 [N]
    columns : int, W * C samples of one row
    noise_v : float, rms noise; one draw per comparison
    hysteresis_v : float
    chained : bool
    out : uint32 [N, P], bit m is 1 where volts + noise + offset >= level m
    """
    half = hysteresis_v / 2
    for n in prange(volts.shape[0]):
        die = dies[n]
        for p in range(volts.shape[1]):
            above = np.uint64(out[n, p - columns]) if p >= columns else np.uint64(0)
            out[n, p] = _decide(
                volts[n, p], offset, p % columns, levels, die, noise_v, half, above, chained, p,
                frames[n], seed, stream,
            )  # fmt: skip

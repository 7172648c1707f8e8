"""Which bits a fault strikes: as many random numbers as faults, not as many as bits.

Every bit has a clock that rings after a time of exponential distribution with mean 1, and is struck
if its clock rings before ``limit = -ln(1 - rate)``: bits are struck independently, each with
probability ``rate``. The clocks of n bits ring together like one Poisson process of rate n whose
rings fall on bits at random; a bit's first ring is its clock's. So the process is walked ring by
ring until its time is over, which costs about ``rate * n`` draws, and a larger rate only walks on:
what a small rate strikes, a larger one strikes too.

Source: superposition and coloring of Poisson processes, Kingman, "Poisson Processes", Oxford 1993,
chapters 2 and 5.
"""

import math

import numpy as np
from numba import njit, prange

from sensorsim.kernels.philox import philox4x32, uniform53

_WORD = 64


@njit(cache=True, parallel=True)
def strike(limit, channels, frames, layer, seed, stream, struck, value):
    """Mark the struck bits of every frame.

    Parameters
    ----------
    limit : float
        ``-ln(1 - rate)``; infinite for a rate of 1.
    channels : int
        Bits of a row; the rest of its last word is left alone.
    frames : uint32 [N]
    layer, seed, stream : int
        With a frame, the address of its draws.
    struck : uint64 [N, rows, ceil(channels / 64)], 0 on entry
        Bit 1 where a bit is struck.
    value : uint64, like struck
        A random bit for each struck one; a larger rate does not change it.
    """
    rows = struck.shape[1]
    bits = rows * channels
    for n in prange(frames.size):
        left = bits
        time = 0.0
        ring = 0
        while left > 0:
            w0, w1, w2, w3 = philox4x32(
                np.uint64(ring), np.uint64(frames[n]), np.uint64(layer), np.uint64(0),
                np.uint64(seed), np.uint64(stream),
            )  # fmt: skip
            time -= math.log(uniform53(w0, w1)) / bits
            if time >= limit:
                break
            place = min(int(uniform53(w2, w3) * bits), bits - 1)
            row = place // channels
            channel = place - row * channels
            word = channel // _WORD
            bit = np.uint64(1) << np.uint64(channel % _WORD)
            if struck[n, row, word] & bit == np.uint64(0):
                struck[n, row, word] |= bit
                # The lowest bits of these words are left over from the two uniform numbers.
                if (w1 ^ w3) & np.uint64(1):
                    value[n, row, word] |= bit
                left -= 1
            ring += 1

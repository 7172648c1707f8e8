"""Draw which bits a fault hits, with as many random numbers as faults, not as many as bits.

Every bit has an exponentially distributed time of mean 1, and is hit if its time is below
``limit = -ln(1 - rate)``: bits are hit independently, each with probability ``rate``. The times
are first events of n Poisson processes of rate 1, one per bit, whose superposition is one process
of rate n with events on bits at random. The kernel simulates that process event by event up to the
limit, which costs about ``rate * n`` draws. A larger rate only continues it: bits that a small rate
hits, a larger one hits too.

Source: superposition and coloring of Poisson processes, Kingman, "Poisson Processes", Oxford 1993,
chapters 2 and 5.
"""

import math

import numpy as np
from numba import njit

from sensorsim.kernels.philox import philox4x32, uniform53
from sensorsim.kernels.vector import claim

_WORD = 64


@njit(cache=True, nogil=True)
def inject(limit, channels, frames, layer, seed, stream, claimed, flipped, value):
    """Mark the faulty bits of frames until none is left; several threads may run it at once.

    Parameters
    ----------
    limit : float
        ``-ln(1 - rate)``; infinite for a rate of 1.
    channels : int
        Bits of a row; the remaining bits of its last word are not changed.
    frames : uint32 [N]
        Frame numbers, part of the address of the draws.
    layer, seed, stream : int
        Rest of the address of the draws.
    claimed : int64 [1]
        Number of frames taken; shared by all threads of a call.
    flipped : uint64 [N, rows, ceil(channels / 64)]
        Output; 0 on entry, bit 1 where a bit is faulty.
    value : uint64 [N, rows, ceil(channels / 64)]
        Output; 0 on entry, a random bit for each of them, which does not depend on the rate.
    """
    rows = flipped.shape[1]
    bits = rows * channels
    while True:
        n = claim(claimed.ctypes.data)
        if n >= frames.size:
            return
        left = bits
        time = 0.0
        event = 0
        while left > 0:
            w0, w1, w2, w3 = philox4x32(
                np.uint64(event), np.uint64(frames[n]), np.uint64(layer), np.uint64(0),
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
            if flipped[n, row, word] & bit == np.uint64(0):
                flipped[n, row, word] |= bit
                # The two uniform numbers do not use the lowest bits of these words.
                if (w1 ^ w3) & np.uint64(1):
                    value[n, row, word] |= bit
                left -= 1
            event += 1

"""Compare neighboring samples: the bit fields of a log-gradient readout.

Every comparison has its own noise draw, at the address (pixel, frame, level): levels 0 to M - 1 for
the neighbor on the left, M to 2 M - 1 for the one above. Level 2 M addresses the row buffer's noise
of the sample above. No noise is drawn if the margin exceeds the largest possible noise.
"""

import numpy as np
from numba import njit

from sensorsim.kernels.normal import MAX_NORMAL, decision_noise
from sensorsim.kernels.segments import all_finite
from sensorsim.kernels.vector import claim

_NONE, _ONE = np.uint32(0), np.uint32(1)


@njit(cache=True, error_model="numpy")
def _count(v, neighbor, ratios, offset, place, frame, first, noise_v, seed, stream):
    """Count the ratios that a sample reaches relative to one neighbor."""
    count = 0
    for m in range(ratios.size):
        r = ratios[m]
        margin = v - r * neighbor if r <= 1.0 else v / r - neighbor
        margin += offset
        if noise_v > 0.0 and abs(margin) <= MAX_NORMAL * noise_v:
            margin += noise_v * decision_noise(place, frame, first + m, seed, stream)
        if margin >= 0.0:
            count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def compare_neighbors(
    volts, ratios, offset, dies, frames, noise_v, buffer_v, colors, seed, stream, claimed, out
):  # fmt: skip
    """Compare the samples of images with their neighbors; several threads may share the work.

    Each thread takes images until none is left.

    Parameters
    ----------
    volts : float32 [N, P]
        Samples above black, V; P = H * W * C.
    ratios : float64 [D, columns, M]
        Ratios of each die and column; columns = W * C.
    offset : float64 [D, columns]
        Offset at the comparator's positive input, V.
    dies : int64 [N]
        Index of each image's die in ``ratios`` and ``offset``.
    frames : uint32 [N]
        Frame numbers, which address the noise.
    noise_v : float
        Comparator noise, V rms; one draw per comparison.
    buffer_v : float
        Noise of the row buffer, V rms; one draw per sample of the row above.
    colors : int
        Samples per pixel.
    seed : int
        Seed of the noise.
    stream : int
        Random stream of the noise.
    claimed : int64 [1]
        Number of images taken, shared by all threads of a call.
    out : uint32 [N, P]
        Receives the bit fields: horizontal ratios from bit 0, vertical ones from bit M.

    Returns
    -------
    bool
        False if a sample of this thread was not finite; ``out`` is then invalid.
    """
    images, samples = volts.shape
    columns, levels = ratios.shape[1], ratios.shape[2]
    right = True
    while True:
        n = claim(claimed.ctypes.data)
        if n >= images:
            return right
        right = right and all_finite(volts[n])
        own, added, frame = ratios[dies[n]], offset[dies[n]], frames[n]
        for p in range(samples):
            column = p % columns
            v = np.float64(volts[n, p])
            r, e = own[column], added[column]
            if column >= colors:
                left = np.float64(volts[n, p - colors])
                across = _count(v, left, r, e, p, frame, 0, noise_v, seed, stream)
            else:
                across = _at_one(r)
            if p >= columns:
                above = np.float64(volts[n, p - columns])
                if buffer_v > 0.0:
                    above += buffer_v * decision_noise(p - columns, frame, 2 * levels, seed, stream)
                down = _count(v, above, r, e, p, frame, levels, noise_v, seed, stream)
            else:
                down = _at_one(r)
            field = (_ONE << np.uint32(across)) - _ONE
            out[n, p] = field | (((_ONE << np.uint32(down)) - _ONE) << np.uint32(levels))


@njit(cache=True)
def _at_one(ratios):
    """Count the ratios that a sample reaches relative to itself."""
    count = 0
    for m in range(ratios.size):
        if ratios[m] <= 1.0:
            count += 1
    return count

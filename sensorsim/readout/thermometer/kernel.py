"""Compare volts with M reference levels: the bit fields of a thermometer.

Every comparison has its own noise draw, at the address (pixel, frame, level). A comparison whose
margin exceeds the largest possible noise needs no draw, and skipping it does not affect the others.
A table of equal steps gives the levels close to a sample; only those comparisons are listed, and
their noise is drawn in a vectorized loop.
"""

import numpy as np
from numba import njit

from sensorsim.kernels.normal import box_muller, decision_noise
from sensorsim.kernels.philox import philox4x32
from sensorsim.kernels.segments import SEGMENT, SPAN, all_finite, spans_of, step_of
from sensorsim.kernels.vector import claim

_NONE, _ONE = np.uint32(0), np.uint32(1)
_ONE_BYTE = np.uint8(1)
_ZERO_WORD = np.uint64(0)


@njit(cache=True)
def _list_close(steps, sure, first, last, fields, sample, level):
    """Set the bits that are sure, list the other comparisons, and return their number."""
    count = 0
    for i in range(fields.size):
        step = np.uint64(steps[i])  # an unsigned index needs no check for one from the end
        fields[i] = sure[step]
        m, beyond = first[step], last[step]
        while m < beyond:
            sample[count] = i
            level[count] = m
            count += 1
            m += _ONE_BYTE
    return count


@njit(cache=True, error_model="numpy")
def _draw(sample, level, start, frame, seed, stream, noise):
    c1, k0, k1 = np.uint64(frame), np.uint64(seed), np.uint64(stream)
    for k in range(noise.size):
        pixel = np.uint64(start + sample[k])
        w0, w1, _, _ = philox4x32(pixel, c1, np.uint64(level[k]), _ZERO_WORD, k0, k1)
        noise[k], _ = box_muller(np.uint32(w0), np.uint32(w1))


@njit(cache=True, error_model="numpy")
def _decide(v, thresholds, start, sample, level, noise_v, draws, fields, close):
    """Make the listed comparisons, and set the bits of levels reached."""
    columns = np.uint32(thresholds.shape[0])
    first_column = np.uint32(start % thresholds.shape[0])
    for k in range(close):
        i, m = np.uint32(sample[k]), np.uint32(level[k])
        column = np.uint32(first_column + i) % columns  # division of 64 bits is slow
        margin = v[i] - thresholds[column, m] + noise_v * draws[k]
        fields[i] |= (_ONE if margin >= 0.0 else _NONE) << m  # no branch: unpredictable


@njit(cache=True, nogil=True, error_model="numpy")
def compare(
    volts, thresholds, sure, first, last, lowest, steps_per_v, dies, frames, noise_v, seed, stream,
    claimed, out,
):  # fmt: skip
    """Compare images with all levels; several threads may share the work.

    Each thread takes spans of samples until none is left.

    Parameters
    ----------
    volts : float32 [N, P]
        Samples of N images, V.
    thresholds : float64 [D, columns, M]
        Reference levels of each die minus the offsets of their comparators, V, in any order; M is
        at most 32.
    sure : uint32 [D, steps]
        Bit field of the levels that a sample in step ``(v - lowest) * steps_per_v`` reaches for any
        offset and noise, except levels ``first`` to ``last - 1``.
    first, last : uint8 [D, steps]
        Levels ``first`` to ``last - 1`` are compared.
    lowest : float32
        Start of the table of steps, V.
    steps_per_v : float32
        Steps per volt.
    dies : int64 [N]
        Index of each image's die in ``thresholds`` and the table.
    frames : uint32 [N]
        Frame numbers, which address the noise.
    noise_v : float
        Comparator noise, V rms; one draw per comparison.
    seed : int
        Seed of the noise.
    stream : int
        Random stream of the noise.
    claimed : int64 [1]
        Number of spans taken, shared by all threads of a call.
    out : uint32 [N, P]
        Receives the bit fields: bit m is 1 where volts + noise >= threshold m.

    Returns
    -------
    bool
        False if a sample of this thread was not finite; ``out`` is then invalid.
    """
    images, samples = volts.shape
    spans = spans_of(samples)
    count = thresholds.shape[2]
    last_step = np.float32(sure.shape[1] - 1)
    right = True
    steps = np.empty(SEGMENT, np.int32)
    sample = np.empty(SEGMENT * count, np.int32)
    level = np.empty(SEGMENT * count, np.int32)
    draws = np.zeros(SEGMENT * count, np.float32)
    while True:
        item = claim(claimed.ctypes.data)
        if item >= images * spans:
            return right
        n = item // spans
        die = dies[n]
        begin = (item - n * spans) * SPAN
        end = min(begin + SPAN, samples)
        for start in range(begin, end, SEGMENT):
            stop = min(start + SEGMENT, end)
            v = volts[n, start:stop]
            fields = out[n, start:stop]
            right = right and all_finite(v)
            for i in range(v.size):
                steps[i] = step_of(v[i], lowest, steps_per_v, last_step)
            close = _list_close(steps, sure[die], first[die], last[die], fields, sample, level)
            if noise_v > 0.0:
                _draw(sample, level, start, frames[n], seed, stream, draws[:close])
            _decide(v, thresholds[die], start, sample, level, noise_v, draws, fields, close)


@njit(cache=True, nogil=True)
def compare_with_memory(
    volts, thresholds, dies, frames, noise_v, hysteresis_v, chained, seed, stream, claimed, out
):  # fmt: skip
    """Compare images with all levels by comparators with hysteresis.

    A decision of 1 lowers the threshold of the comparator's next decision by half the hysteresis,
    a decision of 0 raises it. The next decision is that of the same level in the row below or, if
    ``chained``, that of the next level of the same sample. The state before the first decision is
    0. Samples depend on earlier ones, so threads take whole images.

    Parameters
    ----------
    volts : float32 [N, P]
        Samples of N images, V.
    thresholds : float64 [D, columns, M]
        Reference levels of each die minus the offsets of their comparators, V; M is at most 32.
    dies : int64 [N]
        Index of each image's die in ``thresholds``.
    frames : uint32 [N]
        Frame numbers, which address the noise.
    noise_v : float
        Comparator noise, V rms; one draw per comparison.
    hysteresis_v : float
        Width of the hysteresis loop, V.
    chained : bool
        Whether one comparator makes all decisions of a sample, in the order of the levels.
    seed : int
        Seed of the noise.
    stream : int
        Random stream of the noise.
    claimed : int64 [1]
        Number of images taken, shared by all threads of a call.
    out : uint32 [N, P]
        Receives the bit fields: bit m is 1 where level m was reached.

    Returns
    -------
    bool
        False if a sample of this thread was not finite; ``out`` is then invalid.
    """
    columns = thresholds.shape[1]
    half = hysteresis_v / 2
    right = True
    while True:
        n = claim(claimed.ctypes.data)
        if n >= volts.shape[0]:
            return right
        die = dies[n]
        right = right and all_finite(volts[n])
        for p in range(volts.shape[1]):
            column = p % columns
            above = out[n, p - columns] if p >= columns else np.uint32(0)
            field = np.uint32(0)
            for m in range(thresholds.shape[2]):
                place = np.uint32(m)
                memory = (field << _ONE) if chained else above
                margin = volts[n, p] - thresholds[die, column, m]
                margin += half if (memory >> place) & _ONE else -half
                if noise_v > 0.0:
                    margin += noise_v * decision_noise(p, frames[n], m, seed, stream)
                field |= (_ONE if margin >= 0.0 else _NONE) << place
            out[n, p] = field

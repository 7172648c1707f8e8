"""Volts against M reference levels: the bit fields of a thermometer.

Every comparison has its own noise draw, at the address (pixel, frame, level). A comparison whose
margin exceeds the largest possible noise needs no draw, and skipping it changes no other. Most
samples are that far from every level; a table of equal steps says which levels are close to a
sample, those are listed, and their draws are made a vector register at a time.
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
    """Fields of what is sure; the other comparisons are listed, and their number returned."""
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
    """Compare what is listed, and set the bits of levels reached."""
    columns = np.uint32(thresholds.shape[0])
    first_column = np.uint32(start % thresholds.shape[0])
    for k in range(close):
        i, m = np.uint32(sample[k]), np.uint32(level[k])
        column = np.uint32(first_column + i) % columns  # division of 64 bits is slow
        margin = v[i] - thresholds[column, m] + noise_v * draws[k]
        fields[i] |= (_ONE if margin >= 0.0 else _NONE) << m  # no branch on a coin's toss


@njit(cache=True, nogil=True, error_model="numpy")
def compare(
    volts, thresholds, sure, first, last, lowest, steps_per_v, dies, frames, noise_v, seed, stream,
    claimed, out,
):  # fmt: skip
    """Decisions against every level, a bit field for each sample, until no span is left.

    Several threads may run it at once.

    Parameters
    ----------
    volts : float32 [N, P]
    thresholds : float64 [D, columns, M], volts, M <= 32
        Reference levels of each die less the offsets of their comparators, in any order.
    sure : uint32 [D, steps]
        Levels that a sample in step ``(v - lowest) * steps_per_v`` reaches whatever offset and
        noise are, of those below ``first`` or not below ``last``.
    first, last : uint8 [D, steps]
        Levels from ``first`` to ``last - 1`` are compared; no other is within reach.
    lowest, steps_per_v : float32
    dies, frames : int64 [N] (rows of ``thresholds`` and the table), uint32 [N]
    noise_v : float, rms noise; one draw per comparison
    claimed : int64 [1], spans taken; shared by all threads of a call
    out : uint32 [N, P], bit m is 1 where volts + noise >= threshold m

    Returns
    -------
    bool
        False if some sample was not finite; ``out`` is then without meaning.
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
    """Decisions of comparators with hysteresis; arguments and result as in `compare`.

    A decision moves the threshold of the next one by half the hysteresis towards itself. The next
    one is that of the same level in the row below, or, if ``chained``, that of the next level of
    the same sample. Before the first decision the memory is 0. Samples of an image are therefore
    visited in their order; threads take whole images, counted by ``claimed``.
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

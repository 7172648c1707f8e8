"""Convert volts to ADC codes: the number of transition levels that a sample reaches.

The column's residual offset and one noise draw per conversion are added to the volts, in float32.
A table of equal steps gives a first guess of the code, which comparisons with the levels correct.
If the levels are equally spaced, arithmetic computes the code, and only codes within rounding error
of a level are compared with the levels.
"""

import numpy as np
from numba import njit

from sensorsim.kernels.normal import GROUP, fill_frame_normals
from sensorsim.kernels.segments import SCAN, SEGMENT, SPAN, all_finite, spans_of, step_of
from sensorsim.kernels.vector import claim

_ZERO = np.float32(0.0)
_HALF_STEP = np.float32(0.5)
_ONE_STEP = np.float32(1.0)
_NONE, _ONE = np.uint64(0), np.uint64(1)
_CERTAIN, _DOUBTFUL = np.int32(0), np.int32(1 << 16)
"""Marks of a code within rounding error of a level; above any code."""


@njit(cache=True)
def add_offsets(volts, offset, start, out):
    """Add the columns' offsets to the samples of a segment.

    Parameters
    ----------
    volts : float32 [P]
        Samples of a segment, V.
    offset : float32 [columns]
        Offset of each column, V.
    start : int
        Number of the segment's first sample in the image.
    out : float32 [P]
        Receives the sums, V.
    """
    columns = offset.size
    column = start % columns
    done = 0
    while done < volts.size:
        run = min(columns - column, volts.size - done)
        source = volts[done : done + run]
        added = offset[column : column + run]
        target = out[done : done + run]
        for i in range(run):
            target[i] = source[i] + added[i]
        done += run
        column = 0


@njit(cache=True, error_model="numpy")
def _add_noise(v, noise_v, group, frame, seed, stream, words, normals):
    whole = (v.size + GROUP - 1) // GROUP * GROUP
    fill_frame_normals(words[:whole], normals[:whole], group, frame, seed, stream)
    for i in range(v.size):
        v[i] += noise_v * normals[i]


@njit(cache=True, forceinline=True)
def _settle(v, guess, levels):
    """Count the ascending ``levels`` that ``v`` reaches, starting from a guess.

    ``v`` must be finite: the last level is infinite and ends the search.
    """
    code = np.uint64(guess)
    code += _ONE if v >= levels[code] else _NONE  # no branch: it would be unpredictable
    while v >= levels[code]:
        code += _ONE
    while code > _NONE and v < levels[code - _ONE]:
        code -= _ONE
    return np.uint16(code)


@njit(cache=True, error_model="numpy")
def _quantize_equal(v, levels, lowest, steps_per_v, doubt, steps, codes):
    """Codes of levels that are equally spaced within ``doubt`` of a step."""
    last = np.float32(levels.size - 1)
    doubts = _CERTAIN
    for i in range(v.size):
        x = (v[i] - lowest) * steps_per_v + _ONE_STEP
        below = np.floor(x)
        rest = x - below
        near = _HALF_STEP - abs(rest - _HALF_STEP)
        code = below if below > _ZERO else _ZERO
        code = code if code < last else last
        step = np.int32(np.int32(code) | (_CERTAIN if near > doubt else _DOUBTFUL))
        steps[i] = step
        doubts = np.int32(doubts | step)
    for i in range(v.size):
        codes[i] = np.uint16(steps[i])
    if doubts < _DOUBTFUL:
        return
    for start in range(0, v.size, SCAN):
        stop = min(start + SCAN, v.size)
        doubts = _CERTAIN
        for i in range(start, stop):
            doubts = np.int32(doubts | steps[i])
        if doubts >= _DOUBTFUL:
            for i in range(start, stop):
                if steps[i] >= _DOUBTFUL:
                    codes[i] = _settle(v[i], codes[i], levels)


@njit(cache=True, error_model="numpy")
def _quantize_any(v, levels, columns, start, guesses, lowest, steps_per_v, steps, codes):
    """Codes of any ascending levels [K, L + 1], shared by all columns (K = 1) or one set each."""
    last_step = np.float32(guesses.size - 1)
    for i in range(v.size):
        steps[i] = step_of(v[i], lowest, steps_per_v, last_step)
    if levels.shape[0] == 1:
        own = levels[0]
        for i in range(v.size):
            codes[i] = _settle(v[i], guesses[np.uint64(steps[i])], own)
    else:
        for i in range(v.size):
            codes[i] = _settle(v[i], guesses[np.uint64(steps[i])], levels[(start + i) % columns])


@njit(cache=True, nogil=True, error_model="numpy")
def quantize(
    volts, levels, guesses, lowest, steps_per_v, doubt, offset, dies, frames, noise_v, seed,
    stream, claimed, out,
):  # fmt: skip
    """Convert images with the given transition levels; several threads may share the work.

    Each thread takes spans of samples until none is left.

    Parameters
    ----------
    volts : float32 [N, P]
        Samples of N images, V.
    levels : float32 [D, K, L + 1]
        Transition levels of each die, V; a code is the number of levels reached. Ascending along
        the last axis, which ends with infinity; equal neighbors are missing codes. K is 1 (all
        columns equal) or the number of columns.
    guesses : uint16 [steps]
        First guess of the code in step ``(v - lowest) * steps_per_v``; it affects speed, not the
        result. Empty if level k is ``lowest + k / steps_per_v``.
    lowest : float32
        Start of the table of steps, V.
    steps_per_v : float32
        Steps per volt.
    doubt : float32
        Largest deviation of a level from ``lowest + k / steps_per_v``, in steps, if ``guesses`` is
        empty.
    offset : float32 [D, columns]
        Offset in front of each column's converter, V.
    dies : int64 [N]
        Index of each image's die in ``levels`` and ``offset``.
    frames : uint32 [N]
        Frame numbers, which address the noise.
    noise_v : float32
        Input noise, V rms; one draw per conversion.
    seed : int
        Seed of the noise.
    stream : int
        Random stream of the noise.
    claimed : int64 [1]
        Number of spans taken, shared by all threads of a call.
    out : uint16 [N, P]
        Receives the codes.

    Returns
    -------
    bool
        False if a sample of this thread, with offset and noise, was not finite; ``out`` is then
        invalid.
    """
    images, samples = volts.shape
    spans = spans_of(samples)
    columns = offset.shape[1]
    right = True
    buffer = np.empty(SEGMENT, np.float32)
    words, normals = np.empty(SEGMENT, np.uint32), np.empty(SEGMENT, np.float32)
    steps = np.empty(SEGMENT, np.int32)
    while True:
        item = claim(claimed.ctypes.data)
        if item >= images * spans:
            return right
        n = item // spans
        first = (item - n * spans) * SPAN
        last = min(first + SPAN, samples)
        own = levels[dies[n]]
        for start in range(first, last, SEGMENT):
            stop = min(start + SEGMENT, last)
            v = buffer[: stop - start]
            codes = out[n, start:stop]
            add_offsets(volts[n, start:stop], offset[dies[n]], start, v)
            if noise_v > _ZERO:
                group = start // GROUP
                _add_noise(v, noise_v, group, frames[n], seed, stream, words, normals)
            if not all_finite(v):
                right = False
            elif guesses.size:
                _quantize_any(v, own, columns, start, guesses, lowest, steps_per_v, steps, codes)
            else:
                _quantize_equal(v, own[0], lowest, steps_per_v, doubt, steps, codes)

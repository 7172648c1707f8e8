"""Volts to ADC codes: how many transition levels of its column a sample reaches.

A column's residual offset and one noise draw per conversion are added to the volts, in float32. A
table of equal steps guesses the code; a few comparisons with the levels themselves settle it. Where
the levels are equal steps themselves, arithmetic finds the code, and the levels settle the few that
rounding leaves in doubt.
"""

import numpy as np
from numba import njit

from sensorsim.kernels.normal import BLOCKS, GROUP, fill_frame_normals
from sensorsim.kernels.segments import SEGMENT, SPAN, all_finite, spans_of, step_of
from sensorsim.kernels.vector import claim

_ZERO = np.float32(0.0)
_HALF_STEP = np.float32(0.5)
_ONE_STEP = np.float32(1.0)
_NONE, _ONE = np.uint64(0), np.uint64(1)
_NO_BYTE, _YES_BYTE = np.uint8(0), np.uint8(1)


@njit(cache=True)
def add_offsets(volts, offset, start, out):
    """Samples of a segment plus their columns' offsets; ``start`` is the first sample's number."""
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
    """Number of ascending ``levels`` below infinity that ``v`` reaches, from a guess nearby.

    ``v`` is finite: only then is the infinity that ends the levels never reached.
    """
    code = np.uint64(guess)
    code += _ONE if v >= levels[code] else _NONE  # without a branch: this is a coin's toss
    while v >= levels[code]:
        code += _ONE
    while code > _NONE and v < levels[code - _ONE]:
        code -= _ONE
    return np.uint16(code)


@njit(cache=True, error_model="numpy")
def _quantize_equal(v, levels, lowest, steps_per_v, doubt, codes, doubtful):
    """Codes of levels that are equally spaced, but for ``doubt`` of a step."""
    last = np.float32(levels.size - 1)
    for i in range(v.size):
        x = (v[i] - lowest) * steps_per_v + _ONE_STEP
        below = np.floor(x)
        rest = x - below
        near = _HALF_STEP - abs(rest - _HALF_STEP)
        code = below if below > _ZERO else _ZERO
        code = code if code < last else last
        codes[i] = np.uint16(np.int32(code))
        doubtful[i] = _NO_BYTE if near > doubt else _YES_BYTE
    for start in range(0, v.size, BLOCKS):
        stop = min(start + BLOCKS, v.size)
        some = _NO_BYTE
        for i in range(start, stop):
            some |= doubtful[i]
        if some:
            for i in range(start, stop):
                if doubtful[i]:
                    codes[i] = _settle(v[i], codes[i], levels)


@njit(cache=True, error_model="numpy")
def _quantize_any(v, levels, columns, start, guesses, lowest, steps_per_v, steps, codes):
    """Codes of any ascending levels [K, L + 1], of all columns (K = 1) or of each."""
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
    """Codes of converters with the given transition levels, until no span is left.

    Several threads may run it at once.

    Parameters
    ----------
    volts : float32 [N, P]
    levels : float32 [D, K, L + 1], transition levels in volts; code = number of levels reached
        Ascending along the last axis, which ends with infinity; equal neighbors are codes that
        never come. K is 1 (all columns alike) or the number of columns.
    guesses : uint16 [steps]
        Code to start from for samples in step ``(v - lowest) * steps_per_v``. Any will do; the
        nearer, the faster. Of no size if level k is ``lowest + k / steps_per_v``.
    lowest, steps_per_v : float32
    doubt : float32
        How far a level without guesses may be from that place, as a part of a step.
    offset : float32 [D, columns], volts added in front of the converter of a column
    dies, frames : int64 [N], uint32 [N]
    noise_v : float32, rms input noise; one draw per conversion
    claimed : int64 [1], spans taken; shared by all threads of a call
    out : uint16 [N, P]

    Returns
    -------
    bool
        False if a sample, with offset and noise, was not finite; ``out`` is then without meaning.
    """
    images, samples = volts.shape
    spans = spans_of(samples)
    columns = offset.shape[1]
    right = True
    buffer = np.empty(SEGMENT, np.float32)
    words, normals = np.empty(SEGMENT, np.uint32), np.empty(SEGMENT, np.float32)
    steps, doubtful = np.empty(SEGMENT, np.int32), np.empty(SEGMENT, np.uint8)
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
                _quantize_equal(v, own[0], lowest, steps_per_v, doubt, codes, doubtful)

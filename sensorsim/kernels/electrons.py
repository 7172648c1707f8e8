"""Light to electrons to volts, in segments of a few hundred pixels.

A segment of pixels (see `sensorsim.kernels.segments`) passes through all steps while it is in the
first-level cache. All arithmetic is float32.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from sensorsim.kernels.normal import GROUP, fill_frame_normals, fill_words, log32, word_of
from sensorsim.kernels.philox import uniform
from sensorsim.kernels.poisson import (
    MAX_MEAN,
    SERIES_MEAN,
    UNSETTLED,
    exp_minus,
    series_quantile,
    settle_series,
    settle_sum,
    sum_quantiles,
)
from sensorsim.kernels.segments import SCAN, SEGMENT, SPAN, spans_of
from sensorsim.kernels.vector import claim

LINEAR, LOGARITHMIC, LINLOG = 0, 1, 2

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_HALF = np.float32(0.5)
LARGEST = np.float32(3e38)
"""Light above it counts as infinite."""
_NO, _YES = np.int32(0), np.int32(1)
_FEW = 16
"""If fewer than one pixel in this many needs a word, words are drawn one by one."""
_EXP_RANGE = np.float32(80.0)


class Pixel(NamedTuple):
    """Parameters of a pixel.

    Attributes
    ----------
    shot_noise : bool
        Whether electrons are Poisson numbers.
    correlated_double_sampling : bool
        Whether two samples are subtracted, which changes the telegraph noise.
    dark_e : float32
        Mean dark electrons per exposure, e-.
    full_well_e, knee_well_e : float32
        Full well and the knee of its saturation, e-; equal for hard saturation.
    response : int
        `LINEAR`, `LOGARITHMIC` or `LINLOG`.
    response_knee_e : float32
        Knee of the response, e-.
    volts_per_e : float32
        Conversion gain, V/e-.
    volts_per_log : float32
        Slope of the logarithmic response, V per factor e.
    read_noise_e, reset_noise_e, row_noise_e : float32
        Temporal noise, e- rms; 0 if not drawn.
    """

    shot_noise: bool
    correlated_double_sampling: bool
    dark_e: np.float32
    full_well_e: np.float32
    knee_well_e: np.float32
    response: int
    response_knee_e: np.float32
    volts_per_e: np.float32
    volts_per_log: np.float32
    read_noise_e: np.float32
    reset_noise_e: np.float32
    row_noise_e: np.float32


class Streams(NamedTuple):
    """Streams of the temporal noise sources, as numbers of `sensorsim.core.streams`."""

    shot: int
    read: int
    reset: int
    rts: int
    row: int


class Scratch(NamedTuple):
    """Buffers for one segment."""

    electrons: np.ndarray
    normals: np.ndarray
    words: np.ndarray
    counts: np.ndarray
    small_index: np.ndarray
    small_mean: np.ndarray
    small_words: np.ndarray
    small_counts: np.ndarray
    cumulative: np.ndarray
    term: np.ndarray
    level: np.ndarray


@njit(cache=True)
def _scratch():
    return Scratch(
        np.empty(SEGMENT, np.float32), np.empty(SEGMENT, np.float32), np.empty(SEGMENT, np.uint32),
        np.empty(SEGMENT, np.int32), np.empty(SEGMENT, np.int32), np.empty(SEGMENT, np.float32),
        np.empty(SEGMENT, np.uint32), np.empty(SEGMENT, np.int32), np.empty(SEGMENT, np.float32),
        np.empty(SEGMENT, np.float32), np.empty(SEGMENT, np.float32),
    )  # fmt: skip


@njit(cache=True, error_model="numpy")
def _collect(light, scale, gain, dark, dark_e, mean):
    """Mean electrons of a segment; returns False if light is negative, infinite or NaN."""
    wrong = _NO
    for i in range(mean.size):
        x = light[i]
        below = _NO if x >= _ZERO else _YES
        beyond = _NO if x <= LARGEST else _YES
        wrong = np.int32(wrong | np.int32(below | beyond))
        mean[i] = x * scale
    if gain.size:
        for i in range(mean.size):
            mean[i] *= gain[i]
    if dark.size:
        for i in range(mean.size):
            mean[i] += dark_e * dark[i]
    else:
        for i in range(mean.size):
            mean[i] += dark_e
    return wrong == _NO


@njit(cache=True, error_model="numpy")
def _list_small(e, index):
    """List the pixels whose mean is below `SERIES_MEAN`; returns their number."""
    small = 0
    for start in range(0, e.size, SCAN):
        stop = min(start + SCAN, e.size)
        some = _NO
        for i in range(start, stop):
            some = np.int32(some | (_YES if e[i] < SERIES_MEAN else _NO))
        if some:
            for i in range(start, stop):
                index[small] = i
                small += 1 if e[i] < SERIES_MEAN else 0
    return small


@njit(cache=True, error_model="numpy")
def _draw_small(e, small, s):
    """Poisson numbers of the ``small`` listed pixels, from words already drawn."""
    for k in range(small):
        s.small_mean[k] = e[s.small_index[k]]
    sum_quantiles(
        s.small_mean[:small], s.small_words, s.cumulative, s.term, s.level, s.small_counts
    )
    for k in range(small):
        count = s.small_counts[k]
        if count == UNSETTLED:
            count = settle_sum(s.small_mean[k], s.small_words[k])
        s.counts[s.small_index[k]] = count


@njit(cache=True, error_model="numpy")
def _draw_electrons(e, group, frame, seed, stream, s):
    """Replace the means of a segment by Poisson numbers of those means."""
    groups = (e.size + GROUP - 1) // GROUP
    words = s.words[: groups * GROUP]
    normals = s.normals[: groups * GROUP]
    counts = s.counts
    small = _NO
    for i in range(e.size):
        small = np.int32(small + (_YES if e[i] < SERIES_MEAN else _NO))
    if small < e.size:
        fill_frame_normals(words, normals, group, frame, seed, stream)
        for i in range(e.size):
            mean = e[i]
            mean = mean if mean > SERIES_MEAN else SERIES_MEAN
            mean = mean if mean < MAX_MEAN else MAX_MEAN
            counts[i] = series_quantile(mean, normals[i])
        for start in range(0, e.size, SCAN):
            stop = min(start + SCAN, e.size)
            signs = _NO
            for i in range(start, stop):
                signs = np.int32(signs | counts[i])
            if signs < 0:
                for i in range(start, stop):
                    if counts[i] == UNSETTLED and e[i] >= SERIES_MEAN:
                        counts[i] = settle_series(min(e[i], MAX_MEAN), normals[i])
    if small > 0:
        small = _list_small(e, s.small_index)
        # A separate draw: each normal number depends on two words, and so shares them with another.
        if small < e.size // _FEW:
            for k in range(small):
                pixel = group * GROUP + s.small_index[k]
                s.small_words[k] = word_of(pixel, frame, 1, seed, stream)
        else:
            fill_words(words, group, frame, 1, seed, stream)
            for k in range(small):
                s.small_words[k] = words[s.small_index[k]]
        _draw_small(e, small, s)
    for i in range(e.size):
        e[i] = np.float32(counts[i])


@njit(cache=True, error_model="numpy")
def _saturate(made, full_well_e, knee_e, e):
    """Electrons ``e`` kept of those ``made``; two arrays, as in-place stores would be masked."""
    if knee_e >= full_well_e:
        for i in range(e.size):
            x = made[i]
            e[i] = full_well_e if x > full_well_e else x
        return
    room = full_well_e - knee_e
    for i in range(e.size):
        x = made[i]
        above = (x - knee_e) / room
        above = above if above > _ZERO else _ZERO
        above = above if above < _EXP_RANGE else _EXP_RANGE
        soft = knee_e + room * (_ONE - exp_minus(above))
        e[i] = x if x <= knee_e else soft


@njit(cache=True, error_model="numpy")
def _respond(v, pixel):
    """Electrons to volts, in place."""
    if pixel.response == LINEAR:
        for i in range(v.size):
            v[i] *= pixel.volts_per_e
    elif pixel.response == LOGARITHMIC:
        for i in range(v.size):
            v[i] = pixel.volts_per_log * log32(_ONE + v[i] / pixel.response_knee_e)
    else:
        knee = pixel.response_knee_e
        for i in range(v.size):
            x = v[i]
            high = x if x > knee else knee
            above = knee * (_ONE + log32(high / knee))
            v[i] = pixel.volts_per_e * (x if x <= knee else above)


@njit(cache=True, error_model="numpy")
def _add_normals(v, volts, group, frame, seed, stream, s):
    groups = (v.size + GROUP - 1) // GROUP
    normals = s.normals[: groups * GROUP]
    fill_frame_normals(s.words[: groups * GROUP], normals, group, frame, seed, stream)
    for i in range(v.size):
        v[i] += volts * normals[i]


@njit(cache=True, error_model="numpy")
def _add_telegraph(v, rts_e, volts_per_e, sampled_twice, start, frame, seed, stream):
    """Add telegraph noise: one of two levels, or the difference of two samples of it."""
    for i in range(v.size):
        if rts_e[i] > _ZERO:
            u = uniform(start + i, frame, 0, seed, stream)
            if sampled_twice:
                state = _ONE if u < 0.25 else -_ONE if u < 0.5 else _ZERO
            else:
                state = _HALF if u < 0.5 else -_HALF
            v[i] += volts_per_e * rts_e[i] * state


@njit(cache=True, error_model="numpy")
def _add_rows(v, row_v, columns, start):
    row = start // columns
    left = columns - (start - row * columns)
    for i in range(v.size):
        v[i] += row_v[row]
        left -= 1
        if left == 0:
            row += 1
            left = columns


@njit(cache=True, error_model="numpy")
def _scale_columns(v, column_gain, start):
    column = start % column_gain.size
    for i in range(v.size):
        v[i] *= column_gain[column]
        column += 1
        if column == column_gain.size:
            column = 0


@njit(cache=True, error_model="numpy")
def _rows_of_frame(rows, volts, frame, seed, stream):
    """Row noise of one frame, V; row r is addressed as pixel r of its stream."""
    whole = (rows + GROUP - 1) // GROUP * GROUP
    normals = np.empty(whole, np.float32)
    fill_frame_normals(np.empty(whole, np.uint32), normals, 0, frame, seed, stream)
    for row in range(whole):
        normals[row] *= volts
    return normals


@njit(cache=True)
def _part(maps, die, start, stop):
    return maps[die, start:stop] if maps.size else maps.reshape(-1)


@njit(cache=True, error_model="numpy")
def _expose_segment(
    light, scale, pattern, die, row_v, columns, pixel, start, frame, seed, at, s, v
):  # fmt: skip
    stop = start + v.size
    gain = _part(pattern.gain, die, start, stop)
    dark = _part(pattern.dark, die, start, stop)
    electrons = s.electrons[: v.size]
    if not _collect(light, scale, gain, dark, pixel.dark_e, electrons):
        return False
    group = start // GROUP
    if pixel.shot_noise:
        _draw_electrons(electrons, group, frame, seed, at.shot, s)
    _saturate(electrons, pixel.full_well_e, pixel.knee_well_e, v)
    _respond(v, pixel)
    if pixel.reset_noise_e > _ZERO:
        volts = pixel.reset_noise_e * pixel.volts_per_e
        _add_normals(v, volts, group, frame, seed, at.reset, s)
    if pixel.read_noise_e > _ZERO:
        volts = pixel.read_noise_e * pixel.volts_per_e
        _add_normals(v, volts, group, frame, seed, at.read, s)
    if pattern.rts_e.size:
        rts_e = pattern.rts_e[die, start:stop]
        twice = pixel.correlated_double_sampling
        _add_telegraph(v, rts_e, pixel.volts_per_e, twice, start, frame, seed, at.rts)
    if pattern.offset_e.size:
        offset_e = pattern.offset_e[die, start:stop]
        for i in range(v.size):
            v[i] += pixel.volts_per_e * offset_e[i]
    if pixel.row_noise_e > _ZERO:
        _add_rows(v, row_v, columns, start)
    if pattern.column_gain.size:
        _scale_columns(v, pattern.column_gain[die], start)
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def expose(
    light, electrons_at_white, frames, dies, pattern, pixel, columns, seed, at, claimed, out
):
    """Compute the volts of pixels until no span is left; several threads may run it at once.

    Parameters
    ----------
    light : float32 [N, P]
        Relative light; P = H * W * C pixels.
    electrons_at_white : float32 [N]
        Mean photoelectrons that light 1.0 makes in each image, e-.
    frames : uint32 [N]
        Frame numbers, which address the temporal noise.
    dies : int64 [N]
        Row of the pattern's maps for each image.
    pattern : FixedPattern
        float32 maps [D, P] (column gain: [D, W * C]), of size 0 where nothing varies.
    pixel : Pixel
        Parameters of the pixel.
    columns : int
        W * C, the pixels of a row.
    seed : int
        Seed of the random numbers.
    at : Streams
        Streams of the temporal noise.
    claimed : int64 [1]
        Number of spans taken; shared by all threads of a call.
    out : float32 [N, P]
        Output, V.

    Returns
    -------
    bool
        False if some light that this thread saw was negative, infinite or NaN; ``out`` is then
        invalid.
    """
    images, pixels = light.shape
    spans = spans_of(pixels)
    right = True
    s = _scratch()
    while True:
        item = claim(claimed.ctypes.data)
        if item >= images * spans:
            return right
        n = item // spans
        first = (item - n * spans) * SPAN
        last = min(first + SPAN, pixels)
        rows = pixels // columns if pixel.row_noise_e > _ZERO else 0
        volts = pixel.row_noise_e * pixel.volts_per_e
        row_v = _rows_of_frame(rows, volts, frames[n], seed, at.row)
        for start in range(first, last, SEGMENT):
            stop = min(start + SEGMENT, last)
            good = _expose_segment(
                light[n, start:stop], electrons_at_white[n], pattern, dies[n], row_v, columns,
                pixel, start, frames[n], seed, at, s, out[n, start:stop],
            )  # fmt: skip
            right = right and good

"""Fixed patterns of a die: PRNU, dark current spread, offsets, column gains and telegraph traps."""

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sensorsim.core import streams
from sensorsim.kernels.normal import fill_pixel_normals
from sensorsim.kernels.philox import fill_uniform
from sensorsim.sensor.photodiode import Photodiode

FloatArray = npt.NDArray[np.float32]

_CHUNK = 2**16
"""Pixels whose traps are drawn at a time, in double precision."""
_MOST_KEPT = 2**22
"""Pixels of all dies whose maps are kept for the next call: at most 64 MiB, four float32 maps."""


class FixedPattern(NamedTuple):
    """Maps of D dies over P = H * W * C pixels; float32, of size 0 where nothing varies.

    Attributes
    ----------
    gain : float32 [D, P]
        Response factor of a pixel (PRNU), >= 0.
    dark : float32 [D, P]
        Dark current of a pixel over the mean dark current.
    offset_e : float32 [D, P]
        Sum of pixel (DSNU), row and column offsets, e-.
    column_gain : float32 [D, W * C]
        Factor on the volts of a column.
    rts_e : float32 [D, P]
        Step of the pixel's telegraph trap, e-; 0 in pixels without a trap.
    """

    gain: FloatArray
    dark: FloatArray
    offset_e: FloatArray
    column_gain: FloatArray
    rts_e: FloatArray


def fixed_pattern(
    photodiode: Photodiode, shape: tuple[int, int, int], dies: npt.ArrayLike, seed: int
) -> FixedPattern:
    """Draw the maps of some dies.

    Parameters
    ----------
    photodiode : Photodiode
        Pixel; its noise ladder and spreads decide which maps are drawn.
    shape : (int, int, int)
        Rows H, columns W and samples per pixel C of the array.
    dies : int or int [D]
        Die numbers.
    seed : int
        Seed of the random numbers, 0 to `MAX_SEED` of `sensorsim.core.streams`.

    Returns
    -------
    FixedPattern
        Read-only maps of the D dies; maps without spread, or excluded by the noise ladder, have
        size 0.
    """
    numbers = [int(d) for d in np.atleast_1d(np.asarray(dies, np.int64))]
    p = photodiode
    h, w, c = shape
    size = h * w * c
    if not p.draws("all"):
        return _read_only(_none(), _none(), _none(), _none(), _rts(p, size, numbers, seed))
    gain = _normals(p.prnu_percent, size, numbers, seed, streams.PRNU)
    dark = _normals(p.dark_current_spread_percent, size, numbers, seed, streams.DARK_SPREAD)
    columns = _normals(p.column_gain_percent, w * c, numbers, seed, streams.COLUMN_GAIN)
    return _read_only(
        np.maximum(1 + gain * np.float32(p.prnu_percent / 100), 0),
        _log_normal(dark, p.dark_current_spread_percent / 100),
        _offsets(p, h, w * c, numbers, seed),
        1 + columns * np.float32(p.column_gain_percent / 100),
        _rts(p, size, numbers, seed),
    )


def pattern_of_frames(
    photodiode: Photodiode, shape: tuple[int, int, int], dies: npt.NDArray[np.int64], seed: int
) -> FixedPattern:
    """Maps of some dies, kept from the last call where they are small.

    Frames of one die share its maps, and drawing them takes longer than a frame.

    Parameters
    ----------
    photodiode : Photodiode
        Pixel.
    shape : (int, int, int)
        Rows H, columns W and samples per pixel C of the array.
    dies : int64 [D]
        Die numbers.
    seed : int
        Seed of the random numbers.

    Returns
    -------
    FixedPattern
        What `fixed_pattern` gives.
    """
    if dies.size * math.prod(shape) > _MOST_KEPT:
        return fixed_pattern(photodiode, shape, dies, seed)
    return _kept(photodiode, shape, tuple(dies.tolist()), seed)


@lru_cache(maxsize=1)
def _kept(
    photodiode: Photodiode, shape: tuple[int, int, int], dies: tuple[int, ...], seed: int
) -> FixedPattern:
    return fixed_pattern(photodiode, shape, dies, seed)


def _read_only(*maps: FloatArray) -> FixedPattern:
    """Maps that no caller can change, since later calls may be given the same ones."""
    for values in maps:
        values.setflags(write=False)
    return FixedPattern(*maps)


def _none() -> FloatArray:
    return np.empty((0, 0), np.float32)


def _normals(spread: float, size: int, dies: list[int], seed: int, stream: int) -> FloatArray:
    """Standard normal numbers of each die; size 0 if the spread is zero."""
    if spread == 0:
        return _none()
    out = np.empty((len(dies), size), np.float32)
    for row, die in enumerate(dies):
        fill_pixel_normals(out[row], 0, seed, streams.of_die(stream, die))
    return out


def _log_normal(normals: FloatArray, spread: float) -> FloatArray:
    """Positive factors of mean 1 and the given relative spread."""
    variance = math.log1p(spread**2)
    # Python floats keep float32 arrays as float32; numpy's would promote them to float64.
    factors: FloatArray = np.exp(math.sqrt(variance) * normals - variance / 2)
    return factors


def _offsets(p: Photodiode, rows: int, columns: int, dies: list[int], seed: int) -> FloatArray:
    parts = [
        (p.dsnu_e, (rows, columns), streams.DSNU),
        (p.row_offset_e, (rows, 1), streams.ROW_OFFSET),
        (p.column_offset_e, (1, columns), streams.COLUMN_OFFSET),
    ]
    total: FloatArray | None = None
    for spread_e, shape, stream in parts:
        if spread_e == 0:
            continue
        normals = _normals(spread_e, shape[0] * shape[1], dies, seed, stream)
        part = np.float32(spread_e) * normals.reshape(len(dies), *shape)
        total = part if total is None else total + part
    if total is None:
        return _none()
    whole = np.broadcast_to(total, (len(dies), rows, columns))
    return np.ascontiguousarray(whole.reshape(len(dies), -1))


def _rts(p: Photodiode, size: int, dies: list[int], seed: int) -> FloatArray:
    """Steps of the telegraph traps, e-; which pixels have one, and its size, are drawn per die."""
    if not p.draws("temporal") or p.rts_pixel_fraction == 0 or p.rts_amplitude_e == 0:
        return _none()
    out = np.empty((len(dies), size), np.float32)
    chosen, level = np.empty((2, min(size, _CHUNK)))
    for row, die in enumerate(dies):
        stream = streams.of_die(streams.RTS_PIXELS, die)
        for start in range(0, size, _CHUNK):
            steps = out[row, start : start + _CHUNK]
            n = steps.size
            fill_uniform(chosen[:n], 0, seed, stream, start)
            fill_uniform(level[:n], 1, seed, stream, start)
            trapped = chosen[:n] < p.rts_pixel_fraction
            steps[:] = np.where(trapped, -p.rts_amplitude_e * np.log(level[:n]), 0)
    return out

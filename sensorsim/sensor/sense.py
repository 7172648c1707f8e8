"""Volts of a pixel array from relative light."""

import math

import numpy as np
import numpy.typing as npt

from sensorsim.core import pool, streams
from sensorsim.core.errors import InputError
from sensorsim.kernels import electrons as kernel
from sensorsim.kernels.segments import spans_of
from sensorsim.sensor.fixed_pattern import FixedPattern, pattern_of_frames
from sensorsim.sensor.photodiode import Photodiode
from sensorsim.sensor.response import Linear, Logarithmic

FloatArray = npt.NDArray[np.float32]

_STREAMS = kernel.Streams(
    streams.SHOT_NOISE, streams.READ_NOISE, streams.RESET_NOISE, streams.RTS_NOISE,
    streams.ROW_NOISE,
)  # fmt: skip


def sense(
    light: npt.ArrayLike,
    photodiode: Photodiode,
    electrons_at_white: npt.ArrayLike,
    key: streams.Key,
    pattern: FixedPattern | None = None,
) -> FloatArray:
    """Simulate the volts at the output of every pixel.

    Parameters
    ----------
    light : array_like [N, H, W, C]
        Relative linear light; 1.0 is white. Converted to float32.
    photodiode : Photodiode
        Pixel.
    electrons_at_white : float or array_like [N]
        Mean photoelectrons that light 1.0 makes in each image, e-.
    key : Key
        Frames, dies and seed of the N images.
    pattern : FixedPattern, optional
        `fixed_pattern` of the key's distinct dies; drawn if left out, and kept for the next calls
        if it is small.

    Returns
    -------
    float32 [N, H, W, C]
        Volts, V.

    Raises
    ------
    InputError
        If light or electrons are negative, infinite or NaN, the light does not have four axes, or
        key or pattern do not fit the number of images, dies or pixels.

    Examples
    --------
    >>> from sensorsim.core.streams import Key
    >>> light = np.full((1, 4, 4, 1), 0.5, np.float32)
    >>> volts = sense(light, Photodiode(noise="none"), 1000.0, Key.of(1, [0]))
    >>> volts.shape
    (1, 4, 4, 1)
    """
    array = np.ascontiguousarray(light, np.float32)
    if array.ndim != 4:
        raise InputError(
            f"light: shape {array.shape}, expected 4 axes [image, row, column, color]; "
            "add the missing axes with numpy.newaxis"
        )
    n, h, w, c = array.shape
    key.check_covers(n)
    seen, rows = key.distinct_dies()
    if pattern is None:
        pattern = pattern_of_frames(photodiode, (h, w, c), seen, key.seed)
    _check_pattern(pattern, len(seen), h * w * c, w * c)
    out = np.empty((n, h * w * c), np.float32)
    pixels, electrons = array.reshape(n, h * w * c), _each_image(electrons_at_white, n)
    numbers, at = _numbers(photodiode), kernel.Streams(*map(key.temporal, _STREAMS))

    def expose(claimed: pool.Counter) -> bool:
        return kernel.expose(
            pixels, electrons, key.frames, rows, pattern, numbers, w * c, key.seed, at, claimed,
            out,
        )  # fmt: skip

    if not all(pool.share(expose, n * spans_of(h * w * c))):
        check_light(array)
    return out.reshape(array.shape)


def _each_image(electrons_at_white: npt.ArrayLike, images: int) -> FloatArray:
    """Electrons at white of every image: float32 [N]."""
    electrons = np.asarray(electrons_at_white, np.float64)
    if electrons.shape not in ((), (images,)):
        raise InputError(
            f"electrons_at_white: shape {electrons.shape}, expected one number or {images}, one "
            "for each image"
        )
    if not ((electrons >= 0) & (electrons <= np.finfo(np.float32).max)).all():
        raise InputError(
            f"electrons_at_white {electrons}: expected finite numbers >= 0 in the range of float32"
        )
    return np.ascontiguousarray(np.broadcast_to(electrons.astype(np.float32), images))


def _check_pattern(pattern: FixedPattern, dies: int, pixels: int, columns: int) -> None:
    """Check the shapes of the maps; the kernel does not."""
    for name, part in pattern._asdict().items():
        shape = (dies, columns if name == "column_gain" else pixels)
        if part.size and part.shape != shape:
            raise InputError(
                f"pattern.{name}: shape {part.shape}, expected {shape}, or no size; draw the "
                "pattern with fixed_pattern for this image size and the key's distinct dies"
            )


def check_light(light: FloatArray) -> None:
    """Raise on negative, infinite or NaN light.

    Parameters
    ----------
    light : float32, any shape
        Relative light.

    Raises
    ------
    InputError
        If a value is NaN, infinite or negative.
    """
    if light.size == 0:
        return
    lowest, highest = light.min(), light.max()  # NaN if any value is NaN
    if not (lowest >= -kernel.LARGEST and highest <= kernel.LARGEST):
        raise InputError("light: holds NaN or infinite values; expected finite relative light >= 0")
    if lowest < 0:
        raise InputError(
            f"light: smallest value {lowest:g}; expected relative light >= 0 "
            "(subtract the black level and clip before simulating)"
        )


def _numbers(p: Photodiode) -> kernel.Pixel:
    """Parameters of the pixel for the kernel."""
    response, knee_e, volts_per_log = kernel.LINEAR, 1.0, 0.0
    if isinstance(p.response, Logarithmic):
        response, knee_e = kernel.LOGARITHMIC, p.response.knee_e
        volts_per_log = p.response.slope_mv_per_decade * 1e-3 / math.log(10)
    elif not isinstance(p.response, Linear):
        response, knee_e = kernel.LINLOG, p.response.knee_e
    temporal = p.draws("temporal")
    return kernel.Pixel(
        p.draws("shot"),
        p.correlated_double_sampling,
        np.float32(p.dark_e),
        np.float32(p.full_well_e),
        np.float32(p.full_well_e * p.saturation.knee_fraction),
        response,
        np.float32(knee_e),
        np.float32(p.volts_per_e),
        np.float32(volts_per_log),
        np.float32(p.read_noise_e if temporal else 0),
        np.float32(p.reset_noise_e if temporal else 0),
        np.float32(p.row_noise_e if temporal else 0),
    )

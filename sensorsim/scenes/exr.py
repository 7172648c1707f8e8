"""OpenEXR radiance: high dynamic range, half or single precision.

Radiance has no inherent white level. Unless it is stated, white is the 99th percentile of
luminance: the brightest hundredth, lamps and highlights, lies above 1 and is kept.
"""

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sensorsim.core.errors import InputError
from sensorsim.optics.cfa import LUMINANCE
from sensorsim.scenes.frame import Frame

WHITE_PERCENTILE = 99.0
_MOST_PIXELS = 2**28
_OUT_OF_GAMUT = 1e-3
"""Fraction of white; negative samples down to it are colors outside the file's primaries."""


def read_exr(path: Path, white_radiance: float | None = None) -> Frame:
    """Read channels R, G, B, or luminance Y, of a file with one image.

    Parameters
    ----------
    path : Path
        OpenEXR file.
    white_radiance : float, optional
        Radiance, in the file's units, that becomes light 1.0; by default the 99th percentile of
        luminance.

    Returns
    -------
    Frame
        Layout ``rgb`` or ``mono``. Slightly negative samples, which a conversion between color
        spaces produces for colors outside the primaries, become 0 and are counted.

    Raises
    ------
    InputError
        If the file is not a complete OpenEXR file, has other channels, or holds NaN, infinite or
        clearly negative radiance, or if white is not above 0.
    """
    radiance, notes = _pixels(path)
    if not np.isfinite(radiance).all():
        count = np.count_nonzero(~np.isfinite(radiance))
        raise InputError(
            f"{path}: {count} samples are NaN or infinite; expected finite radiance: repair them"
        )
    white = _percentile(radiance, path) if white_radiance is None else white_radiance
    if not (np.isfinite(white) and white > 0):
        raise InputError(f"white radiance {white:g}: expected a number above 0")
    smallest = float(radiance.min())
    if smallest < -_OUT_OF_GAMUT * white:
        raise InputError(
            f"{path}: smallest radiance {smallest:g}, expected none below "
            f"{-_OUT_OF_GAMUT * white:g} ({_OUT_OF_GAMUT:.1%} of white); set it to 0 if it is noise"
        )
    stated = "stated" if white_radiance is not None else f"{WHITE_PERCENTILE:g}th percentile"
    return Frame(
        (np.maximum(radiance, 0) / np.float32(white)).astype(np.float32),
        "rgb" if radiance.shape[-1] == 3 else "mono",
        str(path),
        f"radiance {white:g} ({stated})",
        {
            "format": "OpenEXR",
            "white_radiance": float(white),
            "negative_samples_set_to_0": int(np.count_nonzero(radiance < 0)),
            "smallest_radiance": smallest,
        },
        notes,
    )


def _percentile(radiance: npt.NDArray[np.float32], path: Path) -> float:
    weights = np.array(LUMINANCE if radiance.shape[-1] == 3 else (1.0,))
    white = float(np.percentile(radiance @ weights, WHITE_PERCENTILE))
    if white <= 0:
        raise InputError(
            f"{path}: at least {WHITE_PERCENTILE:g} % of it is black, so that no white follows; "
            "state the radiance of white"
        )
    return white


def _pixels(path: Path) -> tuple[npt.NDArray[np.float32], tuple[str, ...]]:
    """Radiance of the data window, float32 [H, W, 1 or 3], and notes."""
    import OpenEXR

    try:
        # OpenEXR prints its warnings to standard output, which is for results only.
        with redirect_stdout(sys.stderr):
            with OpenEXR.File(str(path), header_only=True) as file:
                _check_size(file.header(), path)
            file = OpenEXR.File(str(path))
        with file:
            parts = len(file.parts)
            channels: dict[str, Any] = {k: v.pixels for k, v in file.channels().items()}
            header = dict(file.header())
    except (RuntimeError, ValueError, TypeError, MemoryError) as error:
        raise InputError(
            f"{path}: not a readable OpenEXR file ({error}); it is truncated, damaged or deep: "
            "fetch it again"
        ) from None
    if parts != 1:
        raise InputError(f"{path}: holds {parts} images, expected one; save one of them alone")
    pixels = next((channels[n] for n in ("RGB", "RGBA", "Y") if n in channels), None)
    if pixels is None or any(name in channels for name in ("RY", "BY")):
        raise InputError(
            f"{path}: channels {', '.join(channels)}; expected R, G, B of one type, or Y alone"
        )
    if pixels.dtype not in (np.float16, np.float32):
        raise InputError(f"{path}: samples of type {pixels.dtype}, expected half or float")
    array: npt.NDArray[np.float32] = pixels.astype(np.float32)
    return (array[..., :3] if array.ndim == 3 else array[..., np.newaxis]), _notes(header)


def _check_size(header: Mapping[str, Any], path: Path) -> None:
    """Raise before a damaged header asks for more memory than the machine has."""
    first, last = (np.array(corner, np.int64) for corner in header["dataWindow"])
    columns, rows = (last - first + 1).tolist()
    if columns * rows > _MOST_PIXELS:
        raise InputError(
            f"{path}: data window of {columns} x {rows} pixels, expected at most {_MOST_PIXELS} "
            "in all; crop it, or fetch it again if it is damaged"
        )


def _notes(header: Mapping[str, Any]) -> tuple[str, ...]:
    notes = []
    if (aspect := float(header.get("pixelAspectRatio", 1))) != 1:
        notes.append(f"states pixels {aspect:.3g} times as wide as high; read as square")
    data, display = (np.array(header.get(f"{w}Window", ())) for w in ("data", "display"))
    if not np.array_equal(data, display):
        notes.append("display window differs from the data window; the data window is read")
    return tuple(notes)

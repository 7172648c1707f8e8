"""Camera RAW by rawpy (LibRaw): linear samples of the color filter array, without processing.

No demosaicing, white balance or tone curve. Black and white levels are applied per channel, so that
0 is the camera's black and 1 its saturation. Samples below black become 0, as light must not be
negative.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sensorsim.core.errors import InputError
from sensorsim.optics.cfa import bayer
from sensorsim.scenes.frame import Frame, FrameLayout


def read_raw(path: Path) -> Frame:
    """Read the visible area of a camera's RAW file.

    Parameters
    ----------
    path : Path
        RAW file of a format that LibRaw reads.

    Returns
    -------
    Frame
        Layout ``bayer-*``, or ``mono`` for a monochrome camera; light 1.0 is the white level.

    Raises
    ------
    InputError
        If the file is not a RAW file, is truncated, has a white level not above black, or its
        pixels are not under a Bayer filter.
    """
    import rawpy

    try:
        with rawpy.imread(str(path)) as raw:
            return _frame(raw, path)
    except rawpy.LibRawError as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise InputError(
            f"{path}: LibRaw cannot read it ({reason}); expected a whole camera RAW file: "
            "fetch it again if it is truncated, or declare its layout if it has no header"
        ) from None


def _frame(raw: Any, path: Path) -> Frame:
    layout = _layout(raw, path)
    samples = raw.raw_image_visible
    channel = raw.raw_colors_visible if layout != "mono" else np.zeros(samples.shape, np.uint8)
    black = np.array(raw.black_level_per_channel, np.float32)
    white = np.array(raw.camera_white_level_per_channel or [raw.white_level] * 4, np.float32)
    if (white <= black).any():
        raise InputError(
            f"{path}: white level {white.tolist()}, expected more than the black level "
            f"{black.tolist()}; the file's header is damaged"
        )
    light = (samples - black[channel]) * (1 / (white - black))[channel]
    below = int(np.count_nonzero(light < 0))
    return Frame(
        np.maximum(light, 0).astype(np.float32)[..., np.newaxis],
        layout,
        str(path),
        "the RAW file's white level",
        {
            "format": "camera RAW",
            "black_level_dn": ", ".join(f"{b:g}" for b in black),
            "white_level_dn": ", ".join(f"{w:g}" for w in white),
            "samples_below_black": below,
        },
    )


def _layout(raw: Any, path: Path) -> FrameLayout:
    import rawpy

    if raw.raw_type != rawpy.RawType.Flat:
        raise InputError(
            f"{path}: every pixel holds {raw.num_colors} colors (Foveon, reduced RAW, or a DNG "
            "that is demosaiced already); expected a mosaic of one color per pixel: convert it "
            "to OpenEXR, PNG or JPEG"
        )
    if raw.num_colors == 1:
        return "mono"
    pattern: npt.NDArray[np.uint8] = raw.raw_pattern
    names = raw.color_desc.decode()
    colors = raw.raw_colors_visible
    cell = "".join(names[c] for c in colors[:2, :2].ravel()).lower()
    layout = bayer(f"bayer-{cell}")
    if layout is None or not _repeats(colors):
        kind = "X-Trans" if pattern.shape == (6, 6) else f"{cell.upper()!r}"
        raise InputError(
            f"{path}: color filter {kind} of {pattern.shape[0]} x {pattern.shape[1]} pixels; "
            "expected a Bayer filter of 2 x 2: RGGB, GRBG, GBRG or BGGR"
        )
    return layout


def _repeats(colors: npt.NDArray[np.uint8]) -> bool:
    """Whether the upper left 2 x 2 pixels repeat over the whole array."""
    return all((colors[r::2, c::2] == colors[r, c]).all() for r in (0, 1) for c in (0, 1))

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
from sensorsim.scenes import tiff
from sensorsim.scenes.frame import Frame, FrameLayout
from sensorsim.scenes.orientation import exif_orientation, upright
from sensorsim.scenes.unreadable import UnreadableError


def read_raw(path: Path) -> Frame:
    """Read the visible area of a camera's RAW file, turned as its orientation tag states.

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

    _check_container(path)
    try:
        with rawpy.imread(str(path)) as raw:
            return _frame(raw, path)
    except rawpy.LibRawError as error:
        reason = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        raise InputError(
            f"{path}: LibRaw cannot read it ({reason}); expected a whole camera RAW file: "
            "fetch it again if it is truncated, or declare its layout if it has no header"
        ) from None


def _check_container(path: Path) -> None:
    """Raise where LibRaw would guess a color filter, or return memory that it did not fill."""
    with path.open("rb") as file:
        if not tiff.is_tiff(file.read(4)):
            return
        file.seek(0)
        try:
            tiff.check_raw(file)
        except UnreadableError as error:
            raise InputError(
                f"{path}: not a whole camera RAW file ({error}); fetch it again, or save a "
                "photograph as .tif or .png"
            ) from None


def _frame(raw: Any, path: Path) -> Frame:
    _check_flat(raw, path)
    turn = exif_orientation(raw.sizes.flip)
    samples, colors = (upright(a, turn) for a in (raw.raw_image_visible, raw.raw_colors_visible))
    layout = _layout(raw, colors, path)
    channel = colors if layout != "mono" else np.zeros(samples.shape, np.uint8)
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
            "orientation": turn,
        },
        _notes(raw.sizes.pixel_aspect),
    )


def _notes(pixel_aspect: float) -> tuple[str, ...]:
    if pixel_aspect == 1:
        return ()
    return (f"states pixels {pixel_aspect:.3g} times as wide as high; read as square",)


def _check_flat(raw: Any, path: Path) -> None:
    import rawpy

    if raw.raw_type != rawpy.RawType.Flat:
        raise InputError(
            f"{path}: every pixel holds {raw.num_colors} colors (Foveon, reduced RAW, or a DNG "
            "that is demosaiced already); expected a mosaic of one color per pixel: convert it "
            "to OpenEXR, PNG or JPEG"
        )


def _layout(raw: Any, colors: npt.NDArray[np.uint8], path: Path) -> FrameLayout:
    """Layout of the mosaic, whose filter numbers ``colors`` are upright."""
    if raw.num_colors == 1:
        return "mono"
    pattern: npt.NDArray[np.uint8] = raw.raw_pattern
    names = raw.color_desc.decode()
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

"""Photographs: PNG of 8 or 16 bits and JPEG, decoded from sRGB to relative linear light."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, UnidentifiedImageError

from sensorsim.core.errors import InputError
from sensorsim.scenes.frame import Frame
from sensorsim.scenes.srgb import to_linear

_ORIENTATION = 0x0112
"""Tag of EXIF 2.32."""
_EIGHT_BITS = {"1": "L", "L": "L", "LA": "LA", "P": "RGBA", "RGB": "RGB", "RGBA": "RGBA"}


def read_photograph(path: Path) -> Frame:
    """Read a photograph, rotated as its EXIF data state; a color profile is not applied.

    Parameters
    ----------
    path : Path
        PNG or JPEG file.

    Returns
    -------
    Frame
        Layout ``rgb``, or ``mono`` for a gray image; light 1.0 is the largest code.

    Raises
    ------
    InputError
        If the file is not a complete image, has transparent pixels, or its colors are not RGB.
    """
    try:
        with Image.open(path) as image:
            samples = _upright(_samples(image, path), image.getexif().get(_ORIENTATION, 1))
    except (
        UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError,
    ) as error:  # fmt: skip
        raise InputError(
            f"{path}: not a readable photograph ({error}); expected a whole PNG or JPEG file"
        ) from None
    largest = np.iinfo(samples.dtype).max
    if samples.shape[-1] in (2, 4):
        if (samples[..., -1] < largest).any():
            raise InputError(
                f"{path}: has transparent pixels, whose light is unknown; flatten the image"
            )
        samples = samples[..., :-1]
    light = to_linear(samples if samples.dtype == np.uint8 else samples / largest)
    return Frame(
        light,
        "rgb" if light.shape[-1] == 3 else "mono",
        str(path),
        "the largest code, sRGB",
        {"format": "photograph", "bits": 8 * samples.dtype.itemsize},
    )


def _upright(samples: npt.NDArray[Any], orientation: int) -> npt.NDArray[Any]:
    """Rotate and mirror by EXIF's orientation; 5 to 8 swap rows and columns."""
    if orientation in (5, 6, 7, 8):
        samples = samples.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return np.ascontiguousarray(samples)


def _samples(image: ImageFile.ImageFile, path: Path) -> npt.NDArray[Any]:
    """Codes as stored: uint8 or uint16 [H, W, 1 to 4]."""
    if image.mode.startswith("I"):  # gray of 16 bits
        array = np.asarray(image)
        if array.size and not 0 <= array.min() <= array.max() <= 65535:
            raise ValueError(f"samples from {array.min()} to {array.max()}, expected 16 bits")
        return array.astype(np.uint16)[..., np.newaxis]
    if image.mode not in _EIGHT_BITS:
        raise ValueError(f"color mode {image.mode}, expected gray or RGB")
    if image.format == "PNG" and str(image.tile[0].args) in ("RGB;16B", "RGBA;16B"):
        return _color_of_16_bits(image, path)
    if image.format == "PNG" and str(image.tile[0].args) == "LA;16B":
        return _gray_and_alpha_of_16_bits(path)
    array = np.asarray(image.convert(_EIGHT_BITS[image.mode]))
    return array if array.ndim == 3 else array[..., np.newaxis]


def _color_of_16_bits(image: ImageFile.ImageFile, path: Path) -> npt.NDArray[np.uint16]:
    """Color of 16 bits, of which Pillow keeps only the first byte in memory.

    Read as little-endian samples, the first byte is the lower one: two readings give both bytes.
    """
    high = np.asarray(image).astype(np.uint16)
    with Image.open(path) as swapped:
        tile = swapped.tile[0]
        swapped.tile = [tile._replace(args=str(tile.args).replace(";16B", ";16L"))]
        return high << 8 | np.asarray(swapped)


def _gray_and_alpha_of_16_bits(path: Path) -> npt.NDArray[np.uint16]:
    """Gray and alpha of 16 bits, which Pillow reads only as big-endian, keeping the first byte.

    A pixel has as many bytes as 8-bit RGBA, and is read as such.
    """
    with Image.open(path) as image:
        image.tile = [image.tile[0]._replace(args="RGBA")]
        image._mode = "RGBA"
        return np.asarray(image).view(">u2").astype(np.uint16)

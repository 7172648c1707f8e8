"""Photographs: PNG and JPEG of 8 or 16 bits, decoded from sRGB to relative linear light."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, UnidentifiedImageError

from sensorsim.errors import InputError
from sensorsim.scenes.frame import Frame
from sensorsim.scenes.srgb import to_linear

_EIGHT_BITS = {"1": "L", "L": "L", "LA": "LA", "P": "RGBA", "RGB": "RGB", "RGBA": "RGBA"}


def read_photograph(path: Path) -> Frame:
    """Read a photograph; a color profile in the file is not applied.

    Returns
    -------
    Frame
        Layout ``rgb``, or ``mono`` for a gray image.

    Raises
    ------
    InputError
        If the file is no whole image, has transparent pixels, or its colors are not RGB.
    """
    try:
        with Image.open(path) as image:
            samples = _samples(image, path)
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


def _samples(image: ImageFile.ImageFile, path: Path) -> npt.NDArray[Any]:
    """Codes as stored, uint8 or uint16 [H, W, 1 to 4]."""
    if image.mode.startswith("I"):  # gray of 16 bits
        array = np.asarray(image)
        if array.size and not 0 <= array.min() <= array.max() <= 65535:
            raise ValueError(f"samples from {array.min()} to {array.max()}, expected 16 bits")
        return array.astype(np.uint16)[..., np.newaxis]
    if image.mode not in _EIGHT_BITS:
        raise ValueError(f"color mode {image.mode}, expected gray or RGB")
    if image.format == "PNG" and str(image.tile[0].args) in ("RGB;16B", "RGBA;16B"):
        return _color_of_16_bits(image, path)
    array = np.asarray(image.convert(_EIGHT_BITS[image.mode]))
    return array if array.ndim == 3 else array[..., np.newaxis]


def _color_of_16_bits(image: ImageFile.ImageFile, path: Path) -> npt.NDArray[np.uint16]:
    """Color of 16 bits, of which Pillow keeps the first byte in memory.

    Read as little-endian samples, the first byte is that of lower weight: two readings give both.
    """
    high = np.asarray(image).astype(np.uint16)
    with Image.open(path) as swapped:
        tile = swapped.tile[0]
        swapped.tile = [tile._replace(args=str(tile.args).replace(";16B", ";16L"))]
        return high << 8 | np.asarray(swapped)

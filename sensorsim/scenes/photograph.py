"""Decode photographs by Pillow, for single frames and for datasets alike.

Codes keep the file's bit depth, and are decoded from sRGB, or by a PNG's own gamma, to relative
linear light. Pixels without a defined light are errors: transparent pixels, floating point, other
color spaces than gray and RGB. Color profiles are not applied.
"""

import io
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile, UnidentifiedImageError

from sensorsim.core.errors import InputError
from sensorsim.scenes import orientation, png, tiff
from sensorsim.scenes.frame import Frame
from sensorsim.scenes.srgb import to_linear, to_srgb
from sensorsim.scenes.unreadable import UnreadableError

# Includes formats that Pillow may lack: such a file is reported as unreadable, not skipped.
SUFFIXES = frozenset({
    ".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".tif", ".tiff", ".gif", ".webp", ".heic",
    ".heif", ".avif",
})  # fmt: skip
_FORMATS = (
    "PNG", "JPEG", "MPO", "BMP", "DIB", "PPM", "TIFF", "GIF", "WEBP", "HEIF", "AVIF",
)  # fmt: skip
_EIGHT_BITS = {
    "1": "L", "L": "L", "LA": "LA", "P": "RGBA", "PA": "RGBA", "RGB": "RGB", "RGBX": "RGB",
    "RGBA": "RGBA",
}  # fmt: skip
_BITS_PER_SAMPLE, _PHOTOMETRIC, _PLANAR, _SAMPLE_FORMAT = 258, 262, 284, 339
_WHITE_IS_ZERO = 0
_UNSIGNED = 1
_SQUARE = 0.01
"""Greatest relative difference of the densities along both sides that is not mentioned."""


@dataclass(frozen=True)
class Photograph:
    """Codes of a photograph, upright.

    Attributes
    ----------
    codes : uint8 or uint16 [H, W, C]
        As stored; C is 1 for gray, 3 for RGB.
    bits : int
        Bits per sample; white is the code ``2**bits - 1``.
    gamma : float or None
        A PNG's exponent, code = light ** gamma; None for sRGB.
    notes : tuple of str
        What the file states and is not followed, for messages.
    """

    codes: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
    bits: int
    gamma: float | None
    notes: tuple[str, ...]

    @property
    def largest(self) -> int:
        """Code of white.

        Returns
        -------
        int
            The largest code.
        """
        return int(2**self.bits - 1)

    def light(self) -> npt.NDArray[np.float32]:
        """Decode the codes.

        Returns
        -------
        float32 [H, W, C]
            Relative linear light, 0 to 1.
        """
        if self.gamma is not None:
            return ((self.codes / self.largest) ** (1 / self.gamma)).astype(np.float32)
        eight = self.codes.dtype == np.uint8
        return to_linear(self.codes if eight else self.codes / self.largest)

    def srgb_codes(self) -> npt.NDArray[np.uint8]:
        """Codes of 8 bits in sRGB.

        Returns
        -------
        uint8 [H, W, C]
            The nearest codes.
        """
        if self.gamma is not None:
            return to_srgb(self.light())
        if self.codes.dtype == np.uint8:
            return self.codes.astype(np.uint8, copy=False)
        scaled = (self.codes.astype(np.int64) * 510 + self.largest) // (2 * self.largest)
        return scaled.astype(np.uint8)


def read_photograph(path: Path) -> Frame:
    """Read a photograph as a frame.

    Parameters
    ----------
    path : Path
        PNG, JPEG, TIFF, BMP, PPM, PGM, GIF (first picture) or WebP file.

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
        found = decode_photograph(path.read_bytes())
    except (UnreadableError, OSError) as error:
        raise InputError(
            f"{path}: not a readable photograph ({error}); expected a whole image file of gray or "
            "RGB with 8 to 16 bits"
        ) from None
    curve = "sRGB" if found.gamma is None else f"gamma {found.gamma:g}"
    return Frame(
        found.light(),
        "rgb" if found.codes.shape[-1] == 3 else "mono",
        str(path),
        f"the largest code, {found.largest}, {curve}",
        {"format": "photograph", "bits": found.bits},
        (*found.notes, *_unused_bits(found)),
    )


def _unused_bits(found: Photograph) -> tuple[str, ...]:
    """A note if samples of more than 8 bits might be of fewer bits than the file states."""
    brightest = int(found.codes.max())
    if found.bits <= 8 or brightest > found.largest // 4:
        return ()
    return (
        f"its samples reach {brightest} of {found.largest}; if they have fewer than {found.bits} "
        "bits, scale them first",
    )


def decode_photograph(data: bytes, least_side: int | None = None) -> Photograph:
    """Decode a photograph, rotated as its EXIF data state.

    Parameters
    ----------
    data : bytes
        The file.
    least_side : int, optional
        If stated, a JPEG is decoded at 1/2, 1/4 or 1/8 of its size (draft mode of libjpeg, which
        averages encoded values) as long as each side keeps this many pixels.

    Returns
    -------
    Photograph
        Codes, bit depth and curve.

    Raises
    ------
    UnreadableError
        If the data are not a complete picture of gray or RGB without transparent pixels.

    Examples
    --------
    >>> buffer = io.BytesIO()
    >>> Image.new("L", (4, 2), 128).save(buffer, "png")
    >>> decode_photograph(buffer.getvalue()).codes.shape
    (2, 4, 1)
    """
    found = png.chunks(data) if data.startswith(png.SIGNATURE) else {}
    if tiff.is_tiff(data):
        tiff.check_photograph(io.BytesIO(data))
    with _pillow():
        Image.init()
        image = Image.open(io.BytesIO(data), formats=[f for f in _FORMATS if f in Image.OPEN])
    with image:
        if least_side is not None:
            with _pillow():
                image.draft(None, (least_side, least_side))
        curve = png.gamma(found) if found else None
        codes, bits = _codes(image, data)
        with _pillow():  # after decoding: Pillow turns TIFF by itself, and forgets the tag
            turn = image.getexif().get(orientation.TAG, 1)
        notes = (*_not_square(image), *_unknown_turn(turn))
    codes = _opaque(codes, png.transparent_code(found, 2**bits - 1) if found else None)
    return Photograph(orientation.upright(codes, turn), bits, curve, notes)


@contextmanager
def _pillow() -> Iterator[None]:
    """Errors of Pillow and libtiff on damaged files as one kind."""
    try:
        yield
    except UnidentifiedImageError:
        raise UnreadableError("of no image format that can be read") from None
    except (
        Image.DecompressionBombError, OSError, SyntaxError, ValueError, struct.error, zlib.error,
        RuntimeError, EOFError, TypeError, KeyError, IndexError, OverflowError, MemoryError,
    ) as error:  # fmt: skip
        raise UnreadableError(str(error) or type(error).__name__) from None


def _codes(image: ImageFile.ImageFile, data: bytes) -> tuple[npt.NDArray[Any], int]:
    """Codes as stored, uint8 or uint16 [H, W, 1 to 4], and bits per sample."""
    depth = _tiff_bits(image) if image.format == "TIFF" else 16
    if image.mode == "F":
        raise UnreadableError("samples of floating point, expected 8 or 16 bits")
    if image.mode.startswith("I"):
        return _deep_gray(image, depth), depth
    if image.mode not in _EIGHT_BITS:
        raise UnreadableError(f"color mode {image.mode}, expected gray or RGB")
    raw = _raw_mode(image)
    if raw == "LA;16B":
        return _gray_and_alpha_of_16_bits(data), 16
    if ";16" in raw:
        return _color_of_16_bits(image, data), 16
    with _pillow():
        array = np.asarray(image.convert(_EIGHT_BITS[image.mode]))
    array = array if array.ndim == 3 else array[..., np.newaxis]
    return _opaque_index(array, image), 8


def _tiff_bits(image: ImageFile.ImageFile) -> int:
    """Bits per sample of a TIFF file, whose layout is checked to be one that Pillow reads right."""
    with _pillow():
        tags = image.tag_v2  # type: ignore[attr-defined]
        bits = {int(b) for b in tags.get(_BITS_PER_SAMPLE, (1,))}
        formats = set(tags.get(_SAMPLE_FORMAT, (_UNSIGNED,)))
        apart = tags.get(_PLANAR, 1) == 2
    if formats != {_UNSIGNED}:
        raise UnreadableError(
            "samples of floating point or with a sign, expected unsigned ones of 8 or 16 bits"
        )
    if len(bits) != 1 or max(bits) > 16:
        raise UnreadableError(f"samples of {max(bits)} bits, expected 1 to 16, the same for all")
    if apart and bits == {16} and image.mode.startswith("RGB"):
        raise UnreadableError("planes of 16 bits, each by itself; save them interleaved")
    return bits.pop()


def _raw_mode(image: ImageFile.ImageFile) -> str:
    """Pillow's name of the layout in the file, like "RGB;16B"."""
    if image.format not in ("PNG", "TIFF") or not image.tile:
        return ""
    args = image.tile[0].args
    return str(args[0] if isinstance(args, tuple) else args)


def _deep_gray(image: ImageFile.ImageFile, bits: int) -> npt.NDArray[Any]:
    """Gray of 9 to 16 bits, uint16 [H, W, 1]."""
    with _pillow():
        array = np.asarray(image)
        inverted = (
            image.format == "TIFF" and image.tag_v2.get(_PHOTOMETRIC) == _WHITE_IS_ZERO  # type: ignore[attr-defined]
        )
    largest = 2**bits - 1
    if array.size and not 0 <= array.min() <= array.max() <= largest:
        raise UnreadableError(
            f"samples from {array.min()} to {array.max()}, expected 0 to {largest}"
        )
    codes = largest - array if inverted else array  # Pillow inverts up to 8 bits
    return np.asarray(codes, np.uint16)[..., np.newaxis]


def _color_of_16_bits(image: ImageFile.ImageFile, data: bytes) -> npt.NDArray[np.uint16]:
    """Color of 16 bits, of which Pillow keeps only the first byte in memory.

    Read in the other byte order, that is the lower one: two readings give both bytes.
    """
    with _pillow(), Image.open(io.BytesIO(data)) as swapped:
        swapped.tile = [t._replace(args=_swapped(t.args)) for t in swapped.tile]
        high, low = (np.asarray(i).astype(np.uint16) for i in (image, swapped))
    return np.asarray(high << 8 | low, np.uint16)


def _swapped(args: Any) -> Any:
    """Decoder arguments for the other byte order."""
    if isinstance(args, tuple):
        return (_swapped(args[0]), *args[1:])
    name, order = str(args)[:-1], str(args)[-1]
    order = {"N": "L" if sys.byteorder == "little" else "B"}.get(order, order)
    return name + {"L": "B", "B": "L"}[order]


def _gray_and_alpha_of_16_bits(data: bytes) -> npt.NDArray[np.uint16]:
    """Gray and alpha of 16 bits, which Pillow reads only as big-endian, keeping the first byte.

    A pixel has as many bytes as 8-bit RGBA, and is read as such.
    """
    with _pillow(), Image.open(io.BytesIO(data)) as image:
        image.tile = [image.tile[0]._replace(args="RGBA")]
        image._mode = "RGBA"
        return np.asarray(image).view(">u2").astype(np.uint16)


def _opaque_index(
    array: npt.NDArray[np.uint8], image: ImageFile.ImageFile
) -> npt.NDArray[np.uint8]:
    """Raise if pixels have the gray that a GIF declares transparent."""
    key = image.info.get("transparency")
    if image.format == "GIF" and image.mode == "L" and isinstance(key, int):
        _refuse_transparent(bool((array == key).any()))
    return array


def _opaque(codes: npt.NDArray[Any], transparent: npt.NDArray[np.int64] | None) -> npt.NDArray[Any]:
    """Codes without alpha; raise if pixels are transparent."""
    if transparent is not None:
        _refuse_transparent(bool((codes == transparent).all(-1).any()))
    if codes.shape[-1] not in (2, 4):
        return codes
    _refuse_transparent(bool((codes[..., -1] < np.iinfo(codes.dtype).max).any()))
    return codes[..., :-1]


def _refuse_transparent(found: bool) -> None:
    if found:
        raise UnreadableError("has transparent pixels, whose light is unknown; flatten the image")


def _not_square(image: ImageFile.ImageFile) -> tuple[str, ...]:
    """A note if the stated densities along both sides differ."""
    keys = ("aspect", "jfif_density", "dpi", "resolution")
    with _pillow():  # damaged tags may hold anything
        x, y = (float(d) for d in next((image.info[k] for k in keys if k in image.info), (1, 1)))
    if x > 0 < y and abs(y / x - 1) > _SQUARE:
        return (f"states pixels {y / x:.3g} times as wide as high; read as square",)
    return ()


def _unknown_turn(turn: Any) -> tuple[str, ...]:
    if turn in range(9):  # 0 is written for "unknown"
        return ()
    return (f"states the unknown orientation {turn!r}; not turned",)

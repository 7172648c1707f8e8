"""Check the structure of TIFF files, camera RAW among them, before their pixels are decoded.

Decoders leave rows without data black, or as the memory happened to be; here such a file is found.
"""

import logging
import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from sensorsim.scenes.unreadable import UnreadableError

_DNG_VERSION, _CFA_PATTERN, _MAKE = 50706, 33422, 271
_CFA, _LINEAR_RAW = 32803, 34892
_REDUCED, _MASK = 1, 4
"""Bits of NewSubfileType: a reduced image of another one, and a transparency mask."""
_HEADER_BYTES = 8
_YCBCR = 6
"""Photometric interpretation whose colors may be subsampled."""
_UNCOMPRESSED = 1
_RED_GREEN_BLUE = {0, 1, 2}
_MOST_PADDING = 16
"""Bytes that a strip or tile without compression may have beyond its samples."""
_JPEG = 7
_START_OF_FRAME = (0xC0, 0xC1, 0xC3)
"""JPEG markers of baseline, extended and lossless frames, ITU-T T.81 table B.1."""
_BITS = 258
_RAW_BITS = (8, 32)
_NUMBERS = (
    "imagewidth", "imagelength", "rowsperstrip", "tilewidth", "tilelength", "samplesperpixel",
    "bitspersample", "planarconfig",
)  # fmt: skip
"""Tags of which a damaged file may hold several values, or text."""
# Without a handler, tifffile's reports of damaged tags would be printed, in several lines each.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def is_tiff(start: bytes) -> bool:
    """Whether a file begins like a TIFF file.

    Parameters
    ----------
    start : bytes
        Its first four bytes, or more.

    Returns
    -------
    bool
        True for classic TIFF, which most camera RAW formats and DNG are, too.
    """
    return start[:4] in (b"II*\0", b"MM\0*")


def holds_raw(file: BinaryIO) -> bool:
    """Whether a TIFF file is camera RAW: a DNG, or samples of a color filter array.

    Parameters
    ----------
    file : binary file
        A TIFF file.

    Returns
    -------
    bool
        True if a page has the tags of a color filter array or of DNG.

    Raises
    ------
    UnreadableError
        If the structure of the file is damaged.
    """
    return any(_is_raw(p) or _CFA_PATTERN in p.tags or _DNG_VERSION in p.tags for p in _pages(file))


def check_photograph(file: BinaryIO) -> None:
    """Raise unless a TIFF file holds one whole image.

    Reduced images and masks beside it are ignored.

    Parameters
    ----------
    file : binary file
        A TIFF file.

    Raises
    ------
    UnreadableError
        If it holds several images, begins with a reduced one, or data are missing.
    """
    pages = _pages(file)
    if not pages or pages[0].subfiletype & (_REDUCED | _MASK):
        raise UnreadableError("begins with a reduced image or mask; save the image alone")
    images = sum(not p.subfiletype & (_REDUCED | _MASK) for p in pages)
    if images != 1:
        raise UnreadableError(f"holds {images} images, expected one; save one of them alone")
    _check_data(pages[0], file)


def check_raw(file: BinaryIO) -> None:
    """Raise if a camera RAW file in a TIFF container has no filter pattern or not all its data.

    Parameters
    ----------
    file : binary file
        A TIFF file.

    Raises
    ------
    UnreadableError
        If it is no RAW file, states a color filter but not its pattern, or data are missing.
    """
    pages = _pages(file)
    if not any(tag in p.tags for p in pages for tag in (_DNG_VERSION, _CFA_PATTERN, _MAKE)):
        raise UnreadableError("a TIFF file without the tags of a color filter array (CFAPattern)")
    for page in filter(_is_raw, pages):
        if _DNG_VERSION in pages[0].tags:
            _check_data(page, file)
            _check_samples(page, file)
            _check_pattern(page)
        else:  # other makers' tags need not tell how their data are stored
            _check_places(page, file)


def _check_pattern(page: Any) -> None:
    """Raise if a DNG's page does not say which samples are of which color; LibRaw makes it gray."""
    tag = page.tags.get(_CFA_PATTERN)
    if page.photometric == _LINEAR_RAW:
        if tag is not None:
            raise UnreadableError("linear samples that have a color filter pattern (CFAPattern)")
        return
    if tag is None:
        raise UnreadableError("states a color filter array but not its pattern (CFAPattern)")
    pattern = tag.value if isinstance(tag.value, bytes | tuple) else ()
    if not set(pattern) >= _RED_GREEN_BLUE:
        raise UnreadableError(
            f"color filter pattern {tag.value!r} (CFAPattern), expected red, green and blue: "
            "0, 1 and 2"
        )


def _check_samples(page: Any, file: BinaryIO) -> None:
    """Raise if a page does not say how its samples are stored, or its JPEG data are none.

    LibRaw guesses the bits that are not stated, and skips data that are no lossless JPEG.
    """
    if _BITS not in page.tags or not _RAW_BITS[0] <= page.bitspersample <= _RAW_BITS[1]:
        raise UnreadableError(
            f"samples of {page.bitspersample} bits, expected {_RAW_BITS[0]} to {_RAW_BITS[1]} "
            "(BitsPerSample)"
        )
    if page.compression == _UNCOMPRESSED:
        sizes = zip(page.databytecounts, _needed_bytes(page), strict=True)
        for i, (count, needed) in enumerate(sizes):
            if count > needed + _MOST_PADDING:
                raise UnreadableError(f"strip or tile {i} has {count} bytes, expected {needed}")
    if page.compression == _JPEG:
        for i, (offset, count) in enumerate(
            zip(page.dataoffsets, page.databytecounts, strict=True)
        ):
            file.seek(offset)
            covered = _jpeg_samples(file.read(count))
            rows, samples = _chunk_shape(page, i)
            if covered < rows * samples:
                raise UnreadableError(
                    f"strip or tile {i} holds a JPEG image of {covered} samples, expected "
                    f"{rows * samples}"
                )


def _jpeg_samples(data: bytes) -> int:
    """Samples that the frame header of a JPEG stream states; 0 if there is none."""
    if data[:2] != b"\xff\xd8":
        return 0
    place = 2
    while place + 10 <= len(data) and data[place] == 0xFF:
        marker, length = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if marker in _START_OF_FRAME:
            rows, columns = struct.unpack_from(">HH", data, place + 5)
            return int(rows * columns * data[place + 9])
        place += 2 + length
    return 0


def _is_raw(page: Any) -> bool:
    return page.photometric in (_CFA, _LINEAR_RAW)


def _pages(file: BinaryIO) -> list[Any]:
    """All pages and, behind each, those in its SubIFDs."""
    import tifffile

    with _tifffile(), tifffile.TiffFile(file) as tiff:
        return [p for page in tiff.pages for p in (page, *(page.pages or ()))]


@contextmanager
def _tifffile() -> Iterator[None]:
    """Errors of tifffile on damaged files as one kind."""
    import tifffile

    try:
        yield
    except (
        tifffile.TiffFileError, struct.error, ValueError, IndexError, KeyError, TypeError,
        OverflowError, ZeroDivisionError, EOFError,
    ) as error:  # fmt: skip
        raise UnreadableError(f"damaged TIFF structure: {error}") from None


def _check_data(page: Any, file: BinaryIO) -> None:
    """Raise unless every strip or tile of a page lies in the file and is large enough."""
    for name in _NUMBERS:
        if not isinstance(value := getattr(page, name), int):
            raise UnreadableError(f"{name} {value!r}, expected one whole number")
    with _tifffile():
        expected = math.prod(page.chunked)
    if not expected == len(page.dataoffsets) == len(page.databytecounts):
        given = min(len(page.dataoffsets), len(page.databytecounts))
        raise UnreadableError(f"{given} strips or tiles of data, expected {expected}")
    _check_places(page, file)
    for i, (count, needed) in enumerate(zip(page.databytecounts, _needed_bytes(page), strict=True)):
        if count < needed:
            raise UnreadableError(f"strip or tile {i} has {count} bytes, expected {needed}")


def _check_places(page: Any, file: BinaryIO) -> None:
    """Raise unless a page has data, all of which lie in the file."""
    offsets, counts = page.dataoffsets, page.databytecounts
    if not offsets or len(offsets) != len(counts):
        raise UnreadableError("no image data")
    if not all(isinstance(n, int) for n in (*offsets, *counts)):
        raise UnreadableError("places of the data that are no whole numbers")
    size = file.seek(0, 2)
    for i, (offset, count) in enumerate(zip(offsets, counts, strict=True)):
        if not (offset >= _HEADER_BYTES and count > 0 and offset + count <= size):
            raise UnreadableError(
                f"strip or tile {i} of {count} bytes at byte {offset} is not within the file of "
                f"{size} bytes"
            )


def _needed_bytes(page: Any) -> list[int]:
    """Least bytes of every strip or tile; 1 if it is compressed."""
    total = math.prod(page.chunked)
    if page.compression != _UNCOMPRESSED or page.photometric == _YCBCR:
        return [1] * total
    shapes = (_chunk_shape(page, i) for i in range(total))
    return [rows * -(-samples * page.bitspersample // 8) for rows, samples in shapes]


def _chunk_shape(page: Any, number: int) -> tuple[int, int]:
    """Rows of a strip or tile, and samples in each of them."""
    samples = page.samplesperpixel if page.planarconfig == 1 else 1
    if page.is_tiled:
        return page.tilelength, page.tilewidth * samples
    strips = -(-page.imagelength // page.rowsperstrip)
    above = number % strips * page.rowsperstrip
    return min(page.rowsperstrip, page.imagelength - above), page.imagewidth * samples

"""Check the structure of TIFF files, camera RAW among them, before their pixels are decoded.

Decoders leave rows without data black, or as the memory happened to be; here such a file is found.
"""

import logging
import math
import struct
from collections.abc import Iterator
from typing import Any, BinaryIO

from sensorsim.scenes.unreadable import UnreadableError

_DNG_VERSION, _CFA_PATTERN, _MAKE = 50706, 33422, 271
_CFA, _LINEAR_RAW = 32803, 34892
_REDUCED, _MASK = 1, 4
"""Bits of NewSubfileType: a reduced image of another one, and a transparency mask."""
_UNCOMPRESSED = 1


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
    pages = list(_pages(file))
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
    pages = list(_pages(file))
    if not any(tag in p.tags for p in pages for tag in (_DNG_VERSION, _CFA_PATTERN, _MAKE)):
        raise UnreadableError("a TIFF file without the tags of a color filter array (CFAPattern)")
    for page in pages:
        if _is_raw(page):
            _check_data(page, file)
        if page.photometric == _CFA and _DNG_VERSION in pages[0].tags:
            _check_pattern(page)


def _check_pattern(page: Any) -> None:
    if _CFA_PATTERN not in page.tags:
        raise UnreadableError("states a color filter array but not its pattern (CFAPattern)")


def _is_raw(page: Any) -> bool:
    return page.photometric in (_CFA, _LINEAR_RAW)


def _pages(file: BinaryIO) -> Iterator[Any]:
    """All pages and, behind each, those in its SubIFDs."""
    import tifffile

    # Damaged tags are reported there, in several lines each; what matters is checked here.
    logging.getLogger("tifffile").setLevel(logging.CRITICAL)
    try:
        with tifffile.TiffFile(file) as tiff:
            for page in tiff.pages:
                yield page
                yield from page.pages or ()
    except (
        tifffile.TiffFileError, struct.error, ValueError, IndexError, KeyError, TypeError,
        OverflowError, ZeroDivisionError, EOFError,
    ) as error:  # fmt: skip
        raise UnreadableError(f"damaged TIFF structure: {error}") from None


def _check_data(page: Any, file: BinaryIO) -> None:
    """Raise unless every strip or tile of a page lies in the file and is large enough."""
    size = file.seek(0, 2)
    offsets, counts = page.dataoffsets, page.databytecounts
    expected = math.prod(page.chunked)
    if not 0 < len(offsets) == len(counts) == expected:
        raise UnreadableError(
            f"{min(len(offsets), len(counts))} strips or tiles of data, expected {expected}"
        )
    needed = _needed_bytes(page)
    for i, (offset, count) in enumerate(zip(offsets, counts, strict=True)):
        if not (offset > 0 < count and offset + count <= size):
            raise UnreadableError(
                f"strip or tile {i} of {count} bytes at byte {offset} is not within the file of "
                f"{size} bytes"
            )
        if count < needed[i]:
            raise UnreadableError(f"strip or tile {i} has {count} bytes, expected {needed[i]}")


def _needed_bytes(page: Any) -> list[int]:
    """Least bytes of every strip or tile; 1 if it is compressed."""
    total = math.prod(page.chunked)
    if page.compression != _UNCOMPRESSED or page.photometric == 6:  # YCbCr may be subsampled
        return [1] * total
    samples = page.samplesperpixel if page.planarconfig == 1 else 1
    if page.is_tiled:
        row, rows = page.tilewidth * samples * page.bitspersample, [page.tilelength] * total
    else:
        row = page.imagewidth * samples * page.bitspersample
        strips = -(-page.imagelength // page.rowsperstrip)
        last = page.imagelength - (strips - 1) * page.rowsperstrip
        rows = ([page.rowsperstrip] * (strips - 1) + [last]) * (total // strips)
    return [r * -(-row // 8) for r in rows]

"""What the chunks of a PNG file say about its codes (ISO/IEC 15948, third edition).

Pillow decodes the pixels, but ignores ``cICP``, does not scale ``tRNS`` and skips the checksums of
the pixels.
"""

import struct
import zlib

import numpy as np
import numpy.typing as npt

from sensorsim.scenes.unreadable import UnreadableError

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_SRGB_TRANSFER = 13
"""Transfer characteristics of sRGB, ITU-T H.273 table 3."""
_GAMMA_OF_SRGB = 1 / 2.2
_GAMMA_TOLERANCE = 0.05
"""libpng takes a gAMA within 5 % of sRGB's for sRGB (PNG_GAMMA_THRESHOLD)."""
_GAMMA_RANGE = (0.1, 10.0)


def chunks(data: bytes) -> dict[bytes, bytes]:
    """Split a PNG file into chunks and verify the checksums of the critical ones.

    Parameters
    ----------
    data : bytes
        A PNG file.

    Returns
    -------
    dict of bytes to bytes
        The first chunk of every kind.

    Raises
    ------
    UnreadableError
        If a chunk is cut off, or a critical one has another checksum than is stored.
    """
    found: dict[bytes, bytes] = {}
    place = len(SIGNATURE)
    while b"IEND" not in found:
        if place + 12 > len(data):
            raise UnreadableError("ends before the chunk IEND")
        length, kind = struct.unpack_from(">I4s", data, place)
        end = place + 8 + length
        if end + 4 > len(data):
            raise UnreadableError(f"ends within the chunk {kind!r}")
        content = data[place + 8 : end]
        if kind in _CRITICAL:
            (stored,) = struct.unpack_from(">I", data, end)
            if zlib.crc32(content, zlib.crc32(kind)) != stored:
                raise UnreadableError(f"wrong checksum of the chunk {kind.decode()}")
        found.setdefault(kind, content)
        place = end + 4
    return found


def gamma(found: dict[bytes, bytes]) -> float | None:
    """Exponent that encodes linear light in the file's codes, by the precedence of the standard.

    Parameters
    ----------
    found : dict of bytes to bytes
        Chunks, from `chunks`.

    Returns
    -------
    float or None
        gAMA's exponent: code = light ** gamma. None for sRGB: where ``sRGB``, ``iCCP`` (a profile
        is not applied) or ``cICP`` takes precedence, without ``gAMA``, or where that is within 5 %
        of 1/2.2, as libpng does.

    Raises
    ------
    UnreadableError
        If ``cICP`` states another transfer curve than sRGB's, or ``gAMA`` no usable exponent.
    """
    if coded := found.get(b"cICP"):
        if len(coded) != 4 or coded[1] != _SRGB_TRANSFER:
            raise UnreadableError(
                f"cICP states the transfer curve {coded[1:2].hex()}, expected sRGB (0d): convert "
                "the image to sRGB"
            )
        return None
    if b"iCCP" in found or b"sRGB" in found or b"gAMA" not in found:
        return None
    if len(found[b"gAMA"]) != 4:
        raise UnreadableError("gAMA is not of 4 bytes")
    value = float(struct.unpack(">I", found[b"gAMA"])[0] / 100_000)
    if not _GAMMA_RANGE[0] <= value <= _GAMMA_RANGE[1]:
        raise UnreadableError(f"gAMA {value:g}, expected {_GAMMA_RANGE[0]} to {_GAMMA_RANGE[1]:g}")
    near = abs(value / _GAMMA_OF_SRGB - 1) <= _GAMMA_TOLERANCE
    return None if near else value


def transparent_code(found: dict[bytes, bytes], largest: int) -> npt.NDArray[np.int64] | None:
    """Code of the pixels that ``tRNS`` makes transparent in a gray or RGB image.

    Parameters
    ----------
    found : dict of bytes to bytes
        Chunks, from `chunks`.
    largest : int
        Largest code of the decoded pixels, to which the stored one is scaled.

    Returns
    -------
    int64 [1 or 3] or None
        The code; None without ``tRNS``, or in an image with a palette.

    Raises
    ------
    UnreadableError
        If ``tRNS`` has not one number per color.
    """
    depth, color = found[b"IHDR"][8:10]
    if b"tRNS" not in found or color not in (0, 2):
        return None
    if len(found[b"tRNS"]) != (2 if color == 0 else 6):
        raise UnreadableError("tRNS has not one number per color")
    stored = np.frombuffer(found[b"tRNS"], ">u2").astype(np.int64)
    return stored * largest // (2**depth - 1)

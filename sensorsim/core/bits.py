"""The packed bit layout that all packages share.

Arrays are NHWC. Channels are packed least significant bit first into uint64 words: channel ``c`` is
bit ``c % 64`` of word ``c // 64``. Bit 1 stands for +1, bit 0 for -1. Unused bits of the last word
are 0. A comparison that ties (``>=``) gives +1. Padding of a convolution is -1, that is bit 0.
"""

import numpy as np
import numpy.typing as npt

from sensorsim.core import pool
from sensorsim.kernels.packing import (
    ROWS,
    pack_field_rows,
    pack_rows,
    split_planes,
    unpack_rows,
)

WORD = 64

BitArray = npt.NDArray[np.uint8]
WordArray = npt.NDArray[np.uint64]
FieldArray = npt.NDArray[np.uint32]


def blocks_of(rows: int) -> int:
    """Number of blocks in which threads take rows.

    Parameters
    ----------
    rows : int
        Number of rows.

    Returns
    -------
    int
        ``ceil(rows / ROWS)``.
    """
    return -(-rows // ROWS)


def words_for(channels: int) -> int:
    """Number of uint64 words that hold ``channels`` bits.

    Parameters
    ----------
    channels : int
        Number of bits.

    Returns
    -------
    int
        ``ceil(channels / 64)``.
    """
    return -(-channels // WORD)


def pack(bits: npt.NDArray[np.uint8] | npt.NDArray[np.bool_]) -> WordArray:
    """Pack the last axis of an array of 0 and 1.

    Parameters
    ----------
    bits : uint8 or bool [..., C]
        One bit per element; nonzero counts as 1.

    Returns
    -------
    uint64 [..., ceil(C / 64)]
        Packed words; unused bits are 0.

    Examples
    --------
    >>> import numpy as np
    >>> pack(np.array([[1, 0, 1]], np.uint8))
    array([[5]], dtype=uint64)
    """
    channels = bits.shape[-1]
    out = np.zeros((*bits.shape[:-1], words_for(channels)), np.uint64)
    rows = np.ascontiguousarray(bits).reshape(-1, channels).view(np.uint8)
    words = out.reshape(-1, out.shape[-1])
    pool.share(lambda claimed: pack_rows(rows, claimed, words), blocks_of(len(rows)))
    return out


def unpack(words: WordArray, channels: int) -> BitArray:
    """Undo `pack`.

    Parameters
    ----------
    words : uint64 [..., ceil(channels / 64)]
        Packed words.
    channels : int
        Number of bits to read.

    Returns
    -------
    uint8 [..., channels]
        The bits, 0 or 1.

    Raises
    ------
    ValueError
        If the number of words does not fit ``channels``.
    """
    if words.shape[-1] != words_for(channels):
        raise ValueError(
            f"{channels} channels need {words_for(channels)} words, got {words.shape[-1]}"
        )
    words = np.ascontiguousarray(words)
    out = np.empty((*words.shape[:-1], channels), np.uint8)
    packed, rows = words.reshape(-1, words.shape[-1]), out.reshape(-1, channels)
    pool.share(lambda claimed: unpack_rows(packed, claimed, rows), blocks_of(len(rows)))
    return out


def code_planes(codes: npt.NDArray[np.uint16], planes: int) -> WordArray:
    """Split codes into packed bit planes; plane ``k`` holds the bits of weight ``2**k``.

    Parameters
    ----------
    codes : uint16 [N, H, W, C]
        Codes, DN.
    planes : int
        Number of bit planes; higher bits of the codes are dropped.

    Returns
    -------
    uint64 [N, planes, H, W, ceil(C / 64)]
        One packed plane per bit.
    """
    n, h, w, c = codes.shape
    out = np.zeros((n, planes, h, w, words_for(c)), np.uint64)
    flat = np.ascontiguousarray(codes).reshape(n, h * w, c)
    split = out.reshape(n, planes, h * w, -1)
    pool.share(lambda claimed: split_planes(flat, claimed, split), n)
    return out


def pack_fields(fields: FieldArray, width: int) -> WordArray:
    """Pack bit fields: bit ``m`` of the field of color ``c`` becomes channel ``c * width + m``.

    Parameters
    ----------
    fields : uint32 [..., C]
        Bit fields; bits from ``width`` on are dropped.
    width : int
        Bits per field, 1 to 32.

    Returns
    -------
    uint64 [..., ceil(C * width / 64)]
        Packed words; unused bits are 0.
    """
    colors = fields.shape[-1]
    out = np.zeros((*fields.shape[:-1], words_for(colors * width)), np.uint64)
    rows = np.ascontiguousarray(fields).reshape(-1, colors)
    words = out.reshape(-1, out.shape[-1])
    pool.share(lambda claimed: pack_field_rows(rows, width, claimed, words), blocks_of(len(rows)))
    return out


def spread_fields(fields: FieldArray, width: int) -> BitArray:
    """Expand bit fields into one byte per bit, in the order of `pack_fields`.

    Parameters
    ----------
    fields : uint32 [..., C]
        Bit fields; bits from ``width`` on are dropped.
    width : int
        Bits per field, 1 to 32.

    Returns
    -------
    uint8 [..., C * width]
        The bits, 0 or 1.
    """
    bits = (fields[..., np.newaxis] >> np.arange(width, dtype=np.uint32)) & np.uint32(1)
    return bits.astype(np.uint8).reshape(*fields.shape[:-1], -1)

"""Packing of 0 and 1 into 64-bit words, and back; see `sensorsim.core.bits` for the layout."""

import numpy as np
from numba import njit

from sensorsim.kernels.vector import claim

ROWS = 1024
"""Rows that a thread takes at a time."""


@njit(cache=True, nogil=True)
def pack_rows(bits, claimed, out):
    """Set bit c of each row where ``bits[row, c]`` is not 0.

    Parameters
    ----------
    bits : uint8 [R, C]
        One bit per element.
    claimed : int64 [1]
        Number of items taken; shared by all threads of a call.
    out : uint64 [R, ceil(C / 64)]
        Output; 0 on entry.
    """
    while True:
        first = claim(claimed.ctypes.data) * ROWS
        if first >= bits.shape[0]:
            return
        for row in range(first, min(first + ROWS, bits.shape[0])):
            for c in range(bits.shape[1]):
                if bits[row, c] != 0:
                    out[row, c >> 6] |= np.uint64(1) << np.uint64(c & 63)


@njit(cache=True, nogil=True)
def unpack_rows(words, claimed, out):
    """Undo `pack_rows`.

    Parameters
    ----------
    words : uint64 [R, ceil(C / 64)]
        Packed rows.
    claimed : int64 [1]
        Number of items taken; shared by all threads of a call.
    out : uint8 [R, C]
        Output, 0 or 1.
    """
    while True:
        first = claim(claimed.ctypes.data) * ROWS
        if first >= out.shape[0]:
            return
        for row in range(first, min(first + ROWS, out.shape[0])):
            for c in range(out.shape[1]):
                out[row, c] = (words[row, c >> 6] >> np.uint64(c & 63)) & np.uint64(1)


@njit(cache=True, nogil=True)
def split_planes(codes, claimed, out):
    """Split codes into packed bit planes; plane k holds bit k.

    Parameters
    ----------
    codes : uint16 [N, P, C]
        Codes of P pixels, DN.
    claimed : int64 [1]
        Number of items taken; shared by all threads of a call.
    out : uint64 [N, K, P, ceil(C / 64)]
        Output; 0 on entry.
    """
    while True:
        n = claim(claimed.ctypes.data)
        if n >= codes.shape[0]:
            return
        for p in range(codes.shape[1]):
            for c in range(codes.shape[2]):
                for k in range(out.shape[1]):
                    bit = np.uint64((codes[n, p, c] >> k) & 1)
                    out[n, k, p, c >> 6] |= bit << np.uint64(c & 63)


@njit(cache=True, nogil=True)
def pack_field_rows(fields, width, claimed, out):
    """Pack the low bits of each field of a row side by side.

    Parameters
    ----------
    fields : uint32 [R, C]
        Bit fields; higher bits are dropped.
    width : int
        Bits per field, 1 to 32.
    claimed : int64 [1]
        Number of items taken; shared by all threads of a call.
    out : uint64 [R, ceil(C * width / 64)]
        Output; 0 on entry. Bit m of field c becomes bit ``c * width + m`` of the row.
    """
    mask = (np.uint64(1) << np.uint64(width)) - np.uint64(1)
    while True:
        first = claim(claimed.ctypes.data) * ROWS
        if first >= fields.shape[0]:
            return
        for row in range(first, min(first + ROWS, fields.shape[0])):
            for c in range(fields.shape[1]):
                begin = c * width
                word, shift = begin >> 6, begin & 63
                field = np.uint64(fields[row, c]) & mask
                out[row, word] |= field << np.uint64(shift)
                if shift + width > 64:  # the field straddles two words
                    out[row, word + 1] |= field >> np.uint64(64 - shift)

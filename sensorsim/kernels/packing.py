"""Packing of 0 and 1 into 64-bit words, and back; see `sensorsim.core.bits` for the layout."""

import numpy as np
from numba import njit, prange


@njit(cache=True, parallel=True)
def pack_rows(bits, out):
    """Set bit c of each row of ``out`` (zero on entry) where ``bits[row, c]`` is not 0."""
    for row in prange(bits.shape[0]):
        for c in range(bits.shape[1]):
            if bits[row, c] != 0:
                out[row, c >> 6] |= np.uint64(1) << np.uint64(c & 63)


@njit(cache=True, parallel=True)
def unpack_rows(words, out):
    """Read bit c of each row of words."""
    for row in prange(out.shape[0]):
        for c in range(out.shape[1]):
            out[row, c] = (words[row, c >> 6] >> np.uint64(c & 63)) & np.uint64(1)


@njit(cache=True, parallel=True)
def split_planes(codes, out):
    """Scatter codes [N, P, C] into packed planes [N, K, P, words], zero on entry."""
    for n in prange(codes.shape[0]):
        for p in range(codes.shape[1]):
            for c in range(codes.shape[2]):
                for k in range(out.shape[1]):
                    bit = np.uint64((codes[n, p, c] >> k) & 1)
                    out[n, k, p, c >> 6] |= bit << np.uint64(c & 63)


@njit(cache=True, parallel=True)
def pack_field_rows(fields, width, out):
    """Lay the low ``width`` bits (1 to 32) of each field of a row side by side.

    Parameters
    ----------
    fields : uint32 [R, C]
    width : int
    out : uint64 [R, ceil(C * width / 64)], zero on entry; bit m of field c becomes bit
        ``c * width + m`` of the row
    """
    mask = (np.uint64(1) << np.uint64(width)) - np.uint64(1)
    for row in prange(fields.shape[0]):
        for c in range(fields.shape[1]):
            first = c * width
            word, shift = first >> 6, first & 63
            field = np.uint64(fields[row, c]) & mask
            out[row, word] |= field << np.uint64(shift)
            if shift + width > 64:  # the field straddles two words
                out[row, word + 1] |= field >> np.uint64(64 - shift)

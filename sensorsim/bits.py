"""The one packed layout of the program.

Arrays are NHWC. Channels are packed least significant bit first into uint64 words: channel ``c`` is
bit ``c % 64`` of word ``c // 64``. Bit 1 stands for +1, bit 0 for -1. Unused bits of the last word
are 0. A comparison that ties (``>=``) gives +1. Padding of a convolution is -1, that is bit 0.
"""

import numpy as np
import numpy.typing as npt
from numba import njit, prange

WORD = 64

BitArray = npt.NDArray[np.uint8]
WordArray = npt.NDArray[np.uint64]


def words_for(channels: int) -> int:
    """Number of uint64 words that hold ``channels`` bits."""
    return -(-channels // WORD)


@njit(cache=True, parallel=True)
def _pack(bits, out):
    for row in prange(bits.shape[0]):
        for c in range(bits.shape[1]):
            if bits[row, c] != 0:
                out[row, c >> 6] |= np.uint64(1) << np.uint64(c & 63)


@njit(cache=True, parallel=True)
def _unpack(words, out):
    for row in prange(out.shape[0]):
        for c in range(out.shape[1]):
            out[row, c] = (words[row, c >> 6] >> np.uint64(c & 63)) & np.uint64(1)


def pack(bits: npt.NDArray[np.uint8] | npt.NDArray[np.bool_]) -> WordArray:
    """Pack the last axis of an array of 0 and 1.

    Parameters
    ----------
    bits : uint8 or bool [..., C]

    Returns
    -------
    uint64 [..., ceil(C / 64)]
    """
    bits = np.ascontiguousarray(bits)
    channels = bits.shape[-1]
    out = np.zeros((*bits.shape[:-1], words_for(channels)), np.uint64)
    _pack(bits.reshape(-1, channels).view(np.uint8), out.reshape(-1, out.shape[-1]))
    return out


def unpack(words: WordArray, channels: int) -> BitArray:
    """Undo `pack`.

    Parameters
    ----------
    words : uint64 [..., ceil(channels / 64)]
    channels : int

    Returns
    -------
    uint8 [..., channels] of 0 and 1

    Raises
    ------
    ValueError
        If the number of words does not fit ``channels``.
    """
    if words.shape[-1] != words_for(channels):
        raise ValueError(f"{channels} channels need {words_for(channels)} words, got {words.shape[-1]}")
    words = np.ascontiguousarray(words)
    out = np.empty((*words.shape[:-1], channels), np.uint8)
    _unpack(words.reshape(-1, words.shape[-1]), out.reshape(-1, channels))
    return out


@njit(cache=True, parallel=True)
def _planes(codes, out):
    for n in prange(codes.shape[0]):
        for p in range(codes.shape[1]):
            for c in range(codes.shape[2]):
                for k in range(out.shape[1]):
                    bit = np.uint64((codes[n, p, c] >> k) & 1)
                    out[n, k, p, c >> 6] |= bit << np.uint64(c & 63)


def code_planes(codes: npt.NDArray[np.uint16], planes: int) -> WordArray:
    """Split codes into packed bit planes, plane ``k`` holding the bit of weight ``2**k``.

    Parameters
    ----------
    codes : uint16 [N, H, W, C]
    planes : int

    Returns
    -------
    uint64 [N, planes, H, W, ceil(C / 64)]
    """
    n, h, w, c = codes.shape
    out = np.zeros((n, planes, h, w, words_for(c)), np.uint64)
    flat = np.ascontiguousarray(codes).reshape(n, h * w, c)
    _planes(flat, out.reshape(n, planes, h * w, -1))
    return out

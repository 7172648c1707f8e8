"""Standard normal numbers of a run of pixels, computed in vector registers.

Pixels are taken in groups of `GROUP`: a group's words are the four words of `BLOCKS` Philox blocks,
word ``k`` of block ``j`` belonging to pixel ``k * BLOCKS + j`` of the group. So each of the four
words fills a contiguous run of pixels, without shuffles between lanes.

Two words make two normal numbers by Box and Muller's transform (Annals of Mathematical Statistics
29 (1958) 610), in float32. One logarithm, one square root and one sine and cosine serve two pixels,
which costs half as much as two quantiles.
"""

import math

import numpy as np
from numba import njit

from sensorsim.kernels.fma import fma
from sensorsim.kernels.philox import philox4x32

BLOCKS = 32
GROUP = 4 * BLOCKS

MAX_NORMAL = 6.67
"""Bound on a normal number of this module: ``sqrt(2 * 32 * ln 2)`` is 6.661."""

_ONE = np.float32(1.0)
_HALF = np.float32(0.5)
_LN2 = np.float32(math.log(2.0))
_SQRT_HALF_BITS = np.int32(0x3F3504F3)
_MANTISSA_BITS = np.int32(23)
_UNIT_31 = np.float32(2.0**-31)
_UNIT_32 = np.float32(2.0**-32)
_MINUS_TWO = np.float32(-2.0)

# (ln(1 + y) - y) / y**2 on [sqrt(1/2) - 1, sqrt(2) - 1], highest power first; error of ln 7e-9.
_LOG = tuple(
    np.float32(c)
    for c in (
        0.08733592053115287, -0.14441859994050377, 0.14979293037256303, -0.16552337222394614,
        0.19953612948975816, -0.250024909430735, 0.3333422545505652, -0.4999998198215866,
    )
)  # fmt: skip
_L0, _L1, _L2, _L3, _L4, _L5, _L6, _L7 = _LOG

# sin(2 pi x) / x and cos(2 pi x) in x**2 on |x| <= 1/8, highest power first; Taylor series with a
# remainder below 2e-8.
_S = tuple(
    np.float32((-1) ** k * (2 * math.pi) ** (2 * k + 1) / math.factorial(2 * k + 1))
    for k in (4, 3, 2, 1, 0)
)
_C = tuple(
    np.float32((-1) ** k * (2 * math.pi) ** (2 * k) / math.factorial(2 * k))
    for k in (5, 4, 3, 2, 1)
)
_S0, _S1, _S2, _S3, _S4 = _S
_C0, _C1, _C2, _C3, _C4 = _C


@njit(cache=True)
def fill_words(out, first_group, frame, draw, seed, stream):
    """Fill an array with the Philox words of consecutive groups of pixels.

    Parameters
    ----------
    out : uint32 [n]
        Output; n is a multiple of `GROUP`.
    first_group : int
        Number of the first group; group g holds pixels ``g * GROUP`` and on.
    frame, draw, seed, stream : int
        Rest of the address of the draws.
    """
    c1 = np.uint64(frame)
    c2 = np.uint64(draw)
    k0 = np.uint64(seed)
    k1 = np.uint64(stream)
    for group in range(out.size // GROUP):
        start = group * GROUP
        block = np.uint64((first_group + group) * BLOCKS)
        for j in range(BLOCKS):
            w0, w1, w2, w3 = philox4x32(block + np.uint64(j), c1, c2, np.uint64(0), k0, k1)
            out[start + j] = np.uint32(w0)
            out[start + BLOCKS + j] = np.uint32(w1)
            out[start + 2 * BLOCKS + j] = np.uint32(w2)
            out[start + 3 * BLOCKS + j] = np.uint32(w3)


@njit(cache=True)
def word_of(pixel, frame, draw, seed, stream):
    """Word that `fill_words` gives to one pixel.

    Parameters
    ----------
    pixel, frame, draw, seed, stream : int
        Address of the draw.

    Returns
    -------
    uint32
        The word.
    """
    group, within = pixel // GROUP, pixel % GROUP
    block = np.uint64(group * BLOCKS + within % BLOCKS)
    c1, c2, k0, k1 = np.uint64(frame), np.uint64(draw), np.uint64(seed), np.uint64(stream)
    w0, w1, w2, w3 = philox4x32(block, c1, c2, np.uint64(0), k0, k1)
    place = within // BLOCKS
    return np.uint32(w0 if place == 0 else w1 if place == 1 else w2 if place == 2 else w3)


@njit(cache=True, forceinline=True)
def log32(x):
    """Natural logarithm, to 1e-7.

    Parameters
    ----------
    x : float32
        Positive and normal, not subnormal.

    Returns
    -------
    float32
        ``ln(x)``.
    """
    bits = np.float32(x).view(np.int32)
    exponent = np.int32(np.int32(bits - _SQRT_HALF_BITS) >> _MANTISSA_BITS)
    y = np.int32(bits - np.int32(exponent << _MANTISSA_BITS)).view(np.float32) - _ONE
    p = fma(_L0, y, _L1)
    p = fma(p, y, _L2)
    p = fma(p, y, _L3)
    p = fma(p, y, _L4)
    p = fma(p, y, _L5)
    p = fma(p, y, _L6)
    p = fma(p, y, _L7)
    return fma(np.float32(exponent), _LN2, fma(y * y, p, y))


@njit(cache=True, forceinline=True)
def box_muller(word_r, word_a):
    """Two standard normal numbers from two words.

    Parameters
    ----------
    word_r, word_a : uint32
        Random words for radius and angle.

    Returns
    -------
    float32, float32
        Independent standard normal numbers, below `MAX_NORMAL` in magnitude.
    """
    u = fma(np.float32(np.int32(np.uint32(word_r) >> np.uint32(1))), _UNIT_31, _UNIT_32)
    radius = np.float32(math.sqrt(max(_MINUS_TWO * log32(u), np.float32(0.0))))
    # Angle in turns: the number of quarter turns, and the remainder |x| <= 1/8.
    turns = np.int32(word_a)
    quarter = np.int32(np.int32(turns + np.int32(1 << 29)) >> np.int32(30))
    x = np.float32(np.int32(turns - np.int32(quarter << np.int32(30)))) * _UNIT_32
    x2 = x * x
    s = fma(_S0, x2, _S1)
    s = fma(s, x2, _S2)
    s = fma(s, x2, _S3)
    s = fma(s, x2, _S4) * x
    c = fma(_C0, x2, _C1)
    c = fma(c, x2, _C2)
    c = fma(c, x2, _C3)
    c = fma(c, x2, _C4)
    c = fma(c, x2, _ONE)
    odd = (quarter & np.int32(1)) != np.int32(0)
    cosine = -s if odd else c
    sine = c if odd else s
    half_turn = (quarter & np.int32(2)) != np.int32(0)
    radius = -radius if half_turn else radius
    return radius * cosine, radius * sine


@njit(cache=True)
def normals_of_words(words, out):
    """Turn the words of whole groups of pixels into standard normal numbers.

    Parameters
    ----------
    words : uint32 [n]
        Random words; n is a multiple of `GROUP`.
    out : float32 [n]
        Output.
    """
    for group in range(words.size // GROUP):
        for pair in range(2):
            a = group * GROUP + 2 * pair * BLOCKS
            b = a + BLOCKS
            for j in range(BLOCKS):
                out[a + j], out[b + j] = box_muller(words[a + j], words[b + j])


@njit(cache=True)
def fill_frame_normals(words, out, first_group, frame, seed, stream):
    """Fill an array with standard normal numbers of consecutive groups of pixels.

    Parameters
    ----------
    words : uint32 [n]
        Scratch; n is a multiple of `GROUP`.
    out : float32 [n]
        Output.
    first_group : int
        Number of the first group; group g holds pixels ``g * GROUP`` and on.
    frame, seed, stream : int
        Rest of the address of the draws.
    """
    fill_words(words, first_group, frame, 0, seed, stream)
    normals_of_words(words, out)


@njit(cache=True)
def fill_pixel_normals(out, frame, seed, stream):
    """Fill a flat array with standard normal numbers; the index is the pixel address.

    Parameters
    ----------
    out : float32 [n]
        Output, of any length.
    frame, seed, stream : int
        Rest of the address of the draws.
    """
    words = np.empty(GROUP, np.uint32)
    normals = np.empty(GROUP, np.float32)
    for group in range((out.size + GROUP - 1) // GROUP):
        fill_frame_normals(words, normals, group, frame, seed, stream)
        start = group * GROUP
        count = min(GROUP, out.size - start)
        out[start : start + count] = normals[:count]


@njit(cache=True, forceinline=True)
def decision_noise(pixel, frame, level, seed, stream):
    """Standard normal number of one comparison.

    Parameters
    ----------
    pixel, frame, level : int
        Address of the draw.
    seed, stream : int
        Its key.

    Returns
    -------
    float32
        Mean 0, standard deviation 1.
    """
    w0, w1, _, _ = philox4x32(
        np.uint64(pixel), np.uint64(frame), np.uint64(level), np.uint64(0), np.uint64(seed),
        np.uint64(stream),
    )  # fmt: skip
    value, _ = box_muller(np.uint32(w0), np.uint32(w1))
    return value

"""Counter-based random numbers: Philox4x32-10, and uniform and normal numbers from it.

Every draw has an address. The key is ``(seed, stream)``, where a stream is one noise source of one
die; the counter is ``(pixel, frame, draw)``. So a draw does not depend on batch size, thread count
or on which other noise sources are switched on.

Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

import math

import numpy as np
from numba import njit

_MASK = np.uint64(0xFFFFFFFF)
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_SHIFT = np.uint64(32)


@njit(cache=True, forceinline=True)
def philox4x32(c0, c1, c2, c3, k0, k1):
    """Ten rounds of Philox4x32.

    Parameters
    ----------
    c0, c1, c2, c3 : uint64
        Counter, four 32-bit words.
    k0, k1 : uint64
        Key, two 32-bit words.

    Returns
    -------
    tuple of 4 uint64
        Random 32-bit words.

    Notes
    -----
    The factors are masked although they fit: LLVM then multiplies 32 by 32 bits in vectors.
    """
    for _ in range(10):
        product_0 = _MULTIPLIER_0 * (c0 & _MASK)
        product_1 = _MULTIPLIER_1 * (c2 & _MASK)
        c0, c1, c2, c3 = (
            (product_1 >> _SHIFT) ^ c1 ^ k0,
            product_1 & _MASK,
            (product_0 >> _SHIFT) ^ c3 ^ k1,
            product_0 & _MASK,
        )
        k0 = (k0 + _WEYL_0) & _MASK
        k1 = (k1 + _WEYL_1) & _MASK
    return c0, c1, c2, c3


@njit(cache=True)
def uniform32(word):
    """Map a word to the open interval (0, 1): ``(word + 1/2) / 2**32``, exact in float64.

    Parameters
    ----------
    word : uint32 or uint64
        A 32-bit word.

    Returns
    -------
    float64
        Number in (0, 1).
    """
    return (np.float64(word) + 0.5) * 2.3283064365386963e-10


@njit(cache=True)
def uniform53(high, low):
    """Map two words to the open interval (0, 1), with 52 random bits.

    Parameters
    ----------
    high, low : uint64
        32-bit words; the lowest 12 bits of ``low`` are not used.

    Returns
    -------
    float64
        Number in (0, 1).
    """
    mantissa = (high << np.uint64(20)) | (low >> np.uint64(12))
    return (np.float64(mantissa) + 0.5) * 2.220446049250313e-16


# Coefficients of AS 241, highest power first: center, shoulder and tail.
_CENTER_NUMERATOR = (
    2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
    4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
    1.3314166789178437745e2, 3.3871328727963666080e0,
)  # fmt: skip
_CENTER_DENOMINATOR = (
    5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4,
    2.1213794301586595867e4, 5.3941960214247511077e3, 6.8718700749205790830e2,
    4.2313330701600911252e1, 1.0,
)  # fmt: skip
_SHOULDER_NUMERATOR = (
    7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
    1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
    4.63033784615654529590e0, 1.42343711074968357734e0,
)  # fmt: skip
_SHOULDER_DENOMINATOR = (
    1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
    1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
    2.05319162663775882187e0, 1.0,
)  # fmt: skip
_TAIL_NUMERATOR = (
    2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
    2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
    5.46378491116411436990e0, 6.65790464350110377720e0,
)  # fmt: skip
_TAIL_DENOMINATOR = (
    2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
    7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
    5.99832206555887937690e-1, 1.0,
)  # fmt: skip


@njit(cache=True)
def _polynomial(coefficients, x):
    value = coefficients[0]
    for k in range(1, len(coefficients)):
        value = value * x + coefficients[k]
    return value


@njit(cache=True)
def normal_quantile(p):
    """Quantile of the standard normal distribution, to about 1e-16.

    Source: Wichura, "Algorithm AS 241: the percentage points of the normal distribution",
    Applied Statistics 37 (1988) 477, routine PPND16.

    Parameters
    ----------
    p : float64
        Probability, in (0, 1).

    Returns
    -------
    float64
        The quantile.
    """
    q = p - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        return q * _polynomial(_CENTER_NUMERATOR, r) / _polynomial(_CENTER_DENOMINATOR, r)
    r = math.sqrt(-math.log(p if q < 0.0 else 1.0 - p))
    if r <= 5.0:
        r -= 1.6
        value = _polynomial(_SHOULDER_NUMERATOR, r) / _polynomial(_SHOULDER_DENOMINATOR, r)
    else:
        r -= 5.0
        value = _polynomial(_TAIL_NUMERATOR, r) / _polynomial(_TAIL_DENOMINATOR, r)
    return -value if q < 0.0 else value


@njit(cache=True)
def normal_words(pixel, frame, block, seed, stream):
    """The four words behind the standard normal draws ``4 * block`` to ``4 * block + 3``.

    Parameters
    ----------
    pixel, frame, block, seed, stream : int
        Address of the draws.

    Returns
    -------
    tuple of 4 uint64
        32-bit words.
    """
    return philox4x32(
        np.uint64(pixel),
        np.uint64(frame),
        np.uint64(block),
        np.uint64(0),
        np.uint64(seed),
        np.uint64(stream),
    )


@njit(cache=True)
def standard_normal(pixel, frame, draw, seed, stream):
    """One standard normal number; four consecutive draws share one Philox block.

    Parameters
    ----------
    pixel, frame, draw, seed, stream : int
        Address of the draw.

    Returns
    -------
    float64
        The number.
    """
    w0, w1, w2, w3 = normal_words(pixel, frame, draw >> 2, seed, stream)
    lane = draw & 3
    word = w0 if lane == 0 else w1 if lane == 1 else w2 if lane == 2 else w3
    return normal_quantile(uniform32(word))


@njit(cache=True)
def uniform(pixel, frame, draw, seed, stream):
    """One number uniform in (0, 1).

    Parameters
    ----------
    pixel, frame, draw, seed, stream : int
        Address of the draw.

    Returns
    -------
    float64
        The number.
    """
    w0, w1, _, _ = philox4x32(
        np.uint64(pixel),
        np.uint64(frame),
        np.uint64(draw),
        np.uint64(0),
        np.uint64(seed),
        np.uint64(stream),
    )
    return uniform53(w0, w1)


@njit(cache=True)
def fill_standard_normal(out, frame, seed, stream):
    """Fill a flat array with standard normal numbers; the index is the pixel address.

    Parameters
    ----------
    out : float [n]
        Output.
    frame, seed, stream : int
        Rest of the address of the draws; ``draw`` is 0.
    """
    for i in range(out.size):
        out[i] = standard_normal(i, frame, 0, seed, stream)


@njit(cache=True)
def fill_uniform(out, frame, seed, stream, first=0):
    """Fill a flat array with numbers uniform in (0, 1).

    Parameters
    ----------
    out : float [n]
        Output.
    frame, seed, stream : int
        Rest of the address of the draws; ``draw`` is 0.
    first : int
        Pixel address of ``out[0]``.
    """
    for i in range(out.size):
        out[i] = uniform(first + i, frame, 0, seed, stream)

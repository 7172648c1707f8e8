"""Exact Poisson numbers, computed in vector registers.

A Poisson number is the quantile of its distribution at a random level. It is computed in float32
with a bound on the errors of rounding and of the truncated series. The few numbers that lie within
that bound of the next integer are computed again in float64, so that the result is the exact
quantile.

Means of `SERIES_MEAN` and more use the level ``Phi(w)`` of a standard normal number ``w``. The
continuous quantile is a series in powers of ``mean**-1/2``. Its first terms are those of Giles,
"Algorithm 955: approximation of the inverse Poisson cumulative distribution function", ACM TOMS 42
(2016) 7; the later ones follow by inverting the gamma distribution's Cornish-Fisher expansion.
Smaller means use a uniform level and add up probabilities.
"""

import math

import numpy as np
from numba import njit

from sensorsim.kernels.fma import fma

SERIES_MEAN = np.float32(10.0)
"""From this mean on the series is used."""
MAX_MEAN = np.float32(1e9)
"""Largest mean; a larger one is taken as this one (32-bit counts)."""

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)
_ONE = np.float32(1.0)

# Coefficients of w in the terms of order mean**0, -1/2, -1, -3/2.
_A0, _A2 = np.float32(1 / 3), np.float32(1 / 6)
_B1, _B3 = np.float32(-1 / 36), np.float32(-1 / 72)
_C0, _C2, _C4 = np.float32(-8 / 405), np.float32(7 / 810), np.float32(1 / 270)
_D1, _D3, _D5 = np.float32(671 / 38880), np.float32(-137 / 38880), np.float32(-23 / 17280)

# Bound on the remainder of the series, (E0 + E2 w**2 + E6 w**6) / mean**2, with a margin of two.
_E0, _E2, _E6 = np.float32(5e-3), np.float32(3e-2), np.float32(2.4e-3)
# Bound on rounding: float32 numbers of the size of sqrt(mean) * w, and a floor.
_ROUNDING = np.float32(6e-7)
_FLOOR = np.float32(2e-6)

_LEVEL_ERROR = np.float32(4e-6)
"""Bound on the error of a float32 sum of probabilities."""
_UNIT_31 = np.float32(2.0**-31)
_UNIT_32 = np.float32(2.0**-32)
_MOST_TERMS = 40
"""At mean `SERIES_MEAN`, less than 1e-10 of the distribution lies beyond this many terms."""
_DOUBT = np.int32(1 << 16)
"""Added to a count for every cumulative probability too near the level; above any count."""
_LAST_LEVEL = np.float32(1 - 1e-5)
UNSETTLED = np.int32(-1)

# exp(-x) = 2**-k * exp(-r) with |r| <= ln(2) / 2: Taylor's coefficients of exp(-r), highest first.
_INVERSE_LN2 = np.float32(1 / math.log(2))
_LN2 = np.float32(math.log(2))
_EXPONENT_OF_ONE = np.int32(127)
_MANTISSA_BITS = np.int32(23)
_EXP = tuple(np.float32((-1) ** k / math.factorial(k)) for k in (6, 5, 4, 3, 2))
_X6, _X5, _X4, _X3, _X2 = _EXP


@njit(cache=True, forceinline=True, error_model="numpy")
def exp_minus(x):
    """``exp(-x)``, to 3e-7.

    Parameters
    ----------
    x : float32
        0 to 80.

    Returns
    -------
    float32
        ``exp(-x)``.
    """
    k = np.floor(fma(x, _INVERSE_LN2, _HALF))
    r = fma(-k, _LN2, x)
    p = fma(_X6, r, _X5)
    p = fma(p, r, _X4)
    p = fma(p, r, _X3)
    p = fma(p, r, _X2)
    p = fma(r * r, p, _ONE - r)
    power = np.int32(_EXPONENT_OF_ONE - np.int32(k))
    return p * np.int32(power << _MANTISSA_BITS).view(np.float32)


@njit(cache=True, forceinline=True, error_model="numpy")
def series_quantile(mean, w):
    """Poisson number at the level ``Phi(w)``, by the series in float32.

    Parameters
    ----------
    mean : float32
        Mean, `SERIES_MEAN` to `MAX_MEAN`.
    w : float32
        Standard normal number.

    Returns
    -------
    int32
        The number, or `UNSETTLED` if float32 does not decide it.
    """
    whole = np.int32(mean)
    root = np.sqrt(mean)
    inverse_root = _ONE / root
    inverse = inverse_root * inverse_root
    w2 = w * w
    a = fma(_A2, w2, _A0)
    b = w * fma(_B3, w2, _B1)
    c = fma(fma(_C4, w2, _C2), w2, _C0)
    d = w * fma(fma(_D5, w2, _D3), w2, _D1)
    spread = root * w
    offset = mean - np.float32(whole)
    y = fma(inverse, fma(inverse_root, d, c), fma(inverse_root, b, a))
    y += offset + spread
    below = np.floor(y)
    rest = y - below
    bound = fma(fma(w2 * w2, w2 * _E6, fma(_E2, w2, _E0)), inverse * inverse, _FLOOR)
    bound = fma(_ROUNDING, abs(spread), bound)
    count = np.int32(whole + np.int32(below))
    count = count if _HALF - abs(rest - _HALF) > bound else UNSETTLED
    return count if count > np.int32(0) else UNSETTLED  # the series does not hold near 0


@njit(cache=True, error_model="numpy")
def _tail_sum(n, mean, step):
    """Sum of the probabilities of ``n``, ``n + step``, ... away from the mean."""
    term = math.exp(n * math.log(mean) - mean - math.lgamma(n + 1.0))
    total = 0.0
    while term > 1e-18 * (total + 1e-300):
        total += term
        if step > 0:
            n += 1.0
            term *= mean / n
        else:
            if n == 0.0:
                break
            term *= n / mean
            n -= 1.0
    return total


@njit(cache=True, error_model="numpy")
def _reaches(n, mean, lower, upper):
    """Whether P(N <= n) >= the level, given as ``lower`` and as ``upper`` = 1 - lower."""
    if n < 0.0:
        return False
    if n < mean:
        return _tail_sum(n, mean, -1) >= lower
    return _tail_sum(n + 1.0, mean, 1) <= upper


@njit(cache=True, error_model="numpy")
def _settle(guess, mean, lower, upper):
    """Smallest n with P(N <= n) >= lower, from a guess nearby."""
    n = max(0.0, math.floor(guess))
    while _reaches(n - 1.0, mean, lower, upper):
        n -= 1.0
    while not _reaches(n, mean, lower, upper):
        n += 1.0
    return np.int32(n)


@njit(cache=True, error_model="numpy")
def _series64(mean, w):
    """The continuous quantile to order ``mean**-3``, and a bound on its error."""
    s = 1.0 / math.sqrt(mean)
    w2 = w * w
    x = -11237 / 43545600 * w2 - 165779 / 195955200
    x = ((x * w2 + 2647909 / 293932800) * w2 + 274867 / 146966400) * w
    h = ((13 / 102060 * w2 + 301 / 656100) * w2 - 9683 / 1530900) * w2 - 39281 / 13778100
    h = h * w2 + 5408 / 3444525
    f = ((19 / 34020 * w2 + 5 / 3024) * w2 - 5189 / 408240) * w2 - 16 / 25515
    d = ((-23 / 17280 * w2 - 137 / 38880) * w2 + 671 / 38880) * w
    c = (w2 / 270 + 7 / 810) * w2 - 8 / 405
    b = -(w2 / 72 + 1 / 36) * w
    y = s * h + x
    y = s * y + f
    y = s * y + d
    y = s * y + c
    y = s * y + b
    y = s * y + w2 / 6 + 1 / 3
    bound = (1e-2 + 2e-4 * abs(w) ** 9) * s**7 + 1e-15 * mean + 1e-12
    return mean + w / s + y, bound


@njit(cache=True, error_model="numpy")
def settle_series(mean, w):
    """Exact Poisson number at the level ``Phi(w)``, where `series_quantile` is undecided.

    Parameters
    ----------
    mean : float32
        Mean, `SERIES_MEAN` to `MAX_MEAN`.
    w : float32
        Standard normal number.

    Returns
    -------
    int32
        The number.
    """
    mean = np.float64(mean)
    w = np.float64(w)
    x, bound = _series64(mean, w)
    if x > 1.0 and abs(x - np.rint(x)) > bound:
        return np.int32(math.floor(x))
    lower = 0.5 * math.erfc(-w / math.sqrt(2.0))
    upper = 0.5 * math.erfc(w / math.sqrt(2.0))
    return _settle(x, mean, lower, upper)


@njit(cache=True, error_model="numpy")
def settle_sum(mean, word):
    """Exact Poisson number of a small mean, where `sum_quantiles` is undecided.

    Parameters
    ----------
    mean : float32
        Mean, 0 to `SERIES_MEAN`.
    word : uint32
        Random word; the level is ``(word + 1/2) / 2**32``.

    Returns
    -------
    int32
        The number.
    """
    mean = np.float64(mean)
    lower = (np.float64(word) + 0.5) * 2.0**-32
    upper = (np.float64(np.uint32(~word)) + 0.5) * 2.0**-32
    return _settle(mean, mean, lower, upper)


@njit(cache=True, error_model="numpy")
def sum_quantiles(mean, words, cumulative, term, level, out):
    """Poisson numbers of small means, by adding up probabilities in float32.

    Parameters
    ----------
    mean : float32 [n]
        Means, 0 to below `SERIES_MEAN`.
    words : uint32 [at least n]
        Random words.
    cumulative, term, level : float32 [at least n]
        Scratch.
    out : int32 [at least n]
        Output; `UNSETTLED` where float32 does not decide the number.
    """
    for i in range(mean.size):
        probability = exp_minus(mean[i])
        term[i] = probability
        cumulative[i] = probability
        half = np.float32(np.int32(np.uint32(words[i]) >> np.uint32(1)))
        level[i] = fma(half, _UNIT_31, _UNIT_32)
        out[i] = np.int32(0)
    for k in range(1, _MOST_TERMS + 1):
        inverse = np.float32(1.0 / k)
        reached = np.int32(0)
        for i in range(mean.size):
            excess = level[i] - cumulative[i]
            above = np.int32(1) if excess > _ZERO else np.int32(0)
            doubt = _DOUBT if abs(excess) <= _LEVEL_ERROR else np.int32(0)
            out[i] = np.int32(out[i] + np.int32(above | doubt))
            probability = term[i] * (mean[i] * inverse)
            term[i] = probability
            cumulative[i] += probability
            reached = np.int32(reached | above)
        if reached == 0:
            break
    for i in range(mean.size):
        known = np.int32(out[i]) < _DOUBT and level[i] <= _LAST_LEVEL
        out[i] = out[i] if known else UNSETTLED

"""Confidence intervals of accuracies and differences, yield, Pareto fronts."""

import math

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the standard normal distribution."""


def wilson_interval(right: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson score interval of a proportion.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
    (1927) 209.

    Parameters
    ----------
    right : int
        Number of successes, 0 to ``total``.
    total : int
        Number of trials, at least 1.
    z : float
        Two-sided quantile of the standard normal distribution.

    Returns
    -------
    low : float
        Lower bound, 0 to 1.
    high : float
        Upper bound, 0 to 1.

    Raises
    ------
    ValueError
        If ``total`` is not positive or ``right`` is out of range.

    Examples
    --------
    >>> low, high = wilson_interval(90, 100)
    >>> f"{low:.3f} {high:.3f}"
    '0.826 0.945'
    """
    if total < 1 or not 0 <= right <= total:
        raise ValueError(f"{right} of {total}: expected 0 <= right <= total and total >= 1")
    p = right / total
    center = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(p * (1 - p) / total + z * z / (4 * total**2))
    # At proportions 0 and 1 rounding could put the proportion just outside its interval.
    return max(0.0, min(p, center - half)), min(1.0, max(p, center + half))


def paired_difference(
    a: npt.NDArray[np.bool_], b: npt.NDArray[np.bool_], z: float = Z_95
) -> tuple[float, float, float]:
    """Difference of two accuracies on the same images, with its score interval.

    Source: Tango, "Equivalence test and confidence interval for the difference in proportions for
    the paired-sample design", Statistics in Medicine 17 (1998) 891. Unlike Wald's interval, it
    keeps its coverage where few decisions differ, and has a width where none does.

    Parameters
    ----------
    a, b : bool [N]
        Whether each decision was right; N is at least 1.
    z : float
        Two-sided quantile of the standard normal distribution.

    Returns
    -------
    difference : float
        ``mean(a) - mean(b)``.
    low, high : float
        Score interval, which covers the sampling of the images.

    Raises
    ------
    ValueError
        If ``a`` and ``b`` have no element or differ in shape.

    Examples
    --------
    >>> same = np.ones(2000, bool)
    >>> mean, low, high = paired_difference(same, same)
    >>> f"{mean:.4f} {low:.4f} {high:.4f}"
    '0.0000 -0.0019 0.0019'
    """
    if a.shape != b.shape or not a.size:
        raise ValueError(f"{a.shape} and {b.shape}: expected two arrays of one shape, not empty")
    first, second, total = int((a & ~b).sum()), int((b & ~a).sum()), a.size
    mean = (first - second) / total

    def excess(difference: float) -> float:
        return _paired_score(first, second, total, difference) ** 2 - z * z

    inside = 1 - 1e-12  # at +-1 the variance is 0
    low = mean if mean <= -inside else brentq(excess, -inside, mean, xtol=1e-12)
    high = mean if mean >= inside else brentq(excess, mean, inside, xtol=1e-12)
    return mean, low, high


def _paired_score(first: int, second: int, total: int, difference: float) -> float:
    """Score statistic of a difference, given the images that only one decided rightly."""
    b = (2 * total - first + second) * difference - first - second
    c = -second * difference * (1 - difference)
    root = math.sqrt(max(b * b - 8 * total * c, 0.0))
    # Most likely share of images that only the second decides rightly, at this difference.
    share = 2 * -c / (root + b) if b > 0 else (root - b) / (4 * total)
    variance = total * (2 * share + difference * (1 - difference))
    excess = first - second - total * difference
    if abs(excess) < 1e-9:  # no difference from the estimate, where the variance may be 0 too
        return 0.0
    return excess / math.sqrt(variance) if variance > 0 else math.inf


def yield_at(
    accuracies: npt.ArrayLike, required: float, z: float = Z_95
) -> tuple[float, float, float]:
    """Fraction of the dies that reach a required accuracy, with its Wilson interval.

    Parameters
    ----------
    accuracies : float [D]
        Accuracy of each die, 0 to 1.
    required : float
        Least accuracy of a good die, 0 to 1.
    z : float
        Two-sided quantile of the standard normal distribution.

    Returns
    -------
    fraction : float
        Yield, 0 to 1.
    low, high : float
        Interval for the finite number of dies; it does not include the error of each accuracy from
        the finite number of images.

    Examples
    --------
    >>> yield_at([0.91, 0.88, 0.93, 0.90], required=0.9)[0]
    0.75
    """
    good = np.asarray(accuracies) >= required
    return (float(good.mean()), *wilson_interval(int(good.sum()), good.size, z))


def pareto_front(costs: npt.ArrayLike, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Points that no other point dominates.

    A point dominates another if it costs no more and is worth no less, and differs in one of the
    two.

    Parameters
    ----------
    costs : float [N]
        Quantity to minimize.
    values : float [N]
        Quantity to maximize.

    Returns
    -------
    bool [N]
        Whether each point lies on the front; of points equal in both, all or none do.

    Examples
    --------
    >>> pareto_front([1, 2, 3], [0.8, 0.9, 0.85]).tolist()
    [True, True, False]
    """
    cost, value = np.asarray(costs, np.float64), np.asarray(values, np.float64)
    no_worse = (cost <= cost[:, np.newaxis]) & (value >= value[:, np.newaxis])
    better = (cost < cost[:, np.newaxis]) | (value > value[:, np.newaxis])
    return np.logical_not((no_worse & better).any(1))

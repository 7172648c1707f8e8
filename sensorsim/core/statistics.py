"""How sure a result is: intervals of accuracies and differences, yield, Pareto fronts."""

import math

import numpy as np
import numpy.typing as npt

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the standard normal distribution."""


def wilson_interval(right: int, total: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson score interval of a proportion.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
    (1927) 209.

    Raises
    ------
    ValueError
        If ``total`` is not positive or ``right`` is out of range.
    """
    if total < 1 or not 0 <= right <= total:
        raise ValueError(f"{right} of {total}: expected 0 <= right <= total and total >= 1")
    p = right / total
    center = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(p * (1 - p) / total + z * z / (4 * total**2))
    # At 0 and 1 rounding would leave the proportion a hair outside its own interval.
    return max(0.0, min(p, center - half)), min(1.0, max(p, center + half))


def paired_difference(
    a: npt.NDArray[np.bool_], b: npt.NDArray[np.bool_], z: float = Z_95
) -> tuple[float, float, float]:
    """Difference of two accuracies on the same images, with its interval.

    Parameters
    ----------
    a, b : bool [N]
        Whether each decision was right.

    Returns
    -------
    difference, low, high
        ``mean(a) - mean(b)`` and its Wald interval from the discordant pairs.
    """
    difference = a.astype(np.int8) - b.astype(np.int8)
    mean = float(difference.mean())
    half = z * float(difference.std()) / math.sqrt(difference.size)
    return mean, mean - half, mean + half


def yield_at(
    accuracies: npt.ArrayLike, required: float, z: float = Z_95
) -> tuple[float, float, float]:
    """Part of the dies that are at least as accurate as required, with its Wilson interval.

    Parameters
    ----------
    accuracies : float [D], of each die

    Returns
    -------
    yield, low, high
        The interval is for the number of dies; that every accuracy is measured on finitely many
        images is not in it.
    """
    good = np.asarray(accuracies) >= required
    return (float(good.mean()), *wilson_interval(int(good.sum()), good.size, z))


def pareto_front(costs: npt.ArrayLike, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Which points no other point beats: none costs at most as much and is worth at least as much.

    Parameters
    ----------
    costs, values : float [N]

    Returns
    -------
    bool [N]
        Of points that are equal in both, all or none lie on the front.
    """
    cost, value = np.asarray(costs, np.float64), np.asarray(values, np.float64)
    no_worse = (cost <= cost[:, np.newaxis]) & (value >= value[:, np.newaxis])
    better = (cost < cost[:, np.newaxis]) | (value > value[:, np.newaxis])
    return np.logical_not((no_worse & better).any(1))

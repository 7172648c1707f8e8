"""Moments of frames: temporal variance of pairs, spatial variance of stacks.

Equation numbers are those of EMVA 1288 Release 4.0 Linear.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


class Moments(NamedTuple):
    """Moments of a pair of frames.

    Attributes
    ----------
    mean_dn : float
        Mean, DN.
    variance_dn2 : float
        Temporal variance, DN**2.
    """

    mean_dn: float
    variance_dn2: float


class SpatialMoments(NamedTuple):
    """Moments of the average of a stack of frames, with the remaining temporal noise subtracted.

    Attributes
    ----------
    mean_dn : float
        Mean, DN.
    temporal_dn2 : float
        Temporal variance, mean over the pixels, DN**2.
    variance_dn2, row_dn2, column_dn2, pixel_dn2 : float
        Spatial variance and its row, column and pixel parts, DN**2. Estimates of a zero variance
        may be negative.
    relative_error : float
        Standard error of ``variance_dn2`` divided by its absolute value; infinite if that is 0.
    """

    mean_dn: float
    temporal_dn2: float
    variance_dn2: float
    row_dn2: float
    column_dn2: float
    pixel_dn2: float
    relative_error: float


def pair_moments(first: IntArray, second: IntArray) -> Moments:
    """Mean (16) and temporal variance (18) of two frames under the same light.

    Fixed patterns cancel in the difference; its mean, a change of light between the frames, is
    subtracted.

    Parameters
    ----------
    first, second : int64 [rows, columns]
        The frames, DN.

    Returns
    -------
    Moments
        Mean, DN, and temporal variance, DN**2.

    Examples
    --------
    >>> import numpy as np
    >>> pair_moments(np.array([[10, 12], [10, 12]]), np.array([[12, 10], [10, 12]]))
    Moments(mean_dn=11.0, variance_dn2=1.0)
    """
    difference = first - second
    variance = np.mean(np.square(difference)) - np.mean(difference) ** 2
    return Moments(float(np.mean(first) + np.mean(second)) / 2, float(variance) / 2)


def spatial_moments(frames: Iterable[IntArray]) -> SpatialMoments:
    """Spatial variance (35, 36) of a stack, and its row and column parts (41, 42).

    Reads one frame at a time, so that the stack need not fit into memory.

    Parameters
    ----------
    frames : iterable of int64 [rows, columns]
        At least two frames, DN.

    Returns
    -------
    SpatialMoments
        Mean, DN, and temporal and spatial variances, DN**2.
    """
    following = iter(frames)
    total = next(following).astype(np.int64)
    squares, count = np.square(total), 1
    for count, frame in enumerate(following, 2):  # noqa: B007
        total += frame
        squares += np.square(frame)
    average = total / count
    temporal = float(np.mean(squares - count * average**2)) / (count - 1)
    m, n = average.shape
    mean = float(average.mean())
    whole = float(average.var(ddof=1)) - temporal / count
    of_columns = float(average.mean(axis=0).var()) - temporal / (count * m)
    of_rows = float(average.mean(axis=1).var()) - temporal / (count * n)
    # An average over m rows still holds 1 / m of the pixels' own variance, and so for columns.
    pixel = (whole - of_columns - of_rows) / (1 - 1 / m - 1 / n)
    row, column = of_rows - pixel / n, of_columns - pixel / m
    error = np.sqrt(
        2 * row**2 / m + 2 * column**2 / n + 2 * (pixel + temporal / count) ** 2 / (m * n)
    )
    relative = float(error / abs(whole)) if whole else float("inf")
    return SpatialMoments(mean, temporal, whole, row, column, pixel, relative)

"""Frames to moments: temporal variance of pairs, spatial variance of stacks.

Equation numbers are those of EMVA 1288 Release 4.0 Linear.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]


class Moments(NamedTuple):
    """Of a pair of frames: mean, DN, and temporal variance, DN**2."""

    mean_dn: float
    variance_dn2: float


class SpatialMoments(NamedTuple):
    """Of the average of a stack of frames, what temporal noise is left in it subtracted.

    Attributes
    ----------
    mean_dn : float
    temporal_dn2 : float
        Temporal variance, mean over the pixels.
    variance_dn2, row_dn2, column_dn2, pixel_dn2 : float
        Spatial variance, and its parts. An estimate may come out negative where there is none.
    relative_error : float
        Standard error of ``variance_dn2`` over itself.
    """

    mean_dn: float
    temporal_dn2: float
    variance_dn2: float
    row_dn2: float
    column_dn2: float
    pixel_dn2: float
    relative_error: float


def pair_moments(first: IntArray, second: IntArray) -> Moments:
    """Mean (16) and temporal variance (18) of two frames [rows, columns] under the same light.

    Patterns that stay cancel in the difference; a change of light between the frames is taken out.
    """
    difference = first - second
    variance = np.mean(np.square(difference)) - np.mean(difference) ** 2
    return Moments(float(np.mean(first) + np.mean(second)) / 2, float(variance) / 2)


def spatial_moments(frames: Iterable[IntArray]) -> SpatialMoments:
    """Spatial variance (35, 36) of at least two frames, and its row and column parts (41, 42).

    Takes one frame [rows, columns] after another, so that the stack need not fit into memory.
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

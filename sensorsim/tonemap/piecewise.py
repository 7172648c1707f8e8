"""Piecewise-linear tone curves, from points or from the histogram of samples."""

from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sensorsim.core.errors import InputError
from sensorsim.tonemap.base import Curve, FloatArray


class PiecewiseLinear(Curve):
    """Straight lines between knots; exact at the knots in both directions.

    Raises
    ------
    ValidationError
        If the knots do not rise strictly from (0, 0) to (1, 1).
    """

    kind: Literal["piecewise-linear"] = "piecewise-linear"
    x: tuple[float, ...] = Field(
        min_length=2, description="Light of the knots as parts of full scale, from 0 to 1."
    )
    y: tuple[float, ...] = Field(min_length=2, description="Tone of the knots, from 0 to 1.")

    @model_validator(mode="after")
    def _knots_rise_from_corner_to_corner(self) -> Self:
        if len(self.x) != len(self.y):
            raise ValueError(
                f"{len(self.x)} values of x and {len(self.y)} of y: expected one y for each x"
            )
        for name, values in (("x", self.x), ("y", self.y)):
            if values[0] != 0 or values[-1] != 1:
                raise ValueError(
                    f"{name} goes from {values[0]} to {values[-1]}: expected from 0 to 1"
                )
            falls = np.flatnonzero(np.diff(values) <= 0)
            if falls.size:
                here, after = values[falls[0]], values[falls[0] + 1]
                raise ValueError(
                    f"{name} holds {after} after {here}: expected strictly ascending values"
                )
        return self

    def _tone(self, x: FloatArray) -> FloatArray:
        return _interpolate(x, np.asarray(self.x), np.asarray(self.y))

    def _light(self, y: FloatArray) -> FloatArray:
        return _interpolate(y, np.asarray(self.y), np.asarray(self.x))


def _interpolate(values: FloatArray, start: FloatArray, end: FloatArray) -> FloatArray:
    """Like ``np.interp``, but rounding never passes the next knot, so the result is monotone."""
    left = np.clip(np.searchsorted(start, values, "right") - 1, 0, start.size - 2)
    part = (values - start[left]) / (start[left + 1] - start[left])
    return np.minimum(end[left] + part * (end[left + 1] - end[left]), end[left + 1])


def histogram_equalization(samples: npt.ArrayLike, knots: int = 64) -> PiecewiseLinear:
    """Tone curve that distributes calibration samples evenly over [0, 1].

    It follows the samples' cumulative distribution at the darkest, the brightest and evenly ranked
    samples between. A value that many samples share gets the middle of its step. Samples at 0 and 1
    are left out, because every curve maps them to 0 and 1.

    Parameters
    ----------
    samples : array_like
        Signals as fractions of full scale, in [0, 1], any shape.
    knots : int
        Knots between (0, 0) and (1, 1), at least 2; fewer if samples coincide.

    Returns
    -------
    PiecewiseLinear
        Curve with at most ``knots + 2`` knots.

    Raises
    ------
    InputError
        If there are no samples, one is NaN or outside [0, 1], none lies between 0 and 1, or there
        are fewer than 2 knots.

    Notes
    -----
    Gonzalez and Woods, Digital Image Processing, section 3.3; the middle of a step is the
    mid-distribution function of Parzen (2004).
    """
    values = np.asarray(samples, np.float64).ravel()
    if knots < 2:
        raise InputError(f"knots: {knots}, expected at least 2")
    wrong = values[~((values >= 0) & (values <= 1))]
    if wrong.size:
        raise InputError(
            f"samples: {wrong.size} of {values.size} lie outside [0, 1], the first "
            f"{float(wrong[0])!r}; divide by full scale and clip"
        )
    inside = np.sort(values[(values > 0) & (values < 1)])
    if not inside.size:
        raise InputError(
            f"samples: none of {values.size} lies between 0 and 1, so there is nothing to "
            "equalize; give other images or change the exposure"
        )
    ranks = np.linspace(0, inside.size - 1, knots).round().astype(np.int64)
    x = np.unique(inside[ranks])
    below, up_to = np.searchsorted(inside, x, "left"), np.searchsorted(inside, x, "right")
    y = (below + up_to) / (2 * inside.size)
    return PiecewiseLinear(x=(0.0, *x.tolist(), 1.0), y=(0.0, *y.tolist(), 1.0))

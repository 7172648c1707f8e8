"""Base class of all tone curves: domain, end points and checks."""

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from sensorsim.core.description import Description
from sensorsim.core.errors import InputError

FloatArray = npt.NDArray[np.float64]


class Curve(Description, ABC):
    """A monotone map of [0, 1] onto [0, 1] that maps 0 to 0 and 1 to 1, exactly.

    A subclass defines the formula and its inverse; this class checks the values.
    """

    def apply(self, x: npt.ArrayLike) -> FloatArray:
        """Tone of light.

        Parameters
        ----------
        x : array_like
            Light as a fraction of full scale, in [0, 1], any shape.

        Returns
        -------
        float64, the shape of ``x``
            Tone, in [0, 1].

        Raises
        ------
        InputError
            If a value is NaN or outside [0, 1]; nothing is clipped.
        """
        light = _unit_interval(x, f"{type(self).__name__}.apply: x")
        return _pinned(light, self._tone(light))

    def inverse(self, y: npt.ArrayLike) -> FloatArray:
        """Light whose tone is ``y``.

        Parameters
        ----------
        y : array_like
            Tone, in [0, 1], any shape.

        Returns
        -------
        float64, the shape of ``y``
            Light as a fraction of full scale, in [0, 1].

        Raises
        ------
        InputError
            If a value is NaN or outside [0, 1]; nothing is clipped.
        """
        tone = _unit_interval(y, f"{type(self).__name__}.inverse: y")
        return _pinned(tone, self._light(tone))

    @abstractmethod
    def _tone(self, x: FloatArray) -> FloatArray:
        """Formula of the curve, for checked values."""

    @abstractmethod
    def _light(self, y: FloatArray) -> FloatArray:
        """Formula of the inverse, for checked values."""


def _unit_interval(values: npt.ArrayLike, name: str) -> FloatArray:
    array = np.asarray(values, np.float64)
    # Two reductions over the array, no temporary; a NaN fails the comparison.
    if array.size and not (array.min() >= 0 and array.max() <= 1):
        wrong = float(array[~((array >= 0) & (array <= 1))][0])
        raise InputError(
            f"{name} holds {wrong!r}, expected values in [0, 1]; divide by full scale, and clip "
            "first what a sensor would saturate"
        )
    return array


def _pinned(given: FloatArray, computed: FloatArray) -> FloatArray:
    """Map 1 to 1 exactly and clip rounding errors, so each direction accepts the other's results.

    Every formula maps 0 to 0 exactly.
    """
    return np.where(given == 1, 1.0, np.clip(computed, 0, 1))

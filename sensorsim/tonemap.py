"""Tone curves: monotone maps of [0, 1] onto [0, 1], and thresholds read as such curves.

In front of a quantizer a curve acts in the analog domain: a single-slope converter with a nonlinear
ramp compares the pixel's volts with the curve's inverse, so noise and offset of its comparator stay
referred to the pixel's volts. `transition_levels` gives those references.
"""

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from sensorsim.description import Description

FloatArray = npt.NDArray[np.float64]


class Linear(Description):
    """y = x."""

    kind: Literal["linear"] = "linear"

    def apply(self, x: npt.ArrayLike) -> FloatArray:
        """Curve at ``x`` in [0, 1]."""
        return np.asarray(x, np.float64)

    def inverse(self, y: npt.ArrayLike) -> FloatArray:
        """Light whose tone is ``y``."""
        return np.asarray(y, np.float64)


class Gamma(Description):
    """y = x ** (1 / gamma)."""

    kind: Literal["gamma"] = "gamma"
    gamma: float = Field(2.2, ge=1, le=10, description="Exponent of the inverse curve.")

    def apply(self, x: npt.ArrayLike) -> FloatArray:
        """Curve at ``x`` in [0, 1]."""
        return np.asarray(x, np.float64) ** (1 / self.gamma)

    def inverse(self, y: npt.ArrayLike) -> FloatArray:
        """Light whose tone is ``y``."""
        return np.asarray(y, np.float64) ** self.gamma


class Log(Description):
    """The mu-law y = ln(1 + mu x) / ln(1 + mu) (ITU-T G.711's continuous curve)."""

    kind: Literal["log"] = "log"
    mu: float = Field(255.0, gt=0, le=1e6, description="Strength of the compression.")

    def apply(self, x: npt.ArrayLike) -> FloatArray:
        """Curve at ``x`` in [0, 1]."""
        return np.log1p(self.mu * np.asarray(x, np.float64)) / np.log1p(self.mu)

    def inverse(self, y: npt.ArrayLike) -> FloatArray:
        """Light whose tone is ``y``."""
        return np.expm1(np.asarray(y, np.float64) * np.log1p(self.mu)) / self.mu


ToneCurve = Annotated[Linear | Gamma | Log, Field(discriminator="kind")]


def transition_levels(curve: Linear | Gamma | Log, levels: int) -> FloatArray:
    """Light at which a uniform quantizer behind ``curve`` changes its code.

    Parameters
    ----------
    levels : int
        Number of transitions: ``2**bits - 1`` for an ADC, M for a thermometer.

    Returns
    -------
    float64 [levels], ascending, in (0, 1)
    """
    return curve.inverse(np.arange(1, levels + 1) / (levels + 1))


thresholds_of = transition_levels


def curve_of(thresholds: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Read ascending thresholds as a piecewise-linear tone curve through (t_m, m / (M + 1)).

    Returns
    -------
    x, y : float64 [M + 2]
        Knots of the curve, from (0, 0) to (1, 1).
    """
    t = np.asarray(thresholds, np.float64)
    return np.concatenate(([0.0], t, [1.0])), np.arange(t.size + 2) / (t.size + 1)

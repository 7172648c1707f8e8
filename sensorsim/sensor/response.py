"""Electrons to volts: linear, logarithmic, or linear up to a knee and logarithmic above."""

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from sensorsim.core.description import Description

FloatArray = npt.NDArray[np.float64]


class Linear(Description):
    """V = conversion gain x electrons: a charge-integrating pixel."""

    kind: Literal["linear"] = "linear"

    def volts(self, electrons: npt.ArrayLike, volts_per_e: float) -> FloatArray:
        """Volts at the pixel's output.

        Parameters
        ----------
        electrons : array_like
            Electrons, e-, any shape.
        volts_per_e : float
            Conversion gain, V/e-.

        Returns
        -------
        float64, the shape of ``electrons``
            Volts, V.
        """
        return np.asarray(electrons, np.float64) * volts_per_e

    def electrons(self, volts: npt.ArrayLike, volts_per_e: float) -> FloatArray:
        """Electrons that make a voltage at the pixel's output: the inverse of `volts`.

        Parameters
        ----------
        volts : array_like
            Volts, V, any shape.
        volts_per_e : float
            Conversion gain, V/e-.

        Returns
        -------
        float64, the shape of ``volts``
            Electrons, e-.
        """
        return np.asarray(volts, np.float64) / volts_per_e


class Logarithmic(Description):
    """V = slope x log10(1 + electrons / knee): a pixel whose load transistor works below threshold.

    Electrons stand for the photocurrent over one exposure; below the knee leakage dominates.
    Source: Kavadias et al., "A logarithmic response CMOS image sensor with on-chip calibration",
    IEEE JSSC 35 (2000) 1146, whose pixel gives some 50 to 60 mV per decade.
    """

    kind: Literal["logarithmic"] = "logarithmic"
    slope_mv_per_decade: float = Field(
        60.0, gt=0, le=1000, description="Slope per tenfold light, mV per decade."
    )
    knee_e: float = Field(
        10.0, gt=0, le=1e7, description="Signal at which the response leaves its linear start, e-."
    )

    def volts(self, electrons: npt.ArrayLike, volts_per_e: float) -> FloatArray:
        """Volts at the pixel's output.

        Parameters
        ----------
        electrons : array_like
            Electrons, e-, any shape.
        volts_per_e : float
            Conversion gain, V/e-; not used.

        Returns
        -------
        float64, the shape of ``electrons``
            Volts, V.
        """
        x = np.asarray(electrons, np.float64)
        return self.slope_mv_per_decade * 1e-3 * np.log10(1 + x / self.knee_e)

    def electrons(self, volts: npt.ArrayLike, volts_per_e: float) -> FloatArray:
        """Electrons that make a voltage at the pixel's output: the inverse of `volts`.

        Parameters
        ----------
        volts : array_like
            Volts, V, any shape.
        volts_per_e : float
            Conversion gain, V/e-; not used.

        Returns
        -------
        float64, the shape of ``volts``
            Electrons, e-.
        """
        decades = np.asarray(volts, np.float64) / (self.slope_mv_per_decade * 1e-3)
        return self.knee_e * (10.0**decades - 1)


class Linlog(Description):
    """Linear up to a knee, logarithmic above; value and slope are continuous at the knee."""

    kind: Literal["linlog"] = "linlog"
    knee_e: float = Field(
        1000.0, gt=0, le=1e7, description="Signal at which the logarithm takes over, electrons."
    )

    def volts(self, electrons: npt.ArrayLike, volts_per_e: float) -> FloatArray:
        """Volts at the pixel's output.

        Parameters
        ----------
        electrons : array_like
            Electrons, e-, any shape.
        volts_per_e : float
            Conversion gain below the knee, V/e-.

        Returns
        -------
        float64, the shape of ``electrons``
            Volts, V.
        """
        x = np.asarray(electrons, np.float64)
        above = self.knee_e * (1 + np.log(np.maximum(x, self.knee_e) / self.knee_e))
        return np.where(x <= self.knee_e, x, above) * volts_per_e

    def electrons(self, volts: npt.ArrayLike, volts_per_e: float) -> FloatArray:
        """Electrons that make a voltage at the pixel's output: the inverse of `volts`.

        Parameters
        ----------
        volts : array_like
            Volts, V, any shape.
        volts_per_e : float
            Conversion gain below the knee, V/e-.

        Returns
        -------
        float64, the shape of ``volts``
            Electrons, e-.
        """
        linear = np.asarray(volts, np.float64) / volts_per_e
        above = self.knee_e * np.exp(np.maximum(linear / self.knee_e - 1, 0))
        return np.where(linear <= self.knee_e, linear, above)


Response = Annotated[Linear | Logarithmic | Linlog, Field(discriminator="kind")]

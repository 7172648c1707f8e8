"""Exposure of images, in stops relative to a stated reference."""

from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sensorsim.core import streams
from sensorsim.core.description import Description
from sensorsim.kernels.philox import uniform

_USUAL_FRACTION = 0.9


class Exposure(Description):
    """An exposure law: the same for every image, or uniform in stops ("uncontrolled").

    Raises
    ------
    ValidationError
        If both brightnesses of white are stated, or ``low_stops`` is above ``high_stops`` in a
        uniform law.
    """

    white_full_well_fraction: float | None = Field(
        None, gt=0, le=100,
        description="White of a 0-stop image, as a fraction of full well; 0.9 if left out.",
    )  # fmt: skip
    white_illuminance_lux: float | None = Field(
        None, gt=0, le=1e6,
        description="Illuminance of the scene in a 0-stop image, lux; in place of the fraction.",
    )  # fmt: skip
    law: Literal["fixed", "uniform"] = Field(
        "uniform", description="fixed: every image at high_stops; uniform: drawn per image."
    )
    low_stops: float = Field(-5.0, ge=-30, le=30, description="Darkest exposure, stops.")
    high_stops: float = Field(0.0, ge=-30, le=30, description="Brightest exposure, stops.")

    @model_validator(mode="after")
    def _brightness_is_stated_once(self) -> Self:
        if self.white_full_well_fraction is not None and self.white_illuminance_lux is not None:
            raise ValueError(
                f"white_full_well_fraction {self.white_full_well_fraction:g} and "
                f"white_illuminance_lux {self.white_illuminance_lux:g} both say how bright white "
                "is; state one"
            )
        return self

    @property
    def full_well_fraction(self) -> float:
        """White of a 0-stop image, where no illuminance is stated.

        Returns
        -------
        float
            Fraction of full well.
        """
        fraction = self.white_full_well_fraction
        return _USUAL_FRACTION if fraction is None else fraction

    @model_validator(mode="after")
    def _low_is_not_above_high(self) -> Self:
        if self.law == "uniform" and self.low_stops > self.high_stops:
            raise ValueError(
                f"low_stops {self.low_stops:g} lies above high_stops {self.high_stops:g}; swap them"
            )
        return self

    def stops(self, key: streams.Key) -> npt.NDArray[np.float64]:
        """Exposure of each image of a batch.

        Parameters
        ----------
        key : Key
            Addresses of the random numbers of N images.

        Returns
        -------
        float64 [N]
            Exposure relative to a 0-stop image, stops.
        """
        if self.law == "fixed":
            return np.full(key.frames.size, self.high_stops)
        stream = key.temporal(streams.EXPOSURE)
        u = np.array([uniform(0, f, 0, key.seed, stream) for f in key.frames])
        return self.low_stops + (self.high_stops - self.low_stops) * u

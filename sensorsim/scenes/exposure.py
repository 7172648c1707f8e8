"""How much light an image gets, in stops below a stated reference."""

from typing import Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sensorsim import streams
from sensorsim.description import Description
from sensorsim.kernels.philox import uniform


class Exposure(Description):
    """An exposure law: the same for every image, or uniform in stops ("uncontrolled")."""

    white_full_well_fraction: float = Field(
        0.9, gt=0, le=100, description="White of a 0-stop image, as a part of full well."
    )
    law: Literal["fixed", "uniform"] = Field(
        "uniform", description="fixed: every image at high_stops; uniform: drawn per image."
    )
    low_stops: float = Field(-5.0, ge=-30, le=30, description="Darkest exposure, stops.")
    high_stops: float = Field(0.0, ge=-30, le=30, description="Brightest exposure, stops.")

    @model_validator(mode="after")
    def _low_is_not_above_high(self) -> Self:
        if self.law == "uniform" and self.low_stops > self.high_stops:
            raise ValueError(
                f"low_stops {self.low_stops:g} lies above high_stops {self.high_stops:g}; swap them"
            )
        return self

    def label(self) -> str:
        """Word for the results: "uncontrolled" for a uniform law, else the number of stops."""
        return "uncontrolled" if self.law == "uniform" else f"{self.high_stops:g}"

    def stops(self, key: streams.Key) -> npt.NDArray[np.float64]:
        """Exposure of each image of a batch in stops, float64 [N]."""
        if self.law == "fixed":
            return np.full(key.frames.size, self.high_stops)
        u = np.array([uniform(0, f, 0, key.seed, streams.EXPOSURE) for f in key.frames])
        return self.low_stops + (self.high_stops - self.low_stops) * u

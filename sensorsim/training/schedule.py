"""How long and how fast a network learns. Free of torch."""

import math
from typing import Literal

from pydantic import Field

from sensorsim.core import streams
from sensorsim.core.description import Description
from sensorsim.training.views import Views


class Schedule(Description):
    """Steps, rates, and what each step draws."""

    epochs: float = Field(gt=0, description="Passes over the training images.")
    batch: int = Field(128, ge=2, description="Images per step.")
    learning_rate: float = Field(5e-3, gt=0, le=1, description="Adam's rate for weights.")
    threshold_learning_rate: float = Field(
        2e-2, gt=0, le=1, description="Adam's rate for the thresholds of a learned thermometer."
    )
    warmup: float = Field(0.05, ge=0, le=1, description="Part of the steps that ramps up.")
    decay: float = Field(
        1.0, ge=0, le=1, description="Part of the steps, at the end, that decays to zero."
    )
    shape: Literal["linear", "cosine"] = Field("linear", description="How the rate decays.")
    threshold_freeze: float = Field(
        0.3, ge=0, le=1, description="Part of the steps, at the end, with fixed thresholds."
    )
    views: Views = Field(Views(), description="Shifts and mirrors that training draws from.")
    validate_every_epochs: float = Field(
        1.0, gt=0, description="How often some validation images are counted during training."
    )
    validation_images: int = Field(
        2000, ge=1, description="How many of them; all are counted at the end."
    )
    recalibration_batches: int = Field(
        0,
        ge=0,
        description="Batches whose mean and variance replace the running statistics at the end.",
    )
    seed: int = Field(0, ge=0, le=streams.MAX_SEED)

    def rate(self, step: int, steps: int) -> float:
        """Learning-rate factor of one step.

        Parameters
        ----------
        step, steps : int
            Which step of how many.

        Returns
        -------
        float
            0 to 1.
        """
        warm = (step + 1) / max(1.0, self.warmup * steps)
        cool = min(1.0, (steps - step) / max(1.0, self.decay * steps))
        if self.shape == "cosine":
            cool = (1 - math.cos(math.pi * cool)) / 2
        return min(1.0, warm, cool)

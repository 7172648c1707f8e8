"""Steps and learning rates of a training. Does not import torch."""

import math
from typing import Literal

from pydantic import Field

from sensorsim.core import streams
from sensorsim.core.description import Description
from sensorsim.training.views import Views


class Schedule(Description):
    """Steps and learning rates, and what each step draws."""

    epochs: float = Field(gt=0, description="Passes over the training images.")
    batch: int = Field(128, ge=2, description="Images per step.")
    learning_rate: float = Field(5e-3, gt=0, le=1, description="Adam learning rate of the weights.")
    threshold_learning_rate: float = Field(
        2e-2, gt=0, le=1, description="Adam learning rate of learned thresholds."
    )
    warmup: float = Field(
        0.05, ge=0, le=1, description="Fraction of the steps in which the rate rises."
    )
    decay: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Fraction of the steps, at the end, in which it decays to zero.",
    )
    shape: Literal["linear", "cosine"] = Field("linear", description="Shape of the decay.")
    threshold_freeze: float = Field(
        0.3, ge=0, le=1, description="Fraction of the steps, at the end, with fixed thresholds."
    )
    views: Views = Field(Views(), description="Shifts and mirrors that training draws from.")
    validate_every_epochs: float = Field(1.0, gt=0, description="Epochs between early validations.")
    validation_images: int = Field(
        2000, ge=1, description="Images of an early validation; the end uses all."
    )
    recalibration_batches: int = Field(
        0,
        ge=0,
        description="Batches whose mean and variance replace the running statistics at the end.",
    )
    seed: int = Field(0, ge=0, le=streams.MAX_SEED)

    def rate(self, step: int, steps: int) -> float:
        """Factor of the learning rates at one step.

        Parameters
        ----------
        step : int
            Number of the step, from 0.
        steps : int
            Number of all steps.

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

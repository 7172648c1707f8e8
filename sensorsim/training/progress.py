"""What is told of a training that goes on."""

import time
from collections.abc import Callable
from typing import NamedTuple


class Progress(NamedTuple):
    """Where a training stands.

    Attributes
    ----------
    step, steps : int
        How many steps are done, and how many there are.
    loss : float
        Mean over the last steps.
    images_per_s : float
        Since the training was started or resumed.
    seconds_left : float
    validation_accuracy : float or None
        The last one, if any was measured.
    """

    step: int
    steps: int
    loss: float
    images_per_s: float
    seconds_left: float
    validation_accuracy: float | None = None


Report = Callable[[Progress], None]


class Pace:
    """Speed of a training since it was started or resumed.

    Parameters
    ----------
    step, steps : int
        Where it begins, and how many steps there are.
    batch : int
        Images per step.
    """

    def __init__(self, step: int, steps: int, batch: int) -> None:
        self.first, self.steps, self.batch = step, steps, batch
        self.started = time.monotonic()

    def at(self, step: int, loss: float, validation_accuracy: float | None = None) -> Progress:
        """The progress after a step.

        Parameters
        ----------
        step : int
            Steps that are done; more than at the beginning.
        loss : float
        validation_accuracy : float, optional

        Returns
        -------
        Progress
        """
        seconds = max(time.monotonic() - self.started, 1e-9) / (step - self.first)
        left = (self.steps - step) * seconds
        return Progress(step, self.steps, loss, self.batch / seconds, left, validation_accuracy)

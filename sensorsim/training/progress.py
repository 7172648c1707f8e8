"""Progress and speed of a training."""

import time
from collections.abc import Callable
from typing import NamedTuple


class Progress(NamedTuple):
    """State of a training.

    Attributes
    ----------
    step, steps : int
        Steps done, and steps of all.
    loss : float
        Training loss; a running mean for networks.
    images_per_s : float
        Images per second since the training was started or resumed.
    seconds_left : float
        Estimated time to the end, s.
    validation_accuracy : float or None
        Last early validation accuracy, 0 to 1; None if there is none.
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
        Steps done at the start, and steps of all.
    batch : int
        Images per step.
    """

    def __init__(self, step: int, steps: int, batch: int) -> None:
        self.first, self.steps, self.batch = step, steps, batch
        self.started = time.monotonic()

    def at(self, step: int, loss: float, validation_accuracy: float | None = None) -> Progress:
        """Progress after a step.

        Parameters
        ----------
        step : int
            Steps done; more than at the start.
        loss : float
            Training loss.
        validation_accuracy : float, optional
            Last early validation accuracy, 0 to 1.

        Returns
        -------
        Progress
            State of the training, with speed and time left.
        """
        seconds = max(time.monotonic() - self.started, 1e-9) / (step - self.first)
        left = (self.steps - step) * seconds
        return Progress(step, self.steps, loss, self.batch / seconds, left, validation_accuracy)

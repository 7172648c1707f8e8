"""Decisions of the bit-level simulator on labelled images, and what is counted of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.model import Model
from sensorsim.core import streams
from sensorsim.core.statistics import wilson_interval
from sensorsim.pipeline.batches import decide, scorer
from sensorsim.scenes.labelled import Labelled
from sensorsim.sensor.camera import Camera

EVALUATION_SEED = 0


@dataclass(frozen=True)
class Decisions:
    """What a network decided, and what would have been right.

    Attributes
    ----------
    labels, decided : int64 [N]
        Numbers of classes.
    """

    labels: npt.NDArray[np.int64]
    decided: npt.NDArray[np.int64]

    @property
    def right(self) -> int:
        """Number of right decisions."""
        return int((self.decided == self.labels).sum())

    @property
    def accuracy(self) -> float:
        """Fraction of right decisions."""
        return self.right / self.labels.size

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the accuracy."""
        return wilson_interval(self.right, self.labels.size)

    def confusion(self, classes: int) -> npt.NDArray[np.int64]:
        """How often images of each class were taken for each class.

        Parameters
        ----------
        classes : int
            Number of classes.

        Returns
        -------
        int64 [classes, classes]
            Rows are labels, columns decisions.
        """
        pairs = self.labels * classes + self.decided
        return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def bit_level_decisions(model: Model, camera: Camera, dataset: Labelled) -> Decisions:
    """Decisions of the bit-level simulator, through die 0.

    Parameters
    ----------
    model : Model
    camera : Camera
        What stands before the model's readout.
    dataset : Labelled

    Returns
    -------
    Decisions
        Of all images, in their order.
    """
    key = streams.Key.of(EVALUATION_SEED, np.arange(len(dataset)))
    scores = scorer(model, camera)
    return Decisions(dataset.labels, decide(camera.volts, [scores], dataset.images, key)[0])

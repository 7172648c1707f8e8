"""Decisions of the bit-level simulator on labelled images, and their accuracy."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.model import Model
from sensorsim.core import streams
from sensorsim.core.statistics import wilson_interval
from sensorsim.pipeline.evaluation import decide, scorer
from sensorsim.scenes.labelled import Labelled
from sensorsim.sensor.camera import Camera

EVALUATION_SEED = 0


@dataclass(frozen=True)
class Decisions:
    """Decisions of a network, and the labels.

    Attributes
    ----------
    labels, decided : int64 [N]
        Class numbers.
    """

    labels: npt.NDArray[np.int64]
    decided: npt.NDArray[np.int64]

    @property
    def right(self) -> int:
        """Number of right decisions.

        Returns
        -------
        int
            Number of images whose decision equals the label.
        """
        return int((self.decided == self.labels).sum())

    @property
    def accuracy(self) -> float:
        """Fraction of right decisions.

        Returns
        -------
        float
            0 to 1.
        """
        return self.right / self.labels.size

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the accuracy.

        Returns
        -------
        low, high : float
            0 to 1.
        """
        return wilson_interval(self.right, self.labels.size)

    def confusion(self, classes: int) -> npt.NDArray[np.int64]:
        """Number of images per pair of label and decision.

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
    """Decisions of the bit-level simulator behind die 0.

    Parameters
    ----------
    model : Model
        The network and its readout.
    camera : Camera
        What precedes the model's readout.
    dataset : Labelled
        Images and labels.

    Returns
    -------
    Decisions
        Of all images, in their order.
    """
    key = streams.Key.of(EVALUATION_SEED, np.arange(len(dataset)))
    scores = scorer(model, camera)
    return Decisions(dataset.labels, decide(camera.volts, [scores], dataset.images, key)[0])

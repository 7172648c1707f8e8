"""Training batches: photographs, shifted and mirrored, through the simulated sensor."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sensorsim.core import streams
from sensorsim.core.errors import InputError
from sensorsim.scenes.labelled import Labelled
from sensorsim.scenes.srgb import to_linear
from sensorsim.sensor.camera import Camera
from sensorsim.training.draws import uniforms
from sensorsim.training.views import Photographs, Views

TRAINING_DIES = 64
"""Dies used for training; no evaluation uses them, see `sensorsim.core.streams`."""
_FRAMES_PER_DIE = 16


class Batch(NamedTuple):
    """Input of one training step.

    Attributes
    ----------
    volts : float32 [N, H, W, C]
        Pixel output, V; C samples per pixel.
    labels : int64 [N]
        Class numbers.
    key : Key
        Address of the batch's noise.
    positions : int64 [N]
        Positions of the images among the training images.
    shifts : int64 [N]
        Index of each image's shift in `Views.shifts`.
    """

    volts: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]
    key: streams.Key
    positions: npt.NDArray[np.int64]
    shifts: npt.NDArray[np.int64]


class Batches:
    """An endless sequence of batches; batch ``step`` is always the same.

    Parameters
    ----------
    dataset : Labelled
        Training images.
    camera : Camera
        What precedes the readout.
    size : int
        Images per batch.
    seed : int, 0 to 2**32 - 1
        Seed of order, views and noise.
    views : Views, optional
        Shifts and mirrors to draw from; the defaults of `Views` if left out.

    Raises
    ------
    InputError
        If there are fewer images than a batch.
    """

    def __init__(
        self, dataset: Labelled, camera: Camera, size: int, seed: int, views: Views | None = None
    ) -> None:
        if len(dataset) < size:
            raise InputError(
                f"{dataset.origin}: {len(dataset)} images to train on, fewer than a batch of "
                f"{size}; add images, or lower schedule.batch"
            )
        self.labels, self.class_names = dataset.labels, dataset.class_names
        self.photographs = Photographs(dataset.images, views or Views())
        self.camera, self.size, self.seed = camera, size, seed
        self.steps_per_epoch = len(dataset) // size
        self._epoch = -1
        self._order = np.empty(0, np.int64)

    def batch(self, step: int) -> Batch:
        """Compute one batch.

        Parameters
        ----------
        step : int
            Number of the batch, from 0.

        Returns
        -------
        Batch
            Pixel outputs, labels and addresses.
        """
        epoch, within = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            u = uniforms(len(self.labels), 1 + epoch, self.seed, streams.TRAINING_ORDER)
            self._order, self._epoch = np.argsort(u), epoch
        index = self._order[within * self.size : (within + 1) * self.size]
        all_views = self.photographs.views
        u = uniforms(self.size, step, self.seed, streams.AUGMENTATION)
        views = (u * all_views.count).astype(np.int64)
        frames = np.arange(step * self.size, (step + 1) * self.size) % 2**32
        dies = (frames // _FRAMES_PER_DIE) % TRAINING_DIES
        key = streams.Key.of_training(self.seed, frames, dies)
        light = to_linear(self.photographs.take(index, views))
        volts = self.camera.volts(light, key)
        return Batch(volts, self.labels[index], key, index, all_views.shift_of(views))

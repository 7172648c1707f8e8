"""Training batches: photographs, shifted and flipped, seen through the simulated sensor."""

import numpy as np
import numpy.typing as npt

from sensorsim import streams
from sensorsim.camera import Camera
from sensorsim.errors import InputError
from sensorsim.kernels.philox import fill_uniform
from sensorsim.scenes.labelled import Labelled
from sensorsim.scenes.srgb import to_linear

VALIDATION_IMAGES = 5000
TRAINING_DIES = 64
"""Dies that training sees; evaluation looks through die 0, which is not among them."""
_SHIFT_PX = 2
_FRAMES_PER_DIE = 16


def uniforms(count: int, frame: int, seed: int, stream: int) -> npt.NDArray[np.float64]:
    """``count`` numbers uniform in (0, 1) from the counter-based generator."""
    out = np.empty(count)
    fill_uniform(out, frame, seed, stream)
    return out


def split_validation(dataset: Labelled, seed: int) -> tuple[Labelled, Labelled]:
    """Shuffle the training images and set the last `VALIDATION_IMAGES` apart (a tenth at most)."""
    order = np.argsort(uniforms(len(dataset), 0, seed, streams.TRAINING_ORDER))
    held_out = min(VALIDATION_IMAGES, len(dataset) // 10)
    first_held_out = len(dataset) - held_out
    return dataset.take(order[:first_held_out]), dataset.take(order[first_held_out:])


class Batches:
    """An endless, addressable sequence of batches: batch ``step`` is always the same."""

    def __init__(
        self, dataset: Labelled, camera: Camera, size: int, seed: int, mirror: bool = True
    ) -> None:
        if len(dataset) < size:
            raise InputError(
                f"{dataset.origin}: {len(dataset)} images to train on, fewer than a batch of "
                f"{size}; add images"
            )
        self.labels = dataset.labels
        margin = ((0, 0), (_SHIFT_PX, _SHIFT_PX), (_SHIFT_PX, _SHIFT_PX), (0, 0))
        self._padded = np.pad(dataset.images, margin, mode="edge")
        self._shape = dataset.images.shape[1:]
        self.camera, self.size, self.seed, self.mirror = camera, size, seed, mirror
        self.steps_per_epoch = len(dataset) // size
        self._epoch = -1
        self._order = np.empty(0, np.int64)

    def batch(
        self, step: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64], streams.Key]:
        """Volts [size, H, W, C], labels [size] and the address of the batch's noise."""
        epoch, within = divmod(step, self.steps_per_epoch)
        if epoch != self._epoch:
            u = uniforms(len(self.labels), 1 + epoch, self.seed, streams.TRAINING_ORDER)
            self._order, self._epoch = np.argsort(u), epoch
        index = self._order[within * self.size : (within + 1) * self.size]
        frames = np.arange(step * self.size, (step + 1) * self.size) % 2**32
        dies = 1 + (frames // _FRAMES_PER_DIE) % TRAINING_DIES
        key = streams.Key.of(self.seed, frames, dies)
        return (
            self.camera.volts(to_linear(self._augment(index, step)), key),
            self.labels[index],
            key,
        )

    def _augment(self, index: npt.NDArray[np.int64], step: int) -> npt.NDArray[np.uint8]:
        h, w, _ = self._shape
        u = uniforms(3 * index.size, step, self.seed, streams.AUGMENTATION).reshape(-1, 3)
        shifts = (u[:, :2] * (2 * _SHIFT_PX + 1)).astype(int)
        out = np.empty((index.size, *self._shape), np.uint8)
        for i, (source, (dy, dx), flip) in enumerate(
            zip(index, shifts, u[:, 2] < 0.5, strict=True)
        ):
            crop = self._padded[source, dy : dy + h, dx : dx + w]
            out[i] = crop[:, ::-1] if flip and self.mirror else crop
        return out

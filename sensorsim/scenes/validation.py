"""The validation images: training images that no network learns from, for every choice."""

import numpy as np

from sensorsim.core import streams
from sensorsim.kernels.philox import fill_uniform
from sensorsim.scenes.labelled import Labelled

SPLIT_SEED = 0
"""Seed of the split that all trainings share."""
VALIDATION_IMAGES = 5000


def split_validation(dataset: Labelled, seed: int = SPLIT_SEED) -> tuple[Labelled, Labelled]:
    """Shuffle the training images and hold out the last `VALIDATION_IMAGES`, at most a tenth.

    Parameters
    ----------
    dataset : Labelled
        Training images.
    seed : int, 0 to 2**32 - 1
        Seed of the shuffle.

    Returns
    -------
    training, validation : Labelled
        The two parts.
    """
    draws = np.empty(len(dataset))
    # An address without the training bit: it chose the validation images of the shipped models.
    fill_uniform(draws, 0, seed, streams.TRAINING_ORDER)
    order = np.argsort(draws)
    held_out = min(VALIDATION_IMAGES, len(dataset) // 10)
    first_held_out = len(dataset) - held_out
    return dataset.take(order[:first_held_out]), dataset.take(order[first_held_out:])

"""Random numbers of training: order of images, choice of views, initial weights."""

import numpy as np
import numpy.typing as npt

from sensorsim.core import streams
from sensorsim.kernels.philox import fill_standard_normal, fill_uniform


def uniforms(count: int, frame: int, seed: int, stream: int) -> npt.NDArray[np.float64]:
    """Numbers uniform in (0, 1) from the counter-based generator.

    Parameters
    ----------
    count : int
        How many numbers.
    frame : int, 0 to 2**32 - 1
        Number of the set: an epoch, a step or a layer.
    seed : int, 0 to 2**32 - 1
        Seed of the training.
    stream : int
        One of the streams of `sensorsim.core.streams`.

    Returns
    -------
    float64 [count]
        The numbers.
    """
    out = np.empty(count)
    fill_uniform(out, frame, seed, stream | streams.TRAINING)
    return out


def normals(count: int, frame: int, seed: int, stream: int) -> npt.NDArray[np.float64]:
    """Standard normal numbers from the counter-based generator.

    Parameters
    ----------
    count : int
        How many numbers.
    frame : int, 0 to 2**32 - 1
        Number of the set: an epoch, a step or a layer.
    seed : int, 0 to 2**32 - 1
        Seed of the training.
    stream : int
        One of the streams of `sensorsim.core.streams`.

    Returns
    -------
    float64 [count]
        The numbers.
    """
    out = np.empty(count)
    fill_standard_normal(out, frame, seed, stream | streams.TRAINING)
    return out

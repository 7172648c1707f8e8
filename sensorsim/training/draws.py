"""Random numbers of training itself: order of images, choice of views, first weights."""

import numpy as np
import numpy.typing as npt

from sensorsim.core import streams
from sensorsim.kernels.philox import fill_standard_normal, fill_uniform


def uniforms(count: int, frame: int, seed: int, stream: int) -> npt.NDArray[np.float64]:
    """Numbers uniform in (0, 1) from the counter-based generator.

    Parameters
    ----------
    count : int
    frame : int, 0 to 2**32 - 1
        Which set of numbers: an epoch or a step.
    seed : int, 0 to 2**32 - 1
    stream : int
        One of `sensorsim.core.streams`.

    Returns
    -------
    float64 [count]
    """
    out = np.empty(count)
    fill_uniform(out, frame, seed, stream | streams.TRAINING)
    return out


def normals(count: int, frame: int, seed: int, stream: int) -> npt.NDArray[np.float64]:
    """Standard normal numbers from the counter-based generator.

    Parameters
    ----------
    count, frame, seed, stream
        Like those of `uniforms`.

    Returns
    -------
    float64 [count]
    """
    out = np.empty(count)
    fill_standard_normal(out, frame, seed, stream | streams.TRAINING)
    return out

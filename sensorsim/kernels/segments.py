"""Division of images into spans for threads and segments for the first-level cache.

An item of work is a *span* of one image, so that a single large frame occupies all threads, and a
batch of small images does too. A span is processed in *segments* of a few hundred samples. Every
step is a separate loop over the segment, which the compiler vectorizes.
"""

import numpy as np
from numba import njit

from sensorsim.kernels.normal import GROUP

SEGMENT = 8 * GROUP
SPAN = 8 * SEGMENT
SCAN = SEGMENT // 4
"""Samples that are searched together for the few that need more work."""
_ZERO = np.float32(0.0)
_LARGEST = np.float32(3.4028235e38)
_NO_BYTE, _YES_BYTE = np.uint8(0), np.uint8(1)


@njit(cache=True)
def spans_of(samples):
    """Number of spans of an image.

    Parameters
    ----------
    samples : int
        Samples of the image.

    Returns
    -------
    int
        ``ceil(samples / SPAN)``.
    """
    return (samples + SPAN - 1) // SPAN


@njit(cache=True, forceinline=True)
def step_of(volts, lowest, steps_per_v, last_step):
    """Step of a table of equal steps into which volts fall; the end steps take what is beyond.

    Parameters
    ----------
    volts : float32, V
        Value to look up.
    lowest : float32, V
        Start of step 0.
    steps_per_v : float32
        Steps per volt.
    last_step : float32
        Number of the last step.

    Returns
    -------
    int32
        Number of the step.
    """
    x = (volts - lowest) * steps_per_v
    x = x if x > _ZERO else _ZERO
    return np.int32(x if x < last_step else last_step)


@njit(cache=True, error_model="numpy")
def all_finite(v):
    """Whether no sample is NaN or infinite; without a branch, it is a vector loop.

    Parameters
    ----------
    v : float32 [N]
        Samples.

    Returns
    -------
    bool
        True if all are finite.
    """
    wrong = _NO_BYTE
    for i in range(v.size):
        wrong |= _NO_BYTE if abs(v[i]) <= _LARGEST else _YES_BYTE
    return wrong == _NO_BYTE

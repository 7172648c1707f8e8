"""Thresholds on accumulators as limits on mismatches."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.layers import Threshold


class Limits(NamedTuple):
    """Bit = (mismatches <= limit) XOR inverted, for each channel.

    Attributes
    ----------
    limit : int64 [channels]
    inverted : bool [channels]
    """

    limit: npt.NDArray[np.int64]
    inverted: npt.NDArray[np.bool_]


def mismatch_limits(threshold: Threshold, products: int) -> Limits:
    """Translate thresholds on ``products - 2 m`` into limits on the mismatches m.

    ``products - 2 m >= t`` is ``m <= floor((products - t) / 2)``; ``products - 2 m <= t`` is
    ``not m <= ceil((products - t) / 2) - 1``.
    """
    # A level out of reach is as constant one step beyond the reach, where nothing overflows.
    distance = products - np.clip(threshold.levels, -products - 1, products + 1)
    rising = distance // 2
    falling = -(-distance // 2) - 1
    return Limits(np.where(threshold.rising, rising, falling), ~threshold.rising)

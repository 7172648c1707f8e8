"""Convert thresholds on accumulators to limits on mismatches."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.layers import Threshold


class Limits(NamedTuple):
    """Thresholds on mismatches, per channel: bit = (mismatches <= limit) XOR inverted.

    Attributes
    ----------
    limit : int64 [channels]
        Most mismatches that satisfy the comparison; -1 for none.
    inverted : bool [channels]
        Whether the result of the comparison is inverted.
    """

    limit: npt.NDArray[np.int64]
    inverted: npt.NDArray[np.bool_]


def mismatch_limits(threshold: Threshold, products: int) -> Limits:
    """Convert thresholds on ``products - 2 m`` to limits on the mismatches m.

    ``products - 2 m >= t`` is ``m <= floor((products - t) / 2)``; ``products - 2 m <= t`` is
    ``not m <= ceil((products - t) / 2) - 1``.

    Parameters
    ----------
    threshold : Threshold
        Levels and directions per channel.
    products : int
        Products per accumulator, each weighted by its plane; the accumulator's reach.

    Returns
    -------
    Limits
        Equivalent limits per channel.

    Examples
    --------
    >>> rising = Threshold(levels=np.array([2]), rising=np.array([True]))
    >>> mismatch_limits(rising, products=8).limit.tolist()
    [3]
    """
    # Clip levels one step out of reach: the channel is as constant, and nothing overflows.
    distance = products - np.clip(threshold.levels, -products - 1, products + 1)
    rising = distance // 2
    falling = -(-distance // 2) - 1
    return Limits(np.where(threshold.rising, rising, falling), ~threshold.rising)

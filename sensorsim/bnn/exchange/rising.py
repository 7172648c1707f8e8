"""A falling threshold is a rising one behind negated weights: ``a <= t`` is ``-a >= -t``.

Formats that know ``>=`` alone are served with it. Padding needs no care, as the accumulator is
negated with all its products.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.layers import Branching, Convolution, Dense, Layer, Sum, Threshold
from sensorsim.bnn.shapes import MAX_REACH
from sensorsim.core.bits import WordArray, pack, unpack

Layers = tuple[Layer, ...]
Channels = npt.NDArray[np.bool_]


def rising_only(layers: Layers) -> Layers:
    """The same network with rising thresholds alone."""
    result: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Branching):
            layer = replace(layer, branches=tuple(map(rising_only, layer.branches)))
        elif isinstance(layer, Threshold):
            falling = ~layer.rising
            result[-1] = negated(result[-1], falling)
            # Further out a level is as constant; the least int64 has no negative.
            levels = layer.levels.clip(-MAX_REACH - 1, MAX_REACH + 1)
            layer = Threshold(np.where(falling, -levels, levels), np.ones_like(layer.rising))
        result.append(layer)
    return tuple(result)


def negated(layer: Layer, channels: Channels) -> Layer:
    """A layer that gives the negative integers in some channels."""
    if isinstance(layer, Convolution | Dense):
        return replace(layer, weights=_inverted(layer.weights, layer.fan_in, channels))
    assert isinstance(layer, Sum), "a checked network has integers before a threshold"
    return Sum(tuple((*b[:-1], negated(b[-1], channels)) for b in layer.branches))


def _inverted(weights: WordArray, fan_in: int, rows: Channels) -> WordArray:
    return pack(unpack(weights, fan_in) ^ rows[:, np.newaxis])

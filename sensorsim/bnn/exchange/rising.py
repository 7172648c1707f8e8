"""Replace falling thresholds by rising ones with negated weights: ``a <= t`` is ``-a >= -t``.

For formats with ``>=`` only. Padding needs no change: the accumulator is negated together with all
its products, those with padding included.
"""

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.layers import Branching, Convolution, Dense, Layer, Sum, Threshold
from sensorsim.bnn.shapes import MAX_ACCUMULATOR
from sensorsim.core.bits import WordArray, pack, unpack

Layers = tuple[Layer, ...]
Channels = npt.NDArray[np.bool_]


def rising_only(layers: Layers) -> Layers:
    """Convert a network to an equivalent one with rising thresholds only.

    Parameters
    ----------
    layers : tuple of Layer
        Layers of a valid network or branch.

    Returns
    -------
    tuple of Layer
        Layers that give the same bits.
    """
    result: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Branching):
            layer = replace(layer, branches=tuple(map(rising_only, layer.branches)))
        elif isinstance(layer, Threshold):
            falling = ~layer.rising
            result[-1] = negated(result[-1], falling)
            # The least int64 cannot be negated; clipping keeps constant channels constant.
            levels = layer.levels.clip(-MAX_ACCUMULATOR - 1, MAX_ACCUMULATOR + 1)
            layer = Threshold(np.where(falling, -levels, levels), np.ones_like(layer.rising))
        result.append(layer)
    return tuple(result)


def negated(layer: Layer, channels: Channels) -> Layer:
    """Negate the integers of some channels of a layer.

    Parameters
    ----------
    layer : Convolution, Dense or Sum
        Layer that gives integers.
    channels : bool [channels]
        Channels to negate.

    Returns
    -------
    Layer
        Layer with the weights of these channels inverted.
    """
    if isinstance(layer, Convolution | Dense):
        return replace(layer, weights=_inverted(layer.weights, layer.fan_in, channels))
    assert isinstance(layer, Sum), "a checked network has integers before a threshold"
    return Sum(tuple((*b[:-1], negated(b[-1], channels)) for b in layer.branches))


def _inverted(weights: WordArray, fan_in: int, rows: Channels) -> WordArray:
    return pack(unpack(weights, fan_in) ^ rows[:, np.newaxis])

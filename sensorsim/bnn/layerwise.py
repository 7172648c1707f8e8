"""The network a layer at a time, with every accumulator and every bit in sight.

`sensorsim.bnn.simulator` gives the same decisions sooner; this is for looking inside.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sensorsim.bits import WordArray, pack, unpack
from sensorsim.bnn.compiler import compile_plan
from sensorsim.bnn.layers import (
    Convolution,
    Dense,
    Layer,
    MaxPool,
    Scores,
    Shuffle,
    Sum,
    Threshold,
    Votes,
)
from sensorsim.bnn.model import Model
from sensorsim.bnn.shapes import Step
from sensorsim.kernels.plan import WORDS

IntegerArray = npt.NDArray[np.int64]


class Observation(NamedTuple):
    """What a layer gives for a batch.

    Attributes
    ----------
    step : Step
    accumulators : int64 [N, H, W, C], of layers that give integers; scores of the last layer
    words : uint64 [N, H, W, ceil(C / 64)], of layers that give bits
    """

    step: Step
    accumulators: IntegerArray | None
    words: WordArray | None


def observe(model: Model, words: WordArray) -> Iterator[Observation]:
    """Every layer's output, in the order of `Model.steps`.

    Parameters
    ----------
    words : uint64 [N, planes, H, W, ceil(channels / 64)]
    """
    steps = iter(model.steps)
    yield from _chain(model.layers, words, steps)


def _chain(
    layers: tuple[Layer, ...], planes: WordArray, steps: Iterator[Step]
) -> Iterator[Observation]:
    """Outputs of a chain that reads bits ``planes`` [N, P, H, W, words]."""
    accumulators: IntegerArray | None = None
    for layer in layers:
        if isinstance(layer, Sum):
            total: IntegerArray | int = 0
            for branch in layer.branches:
                last = None
                for last in _chain(branch, planes, steps):
                    yield last
                assert last is not None and last.accumulators is not None
                total = total + last.accumulators
            accumulators = np.asarray(total)
            seen = Observation(next(steps), accumulators, None)
        elif isinstance(layer, Threshold):
            assert accumulators is not None
            seen = Observation(next(steps), None, threshold(accumulators, layer))
        elif isinstance(layer, Convolution | Dense | Scores | Votes):
            step = next(steps)
            accumulators = compile_plan((layer,), step.before).run(planes, WORDS)
            seen = Observation(step, accumulators, None)
        else:
            step = next(steps)
            seen = Observation(step, None, _rearranged(layer, planes[:, 0], step))
        if seen.words is not None:
            planes = seen.words[:, np.newaxis]
        yield seen


def threshold(accumulators: IntegerArray, layer: Threshold) -> WordArray:
    """Bits of accumulators [N, H, W, C], packed."""
    one = np.where(layer.rising, accumulators >= layer.levels, accumulators <= layer.levels)
    return pack(one)


def _rearranged(layer: MaxPool | Shuffle, bits: WordArray, step: Step) -> WordArray:
    channels = step.before.channels
    if isinstance(layer, MaxPool):
        height, width, size = step.after.height, step.after.width, layer.size
        whole = bits[:, : height * size, : width * size]
        windows = whole.reshape(len(bits), height, size, width, size, -1)
        return np.bitwise_or.reduce(windows, (2, 4))
    flat = unpack(bits, channels)
    grouped = flat.reshape(*flat.shape[:3], layer.groups, -1)
    return pack(np.ascontiguousarray(grouped.swapaxes(3, 4)).reshape(flat.shape))

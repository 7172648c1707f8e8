"""The network a layer at a time, with every accumulator and every bit in sight.

`sensorsim.bnn.simulator` gives the same decisions sooner; this is for looking inside.
"""

from collections.abc import Generator, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.layers import (
    Concat,
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
from sensorsim.core.bits import WordArray, pack, unpack
from sensorsim.kernels.interpreter import WORDS

IntegerArray = npt.NDArray[np.int64]


class Observation(NamedTuple):
    """What a layer gives for a batch.

    Attributes
    ----------
    step : Step
    accumulators : int64 [N, H, W, C], of layers that give integers; scores of the last layer
    words : uint64 [N, H, W, ceil(C / 64)], of layers that give bits
    inputs : uint64 [N, planes, H, W, words], the bits that the layer reads; None of a threshold,
        which reads integers
    sums : int64 [N, H, W, C], the accumulators before the last layer's scale and bias
    """

    step: Step
    accumulators: IntegerArray | None
    words: WordArray | None
    inputs: WordArray | None = None
    sums: IntegerArray | None = None


class Disturbance:
    """What may happen to integers and bits on their way; here, nothing."""

    def of_input(self, planes: WordArray) -> WordArray:
        """The network's input [N, P, H, W, words], as the first layer reads it."""
        return planes

    def of_sums(self, sums: IntegerArray, step: Step) -> IntegerArray:
        """Accumulators [N, H, W, C] of a layer, before scale and bias."""
        return sums

    def of_bits(self, words: WordArray, step: Step) -> WordArray:
        """Bits [N, H, W, words] of a layer, as the next one reads them."""
        return words


NOTHING = Disturbance()


def observe(
    model: Model, words: WordArray, disturbance: Disturbance = NOTHING
) -> Iterator[Observation]:
    """Every layer's output, in the order of `Model.steps`.

    Parameters
    ----------
    words : uint64 [N, planes, H, W, ceil(channels / 64)]
    disturbance : Disturbance
        What happens on the way; observed is what comes out of it.

    Raises
    ------
    InputError
        If the bits do not fit the model's input.
    """
    model.check_words(words)
    steps = iter(model.steps)
    yield from _chain(model, model.layers, disturbance.of_input(words), steps, disturbance)


def _chain(
    model: Model,
    layers: tuple[Layer, ...],
    planes: WordArray,
    steps: Iterator[Step],
    disturbance: Disturbance,
) -> Generator[Observation, None, Observation | None]:
    """Outputs of a chain that reads bits ``planes`` [N, P, H, W, words]; returned is the last."""
    sums: IntegerArray | None = None
    seen: Observation | None = None
    for layer in layers:
        if isinstance(layer, Sum):
            total: IntegerArray | int = 0
            for branch in layer.branches:
                last = yield from _chain(model, branch, planes, steps, disturbance)
                assert last is not None and last.sums is not None
                total = total + last.sums
            step = next(steps)
            sums = disturbance.of_sums(np.asarray(total), step)
            seen = Observation(step, sums, None, planes, sums)
        elif isinstance(layer, Concat):
            ends = []
            for branch in layer.branches:
                ends.append((yield from _chain(model, branch, planes, steps, disturbance)))
            step = next(steps)
            bits = disturbance.of_bits(_joined(ends, planes, step), step)
            seen = Observation(step, None, bits, planes)
        elif isinstance(layer, Threshold):
            assert sums is not None
            step = next(steps)
            seen = Observation(step, None, disturbance.of_bits(threshold(sums, layer), step))
        elif isinstance(layer, Convolution | Dense | Scores | Votes):
            step = next(steps)
            sums = disturbance.of_sums(model.plan_of_sums(step).run(planes, WORDS), step)
            scored = sums * layer.scale + layer.bias if isinstance(layer, Scores | Votes) else sums
            seen = Observation(step, scored, None, planes, sums)
        else:
            step = next(steps)
            bits = disturbance.of_bits(_rearranged(layer, planes[:, 0], step), step)
            seen = Observation(step, None, bits, planes)
        if seen.words is not None:
            planes = seen.words[:, np.newaxis]
        yield seen
    return seen


def threshold(accumulators: IntegerArray, layer: Threshold) -> WordArray:
    """Bits of accumulators [N, H, W, C], packed."""
    one = np.where(layer.rising, accumulators >= layer.levels, accumulators <= layer.levels)
    return pack(one)


def _joined(ends: list[Observation | None], planes: WordArray, step: Step) -> WordArray:
    """Bits of branches behind one another; an empty one, which has no end, gives its input."""
    parts = []
    for end in ends:
        words, channels = planes[:, 0], step.before.channels
        if end is not None:
            assert end.words is not None
            words, channels = end.words, end.step.after.channels
        parts.append(unpack(words, channels))
    return pack(np.concatenate(parts, axis=-1))


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

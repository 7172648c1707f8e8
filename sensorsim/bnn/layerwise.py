"""Run a network layer by layer, with access to every accumulator and every bit.

`sensorsim.bnn.simulator` gives the same scores faster.
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
    """Inputs and outputs of a layer for a batch; a field that does not apply is None.

    Attributes
    ----------
    step : Step
        The layer.
    accumulators : int64 [N, H, W, C]
        Output of a layer that gives integers; the class scores of the last layer.
    words : uint64 [N, H, W, ceil(C / 64)]
        Packed output of a layer that gives bits.
    inputs : uint64 [N, planes, H, W, words]
        Packed bits that the layer reads; None for a threshold, which reads integers.
    sums : int64 [N, H, W, C]
        Accumulators before the last layer's scale and bias.
    """

    step: Step
    accumulators: IntegerArray | None
    words: WordArray | None
    inputs: WordArray | None = None
    sums: IntegerArray | None = None


class Hook:
    """Hooks that change integers and bits between layers; this base class changes nothing."""

    def of_input(self, planes: WordArray) -> WordArray:
        """Change the network's input before the first layer reads it.

        Parameters
        ----------
        planes : uint64 [N, planes, H, W, words]
            Packed input bits.

        Returns
        -------
        uint64 [N, planes, H, W, words]
            Bits that the first layer reads.
        """
        return planes

    def of_sums(self, sums: IntegerArray, step: Step) -> IntegerArray:
        """Change the accumulators of a layer, before scale and bias.

        Parameters
        ----------
        sums : int64 [N, H, W, C]
            Accumulators.
        step : Step
            Layer that gives them.

        Returns
        -------
        int64 [N, H, W, C]
            Accumulators that are used instead.
        """
        return sums

    def of_bits(self, words: WordArray, step: Step) -> WordArray:
        """Change the bits of a layer before the next one reads them.

        Parameters
        ----------
        words : uint64 [N, H, W, words]
            Packed output bits.
        step : Step
            Layer that gives them.

        Returns
        -------
        uint64 [N, H, W, words]
            Bits that are used instead.
        """
        return words


NOTHING = Hook()


def observe(model: Model, words: WordArray, hook: Hook = NOTHING) -> Iterator[Observation]:
    """Compute every layer's output.

    Parameters
    ----------
    model : Model
        Network to run.
    words : uint64 [N, planes, H, W, ceil(channels / 64)]
        Packed input bits.
    hook : Hook
        Changes to integers and bits; observations include them.

    Yields
    ------
    Observation
        One per layer, in the order of `Model.steps`.

    Raises
    ------
    InputError
        If the bits do not fit the model's input.
    """
    model.check_words(words)
    steps = iter(model.steps)
    yield from _chain(model, model.layers, hook.of_input(words), steps, hook)


def _chain(
    model: Model,
    layers: tuple[Layer, ...],
    planes: WordArray,
    steps: Iterator[Step],
    hook: Hook,
) -> Generator[Observation, None, Observation | None]:
    """Yield the outputs of a chain that reads ``planes`` [N, P, H, W, words]; return the last."""
    sums: IntegerArray | None = None
    seen: Observation | None = None
    for layer in layers:
        if isinstance(layer, Sum):
            total: IntegerArray | int = 0
            for branch in layer.branches:
                last = yield from _chain(model, branch, planes, steps, hook)
                assert last is not None and last.sums is not None
                total = total + last.sums
            step = next(steps)
            sums = hook.of_sums(np.asarray(total), step)
            seen = Observation(step, sums, None, planes, sums)
        elif isinstance(layer, Concat):
            ends = []
            for branch in layer.branches:
                ends.append((yield from _chain(model, branch, planes, steps, hook)))
            step = next(steps)
            bits = hook.of_bits(_joined(ends, planes, step), step)
            seen = Observation(step, None, bits, planes)
        elif isinstance(layer, Threshold):
            assert sums is not None
            step = next(steps)
            seen = Observation(step, None, hook.of_bits(threshold(sums, layer), step))
        elif isinstance(layer, Convolution | Dense | Scores | Votes):
            step = next(steps)
            sums = hook.of_sums(model.plan_of_sums(step).run(planes, WORDS), step)
            scored = sums * layer.scale + layer.bias if isinstance(layer, Scores | Votes) else sums
            seen = Observation(step, scored, None, planes, sums)
        else:
            step = next(steps)
            bits = hook.of_bits(_rearranged(layer, planes[:, 0], step), step)
            seen = Observation(step, None, bits, planes)
        if seen.words is not None:
            planes = seen.words[:, np.newaxis]
        yield seen
    return seen


def threshold(accumulators: IntegerArray, layer: Threshold) -> WordArray:
    """Compare accumulators with a threshold layer's levels.

    Parameters
    ----------
    accumulators : int64 [N, H, W, C]
        Accumulators.
    layer : Threshold
        Levels and directions of the C channels.

    Returns
    -------
    uint64 [N, H, W, ceil(C / 64)]
        Packed bits.
    """
    one = np.where(layer.rising, accumulators >= layer.levels, accumulators <= layer.levels)
    return pack(one)


def _joined(ends: list[Observation | None], planes: WordArray, step: Step) -> WordArray:
    """Concatenate the bits of branches; an empty branch has no end and gives its input."""
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

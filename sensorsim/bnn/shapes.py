"""Shapes before and after every layer, and the checks that layers fit together."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, NoReturn

import numpy as np

from sensorsim.bnn.layers import (
    Branching,
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
    Weighted,
)
from sensorsim.core.bits import words_for
from sensorsim.core.errors import InputError

MAX_FRACTION_BITS = 62
MAX_ACCUMULATOR = 2**31 - 1
"""Largest magnitude of an accumulator; hardware and simulator count in 32 bits."""
MAX_VALUES = 2**31 - 1
"""Most output values of a layer for one image."""
MAX_SCORE = 2**63 - 1
MAX_WORDS = 2**25
"""Most 64-bit words (256 MiB) of all activations of one image in the simulator."""


class Shape(NamedTuple):
    """Shape of one image between two layers.

    Attributes
    ----------
    height : int
        Rows.
    width : int
        Columns.
    channels : int
        Channels of each plane.
    planes : int
        Bit planes, plane k of weight ``2**k``; 1 after the first layer.
    max_accumulator : int
        0 for bits; for integers the largest magnitude of an accumulator.
    """

    height: int
    width: int
    channels: int
    planes: int = 1
    max_accumulator: int = 0

    @property
    def bits(self) -> int:
        """Bits of one plane.

        Returns
        -------
        int
            ``height * width * channels``.
        """
        return self.height * self.width * self.channels


class Step(NamedTuple):
    """One layer with its place and shapes.

    Attributes
    ----------
    place : str
        Position in the network, like "3"; "3.1.0" is the first layer of the second branch of a sum
        or concatenation.
    layer : Layer
        The layer.
    before : Shape
        Shape of its input.
    after : Shape
        Shape of its output.
    """

    place: str
    layer: Layer
    before: Shape
    after: Shape


def flow(layers: tuple[Layer, ...], shape: Shape, parent: str = "") -> Iterator[Step]:
    """Compute the shapes of all layers, and check that they fit.

    Parameters
    ----------
    layers : tuple of Layer
        Layers of a network or branch.
    shape : Shape
        Shape of one image before the first layer.
    parent : str
        Prefix of the places, like "3.1." in a branch.

    Yields
    ------
    Step
        Every layer, in order of computation; branches come before the layer that joins them.

    Raises
    ------
    InputError
        Naming the layer that does not fit, what it has and what was expected.
    TypeError
        If an object is not a layer.
    """
    for position, layer in enumerate(layers):
        place = f"{parent}{position}"
        if isinstance(layer, Scores | Votes) and (parent or position < len(layers) - 1):
            fail(place, layer, "class scores must be the last layer")
        _check_kind(place, layer, shape)
        if isinstance(layer, Branching):
            ends = []
            for number, branch in enumerate(layer.branches):
                steps = list(flow(branch, shape, f"{place}.{number}."))
                yield from steps
                ends.append(steps[-1].after if steps else shape)
            join = _after_sum if isinstance(layer, Sum) else _after_concat
            after = join(place, layer, ends)
        else:
            after = _after(place, layer, shape)
        if after.bits > MAX_VALUES:
            fail(place, layer, f"gives {after.bits} values per image, expected at most "
                               f"{MAX_VALUES}")  # fmt: skip
        yield Step(place, layer, shape, after)
        shape = after


def check_memory(steps: Iterable[Step]) -> None:
    """Check that the activations of all layers take at most `MAX_WORDS` words.

    Parameters
    ----------
    steps : iterable of Step
        Steps of a network, as `flow` gives them.

    Raises
    ------
    InputError
        Naming the layer at which the limit is exceeded.
    """
    total = 0
    for step in steps:
        ring = step.layer.padding if isinstance(step.layer, Convolution) else 0
        before, after = step.before, step.after
        if before.max_accumulator == 0:
            pixels = (before.height + 2 * ring) * (before.width + 2 * ring)
            total += before.planes * words_for(before.channels) * pixels
        if after.max_accumulator > 0:  # integers of 32 bits
            total += after.bits // 2
        elif isinstance(step.layer, Concat):  # branches may end in words of their own
            spare = len(step.layer.branches) - 1
            total += after.height * after.width * (words_for(after.channels) + spare)
        if total > MAX_WORDS:
            fail(step.place, step.layer, f"{total} words of one image up to this layer, with the "
                 f"padding around every layer's input, expected at most {MAX_WORDS}")  # fmt: skip


def products(step: Step) -> int:
    """Count the binary products of a layer for one image.

    Parameters
    ----------
    step : Step
        Any layer.

    Returns
    -------
    int
        Products of all outputs and planes; 0 for a layer without weights.
    """
    layer, after = step.layer, step.after
    return after.bits * layer.fan_in * step.before.planes if isinstance(layer, Weighted) else 0


def fail(place: str, layer: Layer, what: str) -> NoReturn:
    """Raise an error that names a layer.

    Parameters
    ----------
    place : str
        Place of the layer.
    layer : Layer
        The layer.
    what : str
        What is wrong, and what was expected.

    Raises
    ------
    InputError
        Always.
    """
    raise InputError(f"layer {place} ({layer.kind}): {what}")


def _check_kind(place: str, layer: Layer, shape: Shape) -> None:
    """Only thresholds may read integers; only convolutions and branches may read several planes."""
    if (shape.max_accumulator > 0) != isinstance(layer, Threshold):
        fail(place, layer, "a threshold must follow each convolution, dense layer and sum, and "
                           "nothing else")  # fmt: skip
    if shape.planes > 1 and not isinstance(layer, Convolution | Branching):
        fail(place, layer, f"reads {shape.planes} weighted planes, expected a convolution first")


def _after(place: str, layer: Layer, shape: Shape) -> Shape:
    if isinstance(layer, Convolution):
        after = _after_convolution(place, layer, shape)
    elif isinstance(layer, Dense):
        after = _after_dense(place, layer, shape, layer.outputs)
    elif isinstance(layer, Threshold):
        _check_arrays(place, layer, ("levels", "rising"), shape.channels, "channels")
        after = shape._replace(max_accumulator=0)
    elif isinstance(layer, MaxPool):
        if not 1 <= layer.size <= min(shape.height, shape.width):
            fail(place, layer, f"size {layer.size}, expected 1 to "
                               f"{min(shape.height, shape.width)}")  # fmt: skip
        after = shape._replace(height=shape.height // layer.size, width=shape.width // layer.size)
    elif isinstance(layer, Shuffle):
        if layer.groups < 1 or shape.channels % layer.groups:
            fail(place, layer, f"{layer.groups} groups must divide {shape.channels} channels")
        after = shape
    elif isinstance(layer, Scores | Votes):
        after = _after_end(place, layer, shape)
    else:
        raise TypeError(f"layer {place}: {type(layer).__name__} is not a layer")
    return after


def _after_convolution(place: str, layer: Convolution, shape: Shape) -> Shape:
    if layer.inputs != shape.channels:
        fail(place, layer, f"reads {layer.inputs} channels, expected {shape.channels}")
    if min(layer.outputs, layer.kernel, layer.stride, layer.groups) < 1 or layer.padding < 0:
        fail(place, layer, "outputs, kernel, stride and groups must be at least 1, padding at "
                           "least 0")  # fmt: skip
    if layer.padding > layer.kernel:
        fail(place, layer, f"padding {layer.padding}, expected at most the kernel, {layer.kernel}")
    if layer.inputs % layer.groups or layer.outputs % layer.groups:
        fail(place, layer, f"{layer.groups} groups must divide inputs and outputs")
    height, width = layer.output_side(shape.height), layer.output_side(shape.width)
    if min(height, width) < 1:
        fail(place, layer, f"kernel {layer.kernel} does not fit an input of "
                           f"{(shape.height, shape.width)}")  # fmt: skip
    _check_packing(place, layer, layer.outputs)
    return Shape(height, width, layer.outputs, 1, _reach(place, layer, shape.planes))


def _after_dense(place: str, layer: Dense | Scores, shape: Shape, outputs: int) -> Shape:
    if layer.inputs != shape.bits:
        fail(place, layer, f"reads {layer.inputs} bits, expected {shape.bits}")
    if outputs < 1:
        fail(place, layer, f"{outputs} outputs, expected at least 1")
    _check_packing(place, layer, outputs)
    return Shape(1, 1, outputs, 1, _reach(place, layer, 1))


def _after_sum(place: str, layer: Branching, ends: list[Shape]) -> Shape:
    if len(ends) != 2:
        fail(place, layer, f"{len(ends)} branches, expected 2")
    for number, end in enumerate(ends):
        if end.max_accumulator == 0:
            fail(place, layer, f"branch {number} must end with a convolution")
    first, second = ends
    if first[:3] != second[:3]:
        fail(place, layer, f"branches of {first[:3]} and {second[:3]} (rows, columns, channels), "
                           "expected one shape")  # fmt: skip
    return first._replace(
        max_accumulator=_limited(place, layer, first.max_accumulator + second.max_accumulator)
    )


def _after_concat(place: str, layer: Branching, ends: list[Shape]) -> Shape:
    if len(ends) < 2:
        fail(place, layer, f"{len(ends)} branches, expected at least 2")
    first = ends[0]
    for number, end in enumerate(ends):
        if end.planes > 1:  # the network's input; no layer gives several planes
            fail(place, layer, f"branch {number} is empty and would give {end.planes} weighted "
                               "planes; begin it with a convolution")  # fmt: skip
        if end.max_accumulator > 0:
            fail(place, layer, f"branch {number} ends with integers, expected bits; put a "
                               "threshold after its last layer")  # fmt: skip
        if end[:2] != first[:2]:
            fail(place, layer, f"branch {number} gives {end[:2]} (rows, columns), expected "
                               f"{first[:2]} as branch 0")  # fmt: skip
    return first._replace(channels=sum(end.channels for end in ends))


def _after_end(place: str, layer: Scores | Votes, shape: Shape) -> Shape:
    if not 0 <= layer.fraction_bits <= MAX_FRACTION_BITS:
        fail(place, layer, f"fraction_bits {layer.fraction_bits}, expected 0 to "
                           f"{MAX_FRACTION_BITS}")  # fmt: skip
    _check_arrays(place, layer, ("scale", "bias"), layer.classes, "classes")
    if isinstance(layer, Scores):
        after = _after_dense(place, layer, shape, layer.classes)
    else:
        if layer.classes < 1 or shape.channels % layer.classes:
            fail(place, layer, f"{layer.classes} classes must divide {shape.channels} channels")
        max_accumulator = _limited(place, layer, shape.bits // layer.classes)
        after = Shape(1, 1, layer.classes, 1, max_accumulator)
    _check_scores(place, layer, after.max_accumulator)
    return after


def _check_scores(place: str, layer: Scores | Votes, max_accumulator: int) -> None:
    """Check that no score exceeds 64 bits for any accumulator."""
    for name, scale, bias in zip(range(layer.classes), layer.scale, layer.bias, strict=True):
        largest = abs(int(scale)) * max_accumulator + abs(int(bias))
        if largest > MAX_SCORE:
            fail(place, layer, f"class {name} has scores up to {largest} (scale {scale}, bias "
                               f"{bias}, accumulator {max_accumulator}), expected at most "
                               f"{MAX_SCORE}")  # fmt: skip


def _check_arrays(place: str, layer: Any, names: tuple[str, ...], size: int, of: str) -> None:
    for name in names:
        found = getattr(layer, name).shape
        if found != (size,):
            fail(place, layer, f"{name} of {found[0]} {of}, expected {size}")


def _check_packing(place: str, layer: Weighted, outputs: int) -> None:
    expected = (outputs, words_for(layer.fan_in))
    if layer.weights.shape != expected:
        fail(place, layer, f"weights of shape {layer.weights.shape}, expected {expected}")
    spare = layer.fan_in % 64
    if spare and (layer.weights[:, -1] >> np.uint64(spare)).any():
        fail(place, layer, f"weights have bits beyond the {layer.fan_in} of their receptive field")


def _reach(place: str, layer: Weighted, planes: int) -> int:
    return _limited(place, layer, layer.fan_in * (2**planes - 1))


def _limited(place: str, layer: Layer, max_accumulator: int) -> int:
    if max_accumulator > MAX_ACCUMULATOR:
        fail(
            place,
            layer,
            f"accumulators up to {max_accumulator}, expected at most {MAX_ACCUMULATOR}",
        )
    return max_accumulator

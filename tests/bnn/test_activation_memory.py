"""Activation memory against closed forms, and against lifetimes of maps."""

from itertools import count

import numpy as np
import pytest
from networks import draw_model

from sensorsim.bnn.activation_memory import largest_activation_memory
from sensorsim.bnn.layers import (
    Concat,
    Convolution,
    Layer,
    MaxPool,
    Scores,
    Shuffle,
    Sum,
    Threshold,
    Votes,
)
from sensorsim.bnn.model import Model
from sensorsim.bnn.shapes import Shape, flow
from sensorsim.core.bits import words_for

START = Shape(4, 4, 8)  # 128 bits


def convolution(inputs: int, outputs: int) -> Convolution:
    weights = np.zeros((outputs, words_for(inputs)), np.uint64)
    return Convolution(inputs, outputs, 1, 1, 0, 1, weights)


def bits(inputs: int, outputs: int) -> tuple[Layer, ...]:
    return convolution(inputs, outputs), bend(outputs)


def bend(channels: int) -> Threshold:
    return Threshold(np.zeros(channels, np.int64), np.ones(channels, bool))


ONES = np.ones(4, np.int64)
END = Votes(4, 0, ONES, ONES)
LONG = (*bits(8, 20), convolution(20, 8))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ((END,), 128),
        ((*bits(8, 12), END), 128 + 192),
        ((*bits(8, 12), MaxPool(2), END), 128 + 192),
        ((*bits(8, 32), MaxPool(2), END), 512 + 128),
        ((Shuffle(2), END), 256),
        # The sum reads its input twice and holds it once.
        ((Sum(((convolution(8, 8),), (convolution(8, 8),))), bend(8), END), 128 + 128),
        # Beside the 20 channels of a branch the input waits for the other one, then for the sum.
        ((Sum((LONG, (convolution(8, 8),))), bend(8), END), 128 + 320 + 128),
        ((Sum(((convolution(8, 8),), LONG)), bend(8), END), 128 + 320 + 128),
        # Two long branches: the 20 channels of both are there when the sum is computed.
        ((Sum((LONG, LONG)), bend(8), END), 320 + 320 + 128),
        # An empty branch is the input, which is not copied: 8 and 4 channels.
        ((Concat(((), bits(8, 4))), END), 128 + 64),
        ((Concat((bits(8, 4), ())), END), 128 + 64),
        ((Concat(((), ())), END), 128),
        # Without one the input is given up: with the last branch at 24 channels 8 + 12 + 24.
        ((Concat((bits(8, 12), bits(8, 24))), END), 128 + 192 + 384),
        ((Concat((bits(8, 12), bits(8, 24))), *bits(36, 4), END), 128 + 192 + 384),
        ((Concat((bits(8, 12), bits(8, 24))), *bits(36, 28), END), 576 + 448),
        # A nested branch holds what the outer ones have finished, and the input for the last one.
        ((Concat((bits(8, 4), (Concat((bits(8, 8), (Shuffle(2),))),), ())), END), 64 + 384),
    ],
)  # fmt: skip
def test_small_networks_are_counted_by_hand(layers: tuple[Layer, ...], expected: int) -> None:
    assert largest_activation_memory(layers, START) == expected


def test_all_planes_of_the_input_are_held() -> None:
    layers = (*bits(8, 4), END)
    assert largest_activation_memory(layers, START._replace(planes=3)) == 3 * 128 + 64


class Lifetimes:
    """Every map from where it is written to where it is read last, in a list of events.

    A map is a set of parts; an event is what is read and how many bits are written.
    """

    def __init__(self, model: Model) -> None:
        self.steps = flow(model.layers, model.shape)
        self.sizes: list[int] = []
        self.written: list[int] = []  # by part: number of the event
        self.read: list[int] = []
        self.events = count()
        start = self.write(model.shape.planes * model.shape.bits)
        self.walk(model.layers, start)

    def write(self, size: int, reads: frozenset[int] = frozenset()) -> frozenset[int]:
        event = next(self.events)
        for part in reads:
            self.read[part] = event
        if size:
            self.sizes.append(size)
            self.written.append(event)
            self.read.append(event)
        return frozenset({len(self.sizes) - 1})

    def walk(self, layers: tuple[Layer, ...], source: frozenset[int]) -> frozenset[int]:
        for layer in layers:
            if isinstance(layer, Sum | Concat):
                source = frozenset().union(*[self.walk(b, source) for b in layer.branches])
                next(self.steps)
                continue
            after = next(self.steps).after
            if isinstance(layer, Scores | Votes):
                self.write(0, source)
            elif after.max_accumulator == 0:
                source = self.write(after.bits, source)
        return source

    def most(self) -> int:
        lives = list(zip(self.sizes, self.written, self.read, strict=True))
        return max(
            sum(size for size, first, last in lives if first <= event <= last)
            for event in range(next(self.events))
        )


@pytest.mark.parametrize("seed", range(80))
def test_any_network_holds_what_is_still_to_be_read(seed: int) -> None:
    model = draw_model(seed)
    assert model.largest_activation_memory_bits == Lifetimes(model).most()

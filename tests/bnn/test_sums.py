"""A sum of two convolutions computed as one, against both counted one after the other."""

from itertools import product
from typing import Any

import numpy as np
import pytest

from sensorsim.bnn import compiler, rows
from sensorsim.bnn.compiler import compile_plan
from sensorsim.bnn.layers import Convolution, Dense, Layer, Sum, Threshold
from sensorsim.bnn.shapes import Shape
from sensorsim.bnn.sums import sum_window
from sensorsim.core.bits import pack
from sensorsim.kernels.interpreter import WORDS
from sensorsim.kernels.vector import LANES, machine_lanes

CASES = [
    # inputs, outputs, groups of both branches, kernels, side, stride
    (24, 32, (2, 1), (3, 1), 8, 1),
    (24, 32, (1, 2), (1, 3), 7, 1),
    (48, 128, (2, 1), (3, 1), 8, 1),
    (96, 64, (1, 1), (5, 3), 16, 1),
    (70, 64, (1, 1), (3, 1), 8, 2),
    (12, 96, (3, 2), (3, 3), 16, 2),
    (128, 256, (4, 1), (3, 1), 4, 1),
]


def convolution(random: Any, inputs: int, outputs: int, k: int, groups: int, s: int) -> Convolution:
    weights = pack(random.integers(0, 2, (outputs, k * k * inputs // groups)).astype(np.uint8))
    return Convolution(inputs, outputs, k, s, k // 2, groups, weights)


def network(case: Any) -> tuple[tuple[Layer, ...], Shape]:
    inputs, outputs, groups, kernels, side, stride = case
    random = np.random.default_rng(0)
    branches = [
        convolution(random, inputs, outputs, k, g, stride)
        for k, g in zip(kernels, groups, strict=True)
    ]
    threshold = Threshold(
        random.integers(-15, 16, outputs), random.integers(0, 2, outputs).astype(bool)
    )
    bits = outputs * (-(-side // stride)) ** 2
    dense = Dense(bits, 9, pack(random.integers(0, 2, (9, bits)).astype(np.uint8)))
    return (Sum(((branches[0],), (branches[1],))), threshold, dense), Shape(side, side, inputs)


@pytest.mark.parametrize(("case", "lanes"), [*product(CASES, LANES)])
def test_fused_sum_gives_what_its_branches_add_up_to(
    case: Any, lanes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if lanes > machine_lanes():
        pytest.skip("this processor has no vectors of that width")
    layers, shape = network(case)
    assert sum_window(layers[0], shape) is not None
    random = np.random.default_rng(1)
    bits = random.integers(0, 2, (5, 1, shape.height, shape.width, shape.channels))
    words = pack(bits.astype(np.uint8))
    fused = compile_plan(layers, shape)
    for module in (compiler, rows):
        monkeypatch.setattr(module, "sum_window", lambda *_: None)
    counted = compile_plan(layers, shape)
    assert len(fused.steps) < len(counted.steps)
    expected = counted.run(words, WORDS, lanes)
    np.testing.assert_array_equal(fused.run(words, WORDS, lanes), expected)
    assert np.unique(expected).size > 5


def test_sums_that_are_not_two_alike_convolutions_are_counted() -> None:
    random = np.random.default_rng(0)
    one, other = (convolution(random, 8, 8, 3, 1, s) for s in (1, 2))
    deep: tuple[Layer, ...] = (one, Threshold(np.zeros(8, np.int64), np.ones(8, bool)), one)
    shape = Shape(8, 8, 8)
    assert sum_window(Sum(((one,), (one,))), shape) is not None
    assert sum_window(Sum(((one,), (other,))), shape) is None
    assert sum_window(Sum(((one,), deep)), shape) is None
    assert sum_window(Sum(((one,), (one,))), shape._replace(planes=2)) is None
    assert sum_window(one, shape) is None

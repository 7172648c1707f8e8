"""Convolutions along rows, in vectors of every width, against arithmetic on +1 and -1."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import convolve_slowly, draw_weights

from sensorsim.bnn.compiler import compile_plan
from sensorsim.bnn.layers import Convolution, Threshold
from sensorsim.bnn.limits import Limits
from sensorsim.bnn.rows import blocks, element_bits, starts
from sensorsim.bnn.shapes import Shape
from sensorsim.core.bits import pack
from sensorsim.kernels.interpreter import CONVOLVE_ROWS, WORDS
from sensorsim.kernels.vector import LANES

lanes = pytest.mark.parametrize("lanes", LANES)


def draw_layer(
    random: np.random.Generator, groups: int, share: int, outputs: int, *sizes: int
) -> Convolution:
    """A convolution by groups, channels and outputs of each, kernel, stride and padding."""
    weights = draw_weights(random, groups * outputs, sizes[0] ** 2 * share)
    return Convolution(groups * share, groups * outputs, *sizes, groups, weights)


def check(layer: Convolution, height: int, width: int, width_lanes: int, seed: int) -> None:
    """Bits of a layer are those of arithmetic, whatever the thresholds."""
    random = np.random.default_rng(seed)
    shape = Shape(height, width, layer.inputs)
    bits = random.integers(0, 2, (2, *shape[:3])).astype(np.uint8)
    sums = convolve_slowly(layer, 2 * bits.astype(np.int64) - 1, 1)
    reach = layer.fan_in
    # levels that sums do reach, with ties, and levels on and beyond the ends
    reached = sums.reshape(-1, layer.outputs)
    levels = reached[random.integers(0, len(reached), layer.outputs), np.arange(layer.outputs)]
    ends = random.choice([-reach - 1, -reach, reach, reach + 1], layer.outputs)
    levels = np.where(random.random(layer.outputs) < 0.2, ends, levels)
    threshold = Threshold(levels, random.random(layer.outputs) < 0.6)
    expected = np.where(threshold.rising, sums >= levels, sums <= levels)
    look = Convolution(
        layer.outputs, layer.outputs, 1, 1, 0, layer.outputs,
        np.ones((layer.outputs, 1), np.uint64),
    )  # fmt: skip
    plan = compile_plan((layer, threshold, look), shape)
    assert (CONVOLVE_ROWS in plan.steps["operation"]) == (element_bits(layer, shape) > 0)
    values = 2 * expected.astype(np.int64) - 1
    words = pack(bits)[:, np.newaxis]
    np.testing.assert_array_equal(plan.run(words, WORDS, width_lanes), values)
    around = draw_layer(random, 1, layer.outputs, 2, 3, 1, 1)  # sees whether the ring is still -1
    plan = compile_plan((layer, threshold, around), shape)
    found = plan.run(words, WORDS, width_lanes)
    np.testing.assert_array_equal(found, convolve_slowly(around, values, 1))


@lanes
@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 9), st.integers(1, 130), st.integers(1, 70),
    st.booleans(), st.sampled_from([1, 2, 3, 3, 3, 5]), st.integers(1, 3), st.data(),
)  # fmt: skip
def test_any_group_size(
    lanes: int,
    seed: int,
    groups: int,
    share: int,
    outputs: int,
    as_wide: bool,
    kernel: int,
    stride: int,
    data: st.DataObject,
) -> None:
    share = data.draw(st.sampled_from([share, 8, 16, 32, 64]))
    padding = data.draw(st.integers(0, kernel))
    height, width = data.draw(st.integers(5, 8)), data.draw(st.integers(5, 35))
    layer = draw_layer(
        np.random.default_rng(seed), groups, share, share if as_wide else outputs, kernel, stride,
        padding,
    )  # fmt: skip
    check(layer, height, width, lanes, seed)


@lanes
@pytest.mark.parametrize("share", [8, 16, 32, 64])
@pytest.mark.parametrize("width", [*range(1, 10), 15, 16, 17])
def test_rows_of_any_length_and_both_spacings(lanes: int, share: int, width: int) -> None:
    for stride in (1, 2):
        layer = draw_layer(np.random.default_rng(width), 5, share, share, 3, stride, 1)
        check(layer, 4, width, lanes, width)


@lanes
@pytest.mark.parametrize(("share", "kernel"), [(8, 3), (16, 5), (32, 5), (64, 6)])
def test_the_largest_sums_and_limits_fit_an_element(lanes: int, share: int, kernel: int) -> None:
    """All products are -1, then +1, at limits where one mismatch decides; 36 taps exceed bytes."""
    reach = kernel**2 * share
    for fill in (0, 1):
        weights = pack(np.ones((2 * share, reach), np.uint8))
        layer = Convolution(2 * share, 2 * share, kernel, 1, 0, 2, weights)
        shape = Shape(kernel, kernel + 7, 2 * share)
        assert element_bits(layer, shape) == share
        words = pack(np.full((1, 1, *shape[:3]), fill, np.uint8))
        for level in (-reach - 1, -reach, -reach + 1, reach - 1, reach, reach + 1):
            for rising in (True, False):
                threshold = Threshold(np.full(2 * share, level), np.full(2 * share, rising))
                ones = Convolution(
                    2 * share, 1, 1, 1, 0, 1, pack(np.ones((1, 2 * share), np.uint8))
                )
                total = reach if fill else -reach
                one = total >= level if rising else total <= level
                plan = compile_plan((layer, threshold, ones), shape)
                found = plan.run(words, WORDS, lanes)
                assert (found == (2 * share if one else -2 * share)).all()


def layer_of(groups: int, share: int, outputs: int, kernel: int = 3, stride: int = 1) -> int:
    """Bits of the elements for a layer on 32 x 32 pixels."""
    layer = draw_layer(np.random.default_rng(0), groups, share, outputs, kernel, stride, 1)
    return element_bits(layer, Shape(32, 32, layer.inputs))


@pytest.mark.parametrize(
    ("sizes", "element"),
    [
        ((16, 8, 8), 8), ((8, 16, 16), 16), ((4, 32, 32), 32), ((2, 64, 64), 64),
        ((1, 64, 64), 64), ((1, 48, 7), 64), ((5, 8, 8, 3, 2), 8), ((2, 24, 128), 64),
        ((2, 24, 128, 3, 2), 64), ((16, 16, 16, 5), 16),
        ((16, 8, 16), 0), ((16, 8, 4), 0), ((4, 24, 24), 0), ((2, 64, 32), 0), ((64, 1, 1), 0),
        ((16, 8, 8, 3, 3), 0), ((1, 64, 64, 3, 3), 0),
        ((16, 8, 8, 5), 0), ((8, 16, 16, 7), 0),  # sums that do not fit
    ],
)  # fmt: skip
def test_what_goes_along_rows(sizes: tuple[int, ...], element: int) -> None:
    assert layer_of(*sizes) == element


@pytest.mark.parametrize(("width", "element"), [(16, 64), (12, 64), (6, 64), (9, 0), (4, 0)])
def test_rows_that_leave_lanes_empty_take_the_other_way(width: int, element: int) -> None:
    layer = draw_layer(np.random.default_rng(0), 1, 64, 64, 3, 1, 1)
    assert element_bits(layer, Shape(8, width, 64)) == element


def test_gathered_fields_are_neighbors_at_any_stride() -> None:
    layer = draw_layer(np.random.default_rng(0), 2, 24, 64, 3, 3, 1)
    assert element_bits(layer, Shape(5, 24, 48)) == 64
    for lanes in LANES:
        check(layer, 5, 24, lanes, 1)


def test_groups_share_the_word_of_a_start() -> None:
    limits = Limits(np.arange(24), np.zeros(24, bool))  # three groups of eight
    words = starts(limits, 8)
    assert words.shape == (8,)
    np.testing.assert_array_equal(
        words.view(np.int8).reshape(8, 8)[2], [-3, -11, -19, 0, 0, 0, 0, 0]
    )


def test_outputs_of_a_word_go_from_last_to_first() -> None:
    found = blocks(np.arange(1, 71)[:, np.newaxis], 1)
    assert found.shape == (1, 9, 1, 8)
    np.testing.assert_array_equal(found[0, 0, 0], np.arange(64, 56, -1))
    np.testing.assert_array_equal(found[0, 8, 0], [0, 0, 70, 69, 68, 67, 66, 65])

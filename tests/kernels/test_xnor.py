"""Single layers, in vectors of every width, against arithmetic on +1 and -1."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import convolve_slowly, draw_weights, outputs_slowly

from sensorsim.bnn.compiler import compile_plan
from sensorsim.bnn.layers import Concat, Convolution, Dense, Layer, MaxPool, Shuffle, Sum, Threshold
from sensorsim.bnn.shapes import Shape
from sensorsim.core.bits import code_planes, pack
from sensorsim.kernels.interpreter import CODES, WORDS
from sensorsim.kernels.vector import LANES, machine_lanes
from sensorsim.kernels.xnor import MAX_CODE_MISMATCHES

lanes = pytest.mark.parametrize("lanes", LANES)


def look(channels: int) -> Convolution:
    """A layer whose accumulators are the bits before it, as +1 and -1."""
    return Convolution(channels, channels, 1, 1, 0, channels, np.ones((channels, 1), np.uint64))


def draw_layer(random: np.random.Generator, *sizes: int) -> Convolution:
    """A convolution by inputs, outputs, kernel, stride, padding and groups."""
    inputs, outputs, kernel, _, _, groups = sizes
    return Convolution(*sizes, draw_weights(random, outputs, kernel**2 * inputs // groups))


def spread(random: np.random.Generator, channels: int, reach: int) -> Threshold:
    """Levels in reach, on its ends and beyond, in both directions."""
    width = int(reach**0.5) + 1
    levels = random.integers(-width, width + 1, channels)
    ends = random.choice([-reach - 1, -reach, reach, reach + 1], channels)
    return Threshold(
        np.where(random.random(channels) < 0.2, ends, levels), random.random(channels) < 0.6
    )


@lanes
@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 5]), st.integers(1, 2),
    st.sampled_from(
        [(1, 1), (3, 2), (8, 8), (1, 64), (2, 64), (1, 48), (1, 65), (2, 40), (1, 192)]
    ),
    st.sampled_from([1, 3, 8, 16, 24, 65]), st.sampled_from([1, 1, 2, 3]),
)  # fmt: skip
def test_convolution_is_integer_arithmetic(
    lanes: int,
    seed: int,
    kernel: int,
    stride: int,
    shares: tuple[int, int],
    outputs: int,
    planes: int,
) -> None:
    random = np.random.default_rng(seed)
    groups, share = shares
    layer = draw_layer(
        random, groups * share, groups * outputs, kernel, stride, kernel // 2, groups
    )
    shape = Shape(*random.integers(5, 20, 2).tolist(), layer.inputs, planes)
    codes = random.integers(0, 2**planes, (3, *shape[:3])).astype(np.uint16)
    largest = 2**planes - 1
    expected = convolve_slowly(layer, 2 * codes.astype(np.int64) - largest, largest)
    words = code_planes(codes, planes)
    np.testing.assert_array_equal(compile_plan((layer,), shape).run(words, WORDS, lanes), expected)
    threshold = spread(random, layer.outputs, layer.fan_in * largest)
    one = np.where(threshold.rising, expected >= threshold.levels, expected <= threshold.levels)
    plan = compile_plan((layer, threshold, look(layer.outputs)), shape)
    np.testing.assert_array_equal(plan.run(words, WORDS, lanes), 2 * one.astype(int) - 1)
    if plan.reads_codes:
        np.testing.assert_array_equal(plan.run(codes, CODES, lanes), 2 * one.astype(int) - 1)


@pytest.mark.parametrize("planes", [2, 8, 9, 14])
def test_codes_whose_sums_may_not_fit_16_bits_are_counted_plane_by_plane(planes: int) -> None:
    random = np.random.default_rng(planes)
    layer = draw_layer(random, 3, 70, 3, 1, 1, 1)
    largest = 2**planes - 1
    shape = Shape(6, 5, 3, planes)
    codes = random.integers(0, 2**planes, (2, 6, 5, 3)).astype(np.uint16)
    codes[0, :2] = largest
    layers = (layer, spread(random, 70, 27 * largest), look(70))
    plan = compile_plan(layers, shape)
    assert plan.reads_codes == (27 * largest <= MAX_CODE_MISMATCHES)
    values = 2 * codes.astype(np.int64) - largest
    expected = outputs_slowly(layers, values, largest)[-1][1]
    np.testing.assert_array_equal(plan.run(code_planes(codes, planes), WORDS), expected)


def test_padding_is_minus_one() -> None:
    ones = pack(np.ones((1, 1, 3, 3, 1), np.uint8))
    layer = Convolution(1, 1, 3, 1, 1, 1, pack(np.ones((1, 9), np.uint8)))
    sums = compile_plan((layer,), Shape(3, 3, 1)).run(ones, WORDS)[0, :, :, 0]
    np.testing.assert_array_equal(sums, [[-1, 3, -1], [3, 9, 3], [-1, 3, -1]])


@pytest.mark.parametrize("rising", [True, False])
def test_a_tie_is_plus_one(rising: bool) -> None:
    ones = pack(np.ones((1, 1, 2, 2, 64), np.uint8))
    layer = Convolution(64, 8, 1, 1, 0, 1, np.full((8, 1), 2**40 - 1, np.uint64))  # 40 - 24 = 16
    for level in (14, 16, 18):
        threshold = Threshold(np.full(8, level), np.full(8, rising))
        bits = compile_plan((layer, threshold, look(8)), Shape(2, 2, 64)).run(ones, WORDS)
        one = level <= 16 if rising else level >= 16
        assert (bits == (1 if one else -1)).all()


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 63, 64, 65, 130]), st.integers(1, 3),
    st.integers(3, 9),
)  # fmt: skip
def test_pooling_is_the_greatest_value(seed: int, channels: int, size: int, side: int) -> None:
    check((MaxPool(size), look(channels)), Shape(side, side + 1, channels), seed)


@pytest.mark.parametrize(
    ("channels", "groups"), [(6, 2), (6, 3), (64, 8), (130, 13), (192, 2), (192, 64)]
)
def test_shuffle_reads_down_the_columns_of_groups(channels: int, groups: int) -> None:
    check((Shuffle(groups), look(channels)), Shape(3, 2, channels), channels)


KINDS = ["empty", "bits", "sum", "pool", "shuffle", "nested"]
WIDTHS = st.sampled_from([1, 3, 7, 8, 9, 16, 24, 56, 61, 63, 64, 65, 72, 128, 130])


@lanes
@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.sampled_from([1, 4, 8, 30, 64, 66, 130]),
    st.lists(st.tuples(st.sampled_from(KINDS), WIDTHS), min_size=2, max_size=5), st.booleans(),
)  # fmt: skip
def test_channels_of_branches_lie_side_by_side(
    lanes: int, seed: int, channels: int, kinds: list[tuple[str, int]], head: bool
) -> None:
    """At any bit of a byte and a word; what follows sees each channel, and no other bits."""
    random = np.random.default_rng(seed)
    shape = Shape(1, 1, channels) if head else Shape(3, 4, channels)
    first = (Dense(channels, channels, draw_weights(random, channels, channels)),
             spread(random, channels, channels)) if head else ()  # fmt: skip
    joint = Concat(tuple(draw_parts(random, channels, *kind) for kind in kinds))
    total = outputs_slowly((joint,), np.ones((1, *shape[:3]), np.int64))[-1][1].shape[-1]
    whole = draw_layer(random, total, 5, 1, 1, 1, 1)
    for end in (look(total), whole):
        check((*first, joint, end), shape, seed, images=10, lanes=lanes)


def draw_parts(
    random: np.random.Generator, channels: int, kind: str, width: int
) -> tuple[Layer, ...]:
    """A branch that leaves height and width as they are."""
    layer = draw_layer(random, channels, width, 3, 1, 1, 1)
    if kind == "bits":
        return layer, spread(random, width, layer.fan_in)
    if kind == "sum":
        other = draw_layer(random, channels, width, 1, 1, 0, 1)
        both = Sum(((layer,), (other,)))
        return both, spread(random, width, layer.fan_in + other.fan_in)
    if kind == "pool":
        return layer, spread(random, width, layer.fan_in), MaxPool(1)
    if kind == "shuffle":
        return layer, spread(random, width, layer.fan_in), Shuffle(width)
    if kind == "nested":
        return (Concat(((), (layer, spread(random, width, layer.fan_in)), ())),)
    return ()


@lanes
@pytest.mark.parametrize("channels", [1, 8, 63, 64, 65, 128])
def test_dense_layer_reads_every_bit(lanes: int, channels: int) -> None:
    random = np.random.default_rng(channels)
    shape = Shape(3, 2, channels)
    layer = Dense(shape.bits, 21, draw_weights(random, 21, shape.bits))
    check((layer,), shape, channels, images=19, lanes=lanes)


def check(
    layers: tuple[Layer, ...], shape: Shape, seed: int, images: int = 3, lanes: int | None = None
) -> None:
    """Layers on random bits give what arithmetic gives."""
    bits = np.random.default_rng(seed).integers(0, 2, (images, *shape[:3])).astype(np.uint8)
    expected = outputs_slowly(layers, 2 * bits.astype(np.int64) - 1)[-1][1]
    ours = compile_plan(layers, shape).run(pack(bits)[:, np.newaxis], WORDS, lanes)
    np.testing.assert_array_equal(ours, expected)


def test_machine_has_vectors_of_a_known_width() -> None:
    assert machine_lanes() in LANES

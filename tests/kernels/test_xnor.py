"""Binary convolution, pooling and dense layer against arithmetic on +1 and -1."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorsim.bits import code_planes, pack, unpack
from sensorsim.bnn.layers import Threshold
from sensorsim.bnn.simulator import mismatch_limits
from sensorsim.kernels import xnor


def convolve_slowly(
    x: np.ndarray, weights: np.ndarray, stride: int, padding: int, groups: int, dark: int
) -> np.ndarray:
    """Integer accumulators [N, Ho, Wo, O] of values [N, H, W, C] and weights [O, k, k, C/g]."""
    wide = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    x = np.pad(x, wide, constant_values=-dark)
    outputs, k, _, per_group = weights.shape
    height, width = ((s - k) // stride + 1 for s in x.shape[1:3])
    out = np.zeros((len(x), height, width, outputs), np.int64)
    for n, y, z, o in np.ndindex(out.shape):
        g = o // (outputs // groups)
        field = x[n, y * stride : y * stride + k, z * stride : z * stride + k]
        out[n, y, z, o] = (field[..., g * per_group : (g + 1) * per_group] * weights[o]).sum()
    return out


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.sampled_from([1, 3, 5]), st.integers(1, 2), st.integers(1, 3),
    st.integers(1, 70), st.integers(1, 11), st.integers(1, 4),
)  # fmt: skip
def test_convolution_equals_integers(
    seed: int, kernel: int, stride: int, groups: int, channels: int, outputs: int, planes: int
) -> None:
    random = np.random.default_rng(seed)
    codes = random.integers(0, 2**planes, (2, 5, 6, channels * groups)).astype(np.uint16)
    bits = random.integers(0, 2, (outputs * groups, kernel, kernel, channels)).astype(np.uint8)
    largest = 2**planes - 1
    padding = kernel // 2
    expected = convolve_slowly(
        2 * codes.astype(np.int64) - largest, 2 * bits.astype(np.int64) - 1, stride, padding,
        groups, largest,
    )  # fmt: skip
    fan_in = kernel**2 * channels
    total = fan_in * largest
    threshold = Threshold(
        random.integers(-total - 3, total + 4, len(bits)), random.integers(0, 2, len(bits)) == 1
    )
    limits = mismatch_limits(threshold, total)
    one = np.where(threshold.rising, expected >= threshold.levels, expected <= threshold.levels)
    for convolve in (xnor.convolve, xnor.convolve_codes):
        out = np.empty((*expected.shape[:3], -(-len(bits) // 64)), np.uint64)
        convolve(
            code_planes(codes, planes), pack(bits.reshape(len(bits), -1)), kernel, stride, padding,
            groups, channels, limits.limit, limits.inverted, out,
        )  # fmt: skip
        np.testing.assert_array_equal(unpack(out, len(bits)), one)
        np.testing.assert_array_equal(pack(one), out, "unused bits must be 0")


def test_pooling_is_or_over_whole_windows() -> None:
    bits = np.random.default_rng(0).integers(0, 2, (2, 7, 5, 70)).astype(np.uint8)
    out = np.empty((2, 3, 2, 2), np.uint64)
    xnor.or_pool(pack(bits), 2, out)
    windows = bits[:, :6, :4].reshape(2, 3, 2, 2, 2, 70)
    np.testing.assert_array_equal(unpack(out, 70), windows.max((2, 4)))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 130), st.integers(1, 12))
def test_dense_counts_mismatches(seed: int, channels: int, classes: int) -> None:
    random = np.random.default_rng(seed)
    bits = random.integers(0, 2, (3, 2, 3, channels)).astype(np.uint8)
    weights = random.integers(0, 2, (classes, 6 * channels)).astype(np.uint8)
    out = np.empty((3, classes), np.int64)
    xnor.dense(pack(bits), pack(weights), channels, out)
    expected = (bits.reshape(3, 1, -1) != weights).sum(-1)
    np.testing.assert_array_equal(out, expected)


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.sampled_from([1, 63, 64, 65, 127, 128, 129, 130]),
    st.sampled_from([1, 3, 5]), st.integers(1, 2), st.sampled_from([1, 8, 9, 65]),
)  # fmt: skip
def test_convolution_holds_at_the_edges_of_words(
    seed: int, channels: int, kernel: int, stride: int, outputs: int
) -> None:
    random = np.random.default_rng(seed)
    bits = random.integers(0, 2, (1, 3, 4, channels)).astype(np.uint8)
    weights = random.integers(0, 2, (outputs, kernel, kernel, channels)).astype(np.uint8)
    expected = convolve_slowly(
        2 * bits.astype(np.int64) - 1, 2 * weights.astype(np.int64) - 1, stride, kernel // 2, 1, 1
    )
    levels = random.integers(-10, 11, outputs)
    limits = mismatch_limits(Threshold(levels, np.ones(outputs, bool)), kernel**2 * channels)
    out = np.empty((*expected.shape[:3], -(-outputs // 64)), np.uint64)
    xnor.convolve(
        pack(bits)[:, np.newaxis], pack(weights.reshape(outputs, -1)), kernel, stride,
        kernel // 2, 1, channels, limits.limit, limits.inverted, out,
    )  # fmt: skip
    np.testing.assert_array_equal(unpack(out, outputs), expected >= levels)


@pytest.mark.parametrize("convolve", [xnor.convolve, xnor.convolve_codes])
def test_padding_is_minus_one(convolve: Callable[..., None]) -> None:
    ones = pack(np.ones((1, 1, 3, 3, 1), np.uint8))
    out = np.empty((1, 3, 3, 1), np.uint64)
    limit = np.array([9 - 1], np.int64)
    for accumulator, expected in ((9, [0, 0, 1]), (3, [0, 1, 1]), (-1, [1, 1, 1])):
        limit[0] = (9 - accumulator) // 2
        convolve(
            ones, pack(np.ones((1, 9), np.uint8)), 3, 1, 1, 1, 1, limit, np.zeros(1, np.uint64), out
        )
        assert [out[0, 0, 0, 0], out[0, 0, 1, 0], out[0, 1, 1, 0]] == expected


@pytest.mark.parametrize("convolve", [xnor.convolve, xnor.convolve_codes])
def test_levels_out_of_reach_make_constant_channels(convolve: Callable[..., None]) -> None:
    random = np.random.default_rng(0)
    x = pack(random.integers(0, 2, (2, 1, 4, 4, 5)).astype(np.uint8))
    weights = pack(random.integers(0, 2, (4, 45)).astype(np.uint8))
    threshold = Threshold(np.array([-46, 46, 46, -46]), np.array([True, True, False, False]))
    limits = mismatch_limits(threshold, 45)
    out = np.empty((2, 4, 4, 1), np.uint64)
    convolve(x, weights, 3, 1, 1, 1, 5, limits.limit, limits.inverted, out)
    assert (unpack(out, 4) == [1, 0, 1, 0]).all()


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 2**32 - 1), st.integers(1, 130), st.integers(1, 3), st.integers(3, 8),
)  # fmt: skip
def test_pooling_is_the_greatest_value(seed: int, channels: int, size: int, side: int) -> None:
    bits = np.random.default_rng(seed).integers(0, 2, (2, side, side, channels)).astype(np.uint8)
    values = 2 * bits.astype(int) - 1
    whole = side // size
    out = np.empty((2, whole, whole, -(-channels // 64)), np.uint64)
    xnor.or_pool(pack(bits), size, out)
    for y, z in np.ndindex(whole, whole):
        window = values[:, y * size : (y + 1) * size, z * size : (z + 1) * size]
        np.testing.assert_array_equal(2 * unpack(out, channels).astype(int)[:, y, z] - 1,
                                      window.max((1, 2)))  # fmt: skip


@pytest.mark.parametrize("planes", [1, 8, 14])
def test_both_ways_of_convolving_codes_agree(planes: int) -> None:
    random = np.random.default_rng(planes)
    codes = random.integers(0, 2**planes, (2, 6, 5, 3)).astype(np.uint16)
    codes[0, :2] = 2**planes - 1
    weights = pack(random.integers(0, 2, (70, 27)).astype(np.uint8))
    total = 27 * (2**planes - 1)
    threshold = Threshold(random.integers(-total // 4, total // 4, 70), random.random(70) < 0.5)
    limits = mismatch_limits(threshold, total)
    results = [np.empty((2, 6, 5, 2), np.uint64) for _ in range(2)]
    for convolve, out in zip((xnor.convolve, xnor.convolve_codes), results, strict=True):
        convolve(
            code_planes(codes, planes), weights, 3, 1, 1, 1, 3, limits.limit, limits.inverted, out
        )
    np.testing.assert_array_equal(*results)
    assert 0.1 < unpack(results[0], 70).mean() < 0.9

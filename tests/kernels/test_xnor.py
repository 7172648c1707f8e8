"""Binary convolution, pooling and dense layer against arithmetic on +1 and -1."""

import numpy as np
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

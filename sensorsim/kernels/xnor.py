"""XNOR-popcount: binary convolution with threshold, OR-pool and class scores on packed words.

All kernels count mismatches, ``m = popcount(x XOR w)``. Over K bipolar products the accumulator is
``K - 2 m``, so a threshold on the accumulator is a limit on ``m``. Unused bits are 0 in bits and
weights alike and never count; a zero word outside the image is the padding of -1.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, prange, types
from numba.extending import intrinsic

_WORD = 64
_LANES = 8


@intrinsic
def popcount(typing_context, word):
    """Number of set bits of a uint64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@intrinsic
def load_word(typing_context, address, index):
    """Word ``index`` behind an address, read as a scalar.

    An ordered load is a plain load that LLVM leaves alone. Otherwise it gathers eight of them into
    a vector, and emulates a vector popcount that most machines lack, at half the speed.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        base, position = arguments
        pointer = builder.inttoptr(base, ir.IntType(64).as_pointer())
        return builder.load_atomic(builder.gep(pointer, [position]), "monotonic", 8)

    return types.uint64(types.uint64, types.int64), generate


@njit(cache=True)
def _copy_bits(source, row, start, count, target, position):
    """Copy ``count`` bits from a bit position of ``source[row]`` into ``target``, which is 0 there.

    Rows are named by number: a slice would cost more than the copy.
    """
    done = 0
    while done < count:
        part = min(_WORD, count - done)
        index = (start + done) >> 6
        shift = np.uint64((start + done) & 63)
        value = source[row, index] >> shift
        if shift + np.uint64(part) > _WORD:
            value |= source[row, index + 1] << (np.uint64(_WORD) - shift)
        if part < _WORD:
            value &= (np.uint64(1) << np.uint64(part)) - np.uint64(1)
        index = (position + done) >> 6
        shift = np.uint64((position + done) & 63)
        target[index] |= value << shift
        if shift + np.uint64(part) > _WORD:
            target[index + 1] |= value >> (np.uint64(_WORD) - shift)
        done += part


@njit(cache=True)
def _lay_row(pixels, first_pixel, width, padding, first, channels, row):
    """One row of an image as runs of ``channels`` bits per pixel, a ring of -1 around.

    A kernel row is then one run of bits, wherever it starts.
    """
    row[:] = 0
    for x in range(width):
        _copy_bits(pixels, first_pixel + x, first, channels, row, (x + padding) * channels)


@njit(cache=True)
def _interleave(weights, groups):
    """Weights as [groups, blocks, words, 8]: eight outputs side by side, spare ones 0."""
    outputs, words = weights.shape
    per_group = outputs // groups
    lanes = np.zeros((groups, (per_group + _LANES - 1) // _LANES, words, _LANES), np.uint64)
    for o in range(outputs):
        g = o // per_group
        within = o - g * per_group
        for i in range(words):
            lanes[g, within // _LANES, i, within % _LANES] = weights[o, i]
    return lanes


@njit(cache=True)
def _count(patch, lanes, group, first, counts):
    """Mismatches of one receptive field with eight outputs at a time, from ``counts[first]`` on.

    The last block may write past its group; the next group, or the slack behind, takes that.
    """
    blocks, words = lanes.shape[1], lanes.shape[2]
    address = np.uint64(lanes.ctypes.data) + np.uint64(8 * _LANES * words * blocks * group)
    for block in range(blocks):
        a = b = c = d = e = f = g = h = np.uint64(0)
        for i in range(words):
            word = patch[i]
            a += popcount(word ^ load_word(address, 0))
            b += popcount(word ^ load_word(address, 1))
            c += popcount(word ^ load_word(address, 2))
            d += popcount(word ^ load_word(address, 3))
            e += popcount(word ^ load_word(address, 4))
            f += popcount(word ^ load_word(address, 5))
            g += popcount(word ^ load_word(address, 6))
            h += popcount(word ^ load_word(address, 7))
            address += np.uint64(8 * _LANES)
        o = first + block * _LANES
        counts[o] = a
        counts[o + 1] = b
        counts[o + 2] = c
        counts[o + 3] = d
        counts[o + 4] = e
        counts[o + 5] = f
        counts[o + 6] = g
        counts[o + 7] = h


@njit(cache=True, parallel=True)
def convolve(x, weights, kernel, stride, padding, groups, group_channels, limits, inverted, out):
    """Binary convolution, threshold and packing of a batch.

    Parameters
    ----------
    x : uint64 [N, P, H, W, Cw]
        Packed planes; plane k has weight ``2**k``.
    weights : uint64 [O, K]
        Packed receptive fields, order (ky, kx, channel).
    limits : int64 [O]
        Bit = (mismatches <= limit) XOR inverted.
    inverted : uint64 [ceil(O / 64)], packed
    out : uint64 [N, Ho, Wo, ceil(O / 64)]
    """
    planes, height, width = x.shape[1], x.shape[2], x.shape[3]
    outputs, words = weights.shape
    per_group = outputs // groups
    run = kernel * group_channels
    lines = height + 2 * padding
    row_words = ((width + 2 * padding) * group_channels + 63) // 64 + 1
    pixels = x.reshape(-1, x.shape[4])
    lanes = _interleave(weights, groups)
    for n in prange(x.shape[0]):
        rows = np.zeros((groups * planes * lines, row_words), np.uint64)
        patch = np.empty(words, np.uint64)
        counts = np.empty(outputs + _LANES, np.int64)
        plane_counts = np.empty(outputs + _LANES, np.int64)
        for g in range(groups):
            for k in range(planes):
                for y in range(height):
                    _lay_row(
                        pixels, ((n * planes + k) * height + y) * width, width, padding,
                        g * group_channels, group_channels,
                        rows[(g * planes + k) * lines + y + padding],
                    )  # fmt: skip
        for oy in range(out.shape[1]):
            for ox in range(out.shape[2]):
                start = ox * stride * group_channels
                for g in range(groups):
                    first = g * per_group
                    for k in range(planes):
                        for i in range(words):
                            patch[i] = 0
                        line = (g * planes + k) * lines + oy * stride
                        for ky in range(kernel):
                            _copy_bits(rows, line + ky, start, run, patch, ky * run)
                        if k == 0:
                            _count(patch, lanes, g, first, counts)
                        else:
                            _count(patch, lanes, g, first, plane_counts)
                            for o in range(first, first + per_group):
                                counts[o] += plane_counts[o] << k
                for word in range(out.shape[3]):
                    packed = np.uint64(0)
                    first_output = word * _WORD
                    for bit in range(min(_WORD, outputs - first_output)):
                        above = counts[first_output + bit] - limits[first_output + bit] - 1
                        packed |= (np.uint64(above) >> np.uint64(63)) << np.uint64(bit)
                    out[n, oy, ox, word] = packed ^ inverted[word]


@njit(cache=True, parallel=True)
def count_mismatches(x, weights, kernel, stride, padding, groups, group_channels, out):
    """Weighted mismatches of a binary convolution; parameters as in `convolve`.

    Parameters
    ----------
    out : int32 [N, Ho, Wo, O]
    """
    planes, height, width = x.shape[1], x.shape[2], x.shape[3]
    per_group = weights.shape[0] // groups
    fan_in = kernel * kernel * group_channels
    for n in prange(x.shape[0]):
        for oy in range(out.shape[1]):
            for ox in range(out.shape[2]):
                for o in range(weights.shape[0]):
                    first = o // per_group * group_channels
                    total = 0
                    for t in range(fan_in):
                        c = first + t % group_channels
                        iy = oy * stride + t // (kernel * group_channels) - padding
                        ix = ox * stride + t // group_channels % kernel - padding
                        w = (weights[o, t >> 6] >> np.uint64(t & 63)) & np.uint64(1)
                        for k in range(planes):
                            bit = np.uint64(0)
                            if 0 <= iy < height and 0 <= ix < width:
                                bit = (x[n, k, iy, ix, c >> 6] >> np.uint64(c & 63)) & np.uint64(1)
                            total += np.int64(bit ^ w) << k
                    out[n, oy, ox, o] = total


@njit(cache=True, parallel=True)
def convolve_codes(
    x, weights, kernel, stride, padding, groups, group_channels, limits, inverted, out
):
    """What `convolve` gives for several planes, through the integers that the planes stand for.

    A code c under largest code L mismatches a weight of 0 by c and a weight of 1 by L - c, so the
    weighted mismatches are ``sum(c) + sum(L - 2 c over weights of 1)``: one vector operation a tap
    instead of one popcount a plane. Parameters are those of `convolve`.
    """
    planes, height, width = x.shape[1], x.shape[2], x.shape[3]
    outputs = weights.shape[0]
    per_group = outputs // groups
    channels = groups * group_channels
    largest = (1 << planes) - 1
    fan_in = kernel * kernel * group_channels
    masks = np.zeros((groups, fan_in, per_group), np.int32)
    for t in range(fan_in):
        for o in range(outputs):
            one = (weights[o, t >> 6] >> np.uint64(t & 63)) & np.uint64(1)
            masks[o // per_group, t, o % per_group] = -np.int32(one)
    for n in prange(x.shape[0]):
        codes = np.zeros((height + 2 * padding, width + 2 * padding, channels), np.int32)
        for k in range(planes):
            for y in range(height):
                for z in range(width):
                    for c in range(channels):
                        bit = (x[n, k, y, z, c >> 6] >> np.uint64(c & 63)) & np.uint64(1)
                        codes[y + padding, z + padding, c] += np.int32(bit) << k
        group_counts = np.empty((groups, per_group), np.int32)
        counts = group_counts.reshape(outputs)
        for oy in range(out.shape[1]):
            for ox in range(out.shape[2]):
                for g in range(groups):
                    total = np.int32(0)
                    for o in range(per_group):
                        group_counts[g, o] = 0
                    t = 0
                    for ky in range(kernel):
                        for kx in range(kernel):
                            for c in range(group_channels):
                                code = codes[
                                    oy * stride + ky, ox * stride + kx, g * group_channels + c
                                ]
                                total += code
                                change = np.int32(largest - 2 * code)
                                for o in range(per_group):
                                    group_counts[g, o] += masks[g, t, o] & change
                                t += 1
                    for o in range(per_group):
                        group_counts[g, o] += total
                for word in range(out.shape[3]):
                    packed = np.uint64(0)
                    first_output = word * _WORD
                    for bit in range(min(_WORD, outputs - first_output)):
                        above = counts[first_output + bit] - limits[first_output + bit] - 1
                        packed |= (np.uint64(above) >> np.uint64(63)) << np.uint64(bit)
                    out[n, oy, ox, word] = packed ^ inverted[word]


@njit(cache=True, parallel=True)
def or_pool(x, size, out):
    """OR over square windows: x uint64 [N, H, W, Cw] to out [N, H/size, W/size, Cw]."""
    for n in prange(x.shape[0]):
        for y in range(out.shape[1]):
            for z in range(out.shape[2]):
                for c in range(x.shape[3]):
                    word = np.uint64(0)
                    for dy in range(size):
                        for dx in range(size):
                            word |= x[n, y * size + dy, z * size + dx, c]
                    out[n, y, z, c] = word


@njit(cache=True, parallel=True)
def dense(x, weights, channels, out):
    """Mismatches of a dense layer.

    Parameters
    ----------
    x : uint64 [N, H, W, Cw]
    weights : uint64 [classes, K], order (row, column, channel)
    channels : int
    out : int64 [N, classes]
    """
    pixels = x.reshape(-1, x.shape[3])
    per_image = x.shape[1] * x.shape[2]
    for n in prange(x.shape[0]):
        flat = np.zeros(weights.shape[1], np.uint64)
        for p in range(per_image):
            _copy_bits(pixels, n * per_image + p, 0, channels, flat, p * channels)
        for o in range(weights.shape[0]):
            mismatches = np.uint64(0)
            for i in range(weights.shape[1]):
                mismatches += popcount(flat[i] ^ weights[o, i])
            out[n, o] = mismatches

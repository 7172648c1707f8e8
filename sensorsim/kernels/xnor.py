"""XNOR-popcount: binary convolution with threshold, OR-pool and class scores on packed words.

All kernels count mismatches, ``m = popcount(x XOR w)``. Over K bipolar products the accumulator is
``K - 2 m``, so a threshold on the accumulator is a limit on ``m``. Unused bits are 0 in bits and
weights alike and never count; a zero word outside the image is the padding of -1.
"""

from typing import Any

import numpy as np
from numba import njit, prange, types
from numba.extending import intrinsic

_WORD = 64


@intrinsic
def popcount(typing_context, word):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201
    """Number of set bits of a uint64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


@njit(cache=True, inline="always")
def _append(patch, position, word, count):
    """Write the low ``count`` bits of ``word`` at a bit position of ``patch``."""
    shift = np.uint64(position & 63)
    index = position >> 6
    patch[index] |= word << shift
    if shift + np.uint64(count) > _WORD:
        patch[index + 1] |= word >> (np.uint64(_WORD) - shift)


@njit(cache=True, inline="always")
def _extract(words, position, count):
    """Read ``count`` (1 to 64) bits from a bit position of packed channels."""
    shift = np.uint64(position & 63)
    index = position >> 6
    value = words[index] >> shift
    if shift + np.uint64(count) > _WORD:
        value |= words[index + 1] << (np.uint64(_WORD) - shift)
    if count < _WORD:
        value &= (np.uint64(1) << np.uint64(count)) - np.uint64(1)
    return value


@njit(cache=True)
def _gather(image, top, left, kernel, first, channels, patch):
    """Bits of one receptive field, row by row, channels of one group, into ``patch``."""
    patch[:] = 0
    position = 0
    for ky in range(kernel):
        y = top + ky
        for kx in range(kernel):
            x = left + kx
            if 0 <= y < image.shape[0] and 0 <= x < image.shape[1]:
                done = 0
                while done < channels:
                    count = min(_WORD, channels - done)
                    word = _extract(image[y, x], first + done, count)
                    _append(patch, position + done, word, count)
                    done += count
            position += channels


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
    inverted : bool [O]
    out : uint64 [N, Ho, Wo, ceil(O / 64)], zero on entry
    """
    planes = x.shape[1]
    per_group = weights.shape[0] // groups
    words = weights.shape[1]
    for n in prange(x.shape[0]):
        patch = np.empty((planes, words), np.uint64)
        for oy in range(out.shape[1]):
            for ox in range(out.shape[2]):
                for g in range(groups):
                    for k in range(planes):
                        _gather(
                            x[n, k], oy * stride - padding, ox * stride - padding, kernel,
                            g * group_channels, group_channels, patch[k],
                        )  # fmt: skip
                    for o in range(g * per_group, (g + 1) * per_group):
                        mismatches = np.int64(0)
                        for k in range(planes):
                            plane = np.uint64(0)
                            for i in range(words):
                                plane += popcount(patch[k, i] ^ weights[o, i])
                            mismatches += np.int64(plane) << k
                        bit = np.uint64((mismatches <= limits[o]) != inverted[o])
                        out[n, oy, ox, o >> 6] |= bit << np.uint64(o & 63)


@njit(cache=True, parallel=True)
def or_pool(x, size, out):
    """OR over ``size`` x ``size`` windows: x uint64 [N, H, W, Cw] to out [N, H/size, W/size, Cw]."""
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
    for n in prange(x.shape[0]):
        flat = np.zeros(weights.shape[1], np.uint64)
        position = 0
        for y in range(x.shape[1]):
            for z in range(x.shape[2]):
                done = 0
                while done < channels:
                    count = min(_WORD, channels - done)
                    _append(flat, position, _extract(x[n, y, z], done, count), count)
                    done += count
                    position += count
        for o in range(weights.shape[0]):
            mismatches = np.uint64(0)
            for i in range(weights.shape[1]):
                mismatches += popcount(flat[i] ^ weights[o, i])
            out[n, o] = mismatches

"""Convolutions along rows: which qualify, and their tables for `sensorsim.kernels.row_sums`."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.fields import IntArray, Window
from sensorsim.bnn.layers import Convolution, Layer, Sum
from sensorsim.bnn.limits import Limits
from sensorsim.bnn.shapes import Shape
from sensorsim.bnn.sums import sum_window
from sensorsim.core.bits import WORD, WordArray, pack, unpack
from sensorsim.kernels.row_sums import MAX_BYTE_TAPS, SPACINGS
from sensorsim.kernels.xnor import OUTPUTS

_MOST_LANES = 8
_LEAST_USED = 0.75
"""Of the lanes along a row; with fewer the fields do better side by side in any order."""


def element_bits(layer: Layer, shape: Shape) -> int:
    """Bits of an element in which a layer is convolved along rows, or 0 if it is not.

    Parameters
    ----------
    layer : Layer
    shape : Shape
        What it reads.

    Returns
    -------
    int
        8, 16 or 32 if a word holds several groups of as many channels, which have as many outputs;
        64 if a group's outputs fill words of their own.
    """
    if isinstance(layer, Sum):
        return _element_of_sum(layer, shape)
    if shape.planes > 1 or not isinstance(layer, Convolution):
        return 0
    window = Window.of(layer, shape)
    outputs = layer.outputs // layer.groups
    loads = layer.stride in SPACINGS
    if layer.groups > 1 and window.share == outputs and window.share in (8, 16, 32):
        # sums, which begin at -1 - limit, have a sign
        fits = window.pixels <= MAX_BYTE_TAPS and layer.fan_in < 2 ** (window.share - 1)
        return window.share if loads and fits else 0
    words = layer.groups == 1 or outputs % WORD == 0
    loads |= not window.is_direct  # gathered fields are neighbors
    return WORD if words and loads and _fills_lanes(layer, shape) else 0


def _fills_lanes(layer: Convolution, shape: Shape) -> bool:
    """Whether the outputs of a row leave few lanes empty."""
    width = layer.output_side(shape.width)
    return width / (-(-width // _MOST_LANES) * _MOST_LANES) >= _LEAST_USED


def _element_of_sum(layer: Sum, shape: Shape) -> int:
    """64 if both branches are gathered into one field whose outputs fill words, else 0."""
    window = sum_window(layer, shape)
    if window is None:
        return 0
    words = window.groups == 1 or window.outputs // window.groups % WORD == 0
    branch = layer.branches[0][0]
    assert isinstance(branch, Convolution)
    return WORD if words and _fills_lanes(branch, shape) else 0


def shared_words(weights: WordArray, window: Window) -> WordArray:
    """Weights of groups that share words: output o of all groups of a word in one word per tap.

    Parameters
    ----------
    weights : uint64 [outputs, words]
    window : Window
        Of groups of 8, 16 or 32 channels and outputs.

    Returns
    -------
    uint64 [words of all channels * share, taps]
    """
    share, pixels = window.share, window.pixels
    bits = unpack(weights, pixels * share).reshape(window.groups, share, pixels, share)
    spread = _by_word(bits, share).transpose(0, 2, 3, 1, 4)
    return pack(spread.reshape(-1, pixels, WORD))[..., 0]


def starts(limits: Limits, element: int) -> IntArray:
    """Where sums begin: -1 - limit, in elements that share words like `shared_words`.

    Parameters
    ----------
    limits : Limits
        Between -1 and the most mismatches.
    element : int
        Bits of an element.

    Returns
    -------
    int64 [outputs], or [words of all outputs * element]
    """
    values = -1 - limits.limit
    if element == WORD:
        return values
    spread = _by_word(values.reshape(-1, element), element).swapaxes(1, 2)
    return np.ascontiguousarray(spread.astype(f"i{element // 8}")).view(np.int64).reshape(-1)


def flips(limits: Limits) -> IntArray:
    """By what words of outputs are inverted: int64 [words]."""
    return pack(limits.inverted).view(np.int64)


def blocks(values: npt.NDArray[Any], groups: int) -> npt.NDArray[Any]:
    """Rows of outputs as [groups, blocks, columns, 8], each word's outputs from last to first.

    Spare outputs, whose mismatches never are at most a limit, fill the last block.

    Parameters
    ----------
    values : [groups * outputs, columns]
    groups : int
    """
    grouped = values.reshape(groups, -1, values.shape[1])
    full = np.pad(grouped, ((0, 0), (0, -grouped.shape[1] % OUTPUTS), (0, 0)))
    outputs = np.arange(full.shape[1])
    words = np.split(outputs, range(WORD, len(outputs), WORD))
    full = full[:, np.concatenate([word[::-1] for word in words])]
    return full.reshape(groups, -1, OUTPUTS, values.shape[1]).swapaxes(2, 3)


def _by_word(values: npt.NDArray[Any], element: int) -> npt.NDArray[Any]:
    """Groups [groups, ...] as [words, groups of a word, ...]; groups that lack are 0."""
    each = WORD // element
    rest = [(0, 0)] * (values.ndim - 1)
    full = np.pad(values, [(0, -len(values) % each), *rest])
    return full.reshape(-1, each, *values.shape[1:])

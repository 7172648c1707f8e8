"""Convolutions along rows: which layers qualify, and tables for `sensorsim.kernels.row_sums`."""

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
"""Least used fraction of the lanes along a row; below it, fields in any order are faster."""


def element_bits(layer: Layer, shape: Shape) -> int:
    """Choose the size of an element for convolving a layer along rows.

    Parameters
    ----------
    layer : Layer
        Layer to compile.
    shape : Shape
        Shape of the layer's input.

    Returns
    -------
    int
        8, 16 or 32 bit if groups have that many input channels and as many outputs, so that a word
        holds several groups; 64 if a group's outputs fill their own words; 0 if the layer is not
        convolved along rows.
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
    """Whether the outputs of a row use most lanes."""
    width = layer.output_side(shape.width)
    return width / (-(-width // _MOST_LANES) * _MOST_LANES) >= _LEAST_USED


def _element_of_sum(layer: Sum, shape: Shape) -> int:
    """64 if both branches are gathered into one field and the outputs fill words, else 0."""
    window = sum_window(layer, shape)
    if window is None:
        return 0
    words = window.groups == 1 or window.outputs // window.groups % WORD == 0
    branch = layer.branches[0][0]
    assert isinstance(branch, Convolution)
    return WORD if words and _fills_lanes(branch, shape) else 0


def shared_words(weights: WordArray, window: Window) -> WordArray:
    """Pack the weights of groups that share words: output o of a word's groups, one word per tap.

    Parameters
    ----------
    weights : uint64 [outputs, words]
        Packed weights of the layer.
    window : Window
        Window with groups of 8, 16 or 32 channels and as many outputs.

    Returns
    -------
    uint64 [words of all channels * share, taps]
        One row per input word and output of a group.
    """
    share, pixels = window.share, window.pixels
    bits = unpack(weights, pixels * share).reshape(window.groups, share, pixels, share)
    spread = _by_word(bits, share).transpose(0, 2, 3, 1, 4)
    return pack(spread.reshape(-1, pixels, WORD))[..., 0]


def starts(limits: Limits, element: int) -> IntArray:
    """Compute the initial values of sums, -1 - limit.

    Parameters
    ----------
    limits : Limits
        Limits between -1 and the most mismatches.
    element : int
        Size of an element, bit.

    Returns
    -------
    int64 [outputs], or [words of all outputs * element]
        Initial values; for elements below 64 bit packed into words in the order of `shared_words`.
    """
    values = -1 - limits.limit
    if element == WORD:
        return values
    spread = _by_word(values.reshape(-1, element), element).swapaxes(1, 2)
    return np.ascontiguousarray(spread.astype(f"i{element // 8}")).view(np.int64).reshape(-1)


def flips(limits: Limits) -> IntArray:
    """Pack which outputs are inverted.

    Parameters
    ----------
    limits : Limits
        Limits of all outputs.

    Returns
    -------
    int64 [words]
        Words to XOR with the outputs.
    """
    return pack(limits.inverted).view(np.int64)


def blocks(values: npt.NDArray[Any], groups: int) -> npt.NDArray[Any]:
    """Arrange rows of outputs in blocks of 8, the outputs of each word from last to first.

    Spare outputs fill the last block with zeros, so that their sum never has the sign of a 1.

    Parameters
    ----------
    values : any type [groups * outputs, columns]
        One row per output.
    groups : int
        Number of groups.

    Returns
    -------
    the same type [groups, blocks, columns, 8]
        The values, column by column within a block.
    """
    grouped = values.reshape(groups, -1, values.shape[1])
    full = np.pad(grouped, ((0, 0), (0, -grouped.shape[1] % OUTPUTS), (0, 0)))
    outputs = np.arange(full.shape[1])
    words = np.split(outputs, range(WORD, len(outputs), WORD))
    full = full[:, np.concatenate([word[::-1] for word in words])]
    return full.reshape(groups, -1, OUTPUTS, values.shape[1]).swapaxes(2, 3)


def _by_word(values: npt.NDArray[Any], element: int) -> npt.NDArray[Any]:
    """Arrange groups [groups, ...] as [words, groups of a word, ...]; missing groups are 0."""
    each = WORD // element
    rest = [(0, 0)] * (values.ndim - 1)
    full = np.pad(values, [(0, -len(values) % each), *rest])
    return full.reshape(-1, each, *values.shape[1:])

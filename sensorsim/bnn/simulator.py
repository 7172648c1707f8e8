"""The bit-level simulator: packed bits to integer class scores."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sensorsim.bits import WordArray, pack, words_for
from sensorsim.bnn import layerwise
from sensorsim.bnn.layers import Convolution, Dense, MaxPool, Scores, Shuffle, Sum, Threshold, Votes
from sensorsim.bnn.model import Model
from sensorsim.errors import InputError
from sensorsim.kernels import xnor


@dataclass(frozen=True)
class _Limits:
    """A threshold on accumulators as a limit on mismatches: bit = (m <= limit) XOR inverted
    (packed).
    """

    limit: npt.NDArray[np.int64]
    inverted: WordArray


def mismatch_limits(threshold: Threshold, products: int) -> _Limits:
    """Translate thresholds on ``products - 2 m`` into limits on the mismatches m.

    ``products - 2 m >= t`` is ``m <= floor((products - t) / 2)``; ``products - 2 m <= t`` is
    ``not m <= ceil((products - t) / 2) - 1``.
    """
    # A level out of reach is as constant one step beyond the reach, where nothing overflows.
    distance = products - np.clip(threshold.levels, -products - 1, products + 1)
    rising = distance // 2
    falling = -(-distance // 2) - 1
    return _Limits(np.where(threshold.rising, rising, falling), pack(~threshold.rising))


def scores(model: Model, words: WordArray) -> npt.NDArray[np.int64]:
    """Class scores of a batch, in units of ``2**-fraction_bits``.

    Parameters
    ----------
    words : uint64 [N, planes, H, W, ceil(channels / 64)]

    Returns
    -------
    int64 [N, classes]

    Raises
    ------
    InputError
        If the shape does not fit the model's input.
    """
    i = model.input
    expected = (i.planes, i.height, i.width, words_for(i.channels))
    if words.shape[1:] != expected:
        raise InputError(
            f"model input: bits of shape {words.shape[1:]} (planes, rows, columns, words), "
            f"expected {expected}; the readout or the image size differs from the model's"
        )
    if any(isinstance(layer, Dense | Sum | Shuffle | Votes) for layer in model.layers):
        *_, last = layerwise.observe(model, words)
        assert last.accumulators is not None
        return last.accumulators[:, 0, 0]
    x = words
    for position, layer in enumerate(model.layers):
        if isinstance(layer, Convolution):
            threshold = model.layers[position + 1]
            assert isinstance(threshold, Threshold)
            x = _convolve(x, layer, threshold)[:, np.newaxis]
        elif isinstance(layer, MaxPool):
            x = _pool(x[:, 0], layer)[:, np.newaxis]
        elif isinstance(layer, Scores):
            return _scores(x[:, 0], layer)
    raise AssertionError("a checked model ends with scores")


def decide(class_scores: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Class of the largest score; the first one if several tie."""
    return class_scores.argmax(1)


def _convolve(x: WordArray, layer: Convolution, threshold: Threshold) -> WordArray:
    n, planes, h, w, _ = x.shape
    products = layer.fan_in * (2**planes - 1)
    limits = mismatch_limits(threshold, products)
    shape = (n, layer.output_side(h), layer.output_side(w), words_for(layer.outputs))
    out = np.empty(shape, np.uint64)
    as_integers = planes > 1 and products <= np.iinfo(np.int32).max
    kernel = xnor.convolve_codes if as_integers else xnor.convolve
    kernel(
        np.ascontiguousarray(x), layer.weights, layer.kernel, layer.stride, layer.padding,
        layer.groups, layer.inputs // layer.groups, limits.limit, limits.inverted, out,
    )  # fmt: skip
    return out


def _pool(x: WordArray, layer: MaxPool) -> WordArray:
    n, h, w, words = x.shape
    out = np.empty((n, h // layer.size, w // layer.size, words), np.uint64)
    xnor.or_pool(np.ascontiguousarray(x), layer.size, out)
    return out


def _scores(x: WordArray, layer: Scores) -> npt.NDArray[np.int64]:
    mismatches = np.empty((len(x), layer.classes), np.int64)
    channels = layer.inputs // (x.shape[1] * x.shape[2])
    xnor.dense(np.ascontiguousarray(x), layer.weights, channels, mismatches)
    return (layer.inputs - 2 * mismatches) * layer.scale + layer.bias

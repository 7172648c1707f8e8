"""Convert a trained torch network to a bit-level model with integer thresholds."""

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from sensorsim.bnn.layers import (
    Concat,
    Convolution,
    Dense,
    Layer,
    MaxPool,
    Scores,
    Shuffle,
    Sum,
    Threshold,
    Votes,
)
from sensorsim.bnn.model import Input, Model, Training
from sensorsim.bnn.shapes import Shape, flow
from sensorsim.core.bits import pack
from sensorsim.optics.cfa import Bayer
from sensorsim.readout import Readout
from sensorsim.training.binary_layers import BinaryBlock, BinaryClassifier, BinaryDense
from sensorsim.training.network import Network, binary_blocks

FRACTION_BITS = 24


def export(
    network: Network,
    readout: Readout,
    image_shape: tuple[int, int, int],
    class_names: tuple[str, ...],
    training: Training,
    mosaic: Bayer | None = None,
) -> Model:
    """Fold every batch normalization into thresholds, and binarize every weight.

    Torch computes ``y = conv(b)`` on bits (or codes from 0 to L), the model accumulates bipolar
    products ``a = 2 y - L sum(w)``; thresholds and scores are converted exactly.

    Parameters
    ----------
    network : Network
        Trained network without heavy paths.
    readout : Readout
        Readout in front of the network.
    image_shape : tuple of int
        Height, width and colors that the network reads; with a Bayer filter half the array's height
        and width, and four colors.
    class_names : tuple of str
        Names of the classes, in the order of their numbers.
    training : Training
        Record of the training.
    mosaic : Bayer, optional
        Bayer filter of the array.

    Returns
    -------
    Model
        The bit-level model.

    Raises
    ------
    ValueError
        If a block still has a heavy path, which the model cannot represent.
    """
    if any(block.heavy is not None for block in binary_blocks(network)):
        raise ValueError("a heavy path is left; block pruning removes all before the export")
    height, width, colors = image_shape
    layers: list[Layer] = []
    largest = 2**readout.planes - 1
    for block in binary_blocks(network):
        layers += _fold_block(block, largest)
        largest = 1
    for dense in network.hidden:
        assert isinstance(dense, BinaryDense)
        layers += _fold_dense(dense)
    layers.append(_fold_head(network, layers, image_shape, readout))
    description = Input(
        height=height,
        width=width,
        colors=colors,
        planes=readout.planes,
        channels=readout.channels(colors),
        mosaic=mosaic,
    )
    return Model(description, readout, class_names, tuple(layers), training)


def _bits(latent: torch.Tensor) -> npt.NDArray[np.uint8]:
    return (latent.detach().cpu().numpy() >= 0).astype(np.uint8)


def _affine(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> tuple[npt.NDArray[np.float64], ...]:
    """Scale and shift of a batch-norm in evaluation: z = scale * y + shift."""
    assert norm.running_mean is not None and norm.running_var is not None
    mean, var = norm.running_mean.double().cpu().numpy(), norm.running_var.double().cpu().numpy()
    gamma = norm.weight.detach().double().cpu().numpy()
    scale = gamma / np.sqrt(var + norm.eps)
    return scale, norm.bias.detach().double().cpu().numpy() - scale * mean


def _levels(
    norm: nn.BatchNorm1d | nn.BatchNorm2d,
    weight_sum: npt.NDArray[np.int64],
    largest: int,
    weights: int,
) -> Threshold:
    """The threshold that a batch-norm and a step are on bipolar accumulators.

    Levels are clipped to one beyond what ``weights`` products can reach: a channel whose level lies
    there is constant, and a wider number would only be stored.
    """
    scale, shift = _affine(norm)
    if (scale <= 0).any():
        raise ValueError("batch-norm scales must be positive; constrain() keeps them so")
    least = np.array([math.ceil(v) for v in -shift / scale], np.int64)  # smallest y that gives 1
    reach = largest * weights
    levels = np.clip(2 * least - largest * weight_sum, -reach, reach + 1)
    return Threshold(levels, np.ones(len(levels), bool))


def _weight_sum(bits: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Sum of every output's bipolar weights; bits are [outputs, products]."""
    return 2 * bits.sum(1, dtype=np.int64) - bits.shape[1]


def _convolution(
    latent: torch.Tensor, stride: int, groups: int
) -> tuple[Convolution, npt.NDArray[np.int64]]:
    """A convolution, and the sum of every output's weights."""
    bits = _bits(latent).transpose(0, 2, 3, 1)  # (O, ky, kx, channel)
    outputs, kernel, _, group_channels = bits.shape
    flat = bits.reshape(outputs, -1)
    layer = Convolution(
        inputs=group_channels * groups,
        outputs=outputs,
        kernel=kernel,
        stride=stride,
        padding=kernel // 2,
        groups=groups,
        weights=pack(flat),
    )
    return layer, _weight_sum(flat)


def _fold_block(block: BinaryBlock, largest: int) -> list[Layer]:
    d = block.description
    layer: Convolution | Sum
    layer, weight_sum = _convolution(block.latent, d.stride, d.groups)
    products = layer.fan_in
    if block.mixing is not None:
        mixing, mixed = _convolution(block.mixing, d.stride, 1)
        weight_sum, products = weight_sum + mixed, products + mixing.fan_in
        layer = Sum(((layer,), (mixing,)))
    layers: list[Layer] = [layer, _levels(block.norm, weight_sum, largest, products)]
    if d.pool > 1:
        layers.append(MaxPool(d.pool))
    if d.concat:
        kept: tuple[Layer, ...] = (MaxPool(d.shrink),) if d.shrink > 1 else ()
        layers = [Concat((kept, tuple(layers)))]
    return layers + ([Shuffle(d.groups)] if d.shuffle else [])


def _fold_dense(dense: BinaryDense) -> list[Layer]:
    bits = _bits(dense.latent)
    outputs, inputs = bits.shape
    layer = Dense(inputs=inputs, outputs=outputs, weights=pack(bits))
    return [layer, _levels(dense.norm, _weight_sum(bits), 1, inputs)]


def _fold_head(
    network: Network,
    layers: list[Layer],
    image_shape: tuple[int, int, int],
    readout: Readout,
) -> Scores | Votes:
    scale, shift = _affine(network.classifier.norm)
    unit = 2.0**FRACTION_BITS
    if isinstance(network.classifier, BinaryClassifier):
        bits = _bits(network.classifier.latent)
        classes, inputs = bits.shape
        weight_sum = _weight_sum(bits)  # y = (a + sum(w)) / 2
        return Scores(
            inputs=inputs,
            classes=classes,
            fraction_bits=FRACTION_BITS,
            weights=pack(bits),
            scale=np.round(scale / 2 * unit).astype(np.int64),
            bias=np.round((shift + scale / 2 * weight_sum) * unit).astype(np.int64),
        )
    height, width, colors = image_shape
    before = Shape(height, width, readout.channels(colors), readout.planes)
    counted = [*flow(tuple(layers), before)][-1].after.bits // len(scale)  # y = (a + n) / 2
    return Votes(
        classes=len(scale),
        fraction_bits=FRACTION_BITS,
        scale=np.round(scale / 2 * unit).astype(np.int64),
        bias=np.round((shift + scale / 2 * counted) * unit).astype(np.int64),
    )

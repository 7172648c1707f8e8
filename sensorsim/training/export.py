"""From torch to integers: fold a trained network into a bit-level model."""

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from sensorsim.bits import pack
from sensorsim.bnn.layers import Convolution, Layer, MaxPool, Scores, Threshold
from sensorsim.bnn.model import Input, Model, Training
from sensorsim.mosaic import Bayer
from sensorsim.readout import Adc, Thermometer
from sensorsim.training.binary import BinaryBlock, BinaryClassifier
from sensorsim.training.network import Network

FRACTION_BITS = 24


def export(
    network: Network,
    readout: Adc | Thermometer,
    image_shape: tuple[int, int, int],
    class_names: tuple[str, ...],
    training: Training,
    mosaic: Bayer | None = None,
) -> Model:
    """Fold every batch-norm and binarize every weight.

    Torch computes ``y = conv(b)`` on bits (or codes from 0 to L) where the model accumulates
    bipolar products ``a = 2 y - L sum(w)``; levels and scores are moved accordingly, exactly.

    Parameters
    ----------
    image_shape : height, width, colors
        What the network reads: under a Bayer filter half the array's sides, and four colors.
    mosaic : Bayer, optional
        That filter.
    """
    height, width, colors = image_shape
    layers: list[Layer] = []
    largest = 2**readout.planes - 1
    for block in network.blocks:
        assert isinstance(block, BinaryBlock)
        layers += _fold_block(block, largest)
        largest = 1
    layers.append(_fold_classifier(network.classifier))
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
    return (latent.detach().numpy() >= 0).astype(np.uint8)


def _affine(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> tuple[npt.NDArray[np.float64], ...]:
    """Scale and shift of a batch-norm in evaluation: z = scale * y + shift."""
    assert norm.running_mean is not None and norm.running_var is not None
    mean, var = norm.running_mean.double().numpy(), norm.running_var.double().numpy()
    gamma = norm.weight.detach().double().numpy()
    scale = gamma / np.sqrt(var + norm.eps)
    return scale, norm.bias.detach().double().numpy() - scale * mean


def _fold_block(block: BinaryBlock, largest: int) -> list[Layer]:
    bits = _bits(block.latent).transpose(0, 2, 3, 1)  # (O, ky, kx, channel)
    outputs, kernel, _, group_channels = bits.shape
    flat = bits.reshape(outputs, -1)
    weight_sum = 2 * flat.sum(1, dtype=np.int64) - flat.shape[1]
    scale, shift = _affine(block.norm)
    if (scale <= 0).any():
        raise ValueError("batch-norm scales must be positive; constrain() keeps them so")
    least = np.array([math.ceil(v) for v in -shift / scale], np.int64)  # smallest y that gives 1
    levels = 2 * least - largest * weight_sum
    result: list[Layer] = [
        Convolution(
            inputs=group_channels * block.groups,
            outputs=outputs,
            kernel=kernel,
            stride=block.stride,
            padding=block.padding,
            groups=block.groups,
            weights=pack(flat),
        ),
        Threshold(levels, np.ones(outputs, bool)),
    ]
    return result + ([MaxPool(block.pool)] if block.pool > 1 else [])


def _fold_classifier(classifier: BinaryClassifier) -> Scores:
    bits = _bits(classifier.latent)
    classes, inputs = bits.shape
    weight_sum = 2 * bits.sum(1, dtype=np.int64) - inputs
    scale, shift = _affine(classifier.norm)
    unit = 2.0**FRACTION_BITS  # y = (a + sum(w)) / 2
    return Scores(
        inputs=inputs,
        classes=classes,
        fraction_bits=FRACTION_BITS,
        weights=pack(bits),
        scale=np.round(scale / 2 * unit).astype(np.int64),
        bias=np.round((shift + scale / 2 * weight_sum) * unit).astype(np.int64),
    )

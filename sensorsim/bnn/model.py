"""A binary network as a checked sequence of layers, with the readout it was trained for."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pydantic import Field

from sensorsim.bits import words_for
from sensorsim.bnn.layers import Convolution, Layer, MaxPool, Scores, Threshold
from sensorsim.description import Description
from sensorsim.errors import InputError
from sensorsim.mosaic import Bayer
from sensorsim.readout import Adc, Thermometer


class Training(Description):
    """Where a model comes from."""

    dataset: str = Field(description="Name of the dataset.")
    family: str = Field(description="Readout family.")
    command: str = Field(description="Command that trained it.")
    seed: int = Field(description="Seed of the training.")
    validation_accuracy: float = Field(
        ge=0, le=1, description="Bit-level, held-out training images."
    )
    test_accuracy: float = Field(ge=0, le=1, description="Bit-level, test images, seed 0, die 0.")


class Input(Description):
    """What the network reads."""

    height: int = Field(gt=0, le=65536)
    width: int = Field(gt=0, le=65536)
    colors: int = Field(gt=0, le=64)
    planes: int = Field(gt=0, le=16, description="Bit planes, plane k weighted 2**k.")
    channels: int = Field(gt=0, le=65536, description="Channels of each plane.")
    mosaic: Bayer | None = Field(
        None, description="Color filter whose cells of 2 x 2 pixels make the four colors, if any."
    )


_MAX_FRACTION_BITS = 62


@dataclass(frozen=True)
class Model:
    """A binary network.

    Attributes
    ----------
    input : Input
    readout : Adc or Thermometer
        The readout it was trained with.
    class_names : tuple of str
    layers : tuple of Layer
        Convolution and threshold in turn, max-pools after a threshold, scores last.
    training : Training
    """

    input: Input
    readout: Adc | Thermometer
    class_names: tuple[str, ...]
    layers: tuple[Layer, ...]
    training: Training

    def __post_init__(self) -> None:
        _check(self)

    @cached_property
    def weight_bits(self) -> int:
        """Binary weights of all layers."""
        return sum(x.weight_bits for x in self.layers if isinstance(x, Convolution | Scores))

    @cached_property
    def binary_operations(self) -> int:
        """Operations of one decision: an XNOR and a count for every product and plane."""
        return 2 * sum(macs for _, macs in layer_products(self))


def layer_products(model: Model) -> list[tuple[str, int]]:
    """Binary products of each convolution and of the dense layer, for one image."""
    height, width, planes = model.input.height, model.input.width, model.input.planes
    products = []
    for layer in model.layers:
        if isinstance(layer, Convolution):
            height, width = layer.output_side(height), layer.output_side(width)
            count = height * width * layer.outputs * layer.fan_in * planes
            products.append((layer.kind, count))
            planes = 1
        elif isinstance(layer, MaxPool):
            height, width = height // layer.size, width // layer.size
        elif isinstance(layer, Scores):
            products.append((layer.kind, layer.classes * layer.inputs))
    return products


def _fail(position: int, layer: Layer, what: str) -> None:
    raise InputError(f"layer {position} ({layer.kind}): {what}")


def _check(model: Model) -> None:
    """Shapes must follow from layer to layer.

    Raises
    ------
    InputError
        Naming the layer, what it has and what was expected.
    """
    side = (model.input.height, model.input.width)
    channels, planes = model.input.channels, model.input.planes
    want_threshold = False
    if model.readout.planes != planes or model.readout.channels(model.input.colors) != channels:
        raise InputError("model: its input does not fit the readout it names")
    if not model.layers or not isinstance(model.layers[-1], Scores):
        raise InputError("model: the last layer must be the class scores")
    for position, layer in enumerate(model.layers):
        if want_threshold != isinstance(layer, Threshold):
            _fail(position, layer, "a threshold must follow each convolution, and nothing else")
        want_threshold = isinstance(layer, Convolution)
        if planes > 1 and not isinstance(layer, Convolution):
            _fail(position, layer, f"{planes} weighted planes must meet a convolution first")
        if isinstance(layer, Convolution):
            side, channels = _check_convolution(position, layer, side, channels)
            planes = 1
        elif isinstance(layer, Threshold):
            for name in ("levels", "rising"):
                size = getattr(layer, name).shape
                if size != (channels,):
                    _fail(position, layer, f"{name} of {size[0]} channels, expected {channels}")
        elif isinstance(layer, MaxPool):
            if not 1 <= layer.size <= min(side):
                _fail(position, layer, f"size {layer.size}, expected 1 to {min(side)}")
            side = (side[0] // layer.size, side[1] // layer.size)
        else:
            _check_scores(position, layer, side[0] * side[1] * channels, model)


def _check_convolution(
    position: int, layer: Convolution, side: tuple[int, int], channels: int
) -> tuple[tuple[int, int], int]:
    if layer.inputs != channels:
        _fail(position, layer, f"reads {layer.inputs} channels, expected {channels}")
    if min(layer.kernel, layer.stride, layer.groups) < 1 or layer.padding < 0:
        _fail(position, layer, "kernel, stride and groups must be at least 1, padding at least 0")
    if layer.inputs % layer.groups or layer.outputs % layer.groups:
        _fail(position, layer, f"{layer.groups} groups must divide inputs and outputs")
    out = (layer.output_side(side[0]), layer.output_side(side[1]))
    if min(out) < 1:
        _fail(position, layer, f"kernel {layer.kernel} does not fit an input of {side}")
    _check_packing(position, layer, layer.outputs, layer.fan_in)
    return out, layer.outputs


def _check_scores(position: int, layer: Scores, inputs: int, model: Model) -> None:
    if position != len(model.layers) - 1:
        _fail(position, layer, "class scores must be the last layer")
    if layer.inputs != inputs:
        _fail(position, layer, f"reads {layer.inputs} bits, expected {inputs}")
    classes = len(model.class_names)
    if layer.classes != classes:
        _fail(position, layer, f"has {layer.classes} classes, expected {classes}")
    for name in ("scale", "bias"):
        size = getattr(layer, name).shape
        if size != (classes,):
            _fail(position, layer, f"{name} of {size[0]} classes, expected {classes}")
    if not 0 <= layer.fraction_bits <= _MAX_FRACTION_BITS:
        _fail(
            position,
            layer,
            f"fraction_bits {layer.fraction_bits}, expected 0 to {_MAX_FRACTION_BITS}",
        )
    _check_packing(position, layer, layer.classes, layer.inputs)


def _check_packing(position: int, layer: Convolution | Scores, outputs: int, fan_in: int) -> None:
    expected = (outputs, words_for(fan_in))
    if layer.weights.shape != expected:
        _fail(position, layer, f"weights of shape {layer.weights.shape}, expected {expected}")
    spare = fan_in % 64
    if spare and (layer.weights[:, -1] >> np.uint64(spare)).any():
        _fail(position, layer, f"weights have bits beyond the {fan_in} of their receptive field")

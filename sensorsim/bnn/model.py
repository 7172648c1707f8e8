"""A binary network as a checked sequence of layers, with the readout it was trained for."""

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from sensorsim.bnn.activation_memory import largest_activation_memory
from sensorsim.bnn.compiler import compile_plan, compile_sums
from sensorsim.bnn.layers import Branching, Layer, Scores, Votes, Weighted
from sensorsim.bnn.plan import Plan
from sensorsim.bnn.shapes import Shape, Step, check_memory, flow, products
from sensorsim.bnn.size import stored
from sensorsim.core.bits import WORD, WordArray, words_for
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.optics.cfa import Bayer
from sensorsim.readout import Readout


class Training(Description):
    """Where a model comes from."""

    dataset: str = Field(description="Name of the dataset.")
    family: str = Field(description="Readout family.")
    command: str = Field(description="Command that trained it.")
    seed: int = Field(description="Seed of the training.")
    validation_accuracy: float | None = Field(
        ge=0, le=1, description="Bit-level, held-out training images; None if not measured."
    )
    test_accuracy: float | None = Field(
        ge=0, le=1, description="Bit-level, test images, seed 0, die 0; None if not measured."
    )
    camera: dict[str, Any] | None = Field(
        None, description="Pixel, lens and light that it was trained behind; None if unknown."
    )

    @model_serializer(mode="wrap")
    def _without_an_unknown_camera(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave an unknown camera out, as files do that were written before it was recorded."""
        found: dict[str, Any] = dump(self)
        if self.camera is None:
            found.pop("camera", None)
        return found


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


@dataclass(frozen=True, repr=False)
class Model:
    """A binary network.

    Attributes
    ----------
    input : Input
        Shape of an image, and planes and channels of its bits.
    readout : Readout
        The readout it was trained with.
    class_names : tuple of str
        In the order of the scores.
    layers : tuple of Layer
        In order of computation; see `sensorsim.bnn.shapes` for what may follow what. Their arrays
        are the model's own and can only be read: a change would not reach a plan.
    training : Training
        How it was trained.
    """

    input: Input
    readout: Readout
    class_names: tuple[str, ...]
    layers: tuple[Layer, ...]
    training: Training

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(map(_frozen, self.layers)))
        view = self.input
        colors = view.colors
        if (self.readout.planes, self.readout.channels(colors)) != (view.planes, view.channels):
            raise InputError(
                f"model: its input has {view.planes} planes of {view.channels} channels, its "
                f"readout {self.readout.kind!r} gives {self.readout.planes} of "
                f"{self.readout.channels(colors)}; expected the same"
            )
        if not self.layers or not isinstance(self.layers[-1], Scores | Votes):
            raise InputError("model: the last layer must be the class scores or votes")
        classes = self.layers[-1].classes
        if classes != len(self.class_names):
            raise InputError(
                f"layer {len(self.layers) - 1} ({self.layers[-1].kind}): has {classes} classes, "
                f"expected {len(self.class_names)}"
            )
        check_memory(self.steps)  # also raises if layers do not fit

    def __repr__(self) -> str:
        i = self.input
        return (
            f"<Model of {len(self.layers)} layers, {self.weight_bits:,} weight bits: "
            f"{i.height} x {i.width} x {i.colors} behind a {self.readout.words()}, "
            f"{len(self.class_names)} classes>"
        )

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Every layer with its place and the shapes before and after it.

        Returns
        -------
        tuple of Step
            In order of computation; branches come before the layer that joins them.
        """
        return tuple(flow(self.layers, self.shape))

    @cached_property
    def plan(self) -> Plan:
        """The network compiled for the simulator.

        Returns
        -------
        Plan
            Compiled once, on first use.
        """
        return compile_plan(self.layers, self.shape)

    @cached_property
    def _plans_of_sums(self) -> dict[str, Plan]:
        return {}

    def plan_of_sums(self, step: Step) -> Plan:
        """Compile one layer for `sensorsim.bnn.layerwise`; see `compile_sums`.

        Parameters
        ----------
        step : Step
            One of `steps`: a convolution, dense layer, scores or votes.

        Returns
        -------
        Plan
            Compiled once per layer, on first use.
        """
        plans = self._plans_of_sums
        if step.place not in plans:
            plans[step.place] = compile_sums(step)
        return plans[step.place]

    def __reduce__(self) -> tuple[type["Model"], tuple[Any, ...]]:
        """A copy freezes its arrays and compiles plans of its own."""
        return Model, tuple(getattr(self, f.name) for f in fields(self))

    @property
    def shape(self) -> Shape:
        """Shape of one image before the first layer.

        Returns
        -------
        Shape
            Height, width, channels and planes of the input.
        """
        view = self.input
        return Shape(view.height, view.width, view.channels, view.planes)

    def check_words(self, words: WordArray) -> None:
        """Check that the packed bits of a batch fit the input.

        Parameters
        ----------
        words : uint64 [N, planes, H, W, ceil(channels / 64)]
            Packed input bits.

        Raises
        ------
        InputError
            If the type or shape differs, or spare bits of the last word are not 0.
        """
        i = self.input
        if words.dtype != np.uint64:
            raise InputError(
                f"model input: bits of type {words.dtype.str}, expected packed words of this "
                "machine's uint64; pack them with sensorsim.core.bits.pack"
            )
        expected = (i.planes, i.height, i.width, words_for(i.channels))
        if words.shape[1:] != expected:
            raise InputError(
                f"model input: bits of shape {words.shape[1:]} (planes, rows, columns, words), "
                f"expected {expected}; the readout or the image size differs from the model's"
            )
        used = i.channels % WORD
        if used and int(np.bitwise_or.reduce(words[..., -1], axis=None)) >> used:
            raise InputError(
                f"model input: ones beyond the {i.channels} channels, expected 0 in the "
                f"{WORD - used} spare bits of each last word"
            )

    @cached_property
    def weight_bits(self) -> int:
        """Number of binary weights of all layers.

        Returns
        -------
        int
            Weights, bit.
        """
        return sum(s.layer.weight_bits for s in self.steps if isinstance(s.layer, Weighted))

    @cached_property
    def stored_bits(self) -> int:
        """Size of all trained numbers, including the readout's; see `sensorsim.bnn.size`.

        Returns
        -------
        int
            Stored size, bit.
        """
        return stored(self.steps, self.readout).total

    @cached_property
    def largest_activation_memory_bits(self) -> int:
        """Most activation bits held at once; see `sensorsim.bnn.activation_memory`.

        Returns
        -------
        int
            Peak activation memory, bit.
        """
        return largest_activation_memory(self.layers, self.shape)

    @cached_property
    def binary_operations(self) -> int:
        """Operations of one decision: an XNOR and a count for every product and plane.

        Returns
        -------
        int
            Two per product.
        """
        return 2 * sum(map(products, self.steps))


def _frozen(layer: Layer) -> Layer:
    """A layer whose arrays are read-only and shared with nobody."""
    if isinstance(layer, Branching):
        return replace(layer, branches=tuple(tuple(map(_frozen, b)) for b in layer.branches))
    arrays: dict[str, Any] = {
        name: _own(v) for name, v in vars(layer).items() if isinstance(v, np.ndarray)
    }
    return replace(layer, **arrays) if arrays else layer


def _own(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if array.flags.writeable or not array.flags.owndata:
        array = array.copy()
        array.flags.writeable = False
    return array

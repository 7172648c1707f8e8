"""What a tensor of an imported graph is: bits or accumulators of layers found so far, under a scale
and an offset, in some arrangement of its elements.

Scales and offsets are fractions, so that nothing is rounded before a sign is taken.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor, isqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.exchange.rising import negated
from sensorsim.bnn.layers import Concat, Convolution, Dense, Layer, Shuffle, Sum, Threshold
from sensorsim.bnn.shapes import Shape, flow
from sensorsim.core.errors import InputError

Fractions = npt.NDArray[np.object_]
"""Fractions [channels]."""
MAX_ELEMENTS = 2**24
"""Of one tensor; a damaged file may ask for any number."""
_ROOT_BITS = 512


@dataclass(frozen=True)
class Traced:
    """A tensor that depends on the graph's input: ``scale * x + offset``.

    Attributes
    ----------
    start : Shape
        What the network reads.
    layers : tuple of Layer
        What makes x of it.
    shape : Shape
        Of x: bits (+1 and -1), or accumulators if its reach is not 0.
    index : int64, the tensor's shape without the batch
        Where each element lies in x, counted in the order (row, column, channel).
    scale, offset : fractions [channels]
    padding : int
        Border of dark pixels around an image.
    """

    start: Shape
    layers: tuple[Layer, ...]
    shape: Shape
    index: npt.NDArray[np.int64]
    scale: Fractions
    offset: Fractions
    padding: int = 0

    @classmethod
    def input(cls, shape: Shape) -> "Traced":
        """What the network reads, as an image [channels, rows, columns]."""
        return cls(shape, (), shape, image_index(shape), *_identity(shape.channels))

    def then(self, layer: Layer) -> "Traced":
        """What a layer makes of x, as an image of scale 1."""
        *_, last = flow((layer,), self.shape)
        if last.after.bits > MAX_ELEMENTS:
            raise InputError(f"gives {last.after.bits} elements, expected at most {MAX_ELEMENTS}")
        return Traced(
            self.start, (*self.layers, layer), last.after, image_index(last.after),
            *_identity(last.after.channels),
        )  # fmt: skip

    def arranged(self, index: npt.NDArray[np.int64]) -> "Traced":
        """The same elements in another arrangement."""
        return replace(self, index=index)

    def per_channel(self, values: npt.NDArray[Any]) -> Fractions:
        """A constant that meets this tensor, as one fraction per channel.

        Raises
        ------
        InputError
            If it does not fit, or differs within a channel.
        """
        try:
            spread = np.broadcast_to(values, (1, *self.index.shape))[0]
        except ValueError:
            raise InputError(
                f"a constant of shape {values.shape} meets a tensor of shape "
                f"{(1, *self.index.shape)}; they do not fit"
            ) from None
        if not np.isfinite(spread).all():
            raise InputError("a constant is not finite")
        canonical = np.empty(self.index.size, spread.dtype)
        canonical[self.index.ravel()] = spread.ravel()
        rows = canonical.reshape(-1, self.shape.channels)
        if (rows != rows[0]).any():
            raise InputError("a constant differs between pixels, expected one value per channel")
        return fractions(rows[0])

    def affine(self, scale: Fractions, offset: Fractions) -> "Traced":
        """Multiplied and moved."""
        return replace(self, scale=self.scale * scale, offset=self.offset * scale + offset)

    def unit(self) -> Fraction:
        """The magnitude of bits that are ``+unit`` and ``-unit``.

        Raises
        ------
        InputError
            If this is anything else.
        """
        if self.shape.reach:
            raise InputError("reads accumulators, expected bits; take their sign first")
        unit = self.scale[0]
        if (self.scale != unit).any() or unit <= 0 or (self.offset != 0).any():
            raise InputError(
                "reads bits under a scale or an offset per channel, expected +s and -s with one s; "
                "binarize them (BipolarQuant) behind it"
            )
        return unit

    def image(self) -> "Traced":
        """The same bits as an image, behind a channel shuffle if that is what moved them.

        Raises
        ------
        InputError
            If its elements are arranged in any other way.
        """
        shuffled = self.settled()
        if np.array_equal(shuffled.index, image_index(shuffled.shape)):
            return shuffled
        raise InputError(
            "reads an image whose elements were rearranged in a way that is no channel shuffle"
        )

    def settled(self) -> "Traced":
        """The same tensor; if a channel shuffle moved bits, they are an image behind that layer.

        One shuffle after another is no shuffle as a rule, so each is settled where it ends.
        """
        channels = self.shape.channels
        canonical = image_index(self.shape)
        if self.shape.reach or self.index.shape != canonical.shape:
            return self
        for groups in range(2, channels):
            if channels % groups:
                continue
            order = np.arange(channels).reshape(groups, -1).T.ravel()
            if np.array_equal(self.index, canonical[order]):
                made = self.then(Shuffle(groups))
                return replace(made, scale=self.scale[order], offset=self.offset[order])
        return self

    def sign(self) -> "Traced":
        """Bits of ``scale * x + offset >= 0``: an integer comparison, exact at ties."""
        if not self.shape.reach:
            if self.shape.planes == 1 and all(
                s > abs(o) for s, o in zip(self.scale, self.offset, strict=True)
            ):
                unscaled = _identity(self.shape.channels)
                return replace(self, scale=unscaled[0], offset=unscaled[1])
            raise InputError(
                "takes the sign of what is no accumulator; expected a convolution or dense layer "
                "before it"
            )
        reach = self.shape.reach
        pairs = [_level(s, o, reach) for s, o in zip(self.scale, self.offset, strict=True)]
        levels, rising = zip(*pairs, strict=True)
        threshold = Threshold(np.array(levels, np.int64), np.array(rising))
        return self.then(threshold).arranged(self.index)

    def __add__(self, other: "Traced") -> "Traced":
        """Integer sum of two branches.

        Raises
        ------
        InputError
            If their scales differ, or they do not part at common bits.
        """
        if not (self.shape.reach and other.shape.reach):
            raise InputError("adds bits to a tensor, expected accumulators of two convolutions")
        if not np.array_equal(self.index, other.index):
            raise InputError("adds tensors of different shapes or arrangements")
        if (abs(self.scale) != abs(other.scale)).any() or (self.scale == 0).any():
            raise InputError(
                "adds branches of different scales per channel, which is no integer sum; keep "
                "batch-norm behind the addition"
            )
        for branch in (self, other):
            if not isinstance(branch.layers[-1], Convolution | Dense | Sum):
                raise InputError("adds sums over pixels, expected accumulators of convolutions")
        shared = _shared([self.layers, other.layers])
        first, second = self.layers[shared:], other.layers[shared:]
        second = (*second[:-1], negated(second[-1], self.scale != other.scale))
        total = self.up_to(shared).then(Sum((first, second))).arranged(self.index)
        return total.affine(self.scale, self.offset + other.offset)

    def up_to(self, position: int) -> "Traced":
        """What comes out of the first layers, as an image of scale 1."""
        layers, shape = self.layers[:position], self.start
        for step in flow(layers, shape):
            shape = step.after
        return replace(Traced.input(shape), start=self.start, layers=layers)


def concatenated(parts: list[Traced]) -> Traced:
    """Channels of images of bits behind one another.

    Layers that all parts share come before the concatenation; a part that has no others is an empty
    branch of it.

    Parameters
    ----------
    parts : list of Traced
        Images of one input.

    Returns
    -------
    Traced
        An image; each part keeps the scale of its bits.

    Raises
    ------
    InputError
        If a part is no image of bits, or their sizes differ.
    """
    units = [part.unit() for part in parts]
    images = [part.image() for part in parts]
    shared = _shared([image.layers for image in images])
    branches = tuple(image.layers[shared:] for image in images)
    scale = np.repeat(np.array(units, object), [image.shape.channels for image in images])
    whole = images[0].up_to(shared).then(Concat(branches))
    return whole.affine(scale, 0 * scale)


def image_index(shape: Shape) -> npt.NDArray[np.int64]:
    """Index of an image [channels, rows, columns]."""
    h, w, c = shape[:3]
    return np.arange(h * w * c).reshape(h, w, c).transpose(2, 0, 1)


def fractions(values: npt.NDArray[Any]) -> Fractions:
    """Numbers as they are stored, exactly."""
    return np.array([Fraction(v.item()) for v in values.ravel()], object).reshape(values.shape)


def root(value: Fraction) -> Fraction:
    """Square root, exact of squares of dyadic fractions and else to 512 bits.

    A sign behind it is that of ``p + q sqrt(v)`` with float32 p, q and v. Where that is not zero it
    is far larger than the error of the root.
    """
    shift = 2 * _ROOT_BITS
    return Fraction(isqrt((value.numerator << shift) // value.denominator), 1 << _ROOT_BITS)


def _identity(channels: int) -> tuple[Fractions, Fractions]:
    return np.array([Fraction(1)] * channels, object), np.array([Fraction(0)] * channels, object)


def _level(scale: Fraction, offset: Fraction, reach: int) -> tuple[int, bool]:
    """Level and direction of ``scale * x + offset >= 0`` for whole x."""
    if scale == 0:
        return (-reach - 1 if offset >= 0 else reach + 1), True
    zero = -offset / scale
    level = ceil(zero) if scale > 0 else floor(zero)
    return min(max(level, -reach - 1), reach + 1), scale > 0


def _shared(chains: list[tuple[Layer, ...]]) -> int:
    """How many layers all chains share, up to bits."""
    first, shared = chains[0], 0
    # The arrangement of one tensor is read as a shuffle anew wherever it is read.
    while shared < min(map(len, chains)) and all(
        chain[shared] is first[shared]
        or (isinstance(chain[shared], Shuffle) and chain[shared] == first[shared])
        for chain in chains
    ):
        shared += 1
    while shared and isinstance(first[shared - 1], Convolution | Dense | Sum):
        shared -= 1
    return shared

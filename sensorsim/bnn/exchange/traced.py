"""Tensors of an imported graph: scaled bits or accumulators of the layers found so far.

A tensor also has an offset, and an arrangement of its elements. Scales and offsets are exact
fractions, so that nothing is rounded before a sign is taken.
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
"""Most elements of one tensor; a damaged file may declare any number."""
_ROOT_BITS = 512


@dataclass(frozen=True)
class Traced:
    """A tensor that depends on the graph's input: ``scale * x + offset``.

    Attributes
    ----------
    start : Shape
        Shape of the network's input.
    layers : tuple of Layer
        Layers that compute x from the input.
    shape : Shape
        Shape of x: bits (+1 and -1), or accumulators if its reach is not 0.
    index : int64, the tensor's shape without the batch
        Position of each element in x, counted in the order (row, column, channel).
    scale : Fraction [channels]
        Factor of each channel of x.
    offset : Fraction [channels]
        Offset of each channel of x.
    padding : int
        Border of dark pixels around an image, pixels.
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
        """Make the tensor of the network's input.

        Parameters
        ----------
        shape : Shape
            Shape of the network's input.

        Returns
        -------
        Traced
            Image [channels, rows, columns] of scale 1 and offset 0.
        """
        return cls(shape, (), shape, image_index(shape), *_identity(shape.channels))

    def then(self, layer: Layer) -> "Traced":
        """Append a layer.

        Parameters
        ----------
        layer : Layer
            Layer that reads x.

        Returns
        -------
        Traced
            The layer's output, as an image of scale 1 and offset 0.

        Raises
        ------
        InputError
            If the output has more than `MAX_ELEMENTS` elements, or the layer does not fit.
        """
        *_, last = flow((layer,), self.shape)
        if last.after.bits > MAX_ELEMENTS:
            raise InputError(f"gives {last.after.bits} elements, expected at most {MAX_ELEMENTS}")
        return Traced(
            self.start, (*self.layers, layer), last.after, image_index(last.after),
            *_identity(last.after.channels),
        )  # fmt: skip

    def arranged(self, index: npt.NDArray[np.int64]) -> "Traced":
        """Rearrange the elements.

        Parameters
        ----------
        index : int64, the new shape without the batch
            Position of each element in x.

        Returns
        -------
        Traced
            The same x, scale and offset.
        """
        return replace(self, index=index)

    def per_channel(self, values: npt.NDArray[Any]) -> Fractions:
        """Convert a constant operand of this tensor to one fraction per channel.

        Parameters
        ----------
        values : numbers, a shape that broadcasts to the tensor's
            The constant.

        Returns
        -------
        Fraction [channels]
            Its exact value for each channel of x.

        Raises
        ------
        InputError
            If it does not broadcast, is not finite, or differs within a channel.
        """
        try:
            spread = np.broadcast_to(values, (1, *self.index.shape))[0]
        except ValueError:
            raise InputError(
                f"a constant of shape {values.shape} does not fit a tensor of shape "
                f"{(1, *self.index.shape)}"
            ) from None
        if not np.isfinite(spread).all():
            place = tuple(map(int, np.argwhere(~np.isfinite(spread))[0]))
            raise InputError(
                f"a constant is not finite: {spread[place]} at {place} of {spread.shape}; expected "
                "finite numbers"
            )
        canonical = np.empty(self.index.size, spread.dtype)
        canonical[self.index.ravel()] = spread.ravel()
        rows = canonical.reshape(-1, self.shape.channels)
        differs = (rows != rows[0]).any(0)
        if differs.any():
            channel = int(np.argmax(differs))
            low, high = rows[:, channel].min(), rows[:, channel].max()
            raise InputError(
                f"a constant differs between pixels: {low} to {high} in channel {channel}, "
                "expected one value per channel"
            )
        return fractions(rows[0])

    def affine(self, scale: Fractions, offset: Fractions) -> "Traced":
        """Multiply by a scale, then add an offset.

        Parameters
        ----------
        scale : Fraction [channels]
            Factor of each channel.
        offset : Fraction [channels]
            Offset of each channel.

        Returns
        -------
        Traced
            The same x with another scale and offset.
        """
        return replace(self, scale=self.scale * scale, offset=self.offset * scale + offset)

    def unit(self) -> Fraction:
        """Find the magnitude of bits that are ``+unit`` and ``-unit``.

        Returns
        -------
        Fraction
            Scale of all channels.

        Raises
        ------
        InputError
            If the tensor holds accumulators or has an offset, or its scale is not positive or
            differs between channels.
        """
        if self.shape.max_accumulator:
            raise InputError("reads accumulators, expected bits; take their sign first")
        unit = self.scale[0]
        if (self.scale != unit).any() or unit <= 0 or (self.offset != 0).any():
            raise InputError(
                "reads bits under a scale or an offset per channel, expected +s and -s with one s; "
                "binarize them (BipolarQuant) after it"
            )
        return unit

    def image(self) -> "Traced":
        """Convert to an image, with a channel shuffle if that explains the arrangement.

        Returns
        -------
        Traced
            The same bits as an image in the order of x.

        Raises
        ------
        InputError
            If the elements are arranged in any other way.
        """
        shuffled = self.settled()
        if np.array_equal(shuffled.index, image_index(shuffled.shape)):
            return shuffled
        raise InputError("reads an image whose elements are rearranged, but by no channel shuffle")

    def settled(self) -> "Traced":
        """Convert an arrangement that is a channel shuffle of bits to a layer.

        Done after each rearrangement, since two shuffles in sequence are generally not one shuffle.

        Returns
        -------
        Traced
            An image after a `Shuffle` layer; the tensor itself if there is no shuffle.
        """
        channels = self.shape.channels
        canonical = image_index(self.shape)
        if self.shape.max_accumulator or self.index.shape != canonical.shape:
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
        """Take the sign, ``scale * x + offset >= 0``, as an exact integer comparison.

        Returns
        -------
        Traced
            Bits of scale 1 in the same arrangement; 1 where the number is 0.

        Raises
        ------
        InputError
            If the tensor is neither accumulators nor bits whose sign is that of x.
        """
        if not self.shape.max_accumulator:
            if self.shape.planes == 1 and all(
                s > abs(o) for s, o in zip(self.scale, self.offset, strict=True)
            ):
                unscaled = _identity(self.shape.channels)
                return replace(self, scale=unscaled[0], offset=unscaled[1])
            raise InputError(
                "takes the sign of a tensor other than accumulators; expected a convolution or "
                "dense layer before it"
            )
        max_accumulator = self.shape.max_accumulator
        pairs = [
            _level(s, o, max_accumulator) for s, o in zip(self.scale, self.offset, strict=True)
        ]
        levels, rising = zip(*pairs, strict=True)
        threshold = Threshold(np.array(levels, np.int64), np.array(rising))
        return self.then(threshold).arranged(self.index)

    def __add__(self, other: "Traced") -> "Traced":
        """Add two branches as integers.

        Raises
        ------
        InputError
            If the tensors are not accumulators of convolutions or dense layers, or differ in shape,
            arrangement or magnitude of scale.
        """
        if not (self.shape.max_accumulator and other.shape.max_accumulator):
            raise InputError("adds bits to a tensor, expected accumulators of two convolutions")
        if not np.array_equal(self.index, other.index):
            raise InputError(
                f"adds tensors of shapes {self.index.shape} and {other.index.shape} (without the "
                "batch), expected one shape and one order of elements"
            )
        if (abs(self.scale) != abs(other.scale)).any() or (self.scale == 0).any():
            raise InputError(
                "adds branches of different scales per channel, which is no integer sum; keep "
                "batch-norm after the addition"
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
        """Return the output of the first layers.

        Parameters
        ----------
        position : int
            Number of layers to keep.

        Returns
        -------
        Traced
            Their output, as an image of scale 1 and offset 0.
        """
        layers, shape = self.layers[:position], self.start
        for step in flow(layers, shape):
            shape = step.after
        return replace(Traced.input(shape), start=self.start, layers=layers)


def concatenated(parts: list[Traced]) -> Traced:
    """Concatenate the channels of images of bits.

    Layers that all parts share come before the concatenation; a part without other layers becomes
    an empty branch.

    Parameters
    ----------
    parts : list of Traced
        Images that depend on the same input.

    Returns
    -------
    Traced
        An image; each part keeps the scale of its bits.

    Raises
    ------
    InputError
        If a part is not an image of bits, or their heights or widths differ.
    """
    units = [part.unit() for part in parts]
    images = [part.image() for part in parts]
    shared = _shared([image.layers for image in images])
    branches = tuple(image.layers[shared:] for image in images)
    scale = np.repeat(np.array(units, object), [image.shape.channels for image in images])
    whole = images[0].up_to(shared).then(Concat(branches))
    return whole.affine(scale, 0 * scale)


def image_index(shape: Shape) -> npt.NDArray[np.int64]:
    """Compute the index of an image in the order of x.

    Parameters
    ----------
    shape : Shape
        Shape of the image.

    Returns
    -------
    int64 [channels, rows, columns]
        Position of each element, counted in the order (row, column, channel).
    """
    h, w, c = shape[:3]
    return np.arange(h * w * c).reshape(h, w, c).transpose(2, 0, 1)


def fractions(values: npt.NDArray[Any]) -> Fractions:
    """Convert numbers to fractions without rounding.

    Parameters
    ----------
    values : numbers, any shape
        Finite numbers.

    Returns
    -------
    Fraction, the same shape
        Exact values.
    """
    return np.array([Fraction(v.item()) for v in values.ravel()], object).reshape(values.shape)


def root(value: Fraction) -> Fraction:
    """Compute a square root: exact for squares of short dyadic fractions, else to 512 bits.

    A sign taken later is that of ``p + q sqrt(v)`` with float32 p, q and v. Where that is not zero,
    it is far larger than the error of the root.

    Parameters
    ----------
    value : Fraction
        A number >= 0.

    Returns
    -------
    Fraction
        Its root, rounded down to a multiple of ``2**-512``.

    Examples
    --------
    >>> root(Fraction(9, 4))
    Fraction(3, 2)
    """
    shift = 2 * _ROOT_BITS
    return Fraction(isqrt((value.numerator << shift) // value.denominator), 1 << _ROOT_BITS)


def _identity(channels: int) -> tuple[Fractions, Fractions]:
    return np.array([Fraction(1)] * channels, object), np.array([Fraction(0)] * channels, object)


def _level(scale: Fraction, offset: Fraction, max_accumulator: int) -> tuple[int, bool]:
    """Level and direction that are equivalent to ``scale * x + offset >= 0`` for whole x."""
    if scale == 0:
        return (-max_accumulator - 1 if offset >= 0 else max_accumulator + 1), True
    zero = -offset / scale
    level = ceil(zero) if scale > 0 else floor(zero)
    return min(max(level, -max_accumulator - 1), max_accumulator + 1), scale > 0


def _shared(chains: list[tuple[Layer, ...]]) -> int:
    """Number of leading layers that all chains share, up to bits."""
    first, shared = chains[0], 0
    # Shuffles are compared by value: `settled` makes a new layer at each use of a tensor.
    while shared < min(map(len, chains)) and all(
        chain[shared] is first[shared]
        or (isinstance(chain[shared], Shuffle) and chain[shared] == first[shared])
        for chain in chains
    ):
        shared += 1
    while shared and isinstance(first[shared - 1], Convolution | Dense | Sum):
        shared -= 1
    return shared

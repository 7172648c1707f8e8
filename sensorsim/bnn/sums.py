"""Compute a sum of two convolutions as one, over the concatenated receptive fields of both."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sensorsim.bnn.fields import Fields, IntArray, Place, Window
from sensorsim.bnn.layers import Convolution, Layer, Sum
from sensorsim.bnn.shapes import Shape
from sensorsim.core.bits import WordArray, pack, unpack


@dataclass(frozen=True)
class SumWindow:
    """Windows that one output of a sum reads; gathered bits begin with those of the first branch.

    Attributes
    ----------
    parts : tuple of two Window
        Windows of the branches; both have the same stride.
    outputs : int
        Output channels.
    is_direct : bool
        False, since the bits of a sum are always gathered.
    """

    parts: tuple[Window, Window]
    outputs: int
    is_direct = False

    @property
    def groups(self) -> int:
        """Groups of outputs that read the same bits.

        Returns
        -------
        int
            Least common multiple of the branches' groups.
        """
        return math.lcm(*(part.groups for part in self.parts))

    @property
    def stride(self) -> int:
        """Stride of both branches.

        Returns
        -------
        int
            Pixels.
        """
        return self.parts[0].stride

    @property
    def padding(self) -> int:
        """Padding of the branch with the larger padding, which defines the origin of a field.

        Returns
        -------
        int
            Pixels.
        """
        return max(part.padding for part in self.parts)

    @property
    def width(self) -> int:
        """Width of the wider branch.

        Returns
        -------
        int
            Columns.
        """
        return max(part.width for part in self.parts)

    def origin(self, fields: Fields) -> tuple[IntArray, IntArray]:
        """Find the first input pixel of each field.

        Parameters
        ----------
        fields : Fields
            Outputs of the sum.

        Returns
        -------
        rows : int64 [fields]
            Input row of the first pixel; negative in the padding.
        columns : int64 [fields]
            Input column of the first pixel; negative in the padding.
        """
        return fields.y * self.stride - self.padding, fields.x * self.stride - self.padding

    def pieces(self, group: int, source: Place) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Compute a group's rows of the table of `sensorsim.kernels.patches`.

        Parameters
        ----------
        group : int
            Group of the sum.
        source : Place
            Activation that the fields are read from.

        Yields
        ------
        word : int
            Word of the gathered field that the piece belongs to; ascending.
        piece : tuple of int
            Row of the table: source (byte), right (bit), mask, left (bit).
        """
        first = 0
        for part in self.parts:
            inset = (self.padding - part.padding) * (source.line + 1)
            own = group * part.groups // self.groups
            yield from part.pieces(own, source, first, inset)
            first += part.pixels * part.share


def sum_window(layer: Layer, shape: Shape) -> SumWindow | None:
    """Find the window of a sum that can be computed as one convolution.

    Parameters
    ----------
    layer : Layer
        Any layer.
    shape : Shape
        Shape of the layer's input.

    Returns
    -------
    SumWindow or None
        None if the layer is not a sum of two convolutions with the same stride, or reads several
        planes.
    """
    if not isinstance(layer, Sum) or shape.planes > 1:
        return None
    first, second = layer.branches
    if len(first) != 1 or len(second) != 1:
        return None
    one, other = first[0], second[0]
    if not isinstance(one, Convolution) or not isinstance(other, Convolution):
        return None
    if one.stride != other.stride:
        return None
    return SumWindow((Window.of(one, shape), Window.of(other, shape)), one.outputs)


def sum_weights(layer: Sum) -> WordArray:
    """Concatenate the weights of both branches, in the order of the gathered bits.

    Parameters
    ----------
    layer : Sum
        Sum of two convolutions.

    Returns
    -------
    uint64 [outputs, words]
        Packed weights of every output.
    """
    parts = []
    for (branch,) in layer.branches:
        assert isinstance(branch, Convolution)
        parts.append(unpack(branch.weights, branch.fan_in))
    return pack(np.concatenate(parts, 1))

"""A sum of two convolutions as one: both receptive fields of an output, one behind the other."""

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
    """What one output of a sum reads; its bits are gathered, those of the first branch first.

    Attributes
    ----------
    parts : two Window
        Of the branches; they have one stride.
    outputs : int
    """

    parts: tuple[Window, Window]
    outputs: int
    is_direct = False

    @property
    def groups(self) -> int:
        """Groups of outputs that read the same bits."""
        return math.lcm(*(part.groups for part in self.parts))

    @property
    def stride(self) -> int:
        """Step of both branches."""
        return self.parts[0].stride

    @property
    def padding(self) -> int:
        """Of the wider branch; the origin of a field is that of the wider one."""
        return max(part.padding for part in self.parts)

    @property
    def width(self) -> int:
        """Columns of the wider branch."""
        return max(part.width for part in self.parts)

    def origin(self, fields: Fields) -> tuple[IntArray, IntArray]:
        """Row and column of the first pixel of each field.

        Parameters
        ----------
        fields : Fields

        Returns
        -------
        rows, columns : int64 [fields]
        """
        return fields.y * self.stride - self.padding, fields.x * self.stride - self.padding

    def pieces(self, group: int, source: Place) -> Iterator[tuple[int, tuple[int, ...]]]:
        """A group's rows of the table of `sensorsim.kernels.patches`, and what word each is of.

        Parameters
        ----------
        group : int
        source : Place

        Yields
        ------
        word : int
            Of the gathered field, ascending.
        piece : tuple of int
            Source, right, mask, left.
        """
        first = 0
        for part in self.parts:
            inset = (self.padding - part.padding) * (source.line + 1)
            own = group * part.groups // self.groups
            yield from part.pieces(own, source, first, inset)
            first += part.pixels * part.share


def sum_window(layer: Layer, shape: Shape) -> SumWindow | None:
    """The window of a sum that can be computed as one convolution.

    Parameters
    ----------
    layer : Layer
    shape : Shape
        What it reads.

    Returns
    -------
    SumWindow or None
        None if the layer is no sum of two convolutions of one stride, or reads weighted planes.
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
    """Weights of both branches of each output, in the order of the gathered bits.

    Parameters
    ----------
    layer : Sum
        Of two convolutions.

    Returns
    -------
    uint64 [outputs, words]
    """
    parts = []
    for (branch,) in layer.branches:
        assert isinstance(branch, Convolution)
        parts.append(unpack(branch.weights, branch.fan_in))
    return pack(np.concatenate(parts, 1))

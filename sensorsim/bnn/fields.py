"""Addresses of receptive fields: their origins and the words that they consist of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.layers import Convolution, Dense, Scores
from sensorsim.bnn.shapes import Shape
from sensorsim.core.bits import WORD, WordArray, pack, unpack, words_for
from sensorsim.kernels.interpreter import IMAGES
from sensorsim.kernels.patches import AT_ONCE

IntArray = npt.NDArray[np.int64]

_BAND = 256
"""Approximate fields per band: their input and a block's weights fit the first-level cache."""
_MULTIPLE = 8
"""The fields of a band are a multiple of this: the most that registers hold at once."""


class Place(NamedTuple):
    """Location and layout of an activation in the arena.

    Attributes
    ----------
    offset : int
        Distance from the arena's start, byte.
    step : int
        Distance from one image to the next, byte; 0 if images use the same memory in turn.
    shape : Shape
        Shape of one image.
    ring : int
        Padding of -1 around the image, pixels.
    codes : bool
        True for 16-bit codes [channels, H, W], False for word planes.
    channel : int
        First channel within the concatenation that this place is a part of; else 0.
    """

    offset: int
    step: int
    shape: Shape
    ring: int
    codes: bool = False
    channel: int = 0

    @property
    def line(self) -> int:
        """Distance from one row to the next.

        Returns
        -------
        int
            Elements: words, or codes if ``codes`` is set.
        """
        return self.shape.width + 2 * self.ring

    @property
    def plane(self) -> int:
        """Size of a plane, including the ring.

        Returns
        -------
        int
            Elements: words, or codes if ``codes`` is set.
        """
        return self.line * (self.shape.height + 2 * self.ring)

    def pixel(self, y: Any, x: Any) -> Any:
        """Compute the index of a pixel within a plane.

        Parameters
        ----------
        y : int or int64 array
            Row of the image; negative rows are in the ring.
        x : int or int64 array
            Column of the image; negative columns are in the ring.

        Returns
        -------
        int or int64 array
            Elements from the start of the plane.
        """
        return (y + self.ring) * self.line + x + self.ring


class Runs(NamedTuple):
    """How the fields of a band are gathered: in runs, each one loop.

    Attributes
    ----------
    runs : int
        Runs of a band.
    length : int
        Fields of a run.
    last_runs : int
        Runs of the last band.
    last_length : int
        Fields of a run of the last band.
    line : int
        Distance from the first field of a run to that of the next, words.
    patches : int64 [fields]
        Position of each field among the patches of its band.
    """

    runs: int
    length: int
    last_runs: int
    last_length: int
    line: int
    patches: IntArray

    @property
    def pitch(self) -> int:
        """Patches that a band has room for.

        Returns
        -------
        int
            A multiple of `sensorsim.kernels.patches.AT_ONCE`.
        """
        return -(-self.runs * self.length // AT_ONCE) * AT_ONCE


@dataclass(frozen=True)
class Fields:
    """The receptive fields of a layer, in bands of whole rows.

    Repetitions of its last field fill a band to a multiple of 8 fields.

    Attributes
    ----------
    image : int64 [fields]
        Image of each field's output, among those processed together.
    y : int64 [fields]
        Row of each field's output.
    x : int64 [fields]
        Column of each field's output.
    repeated : bool [fields]
        Whether the field repeats the one before it.
    rows : int
        Rows of a band.
    per_band : int
        Fields of a band, including repetitions.
    bands : int
        Number of bands.
    """

    image: IntArray
    y: IntArray
    x: IntArray
    repeated: npt.NDArray[np.bool_]
    rows: int
    per_band: int
    bands: int

    @classmethod
    def of_image(cls, shape: Shape) -> "Fields":
        """Enumerate the fields of all outputs of one image.

        Parameters
        ----------
        shape : Shape
            Shape of the layer's output.

        Returns
        -------
        Fields
            All rows and columns, in bands.
        """
        rows = min(shape.height, max(1, _BAND // shape.width))
        bands = []
        for first in range(0, shape.height, rows):
            pixels = np.arange(min(rows, shape.height - first) * shape.width) + first * shape.width
            bands.append(np.pad(pixels, (0, -len(pixels) % _MULTIPLE), "edge"))
        pixels = np.concatenate(bands)
        y, x = np.divmod(pixels, shape.width)
        repeated = np.append(False, pixels[1:] == pixels[:-1])
        return cls(np.zeros_like(y), y, x, repeated, rows, len(bands[0]), len(bands))

    @classmethod
    def of_batch(cls) -> "Fields":
        """Enumerate the fields of a layer with one output pixel, for all images of a worker.

        Returns
        -------
        Fields
            One band with one field per image.
        """
        image = np.arange(IMAGES)
        zero = np.zeros_like(image)
        return cls(image, zero, zero, image < 0, 1, IMAGES, 1)

    def runs(self, stride: int, source: Place) -> Runs:
        """Plan how to gather the fields.

        Parameters
        ----------
        stride : int
            Stride of the window, pixels.
        source : Place
            Activation that the fields are read from.

        Returns
        -------
        Runs
            Runs of every band.
        """
        rows, width = self.rows, int(self.x.max()) + 1
        last_rows = int(self.y.max()) % rows + 1
        line = stride * source.line
        if self.image.any():  # every image has one field
            return Runs(IMAGES, 1, IMAGES, 1, source.step // 8, self.image)
        y = self.y % rows
        if stride == 1:  # rows are contiguous in memory: one long loop, including the ring
            return Runs(1, rows * line, 1, last_rows * line, line, y * line + self.x)
        return Runs(rows, width, last_rows, width, line, y * width + self.x)


@dataclass(frozen=True)
class Window:
    """The window that one output reads; the window of a dense layer is the whole image.

    Attributes
    ----------
    height : int
        Rows.
    width : int
        Columns.
    stride : int
        Distance between the windows of neighboring outputs, pixels.
    padding : int
        Padding around the image, pixels.
    groups : int
        Groups of channels.
    share : int
        Input channels of a group.
    """

    height: int
    width: int
    stride: int
    padding: int
    groups: int
    share: int

    @classmethod
    def of(cls, layer: Convolution | Dense | Scores, shape: Shape) -> "Window":
        """Find the window of a layer.

        Parameters
        ----------
        layer : Convolution, Dense or Scores
            Layer that reads the shape.
        shape : Shape
            Shape of the layer's input.

        Returns
        -------
        Window
            Window of one output.
        """
        if isinstance(layer, Convolution):
            k, groups = layer.kernel, layer.groups
            return cls(k, k, layer.stride, layer.padding, groups, layer.inputs // groups)
        return cls(shape.height, shape.width, 1, 0, 1, shape.channels)

    @property
    def pixels(self) -> int:
        """Number of pixels of the window.

        Returns
        -------
        int
            Pixels that one output reads.
        """
        return self.height * self.width

    @property
    def is_direct(self) -> bool:
        """Whether to read words in place, because gathering would not need fewer words.

        Returns
        -------
        bool
            False if the field's bits should be gathered first.
        """
        if self.share % WORD == 0:
            return True
        used = words_for(self.pixels * self.share)
        return self.groups == 1 and self.pixels * words_for(self.share) <= used

    def origin(self, fields: Fields) -> tuple[IntArray, IntArray]:
        """Find the first input pixel of each field.

        Parameters
        ----------
        fields : Fields
            Outputs of the layer.

        Returns
        -------
        rows : int64 [fields]
            Input row of the first pixel; negative in the padding.
        columns : int64 [fields]
            Input column of the first pixel; negative in the padding.
        """
        return fields.y * self.stride - self.padding, fields.x * self.stride - self.padding

    def taps(self, line: int, plane: int, planes: int) -> IntArray:
        """Compute the offsets of a field's elements from its origin.

        Parameters
        ----------
        line : int
            Distance from one row to the next, elements.
        plane : int
            Distance from one plane to the next, elements.
        planes : int
            Planes that the window reads.

        Returns
        -------
        int64 [height * width * planes]
            Offsets in elements, in the order (row, column, plane).
        """
        y, x, p = np.ogrid[: self.height, : self.width, :planes]
        return (y * line + x + p * plane).reshape(-1)

    def by_pixel(self, weights: WordArray) -> WordArray:
        """Repack weights so that the channels of every pixel start a new word.

        Parameters
        ----------
        weights : uint64 [outputs, words]
            Weights, each output's bits packed without gaps.

        Returns
        -------
        uint64 [outputs, pixels * ceil(share / 64)]
            The same weights, in the order of `taps`.
        """
        if self.share % WORD == 0:
            return weights
        fan_in = self.pixels * self.share
        bits = unpack(weights, fan_in).reshape(len(weights), -1, self.share)
        return pack(bits).reshape(len(weights), -1)

    def pieces(
        self, group: int, source: Place, first: int = 0, inset: int = 0
    ) -> Iterator[tuple[int, tuple[int, ...]]]:
        """Compute a group's rows of the table of `sensorsim.kernels.patches`.

        Parameters
        ----------
        group : int
            Group of channels.
        source : Place
            Activation that the fields are read from.
        first : int
            Bits of the gathered field before those of this window.
        inset : int
            Distance from the field's origin to the window's, words.

        Yields
        ------
        word : int
            Word of the gathered field that the piece belongs to; ascending.
        piece : tuple of int
            Row of the table: source (byte), right (bit), mask, left (bit).
        """
        for tap, start in enumerate(self.taps(source.line, source.plane, 1)):
            done = 0
            while done < self.share:
                word, right = divmod(group * self.share + done, WORD)
                target, left = divmod(first + tap * self.share + done, WORD)
                bits = min(self.share - done, WORD - right, WORD - left)
                place = 8 * (int(start) + inset + word * source.plane)
                yield target, (place, right, 2**bits - 1, left)
                done += bits

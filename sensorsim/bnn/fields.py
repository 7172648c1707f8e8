"""Receptive fields as addresses: where a layer's fields begin, and where their words lie."""

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
"""Fields of a band, about: what they read, and a block's weights, fit the first-level cache."""
_MULTIPLE = 8
"""The fields of a band are a multiple of this: as many meet the registers at once, at most."""


class Place(NamedTuple):
    """Where an activation lies in the arena.

    Attributes
    ----------
    offset : int
        Bytes from the arena's start.
    step : int
        Bytes from one image to the next; 0 where they take turns.
    shape : Shape
    ring : int
        Pixels of -1 around the image.
    codes : bool
        Whether it holds codes of 16 bits, [channels, H, W], and not word planes.
    channel : int
        Where its channels begin among those of a concatenation that it is a part of.
    """

    offset: int
    step: int
    shape: Shape
    ring: int
    codes: bool = False
    channel: int = 0

    @property
    def line(self) -> int:
        """Elements from one row to the next."""
        return self.shape.width + 2 * self.ring

    @property
    def plane(self) -> int:
        """Elements of a plane, ring and all."""
        return self.line * (self.shape.height + 2 * self.ring)

    def pixel(self, y: Any, x: Any) -> Any:
        """Elements of a plane before a pixel of the image."""
        return (y + self.ring) * self.line + x + self.ring


class Runs(NamedTuple):
    """How the fields of a band are gathered: in runs that are one loop each.

    Attributes
    ----------
    runs, length : int
        Runs of a band, and fields of a run.
    last_runs, last_length : int
        The same of the last band.
    line : int
        Words from the first field of a run to that of the next.
    patches : int64 [fields]
        Where each field goes among the patches of its band.
    """

    runs: int
    length: int
    last_runs: int
    last_length: int
    line: int
    patches: IntArray

    @property
    def pitch(self) -> int:
        """Room for the patches of a band."""
        return -(-self.runs * self.length // AT_ONCE) * AT_ONCE


@dataclass(frozen=True)
class Fields:
    """The receptive fields of a layer, in bands of whole rows.

    Each band is filled up with repetitions of its last field.

    Attributes
    ----------
    image, y, x : int64 [fields]
        Which output.
    repeated : bool [fields]
    rows : int
        Rows of a band.
    per_band, bands : int
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
        """All outputs of one image."""
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
        """The one output of every image that a worker takes."""
        image = np.arange(IMAGES)
        zero = np.zeros_like(image)
        return cls(image, zero, zero, image < 0, 1, IMAGES, 1)

    def runs(self, stride: int, source: Place) -> Runs:
        """How the fields are gathered from a source."""
        rows, width = self.rows, int(self.x.max()) + 1
        last_rows = int(self.y.max()) % rows + 1
        line = stride * source.line
        if self.image.any():  # every image has one field
            return Runs(IMAGES, 1, IMAGES, 1, source.step // 8, self.image)
        y = self.y % rows
        if stride == 1:  # rows follow each other in memory: one long loop, ring and all
            return Runs(1, rows * line, 1, last_rows * line, line, y * line + self.x)
        return Runs(rows, width, last_rows, width, line, y * width + self.x)


@dataclass(frozen=True)
class Window:
    """What one output reads; a dense layer's window is the whole image.

    Attributes
    ----------
    height, width, stride, padding, groups : int
    share : int
        Channels of a group.
    """

    height: int
    width: int
    stride: int
    padding: int
    groups: int
    share: int

    @classmethod
    def of(cls, layer: Convolution | Dense | Scores, shape: Shape) -> "Window":
        """The window of a layer that reads a shape."""
        if isinstance(layer, Convolution):
            k, groups = layer.kernel, layer.groups
            return cls(k, k, layer.stride, layer.padding, groups, layer.inputs // groups)
        return cls(shape.height, shape.width, 1, 0, 1, shape.channels)

    @property
    def pixels(self) -> int:
        """Pixels that one output reads."""
        return self.height * self.width

    @property
    def is_direct(self) -> bool:
        """Whether words are read where they are, as few of their bits would go unused."""
        if self.share % WORD == 0:
            return True
        used = words_for(self.pixels * self.share)
        return self.groups == 1 and self.pixels * words_for(self.share) <= used

    def origin(self, fields: Fields) -> tuple[IntArray, IntArray]:
        """Row and column of the first pixel of each field."""
        return fields.y * self.stride - self.padding, fields.x * self.stride - self.padding

    def taps(self, line: int, plane: int, planes: int) -> IntArray:
        """Elements from a field's origin to each of its own, in the order (row, column, plane)."""
        y, x, p = np.ogrid[: self.height, : self.width, :planes]
        return (y * line + x + p * plane).reshape(-1)

    def by_pixel(self, weights: WordArray) -> WordArray:
        """Packed weights with the channels of every pixel in words of their own."""
        if self.share % WORD == 0:
            return weights
        fan_in = self.pixels * self.share
        bits = unpack(weights, fan_in).reshape(len(weights), -1, self.share)
        return pack(bits).reshape(len(weights), -1)

    def pieces(
        self, group: int, source: Place, first: int = 0, inset: int = 0
    ) -> Iterator[tuple[int, tuple[int, ...]]]:
        """A group's rows of the table of `sensorsim.kernels.patches`, and what word each is of.

        Parameters
        ----------
        group : int
        source : Place
        first : int
            Bits of the gathered field before the window's own.
        inset : int
            Words from the field's origin to the window's.

        Yields
        ------
        word : int
            Of the gathered field, ascending.
        piece : tuple of int
            Source, right, mask, left.
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

"""Collect the tables of a plan during compilation: places in the arena, steps, weights."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.fields import Place
from sensorsim.bnn.plan import CACHE_LINE, aligned_zeros
from sensorsim.bnn.shapes import Shape
from sensorsim.core.bits import WordArray, words_for
from sensorsim.kernels import interpreter
from sensorsim.kernels.xnor import OUTPUTS


class Writer:
    """Collect steps and tables, and allocate activations in the arena."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, ...]] = []
        self.tables: list[int] = []
        self.pieces: list[tuple[int, ...]] = []
        self.weights: list[WordArray] = []
        self.size = 0
        self.overrun = CACHE_LINE

    def allocate(self, size: int, stepped: bool) -> tuple[int, int]:
        """Allocate memory for an activation, aligned to cache lines.

        Parameters
        ----------
        size : int
            Size of one image, byte.
        stepped : bool
            True if each image of a worker gets its own memory, False if images share it in turn.

        Returns
        -------
        offset : int
            Distance from the arena's start, byte.
        step : int
            Distance from one image to the next, byte; 0 if they share memory.
        """
        offset = self.size
        size = -(-size // CACHE_LINE) * CACHE_LINE
        self.size += size * interpreter.IMAGES if stepped else size
        return offset, size if stepped else 0

    def place(self, shape: Shape, ring: int, stepped: bool, codes: bool = False) -> Place:
        """Allocate a place for bits or codes, including their ring.

        Parameters
        ----------
        shape : Shape
            Shape of one image.
        ring : int
            Padding around the image, pixels.
        stepped : bool
            Whether each image of a worker gets its own memory.
        codes : bool
            True for 16-bit codes, False for packed bits.

        Returns
        -------
        Place
            Location and layout of the activation.
        """
        place = Place(0, 0, shape, ring, codes)
        size = 2 * shape.channels if codes else 8 * shape.planes * words_for(shape.channels)
        offset, step = self.allocate(size * place.plane, stepped)
        return place._replace(offset=offset, step=step)

    def counts(self, shape: Shape, stepped: bool) -> Place:
        """Allocate a place for int32 counts.

        Parameters
        ----------
        shape : Shape
            Shape of one image.
        stepped : bool
            Whether each image of a worker gets its own memory.

        Returns
        -------
        Place
            Location of the counts; without a ring.
        """
        return Place(*self.allocate(counts_bytes(shape), stepped), shape, 0)

    def arena_words(self) -> int:
        """Compute the size of an arena, including a margin that vectors may read but do not use.

        Returns
        -------
        int
            Size in 64-bit words.
        """
        return self.size // 8 + self.overrun

    def table(self, values: Any) -> int:
        """Append numbers to the tables.

        Parameters
        ----------
        values : integers, any shape
            Numbers to append, in C order.

        Returns
        -------
        int
            Index of the first number.
        """
        first = len(self.tables)
        self.tables += np.asarray(values, np.int64).reshape(-1).tolist()
        return first

    def weight(self, blocks: npt.NDArray[Any]) -> int:
        """Append weights, aligned to a cache line.

        Parameters
        ----------
        blocks : any type, any shape
            Weights in block layout; a multiple of 8 bytes.

        Returns
        -------
        int
            Index of the first word.
        """
        flat = np.ascontiguousarray(blocks).reshape(-1).view(np.uint64)
        first = sum(map(len, self.weights))
        self.weights.append(np.pad(flat, (0, -len(flat) % (CACHE_LINE // 8))))
        return first

    def packed_weights(self) -> WordArray:
        """Join all weights in one aligned array.

        Returns
        -------
        uint64 [words]
            All weights, in the order in which they were appended.
        """
        out = aligned_zeros(1, sum(map(len, self.weights)))[0]
        return np.concatenate(self.weights, out=out) if self.weights else out

    def step(self, operation: int, source: Place, target: Place, **values: int) -> None:
        """Append a step.

        Parameters
        ----------
        operation : int
            Operation of `sensorsim.kernels.interpreter`.
        source : Place
            Activation to read.
        target : Place
            Activation to write.
        **values : int
            Other fields of `sensorsim.kernels.interpreter.STEP`.
        """
        row = np.zeros(1, interpreter.STEP)[0]
        set_fields(
            row, operation=operation, source=source.offset, source_step=source.step,
            target=target.offset, target_step=target.step, **values,
        )  # fmt: skip
        self.steps.append(row.item())


def counts_row(channels: int) -> int:
    """Compute the size of one pixel's counts; spare outputs of a block lie after the last output.

    Parameters
    ----------
    channels : int
        Channels of the pixel.

    Returns
    -------
    int
        Number of int32 counts.
    """
    return -(-channels // OUTPUTS) * OUTPUTS + OUTPUTS


def counts_bytes(shape: Shape) -> int:
    """Compute the size of an image's counts, with one extra pixel for repeated fields.

    Parameters
    ----------
    shape : Shape
        Shape of one image.

    Returns
    -------
    int
        Size in bytes.
    """
    return 4 * counts_row(shape.channels) * (shape.height * shape.width + 1)


def set_fields(row: Any, **values: int) -> None:
    """Set fields of a record.

    Parameters
    ----------
    row : numpy record
        Record to change.
    **values : int
        Values by name of the field.
    """
    for name, value in values.items():
        row[name] = value

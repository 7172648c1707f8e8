"""Tables of a plan while it is compiled: places in the arena, steps, weights."""

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
    """Collects steps and tables, and lays activations out in an arena."""

    def __init__(self) -> None:
        self.steps: list[tuple[int, ...]] = []
        self.tables: list[int] = []
        self.pieces: list[tuple[int, ...]] = []
        self.weights: list[WordArray] = []
        self.size = 0
        self.overrun = CACHE_LINE

    def allocate(self, size: int, stepped: bool) -> tuple[int, int]:
        """Offset of an activation, and its step from image to image."""
        offset = self.size
        size = -(-size // CACHE_LINE) * CACHE_LINE
        self.size += size * interpreter.IMAGES if stepped else size
        return offset, size if stepped else 0

    def place(self, shape: Shape, ring: int, stepped: bool, codes: bool = False) -> Place:
        """Room for bits, or codes, with their ring."""
        place = Place(0, 0, shape, ring, codes)
        size = 2 * shape.channels if codes else 8 * shape.planes * words_for(shape.channels)
        offset, step = self.allocate(size * place.plane, stepped)
        return place._replace(offset=offset, step=step)

    def counts(self, shape: Shape, stepped: bool) -> Place:
        """Room for int32 counts."""
        return Place(*self.allocate(counts_bytes(shape), stepped), shape, 0)

    def arena_words(self) -> int:
        """Words of an arena; vectors may read, but do not use, a little more than there is."""
        return self.size // 8 + self.overrun

    def table(self, values: Any) -> int:
        """Write numbers; where they begin."""
        first = len(self.tables)
        self.tables += np.asarray(values, np.int64).reshape(-1).tolist()
        return first

    def weight(self, blocks: npt.NDArray[Any]) -> int:
        """Write weights; where they begin, which is a cache line."""
        flat = np.ascontiguousarray(blocks).reshape(-1).view(np.uint64)
        first = sum(map(len, self.weights))
        self.weights.append(np.pad(flat, (0, -len(flat) % (CACHE_LINE // 8))))
        return first

    def packed_weights(self) -> WordArray:
        """All weights."""
        out = aligned_zeros(1, sum(map(len, self.weights)))[0]
        return np.concatenate(self.weights, out=out) if self.weights else out

    def step(self, operation: int, source: Place, target: Place, **values: int) -> None:
        """Write a step."""
        row = np.zeros(1, interpreter.STEP)[0]
        set_fields(
            row, operation=operation, source=source.offset, source_step=source.step,
            target=target.offset, target_step=target.step, **values,
        )  # fmt: skip
        self.steps.append(row.item())


def counts_row(channels: int) -> int:
    """Counts of one pixel: a block's spare outputs lie behind the last one."""
    return -(-channels // OUTPUTS) * OUTPUTS + OUTPUTS


def counts_bytes(shape: Shape) -> int:
    """One pixel more than there is: repeated fields count there."""
    return 4 * counts_row(shape.channels) * (shape.height * shape.width + 1)


def set_fields(row: Any, **values: int) -> None:
    """Set fields of a record."""
    for name, value in values.items():
        row[name] = value

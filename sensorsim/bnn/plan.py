"""A compiled network, and the threads that share a batch of images.

`sensorsim.bnn.compiler` makes plans, `sensorsim.kernels.interpreter` executes them.
"""

import os
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any
from weakref import WeakSet

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.fields import IntArray
from sensorsim.bnn.shapes import Shape
from sensorsim.core import pool
from sensorsim.core.bits import WordArray, words_for
from sensorsim.kernels import interpreter
from sensorsim.kernels.vector import machine_lanes

CACHE_LINE = 64
"""Size of a cache line, byte; also that of the widest vector."""

_NO_ARENAS: WordArray = np.zeros((0, 0), np.uint64)


@dataclass(eq=False)
class Plan:
    """A compiled chain of layers.

    Attributes
    ----------
    shape : Shape
        Shape of one image before the first layer.
    outputs : tuple of int
        Rows, columns and channels of the output.
    view, steps, trunk, tables, pieces, weights, scale
        See `sensorsim.kernels.interpreter.run`.
    arena_words : int
        Size of a worker's arena, 64-bit words.
    """

    shape: Shape
    outputs: tuple[int, int, int]
    view: npt.NDArray[Any]
    steps: npt.NDArray[Any]
    trunk: int
    tables: IntArray
    pieces: WordArray
    weights: WordArray
    scale: IntArray
    arena_words: int
    _arenas: WordArray = field(init=False)
    _lock: Any = field(init=False)

    def __post_init__(self) -> None:
        self.start_afresh()
        _PLANS.add(self)

    def start_afresh(self) -> None:
        """Drop the arenas and replace the lock, as in a new plan."""
        self._arenas = _NO_ARENAS
        self._lock = Lock()

    @property
    def reads_codes(self) -> bool:
        """Whether the first layer convolves codes of several bits directly instead of bit planes.

        Returns
        -------
        bool
            True if `run` accepts codes.
        """
        return bool(self.view["as_codes"][0])

    def _reads(self, kind: int, colors: int) -> tuple[type, int]:
        """Type of the input, and values per image."""
        height, width, channels, planes, _ = self.shape
        pixels = height * width
        if kind == interpreter.WORDS:
            return np.uint64, planes * pixels * words_for(channels)
        if kind == interpreter.FIELDS:
            return np.uint32, pixels * colors
        return np.uint16, pixels * channels

    def run(self, images: npt.NDArray[Any], kind: int, lanes: int | None = None) -> IntArray:
        """Compute the accumulators, or scores, of the last layer.

        Parameters
        ----------
        images : array [N, ...]
            WORDS: packed bits, uint64 [N, planes, H, W, words]. FIELDS: bit fields, uint32
            [N, H, W, colors]. CODES: numbers, uint16 [N, H, W, channels].
        kind : int
            WORDS, FIELDS or CODES of `sensorsim.kernels.interpreter`.
        lanes : int, optional
            Width of vectors in 64-bit lanes, one of `sensorsim.kernels.vector.LANES`; by default
            that of the machine. The result does not depend on it.

        Returns
        -------
        int64 [N, rows, columns, channels]
            Accumulators; scores in units of ``2**-fraction_bits`` if the plan ends with scores.

        Raises
        ------
        AssertionError
            If the type or size of ``images`` does not fit ``kind`` and the plan.
        """
        height, width, channels = self.outputs
        out = np.empty((len(images), height * width, channels), np.int64)
        workers = pool.threads_for(len(images))
        block = max(1, min(interpreter.IMAGES, len(images) // workers))
        view = self.view.copy()
        view["kind"] = kind
        dtype, values = self._reads(kind, images.shape[-1])  # the kernel checks no address
        assert images.dtype == dtype, images.dtype
        assert images.size == len(images) * values, images.shape
        if kind == interpreter.FIELDS:
            view["colors"] = images.shape[-1]
            view["field_width"] = self.shape.channels // images.shape[-1]
        flat = np.ascontiguousarray(images).reshape(-1).view(np.uint8)
        claimed = pool.counter()
        with self._lock:  # the arenas serve one batch at a time
            # Stored again after success only: helpers of an interrupted batch may still write.
            arenas, self._arenas = self._arenas, _NO_ARENAS
            if len(arenas) < workers:
                arenas = aligned_zeros(workers, self.arena_words)

            def work(arena: WordArray) -> None:
                interpreter.run(
                    view, self.steps, self.trunk, self.tables, self.pieces, self.weights, flat,
                    block, claimed, arena, self.scale, out, (0,) * (lanes or machine_lanes()),
                )  # fmt: skip

            pool.run([partial(work, arena) for arena in arenas[:workers]], claimed, len(out))
            self._arenas = arenas
        return out.reshape(len(images), height, width, channels)


_PLANS: "WeakSet[Plan]" = WeakSet()


def _after_fork() -> None:
    """Reset the plans of a child process: a lock held at the fork stays held."""
    for each in _PLANS:
        each.start_afresh()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def aligned_zeros(rows: int, words: int) -> WordArray:
    """Allocate zeroed words whose rows start on cache lines.

    Parameters
    ----------
    rows : int
        Number of rows.
    words : int
        Words per row; rounded up to whole cache lines, at least one.

    Returns
    -------
    uint64 [rows, padded words]
        Zeros.
    """
    line = CACHE_LINE // 8
    words = -(-max(words, 1) // line) * line
    flat = np.zeros(rows * words + line, np.uint64)
    first = -flat.ctypes.data % CACHE_LINE // 8
    return flat[first : first + rows * words].reshape(rows, words)

"""A compiled network, and how threads share a batch of images.

`sensorsim.bnn.compiler` makes plans, `sensorsim.kernels.interpreter` walks them.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from threading import Lock
from typing import Any
from weakref import WeakSet

import numba
import numpy as np
import numpy.typing as npt

from sensorsim.bnn.fields import IntArray
from sensorsim.bnn.shapes import Shape
from sensorsim.core.bits import WordArray, words_for
from sensorsim.kernels import interpreter
from sensorsim.kernels.vector import machine_lanes

CACHE_LINE = 64
"""Bytes, and those of the widest vector."""

_NO_ARENAS: WordArray = np.zeros((0, 0), np.uint64)


@dataclass(eq=False)
class Plan:
    """A compiled chain of layers.

    Attributes
    ----------
    shape : Shape
        What goes in.
    outputs : tuple of int
        Rows, columns and channels of what comes out.
    view, steps, trunk, tables, pieces, weights, scale
        See `sensorsim.kernels.interpreter.run`.
    arena_words : int
        Size of a worker's arena.
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
        """Forget arenas and lock, as if no batch had come or were under way."""
        self._arenas = _NO_ARENAS
        self._lock = Lock()

    @property
    def reads_codes(self) -> bool:
        """Whether samples of several bits are taken as they are, and not as bit planes."""
        return bool(self.view["as_codes"][0])

    def _reads(self, kind: int, colors: int) -> tuple[type, int]:
        """Type of what comes in, and numbers of one image."""
        height, width, channels, planes, _ = self.shape
        pixels = height * width
        if kind == interpreter.WORDS:
            return np.uint64, planes * pixels * words_for(channels)
        if kind == interpreter.FIELDS:
            return np.uint32, pixels * colors
        return np.uint16, pixels * channels

    def run(self, images: npt.NDArray[Any], kind: int, lanes: int | None = None) -> IntArray:
        """Accumulators, or scores, of the last layer.

        Parameters
        ----------
        images : what `kind` says
        kind : WORDS, FIELDS or CODES of `sensorsim.kernels.interpreter`
        lanes : int, optional
            Width of vectors, one of `sensorsim.kernels.vector.LANES`; what the machine has if left
            out. The result does not depend on it.

        Returns
        -------
        int64 [N, rows, columns, channels]
        """
        height, width, channels = self.outputs
        out = np.empty((len(images), height * width, channels), np.int64)
        workers = max(1, min(numba.get_num_threads(), len(images)))
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
        claimed = np.zeros(1, np.int64)
        with self._lock:  # the arenas serve one batch at a time
            # They come back once nobody writes into them: not from a batch that was interrupted.
            arenas, self._arenas = self._arenas, _NO_ARENAS
            if len(arenas) < workers:
                arenas = aligned_zeros(workers, self.arena_words)

            def work(arena: WordArray) -> None:
                interpreter.run(
                    view, self.steps, self.trunk, self.tables, self.pieces, self.weights, flat,
                    block, claimed, arena, self.scale, out, (0,) * (lanes or machine_lanes()),
                )  # fmt: skip

            try:
                helpers = [_helpers().submit(work, arena) for arena in arenas[1:workers]]
                work(arenas[0])
                for helper in helpers:
                    if not helper.cancel():  # one that never came to run is not waited for
                        helper.result()
            except BaseException:
                claimed[0] = len(out)  # helpers find nothing left
                raise
            self._arenas = arenas
        return out.reshape(len(images), height, width, channels)


@cache
def _helpers() -> ThreadPoolExecutor:
    """Threads beside the caller's own.

    Numba's would meet at a barrier: on a busy machine all wait for one that has yet to be woken.
    """
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), "sensorsim")


_PLANS: "WeakSet[Plan]" = WeakSet()


def _after_fork() -> None:
    """A child process has none of the threads, and no one who would release a lock."""
    _helpers.cache_clear()
    for each in _PLANS:
        each.start_afresh()


os.register_at_fork(after_in_child=_after_fork)


def aligned_zeros(rows: int, words: int) -> WordArray:
    """Zeroed words whose rows begin on cache lines."""
    line = CACHE_LINE // 8
    words = -(-max(words, 1) // line) * line
    flat = np.zeros(rows * words + line, np.uint64)
    first = -flat.ctypes.data % CACHE_LINE // 8
    return flat[first : first + rows * words].reshape(rows, words)

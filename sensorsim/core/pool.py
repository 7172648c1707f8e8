"""The program's one pool of threads, over kernels that release the GIL.

A kernel takes items (tiles of a frame, images of a batch) one after another from a shared counter
until none is left, so that threads get items as they come free and nobody waits at a barrier: on a
busy machine several threads are not slower than one. How many threads share a call is
`numba.get_num_threads`; results do not depend on it.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

import numba
import numpy as np
import numpy.typing as npt

Result = TypeVar("Result")
Counter = npt.NDArray[np.int64]


def counter() -> Counter:
    """The counter from which the threads of one call take items.

    Returns
    -------
    int64 [1]
        0: no item is taken.
    """
    return np.zeros(1, np.int64)


def threads_for(items: int) -> int:
    """Threads that share so many items.

    Parameters
    ----------
    items : int
        Number of items.

    Returns
    -------
    int
        At least 1, at most `numba.get_num_threads`.
    """
    return max(1, min(numba.get_num_threads(), items))


def run(works: Sequence[Callable[[], Result]], claimed: Counter, items: int) -> list[Result]:
    """Run some works at the same time, which take items from one counter.

    The calling thread runs the first. Callables not yet started
    when the first returns are cancelled, since no items remain.

    Parameters
    ----------
    works : sequence of callable
        One for each thread; each returns when no item is left.
    claimed : int64 [1]
        Their counter.
    items : int
        Number of items.

    Returns
    -------
    list
        What those works returned that were started.

    Raises
    ------
    BaseException
        What a work raised, unchanged. Other works take no further item, but may still be computing
        their last one: do not read or reuse their output arrays.
    """
    try:
        helpers = [_helpers().submit(work) for work in works[1:]]
        done = [works[0]()]
        done += [helper.result() for helper in helpers if not helper.cancel()]
    except BaseException:
        claimed[0] = items  # helpers find nothing left
        raise
    return done


def share(kernel: Callable[[Counter], Result], items: int) -> list[Result]:
    """Run a kernel on all threads that its items can occupy.

    Parameters
    ----------
    kernel : callable
        Takes the counter, returns when no item is left; needs nothing of its own per thread. It
        must take items with `sensorsim.kernels.vector.claim`, which is atomic: reading the counter
        and then writing it lets two threads take the same item.
    items : int
        Number of items.

    Returns
    -------
    list
        What each thread's call returned.

    Examples
    --------
    >>> from numba import njit
    >>> from sensorsim.kernels.vector import claim
    >>> @njit(nogil=True)
    ... def count(claimed):
    ...     taken = 0
    ...     while claim(claimed.ctypes.data) < 5:
    ...         taken += 1
    ...     return taken
    >>> sum(share(count, 5))
    5
    """
    claimed = counter()
    return run([lambda: kernel(claimed)] * threads_for(items), claimed, items)


@cache
def _helpers() -> ThreadPoolExecutor:
    """Threads besides the caller's own."""
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), "sensorsim")


if hasattr(os, "register_at_fork"):  # a forked child has no helper threads
    os.register_at_fork(after_in_child=_helpers.cache_clear)

"""The pool: every item once, by any number of threads, also after errors and forks."""

import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numba
import numpy as np
import pytest
from numba import njit

from sensorsim.core import pool
from sensorsim.kernels.vector import claim


@njit(nogil=True)
def mark(claimed, out):
    """Count how often each item is taken."""
    taken = 0
    while True:
        item = claim(claimed.ctypes.data)
        if item >= out.size:
            return taken
        out[item] += 1
        taken += 1


@pytest.fixture
def threads() -> Any:
    yield numba.set_num_threads
    numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)


@pytest.mark.parametrize("count", sorted({1, numba.config.NUMBA_NUM_THREADS}))
@pytest.mark.parametrize("items", [0, 1, 7, 10_000])
def test_every_item_is_taken_once(threads: Any, count: int, items: int) -> None:
    threads(count)
    out = np.zeros(items, np.int64)
    taken = pool.share(lambda claimed: mark(claimed, out), items)
    assert sum(taken) == items
    assert (out == 1).all()


def test_callers_from_many_threads_share_the_pool() -> None:
    outs = [np.zeros(5000, np.int64) for _ in range(8)]

    def call(out: np.ndarray) -> int:
        return sum(pool.share(lambda claimed: mark(claimed, out), out.size))

    with ThreadPoolExecutor(8) as callers:
        assert list(callers.map(call, outs)) == [5000] * 8
    assert all((out == 1).all() for out in outs)


def test_an_error_of_the_first_thread_ends_the_others() -> None:
    claimed, seen = pool.counter(), Counter[str]()
    inside = threading.Event()

    def fails() -> None:
        inside.wait(5)
        raise KeyboardInterrupt

    def helps() -> None:
        inside.set()
        while claimed[0] < 100:
            seen["waits"] += 1

    with pytest.raises(KeyboardInterrupt):
        pool.run([fails, helps], claimed, 100)
    assert claimed[0] == 100


def test_an_error_of_a_helper_reaches_the_caller() -> None:
    started = threading.Event()

    def fails() -> None:
        started.set()
        raise ValueError("in a helper")

    with pytest.raises(ValueError, match="in a helper"):
        pool.run([lambda: started.wait(5), fails], pool.counter(), 2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_has_a_pool_of_its_own() -> None:
    out = np.zeros(1000, np.int64)
    pool.share(lambda claimed: mark(claimed, out), out.size)
    child = os.fork()
    if child == 0:
        mine = np.zeros(1000, np.int64)
        taken = sum(pool.share(lambda claimed: mark(claimed, mine), mine.size))
        os._exit(0 if taken == 1000 else 1)
    assert os.waitpid(child, 0)[1] == 0

"""Which bits are faulty: at their rate, independently, and more by a larger rate."""

import itertools
import math
from typing import Any

import numpy as np
import pytest

from sensorsim.core.bits import unpack, words_for
from sensorsim.core.pool import counter
from sensorsim.kernels.bit_flips import inject


def faulty(
    rate: float, frames: Any = (0,), rows: int = 500, channels: int = 70, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Struck bits and their values: uint8 [N, rows, channels]."""
    hit = np.zeros((len(frames), rows, words_for(channels)), np.uint64)
    value = np.zeros_like(hit)
    limit = math.inf if rate == 1 else -math.log1p(-rate)
    inject(
        limit, channels, np.asarray(frames, np.uint32), 1, seed, 9, counter(), hit, value
    )  # fmt: skip
    return unpack(hit, channels), unpack(value, channels)


@pytest.mark.parametrize("rate", [1e-4, 1e-2, 0.1, 0.5, 0.9])
def test_bits_are_faulty_at_their_rate_everywhere_alike(rate: float) -> None:
    hit, value = faulty(rate, range(40))
    bits = hit.size
    deviation = math.sqrt(rate * (1 - rate) / bits)
    assert abs(hit.mean() - rate) < 5 * deviation
    by_channel = hit.mean((0, 1)) - rate
    assert abs(by_channel).max() < 5 * math.sqrt(rate * (1 - rate) / (bits / 70)) + 1e-3
    # Independent bits: the number of a frame varies like a binomial's.
    per_frame = hit.sum((1, 2))
    expected = rate * (1 - rate) * bits / 40
    assert 0.4 * expected < per_frame.var() < 2 * expected
    assert (value <= hit).all()
    assert abs(value.sum() - hit.sum() / 2) < 5 * math.sqrt(hit.sum()) / 2 + 1


def test_no_rate_hits_nothing_and_a_rate_of_one_hits_all() -> None:
    assert not faulty(0.0)[0].any()
    assert faulty(1.0)[0].all()


def test_a_larger_rate_hits_what_a_smaller_one_hits() -> None:
    rates = [1e-4, 1e-3, 0.01, 0.1, 0.5, 0.99, 1.0]
    drawn = [faulty(r, range(3)) for r in rates]
    for (less, value), (more, again) in itertools.pairwise(drawn):
        assert (less <= more).all()
        np.testing.assert_array_equal(value, again * less)
        assert less.sum() < more.sum()


def test_frames_are_faulty_the_same_in_any_company() -> None:
    together = faulty(0.05, [3, 9, 4])[0]
    np.testing.assert_array_equal(together[1], faulty(0.05, [9])[0][0])
    assert (together[0] != together[1]).any()
    assert (faulty(0.05, [3], seed=1)[0] != together[0]).any()

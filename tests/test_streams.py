"""Addresses of random numbers."""

import numpy as np
import pytest

from sensorsim import streams
from sensorsim.errors import InputError


def test_streams_of_noise_sources_and_dies_never_meet() -> None:
    sources = [
        v for k, v in vars(streams).items() if k.isupper() and not k.startswith(("_", "MAX"))
    ]
    numbers = {streams.of_die(s, d) for s in sources for d in (0, 1, 2, 77, streams.MAX_DIE)}
    assert len(numbers) == len(sources) * 5
    assert max(numbers) < 2**32


@pytest.mark.parametrize("die", [-1, streams.MAX_DIE + 1])
def test_die_out_of_range_is_refused(die: int) -> None:
    with pytest.raises(ValueError, match="die"):
        streams.of_die(streams.PRNU, die)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seed_that_does_not_fit_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match="seed"):
        streams.Key.of(seed, [0])


def test_key_tells_distinct_dies() -> None:
    seen, rows = streams.Key.of(0, [1, 2, 3], [5, 2, 5]).distinct_dies()
    np.testing.assert_array_equal(seen, [2, 5])
    np.testing.assert_array_equal(rows, [1, 0, 1])


@pytest.mark.parametrize("frames", [[-1], [2**32], [0.5], [1.0], [True], ["1"]])
def test_frames_that_a_cast_would_change_are_refused(frames: list[object]) -> None:
    with pytest.raises(InputError, match="frame"):
        streams.Key.of(0, frames)


@pytest.mark.parametrize("die", [-1, streams.MAX_DIE + 1, 0.5, [0, 1, 2]])
def test_dies_that_are_none_are_refused(die: object) -> None:
    with pytest.raises(InputError, match="die"):
        streams.Key.of(0, [0, 1], die)


def test_the_last_frame_is_kept() -> None:
    assert streams.Key.of(0, [streams.MAX_FRAME]).frames[0] == 2**32 - 1

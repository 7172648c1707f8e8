"""Addresses of random numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorsim.core import streams
from sensorsim.core.errors import InputError

SOURCES = [
    v
    for k, v in vars(streams).items()
    if k.isupper() and not k.startswith(("_", "MAX", "TRAINING"))
] + [streams.TRAINING_ORDER]
"""Every noise source."""


def test_streams_of_noise_sources_and_dies_never_meet() -> None:
    numbers = {streams.of_die(s, d) for s in SOURCES for d in (0, 1, 2, 77, streams.MAX_DIE)}
    assert len(numbers) == len(SOURCES) * 5
    assert max(numbers) < 2**32


@pytest.mark.parametrize("die", [-1, 2 * (streams.MAX_DIE + 1)])
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


@given(
    seeds=st.tuples(*[st.integers(0, streams.MAX_SEED)] * 2),
    frames=st.tuples(*[st.integers(0, streams.MAX_FRAME)] * 2),
    dies=st.tuples(*[st.integers(0, streams.MAX_DIE)] * 2),
)
def test_training_and_evaluation_never_read_one_address(
    seeds: tuple[int, int], frames: tuple[int, int], dies: tuple[int, int]
) -> None:
    training = streams.Key.of_training(seeds[0], [frames[0]], dies[0])
    evaluation = streams.Key.of(seeds[1], [frames[1]], dies[1])
    for source in SOURCES:
        assert training.temporal(source) & streams.TRAINING
        assert streams.of_die(source, int(training.dies[0])) & streams.TRAINING
        assert not evaluation.temporal(source) & streams.TRAINING
        assert not streams.of_die(source, int(evaluation.dies[0])) & streams.TRAINING


def test_training_dies_have_streams_of_their_own() -> None:
    dies = streams.Key.of_training(0, np.arange(3), [0, 1, streams.MAX_DIE]).dies
    numbers = [streams.of_die(s, int(d)) for s in SOURCES for d in dies]
    assert len(set(numbers)) == len(numbers)
    assert max(numbers) < 2**32

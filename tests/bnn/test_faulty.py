"""A faulty network: which weights, bits and integers change, and that nothing else moves."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from networks import draw_model, draw_words, scores_slowly

from sensorsim.bnn import faulty, layerwise, simulator
from sensorsim.bnn.compiler import compile_sums
from sensorsim.bnn.faults import Faults, StuckChannel, StuckWeight
from sensorsim.bnn.layers import Concat, Dense, Scores, Threshold, Weighted
from sensorsim.bnn.model import Model
from sensorsim.core import streams
from sensorsim.core.bits import unpack
from sensorsim.kernels.interpreter import WORDS


def weights_of(model: Model) -> np.ndarray:
    weighted = [s.layer for s in model.steps if isinstance(s.layer, Weighted)]
    return np.concatenate([unpack(w.weights, w.fan_in).ravel() for w in weighted])


def with_layer(kind: type) -> Model:
    """The first random model that has a layer of a kind."""
    for seed in range(100):
        found = draw_model(seed)
        if any(isinstance(s.layer, kind) for s in found.steps):
            return found
    raise AssertionError


@pytest.mark.parametrize("seed", range(8))
def test_flipping_every_weight_negates_every_accumulator(seed: int) -> None:
    model = draw_model(seed)
    inverted = faulty.faulty_model(model, Faults(weight_flip_rate=1), 0, 0)
    np.testing.assert_array_equal(weights_of(inverted), 1 - weights_of(model))
    words = draw_words(model, 2)
    before, after = (next(layerwise.observe(m, words)).sums for m in (model, inverted))
    assert before is not None and after is not None
    np.testing.assert_array_equal(after, -before)


def test_weights_of_a_die_persist_and_dies_differ(model: Model) -> None:
    faults = Faults(weight_flip_rate=0.1)
    dies = [weights_of(faulty.faulty_model(model, faults, d, 3)) for d in (0, 0, 1)]
    np.testing.assert_array_equal(dies[0], dies[1])
    assert (dies[0] != dies[2]).any()
    other_seed = weights_of(faulty.faulty_model(model, faults, 0, 4))
    assert (dies[0] != other_seed).any()


def test_a_rate_by_place_leaves_the_other_layers_alone(model: Model) -> None:
    changed = faulty.faulty_model(model, Faults(weight_flip_rates={"3": 0.5}), 0, 0)
    for place in (0, 5):
        np.testing.assert_array_equal(changed.layers[place].weights, model.layers[place].weights)
    assert (changed.layers[3].weights != model.layers[3].weights).any()
    spared = Faults(weight_flip_rate=0.5, weight_flip_rates={"3": 0.0})
    changed = faulty.faulty_model(model, spared, 0, 0)
    np.testing.assert_array_equal(changed.layers[3].weights, model.layers[3].weights)


def test_stuck_weights_hold_whatever_was_written(model: Model) -> None:
    listed = Faults(stuck_weights=[StuckWeight(layer="3", output=7, index=44, value=1)])
    for weights in (np.zeros((12, 1), np.uint64), np.full((12, 1), 2**45 - 1, np.uint64)):
        third = replace(model.layers[3], weights=weights)
        written = replace(model, layers=(*model.layers[:3], third, *model.layers[4:]))
        held = faulty.faulty_model(written, listed, 0, 0).layers[3]
        assert unpack(held.weights, 45)[7, 44] == 1
        assert (unpack(held.weights, 45) != unpack(weights, 45)).sum() == (weights[7, 0] == 0)
    every = faulty.faulty_model(model, Faults(weight_stuck_rate=1), 0, 0)
    inverted = faulty.faulty_model(model, Faults(weight_flip_rate=1), 0, 0)
    both = faulty.faulty_model(inverted, Faults(weight_stuck_rate=1, weight_flip_rate=0.3), 0, 0)
    np.testing.assert_array_equal(weights_of(every), weights_of(both))
    assert 0.4 < weights_of(every).mean() < 0.6


@pytest.mark.parametrize("value", [0, 1])
def test_a_stuck_channel_gives_one_bit_always(model: Model, value: int) -> None:
    faults = Faults(stuck_channels=[StuckChannel(layer="1", channel=4, value=value)])
    words = draw_words(model, 9)
    for seen in faulty.observe(model, faults, words, 0, 0, np.arange(9)):
        if seen.step.place == "1":
            bits = unpack(seen.words, 10)
            assert (bits[..., 4] == value).all()
    free = list(layerwise.observe(model, words))[1].words
    np.testing.assert_array_equal(np.delete(bits, 4, 3), np.delete(unpack(free, 10), 4, 3))
    drawn = faulty.faulty_model(model, Faults(channel_stuck_rate=1), 0, 0)
    key = streams.Key.of(0, np.arange(9))
    some = faulty.scores(model, Faults(channel_stuck_rate=1), words, key)
    np.testing.assert_array_equal(some, np.broadcast_to(some[0], some.shape))
    assert drawn.layers[1].rising.all()


def test_flipping_all_activations_is_negation(model: Model) -> None:
    words = draw_words(model, 4)
    faults = Faults(activation_flip_rates={"1": 1.0})
    clean = list(layerwise.observe(model, words))
    dirty = list(faulty.observe(model, faults, words, 0, 0, np.arange(4)))
    np.testing.assert_array_equal(unpack(dirty[1].words, 10), 1 - unpack(clean[1].words, 10))
    for seen in dirty:  # no bit beyond the channels appears
        if seen.words is not None and seen.step.after.channels % 64:
            assert not (seen.words[..., -1] >> np.uint64(seen.step.after.channels % 64)).any()


def test_bits_of_a_concatenation_flip_by_its_place() -> None:
    model = with_layer(Concat)
    row, place, channels = next(
        (i, s.place, s.after.channels)
        for i, s in enumerate(model.steps)
        if isinstance(s.layer, Concat)
    )
    words = draw_words(model, 4)
    clean = list(layerwise.observe(model, words))[row].words
    faults = Faults(activation_flip_rates={place: 1.0})
    dirty = list(faulty.observe(model, faults, words, 0, 0, np.arange(4)))[row].words
    np.testing.assert_array_equal(unpack(dirty, channels), 1 - unpack(clean, channels))


@pytest.mark.parametrize("planes", [1, 3])
def test_flipped_input_is_the_inverted_image(planes: int) -> None:
    model = draw_model(4, planes)
    words = draw_words(model, 3)
    i = model.input
    inverted = layerwise.pack(1 - unpack(words, i.channels))
    got = faulty.scores(
        model, Faults(activation_flip_rates={"input": 1.0}), words, streams.Key.of(0, range(3))
    )
    np.testing.assert_array_equal(got, scores_slowly(model, inverted))


def test_the_common_rate_flips_behind_thresholds_once(model: Model) -> None:
    """A pool behind a threshold hands on what it is given."""
    words = draw_words(model, 40)
    seen = list(faulty.observe(model, Faults(activation_flip_rate=0.1), words, 0, 0, range(40)))
    clean = layerwise.threshold(seen[0].sums, model.layers[1])
    flips = unpack(seen[1].words ^ clean, 10)
    assert abs(flips.mean() - 0.1) < 5 * math.sqrt(0.09 / flips.size)
    pooled = unpack(seen[1].words, 10)[:, :6, :6].reshape(40, 3, 2, 3, 2, 10).max((2, 4))
    np.testing.assert_array_equal(unpack(seen[2].words, 10), pooled)


def test_flips_of_an_image_do_not_depend_on_its_batch(model: Model) -> None:
    words = draw_words(model, 6)
    faults = Faults(activation_flip_rate=0.05, weight_flip_rate=0.02, accumulator_bits=6)
    key = streams.Key.of(7, np.arange(6), [0, 1, 0, 2, 1, 0])
    together = faulty.scores(model, faults, words, key)
    for k in range(6):
        alone = streams.Key.of(7, key.frames[k : k + 1], key.dies[k : k + 1])
        np.testing.assert_array_equal(
            faulty.scores(model, faults, words[k : k + 1], alone)[0], together[k]
        )


@pytest.mark.parametrize("seed", range(10))
def test_no_faults_are_the_simulator(seed: int) -> None:
    model = draw_model(seed)
    words = draw_words(model, 3)
    key = streams.Key.of(0, range(3))
    clean = simulator.scores(model, words)
    np.testing.assert_array_equal(faulty.scores(model, Faults(), words, key), clean)
    # Wide accumulators change nothing either, on the way that goes layer by layer.
    wide = Faults(accumulator_bits=32)
    np.testing.assert_array_equal(faulty.scores(model, wide, words, key), clean)
    assert faulty.faulty_model(model, Faults(), 0, 0) is model


def test_two_complements_of_four_bits() -> None:
    values = np.array([-17, -16, -9, -8, -1, 0, 7, 8, 15, 16])
    np.testing.assert_array_equal(
        faulty.limited(values, 4, "wrap"), [-1, 0, 7, -8, -1, 0, 7, -8, -1, 0]
    )
    np.testing.assert_array_equal(
        faulty.limited(values, 4, "saturate"), [-8, -8, -8, -8, -1, 0, 7, 7, 7, 7]
    )


def test_wrapping_at_the_end_is_wrapping_at_every_product() -> None:
    products = np.random.default_rng(0).choice([-1, 1], (50, 300), p=[0.2, 0.8])
    running = np.zeros(50, np.int64)
    for step in products.T:
        running = faulty.limited(running + step, 5, "wrap")
    np.testing.assert_array_equal(running, faulty.limited(products.sum(1), 5, "wrap"))


@pytest.mark.parametrize("overflow", ["wrap", "saturate"])
def test_every_accumulator_is_limited_and_scores_before_their_scale(
    model: Model, overflow: Any
) -> None:
    faults = Faults(accumulator_bits=4, overflow=overflow)
    words = draw_words(model, 5)
    for seen in faulty.observe(model, faults, words, 0, 0, range(5)):
        if seen.sums is None:
            continue
        assert seen.sums.min() >= -8 and seen.sums.max() <= 7
        whole = compile_sums(seen.step).run(seen.inputs, WORDS)
        assert np.abs(whole).max() > 8  # something was there to be limited
        np.testing.assert_array_equal(seen.sums, faulty.limited(whole, 4, overflow))
    end = model.layers[-1]
    np.testing.assert_array_equal(seen.accumulators, seen.sums * end.scale + end.bias)
    spared = Faults(accumulator_bits_by_place={"5": 4}, overflow=overflow)
    first = next(faulty.observe(model, spared, words, 0, 0, range(5)))
    assert np.abs(first.sums).max() > 8


@pytest.mark.parametrize("kind", [Dense, Threshold, Scores])
def test_every_kind_of_network_can_be_faulty(kind: type) -> None:
    drawn = with_layer(kind)
    faults = Faults(
        weight_flip_rate=0.1, weight_stuck_rate=0.1, channel_stuck_rate=0.1,
        activation_flip_rate=0.1, accumulator_bits=5,
    )  # fmt: skip
    words = draw_words(drawn, 4)
    key = streams.Key.of(0, range(4), [0, 0, 5, 5])
    got = faulty.scores(drawn, faults, words, key)
    assert got.shape == (4, 3)
    assert (got != simulator.scores(drawn, words)).any()

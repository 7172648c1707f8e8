"""Activity that is counted: closed forms, and a network whose bits are known."""

from dataclasses import replace

import numpy as np
import pytest
from networks import draw_model, draw_words, outputs_slowly, values_of

from sensorsim.bits import pack
from sensorsim.bnn.layers import Scores, Votes, Weighted
from sensorsim.bnn.model import Model
from sensorsim.energy.activity import activity_of_input, activity_of_matches, toggle_rate


def alternating(model: Model) -> np.ndarray:
    i = model.input
    shape = (2, i.planes, i.height * i.width, i.channels)
    bits = np.zeros(shape, np.uint8)
    bits[:, :, ::2] = 1
    return pack(bits).reshape(2, i.planes, i.height, i.width, -1)


def test_bits_that_alternate_toggle_always_and_still_ones_never(model: Model) -> None:
    words = alternating(model)
    assert toggle_rate(words, model.input.channels) == 1
    assert toggle_rate(np.zeros_like(words), model.input.channels) == 0
    activity = activity_of_input(model, words)
    assert activity.toggles == activity.products == model.binary_operations / 2


@pytest.mark.parametrize("seed", range(8))
def test_matches_are_those_of_the_accumulators(seed: int) -> None:
    model = draw_model(seed, planes=1)
    words = draw_words(model, 3)
    expected = 0.0
    values = outputs_slowly(model.layers, values_of(model, words))
    for step, (layer, sums) in zip(model.steps, values, strict=True):
        if isinstance(layer, Weighted):
            if isinstance(layer, Scores | Votes):
                sums = (sums - layer.bias) // layer.scale
            p = float((sums / layer.fan_in).mean() + 1) / 2
            expected += step.after.bits * layer.fan_in * 2 * p * (1 - p)
    activity = activity_of_matches(model, words)
    assert activity.toggles == pytest.approx(expected)
    assert activity.products == model.binary_operations / 2


def test_weights_that_always_match_move_nothing(model: Model) -> None:
    (first, *rest) = model.layers
    bright = replace(
        first, padding=0, weights=pack(np.ones((first.outputs, first.fan_in), np.uint8))
    )
    scores = rest[-1]
    narrow = replace(model, layers=(bright, rest[0], _scores_for(scores, 4 * 5 * first.outputs)))
    ones = np.full((1, 1, 6, 7, 1), 3, np.uint64)
    only_scores = 2 * 0.25 * 3 * 4 * 5 * first.outputs
    assert activity_of_matches(narrow, ones).toggles <= only_scores


def _scores_for(scores: Scores, inputs: int) -> Scores:
    weights = pack(
        np.random.default_rng(0).integers(0, 2, (scores.classes, inputs)).astype(np.uint8)
    )
    return replace(scores, inputs=inputs, weights=weights)

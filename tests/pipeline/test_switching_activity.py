"""Activity that is counted: closed forms, and a network whose bits are known."""

from dataclasses import replace

import numpy as np
import pytest
from networks import draw_model, draw_words, outputs_slowly, values_of

from sensorsim.bnn.layers import Scores, Votes, Weighted
from sensorsim.bnn.layerwise import observe
from sensorsim.bnn.model import Model
from sensorsim.bnn.shapes import products
from sensorsim.core.bits import pack, unpack
from sensorsim.pipeline.switching_activity import (
    activity_of_layers,
    activity_of_matches,
    toggle_rate,
)


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


@pytest.mark.parametrize("seed", range(4))
def test_every_layer_moves_with_the_bits_that_it_reads(seed: int) -> None:
    model = draw_model(seed, planes=1)
    words = draw_words(model, 3)
    expected, made = 0.0, 0
    for seen in observe(model, words):
        if not (count := products(seen.step)):
            continue
        assert seen.inputs is not None
        shape = seen.step.before
        bits = unpack(seen.inputs, shape.channels)
        raster = bits.reshape(*bits.shape[:2], -1, shape.channels)
        if raster.shape[2] == 1:
            rate = (raster[1:] != raster[:-1]).mean()
        else:
            rate = (raster[:, :, 1:] != raster[:, :, :-1]).mean()
        expected, made = expected + count * rate, made + count
    found = activity_of_layers(model, words)
    assert found.toggles == pytest.approx(expected)
    assert found.products == made == model.binary_operations / 2


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

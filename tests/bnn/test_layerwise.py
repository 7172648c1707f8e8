"""Every layer's output against arithmetic on +1 and -1."""

import numpy as np
import pytest
from networks import draw_model, draw_words, outputs_slowly, scores_slowly, values_of

from sensorsim.bnn import layerwise, simulator
from sensorsim.bnn.compiler import compile_sums
from sensorsim.bnn.layers import Concat, Dense, Scores, Shuffle, Sum, Votes, Weighted
from sensorsim.bnn.plan import Plan
from sensorsim.bnn.shapes import Step
from sensorsim.core.bits import unpack

SEEDS = range(40)


def test_seeds_draw_every_kind_of_layer() -> None:
    kinds = {type(s.layer) for seed in SEEDS for s in draw_model(seed).steps}
    assert {Sum, Concat, Dense, Shuffle, Votes, Scores} <= kinds


@pytest.mark.parametrize("seed", SEEDS)
def test_every_layer_is_integer_arithmetic(seed: int) -> None:
    model = draw_model(seed)
    words = draw_words(model, 3, seed)
    dark = 2**model.input.planes - 1
    expected = outputs_slowly(model.layers, values_of(model, words), dark)
    seen = list(layerwise.observe(model, words))
    assert [o.step for o in seen] == list(model.steps)
    for observation, (layer, values) in zip(seen, expected, strict=True):
        assert observation.step.layer is layer
        if observation.words is None:
            np.testing.assert_array_equal(observation.accumulators, values)
        else:
            bits = unpack(observation.words, observation.step.after.channels)
            np.testing.assert_array_equal(2 * bits.astype(np.int64) - 1, values)


@pytest.mark.parametrize("seed", SEEDS)
def test_simulator_gives_the_same_scores(seed: int) -> None:
    model = draw_model(seed)
    words = draw_words(model, 3, seed)
    np.testing.assert_array_equal(simulator.scores(model, words), scores_slowly(model, words))


@pytest.mark.parametrize("seed", SEEDS)
def test_accumulators_stay_within_their_reach(seed: int) -> None:
    model = draw_model(seed)
    for o in layerwise.observe(model, draw_words(model, 3, seed)):
        if o.accumulators is not None and o.step is not model.steps[-1]:
            assert np.abs(o.accumulators).max() <= o.step.after.max_accumulator


def test_every_layer_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = draw_model(SEEDS[0])
    words = draw_words(model, 2)
    compiled: list[str] = []

    def spy(step: Step) -> Plan:
        compiled.append(step.place)
        return compile_sums(step)

    monkeypatch.setattr("sensorsim.bnn.model.compile_sums", spy)
    for _ in range(2):
        list(layerwise.observe(model, words))
    assert compiled == [s.place for s in model.steps if isinstance(s.layer, Weighted | Votes)]

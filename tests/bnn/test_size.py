"""Stored bits against closed forms, counts by hand and what the numbers stand for."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import draw_model, draw_words

from sensorsim.bnn import layerwise, simulator
from sensorsim.bnn.layers import Concat, Layer, Scores, Sum, Threshold, Votes
from sensorsim.bnn.limits import mismatch_limits
from sensorsim.bnn.model import Model
from sensorsim.bnn.size import Stored, level_bits, signed_bits, stored
from sensorsim.readout import Adc, Readout, Thermometer
from sensorsim.tonemap import Gamma, PiecewiseLinear

SEEDS = range(30)


def test_a_small_network_is_counted_by_hand(model: Model) -> None:
    end = replace(
        model.layers[-1], scale=np.array([1, 7, 8]), bias=np.array([-64, 63, 0]), fraction_bits=24
    )
    model = replace(model, layers=(*model.layers[:-1], end))
    # Reaches of 18 and 45: 20 and 47 levels that differ. 8 takes 5 bits, -64 takes 7.
    assert stored(model.steps, model.readout) == Stored(
        weight_bits=10 * 18 + 12 * 45 + 3 * 48,
        level_bits=10 * 5 + 12 * 6,
        direction_bits=10 + 12,
        scale_bits=3 * 5,
        bias_bits=3 * 7,
        readout_bits=2 * 32,
    )
    assert model.stored_bits == 864 + 122 + 22 + 36 + 64


def nested(layers: tuple[Layer, ...]) -> list[Layer]:
    """All layers, those of branches too, with no help of shapes."""
    found: list[Layer] = []
    for layer in layers:
        for branch in layer.branches if isinstance(layer, Sum | Concat) else ():
            found += nested(branch)
        found.append(layer)
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_every_array_of_a_network_is_counted(seed: int) -> None:
    model = draw_model(seed)
    layers = nested(model.layers)
    seen = stored(model.steps, model.readout)
    assert seen.weight_bits == sum(getattr(x, "weight_bits", 0) for x in layers)
    channels = sum(x.levels.size for x in layers if isinstance(x, Threshold))
    assert seen.direction_bits == channels
    bent = [
        (s.layer.levels.size, s.before.max_accumulator)
        for s in model.steps
        if s.layer.kind == "threshold"
    ]
    assert seen.level_bits == sum(
        n * math.ceil(math.log2(max_accumulator + 2)) for n, max_accumulator in bent
    )
    end = layers[-1]
    assert isinstance(end, Scores | Votes)
    assert (seen.scale_bits % 3, seen.bias_bits % 3) == (0, 0)
    assert model.stored_bits == sum(seen)


@pytest.mark.parametrize("seed", SEEDS)
def test_level_bits_are_enough_for_the_scores(seed: int) -> None:
    """A network whose levels went through that many bits decides as before."""
    model = draw_model(seed)
    words = draw_words(model, 5, seed)
    steps = iter(model.steps)
    again = replace(model, layers=squeezed(model.layers, steps))
    np.testing.assert_array_equal(simulator.scores(again, words), simulator.scores(model, words))


def squeezed(layers: tuple[Layer, ...], steps) -> tuple[Layer, ...]:
    changed: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Sum | Concat):
            layer = replace(layer, branches=tuple(squeezed(b, steps) for b in layer.branches))
        step = next(steps)
        if isinstance(layer, Threshold):
            max_accumulator = step.before.max_accumulator
            code = mismatch_limits(layer, max_accumulator).limit + 1
            assert code.min() >= 0
            assert code.max() < 2 ** level_bits(max_accumulator)
            # Bit = (m <= code - 1), inverted where falling; the accumulator is reach - 2 m.
            level = max_accumulator - 2 * (code - 1)
            layer = Threshold(np.where(layer.rising, level, level - 2), layer.rising)
        changed.append(layer)
    return tuple(changed)


@pytest.mark.parametrize("max_accumulator", range(1, 40))
def test_as_many_levels_differ_as_the_bits_number(max_accumulator: int) -> None:
    sums = np.arange(-max_accumulator, max_accumulator + 1, 2)
    levels = np.arange(-max_accumulator - 5, max_accumulator + 6)[:, np.newaxis]
    for outcomes in (sums >= levels, sums <= levels):
        different = len(np.unique(outcomes, axis=0))
        assert different == max_accumulator + 2
        assert (
            2 ** (level_bits(max_accumulator) - 1) < different <= 2 ** level_bits(max_accumulator)
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_accumulators_have_the_parity_of_their_reach(seed: int) -> None:
    model = draw_model(seed)
    for seen in layerwise.observe(model, draw_words(model, 2, seed)):
        if seen.sums is not None:
            assert not ((seen.sums - seen.step.after.max_accumulator) % 2).any()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_signed_bits_hold_all_numbers_and_one_less_does_not(numbers: list[int]) -> None:
    values = np.array(numbers, np.int64)
    bits = signed_bits(values)
    assert all(-(2**bits) <= 2 * v < 2**bits for v in numbers)
    assert bits == 1 or not all(-(2**bits) <= 4 * v < 2**bits for v in numbers)


@pytest.mark.parametrize(
    ("readout", "bits"),
    [
        (Thermometer(thresholds=(0.1, 0.2, 0.9)), 96),
        (Adc(bits=8), 0),
        (Adc(bits=8, tone_curve=Gamma()), 0),
        (Adc(bits=8, tone_curve=Gamma(), tone_domain="digital", conversion_bits=10), 0),
        (Adc(bits=4, tone_curve=PiecewiseLinear(x=(0, 0.2, 1), y=(0, 0.7, 1))), 3 * 64),
    ],
)
def test_a_readout_stores_thresholds_and_knots(readout: Readout, bits: int) -> None:
    assert readout.stored_bits == bits

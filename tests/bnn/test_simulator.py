"""The simulator against arithmetic on +1 and -1, layer by layer."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import draw_model

from sensorsim.bnn import simulator
from sensorsim.bnn.layers import Convolution, MaxPool, Scores, Threshold
from sensorsim.bnn.layerwise import observe
from sensorsim.bnn.limits import mismatch_limits
from sensorsim.bnn.model import Input, Model, Training
from sensorsim.core.bits import pack, unpack
from sensorsim.core.errors import InputError
from sensorsim.readout import Adc

RECORD = Training(
    dataset="x", family="x", command="x", seed=0, validation_accuracy=0, test_accuracy=0
)


def scores_slowly(model: Model, bits: np.ndarray) -> np.ndarray:
    """Scores of bits [N, H, W, C], all in integers, one output after another."""
    x = 2 * bits.astype(int) - 1
    for layer in model.layers:
        if isinstance(layer, Convolution):
            k, p, s, g = layer.kernel, layer.padding, layer.stride, layer.groups
            share, out = layer.inputs // g, layer.outputs // g
            w = 2 * unpack(layer.weights, layer.fan_in).astype(int) - 1
            w = w.reshape(layer.outputs, k, k, share)
            x = np.pad(x, ((0, 0), (p, p), (p, p), (0, 0)), constant_values=-1)
            side = [(n - k) // s + 1 for n in x.shape[1:3]]
            y = np.empty((len(x), *side, layer.outputs), int)
            for i, j, o in np.ndindex(y.shape[1:]):
                first = o // out * share
                field = x[:, i * s : i * s + k, j * s : j * s + k, first : first + share]
                y[:, i, j, o] = (field * w[o]).sum((1, 2, 3))
            x = y
        elif isinstance(layer, Threshold):
            one = np.where(layer.rising, x >= layer.levels, x <= layer.levels)
            x = 2 * one.astype(int) - 1
        elif isinstance(layer, MaxPool):
            h, w_ = (n // layer.size for n in x.shape[1:3])
            x = x[:, : h * layer.size, : w_ * layer.size]
            x = x.reshape(len(x), h, layer.size, w_, layer.size, -1).max((2, 4))
        elif isinstance(layer, Scores):
            w = 2 * unpack(layer.weights, layer.inputs).astype(int) - 1
            return x.reshape(len(x), -1) @ w.T * layer.scale + layer.bias
    raise AssertionError


def test_scores_equal_integer_arithmetic(model: Model) -> None:
    bits = np.random.default_rng(1).integers(0, 2, (20, 6, 7, 2)).astype(np.uint8)
    ours = simulator.scores(model, pack(bits)[:, np.newaxis])
    np.testing.assert_array_equal(ours, scores_slowly(model, bits))


def test_a_flipped_weight_is_noticed(model: Model) -> None:
    bits = np.random.default_rng(1).integers(0, 2, (20, 6, 7, 2)).astype(np.uint8)
    expected = scores_slowly(model, bits)
    weights = model.layers[3].weights.copy()
    weights[5, 0] ^= np.uint64(1)
    layers = (*model.layers[:3], replace(model.layers[3], weights=weights), *model.layers[4:])
    assert (
        simulator.scores(replace(model, layers=layers), pack(bits)[:, np.newaxis]) != expected
    ).any()


def test_constant_channels_are_constant() -> None:
    levels = np.array([-100, 101, 101, -100])
    rising = np.array([True, True, False, False])
    limits = mismatch_limits(Threshold(levels, rising), 100)
    for mismatches in (0, 50, 100):
        one = (mismatches <= limits.limit) ^ limits.inverted
        accumulator = 100 - 2 * mismatches
        expected = np.where(rising, accumulator >= levels, accumulator <= levels)
        np.testing.assert_array_equal(one, expected)


def test_first_of_several_best_classes_wins() -> None:
    np.testing.assert_array_equal(simulator.decide(np.array([[1, 5, 5], [7, 7, 7]])), [1, 0])


def test_bits_of_another_shape_are_refused(model: Model) -> None:
    with pytest.raises(InputError, match=r"\(1, 6, 8, 1\).*expected \(1, 6, 7, 1\)"):
        simulator.scores(model, np.zeros((2, 1, 6, 8, 1), np.uint64))


@pytest.mark.parametrize("bits", [1, 2, 3, 8])
def test_planes_of_a_code_are_a_first_layer_over_integers(bits: int) -> None:
    random = np.random.default_rng(bits)
    largest = 2**bits - 1
    codes = random.integers(0, 2**bits, (30, 5, 6, 3)).astype(np.uint16)
    first = random.integers(0, 2, (7, 3, 3, 3)).astype(np.uint8)
    last = random.integers(0, 2, (4, 5 * 6 * 7)).astype(np.uint8)
    levels, rising = random.integers(-largest, largest + 1, 7), random.random(7) < 0.7
    scale, bias = random.integers(1, 9, 4), random.integers(-20, 20, 4)
    model = Model(
        Input(height=5, width=6, colors=3, planes=bits, channels=3),
        Adc(bits=bits),
        ("a", "b", "c", "d"),
        (
            Convolution(3, 7, 3, 1, 1, 1, pack(first.reshape(7, -1))),
            Threshold(levels, rising),
            Scores(210, 4, 8, pack(last), scale, bias),
        ),
        RECORD,
    )
    values = 2 * codes.astype(np.int64) - largest
    wide = np.pad(values, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=-largest)
    fields = np.lib.stride_tricks.sliding_window_view(wide, (3, 3), (1, 2))
    sums = np.einsum("nyxckl,oklc->nyxo", fields, 2 * first.astype(np.int64) - 1)
    signs = 2 * np.where(rising, sums >= levels, sums <= levels).astype(np.int64) - 1
    expected = signs.reshape(30, -1) @ (2 * last.astype(np.int64) - 1).T * scale + bias
    ours = simulator.scores(model, model.readout.pack(codes))
    np.testing.assert_array_equal(ours, expected)


@settings(deadline=None)
@given(st.integers(1, 5000), st.integers(-6000, 6000), st.booleans())
def test_limit_on_mismatches_is_the_threshold(products: int, level: int, rising: bool) -> None:
    threshold = Threshold(np.array([level]), np.array([rising]))
    limits = mismatch_limits(threshold, products)
    mismatches = np.arange(products + 1)
    accumulators = products - 2 * mismatches
    one = (mismatches <= limits.limit[0]) ^ limits.inverted[0]
    expected = accumulators >= level if rising else accumulators <= level
    np.testing.assert_array_equal(one, expected)


@pytest.mark.parametrize("rising", [True, False])
@pytest.mark.parametrize("level", [-(2**63), 2**63 - 1])
def test_outermost_levels_are_constant_too(level: int, rising: bool) -> None:
    limits = mismatch_limits(Threshold(np.array([level]), np.array([rising])), 18)
    for mismatches in (0, 9, 18):
        one = (mismatches <= limits.limit[0]) ^ limits.inverted[0]
        assert one == ((level < 0) == rising)


def test_an_empty_batch_has_no_scores(model: Model) -> None:
    assert simulator.scores(model, np.zeros((0, 1, 6, 7, 1), np.uint64)).shape == (0, 3)


def test_scores_of_an_image_do_not_depend_on_its_neighbours(model: Model) -> None:
    words = np.random.default_rng(2).integers(0, 4, (9, 1, 6, 7, 1)).astype(np.uint64)
    together = simulator.scores(model, words)
    alone = np.concatenate([simulator.scores(model, words[i : i + 1]) for i in range(9)])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(simulator.scores(model, words[::-1]), together[::-1])


def test_bits_that_would_be_read_as_others_are_refused(model: Model) -> None:
    bits = np.random.default_rng(1).integers(0, 2, (3, 1, 6, 7, 2)).astype(np.uint8)
    words = pack(bits)
    with pytest.raises(InputError, match="type >u8"):
        simulator.scores(model, words.astype(">u8"))
    with pytest.raises(InputError, match="type <f8"):
        simulator.scores(model, words.astype(np.float64))
    with pytest.raises(InputError, match="planes, rows, columns, words"):
        simulator.scores(model, words[:, 0])
    words[1, 0, 3, 3] |= np.uint64(1 << 2)
    with pytest.raises(InputError, match="beyond the 2 channels"):
        simulator.scores(model, words)
    with pytest.raises(InputError, match="beyond the 2 channels"):
        list(observe(model, words))


@pytest.mark.parametrize("planes", [1, 3])
def test_codes_that_no_readout_gives_are_refused(planes: int) -> None:
    model = draw_model(1, planes)
    view = model.input
    most = 2 ** (planes if planes > 1 else view.channels // view.colors) - 1
    codes = np.full((2, view.height, view.width, view.colors), most, np.int64)
    assert len(simulator.scores_of_codes(model, codes)) == 2
    for wrong in (codes + 1, codes - most - 1):
        with pytest.raises(InputError, match=f"expected 0 to {most}"):
            simulator.scores_of_codes(model, wrong)
    with pytest.raises(InputError, match="type float64, expected integers"):
        simulator.scores_of_codes(model, codes * 1.0)


def test_no_images_give_no_scores(model: Model) -> None:
    assert simulator.scores(model, np.zeros((0, 1, 6, 7, 1), np.uint64)).shape == (0, 3)

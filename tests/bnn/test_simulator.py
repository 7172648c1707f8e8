"""The simulator against arithmetic on +1 and -1, layer by layer."""

import numpy as np
import pytest

from sensorsim.bits import pack, unpack
from sensorsim.bnn import simulator
from sensorsim.bnn.layers import Convolution, MaxPool, Scores, Threshold
from sensorsim.bnn.model import Model
from sensorsim.errors import InputError


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
    model.layers[3].weights[5, 0] ^= np.uint64(1)
    assert (simulator.scores(model, pack(bits)[:, np.newaxis]) != expected).any()


def test_constant_channels_are_constant() -> None:
    levels = np.array([-100, 101, 101, -100])
    rising = np.array([True, True, False, False])
    limits = simulator.mismatch_limits(Threshold(levels, rising), 100)
    for mismatches in (0, 50, 100):
        one = (mismatches <= limits.limit) ^ unpack(limits.inverted[np.newaxis], 4)[0].astype(bool)
        accumulator = 100 - 2 * mismatches
        expected = np.where(rising, accumulator >= levels, accumulator <= levels)
        np.testing.assert_array_equal(one, expected)


def test_first_of_several_best_classes_wins() -> None:
    np.testing.assert_array_equal(simulator.decide(np.array([[1, 5, 5], [7, 7, 7]])), [1, 0])


def test_bits_of_another_shape_are_refused(model: Model) -> None:
    with pytest.raises(InputError, match=r"\(1, 6, 8, 1\).*expected \(1, 6, 7, 1\)"):
        simulator.scores(model, np.zeros((2, 1, 6, 8, 1), np.uint64))

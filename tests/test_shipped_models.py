"""Every model that ships: small enough, true to its record, and the same in torch."""

from pathlib import Path

import numpy as np
import pytest

from sensorsim.bnn import simulator
from sensorsim.bnn.layers import Convolution, MaxPool, Scores, Threshold
from sensorsim.bnn.model import Model
from sensorsim.bnn.model_file import load_model
from sensorsim.core import resources, streams
from sensorsim.core.bits import unpack
from sensorsim.scenes.datasets import load_dataset
from sensorsim.scenes.exposure import Exposure
from sensorsim.scenes.srgb import to_linear
from sensorsim.sensor import Photodiode, sense

MODELS = resources.data("models")
LIMIT_BITS = {"fashion-mnist": 250_000, "cifar10": 500_000}
FLOORS = {
    "fashion-mnist/glt-8": 0.87,
    "fashion-mnist/glt-4": 0.86,
    "fashion-mnist/glt-2": 0.84,
    "fashion-mnist/adc-log-8": 0.87,
    "fashion-mnist/compact/025mb": 0.91,
    "fashion-mnist/compact/025mb-uncontrolled": 0.895,
    "fashion-mnist/log-gradient-2": 0.85,
    "cifar10/glt-8": 0.68,
    "cifar10/bayer-glt-8": 0.66,
}


def names() -> list[str]:
    return sorted(p.relative_to(MODELS).with_suffix("").as_posix() for p in MODELS.rglob("*.npz"))


def path_of(name: str) -> Path:
    return MODELS / f"{name}.npz"


def volts_of(model: Model, images: int) -> tuple[np.ndarray, streams.Key]:
    key = streams.Key.of(0, np.arange(images))
    photographs = load_dataset("fashion-mnist").images[:images]
    stops = Exposure().stops(key)
    return sense(to_linear(photographs), Photodiode(), 9000 * 2.0**stops, key), key


@pytest.mark.parametrize("name", names())
def test_model_is_small_and_records_its_training(name: str) -> None:
    model = load_model(path_of(name))
    dataset = name.split("/")[0]
    assert model.weight_bits <= LIMIT_BITS[dataset]
    assert model.training.dataset == dataset
    assert model.training.command.startswith(("python studies/train_", "sensorsim train "))


@pytest.mark.parametrize("name", [n for n in names() if "/compact/" in n])
def test_compact_model_stores_what_its_name_says_and_has_a_card(name: str) -> None:
    model = load_model(path_of(name))
    limit = {"025mb": 250_000, "05mb": 500_000, "1mb": 1_000_000}
    assert model.stored_bits <= limit[path_of(name).stem.split("-")[0]]
    card = path_of(name).with_suffix(".md").read_text()
    assert f"{model.stored_bits:,} bits" in card
    assert f"{100 * model.training.test_accuracy:.2f} %" in card


@pytest.mark.parametrize("name", sorted(FLOORS))
def test_recorded_test_accuracy_meets_its_floor(name: str) -> None:
    assert load_model(path_of(name)).training.test_accuracy >= FLOORS[name]


@pytest.mark.parametrize("name", ["fashion-mnist/glt-4", "fashion-mnist/adc-linear-4"])
def test_recorded_test_accuracy_is_what_the_simulator_gives(name: str) -> None:
    model = load_model(path_of(name))
    volts, key = volts_of(model, 1000)
    words = model.readout.pack(model.readout.convert(volts, 1.0, key))
    decisions = simulator.decide(simulator.scores(model, words))
    accuracy = (decisions == load_dataset("fashion-mnist").labels[:1000]).mean()
    assert accuracy == pytest.approx(model.training.test_accuracy, abs=0.03)


@pytest.mark.parametrize("name", ["fashion-mnist/glt-8", "fashion-mnist/adc-log-8"])
def test_torch_takes_the_same_decision_on_1000_images(name: str) -> None:
    torch = pytest.importorskip("torch")
    model = load_model(path_of(name))
    volts, key = volts_of(model, 1000)
    codes = model.readout.convert(volts, 1.0, key)
    largest = 2**model.readout.planes - 1
    numbers = model.readout.channel_values(codes)
    x = torch.from_numpy(2.0 * numbers.astype(np.float32) - largest).permute(0, 3, 1, 2)
    expected = torch_scores(torch, model, x, largest).numpy()
    got = simulator.scores(model, model.readout.pack(codes))
    np.testing.assert_array_equal(got, expected)
    np.testing.assert_array_equal(simulator.decide(got), expected.argmax(1))


def torch_scores(torch, model: Model, x, dark: int):
    """The model in floating point: products of +-1, an explicit border, batch-wide layers."""
    for layer in model.layers:
        if isinstance(layer, Convolution):
            k = layer.kernel
            shape = (layer.outputs, k, k, layer.inputs // layer.groups)
            weights = 2.0 * unpack(layer.weights, layer.fan_in).astype(np.float32) - 1
            kernel = torch.from_numpy(weights.reshape(shape)).permute(0, 3, 1, 2)
            x = torch.nn.functional.pad(x, (layer.padding,) * 4, value=-float(dark))
            x = torch.nn.functional.conv2d(x, kernel, stride=layer.stride, groups=layer.groups)
            dark = 1
        elif isinstance(layer, Threshold):
            level = torch.from_numpy(layer.levels).view(1, -1, 1, 1)
            rising = torch.from_numpy(layer.rising).view(1, -1, 1, 1)
            x = 2.0 * torch.where(rising, x >= level, x <= level).float() - 1
        elif isinstance(layer, MaxPool):
            x = torch.nn.functional.max_pool2d(x, layer.size)
        elif isinstance(layer, Scores):
            weights = 2.0 * unpack(layer.weights, layer.inputs).astype(np.float32) - 1
            sums = x.permute(0, 2, 3, 1).flatten(1) @ torch.from_numpy(weights).T
            return sums.long() * torch.from_numpy(layer.scale) + torch.from_numpy(layer.bias)
    raise AssertionError("no scores")

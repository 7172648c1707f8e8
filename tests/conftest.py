"""A small random network and a small random dataset that several tests use."""

import numpy as np
import pytest

from sensorsim.bnn.layers import Convolution, MaxPool, Scores, Threshold
from sensorsim.bnn.model import Input, Model, Training
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.technology import Process, Survey, load_technology
from sensorsim.core.bits import pack
from sensorsim.pipeline.workload import Workload
from sensorsim.readout import Thermometer
from sensorsim.scenes.labelled import Labelled


@pytest.fixture
def model() -> Model:
    """Two convolutions behind a thermometer of two thresholds, 6 x 7 pixels, three classes."""
    random = np.random.default_rng(0)

    def weights(outputs: int, fan_in: int) -> np.ndarray:
        return pack(random.integers(0, 2, (outputs, fan_in)).astype(np.uint8))

    layers = (
        Convolution(2, 10, 3, 1, 1, 1, weights(10, 18)),
        Threshold(random.integers(-4, 5, 10), random.integers(0, 2, 10) == 1),
        MaxPool(2),
        Convolution(10, 12, 3, 2, 1, 2, weights(12, 45)),
        Threshold(random.integers(-9, 10, 12), np.ones(12, bool)),
        Scores(48, 3, 8, weights(3, 48), random.integers(1, 9, 3), random.integers(-50, 50, 3)),
    )
    training = Training(
        dataset="none", family="glt", command="none", seed=0, validation_accuracy=0.5,
        test_accuracy=0.25,
    )  # fmt: skip
    return Model(
        Input(height=6, width=7, colors=1, planes=1, channels=2),
        Thermometer(thresholds=(0.1, 0.4)),
        ("a", "b", "c"),
        layers,
        training,
    )


@pytest.fixture
def tiny() -> Labelled:
    """Forty random gray photographs of 8 x 8 pixels in four classes."""
    random = np.random.default_rng(3)
    images = random.integers(0, 256, (40, 8, 8, 1)).astype(np.uint8)
    return Labelled(images, np.arange(40) % 4, ("a", "b", "c", "d"), "tiny", "here")


@pytest.fixture(scope="session")
def survey() -> Survey:
    technology = load_technology("survey")
    assert isinstance(technology, Survey)
    return technology


@pytest.fixture(scope="session")
def process() -> Process:
    technology = load_technology("cmos65")
    assert isinstance(technology, Process)
    return technology


@pytest.fixture(scope="session")
def array() -> PixelArray:
    """Ten rows of eight columns, 5 um, one volt."""
    return PixelArray(10, 8, 1, 5.0, 1.0, 2, 300.0)


@pytest.fixture(scope="session")
def workload() -> Workload:
    return Workload([1000, 250], weight_bits=4096, activation_bits=512, max_accumulator=90)

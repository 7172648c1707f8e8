"""Readouts that no module knows by name, each in front of a small random network."""

import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from networks import RECORD

from sensorsim.bnn.layers import Convolution, Scores, Threshold
from sensorsim.bnn.model import Input, Model
from sensorsim.bnn.model_file import save_model
from sensorsim.core import resources
from sensorsim.core.bits import pack
from sensorsim.readout import Readout, register, unregister
from sensorsim.scenes.datasets import load_dataset

PULSE_WIDTH = Path(__file__).parent / "pulse_width" / "pulse_width.py"


@pytest.fixture(scope="module")
def pulse_width() -> Iterator[type[Readout]]:
    """The readout of docs/extending.md, registered."""
    spec = spec_from_file_location("pulse_width", PULSE_WIDTH)
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["pulse_width"] = module
    spec.loader.exec_module(module)
    register(module.PulseWidth, "pulse-width")
    yield module.PulseWidth
    unregister("pulse-width")
    del sys.modules["pulse_width"]


def random_network(readout: Readout) -> Model:
    """A network that classifies Fashion-MNIST no better than chance."""
    random = np.random.default_rng(0)
    view = Input(height=28, width=28, colors=1, planes=readout.planes, channels=readout.channels(1))
    layers: list[Any] = [
        Convolution(view.channels, 8, 4, 4, 0, 1, _weights(random, 8, 16 * view.channels)),
        Threshold(np.zeros(8, np.int64), np.ones(8, bool)),
        Scores(392, 10, 8, _weights(random, 10, 392), np.ones(10, int), np.zeros(10, int)),
    ]
    names = load_dataset("fashion-mnist", "test").class_names
    return Model(view, readout, names, tuple(layers), RECORD)


def _weights(random: np.random.Generator, outputs: int, fan_in: int) -> np.ndarray:
    return pack(random.integers(0, 2, (outputs, fan_in)).astype(np.uint8))


def write_pipeline(folder: Path, name: str, readout: Readout, stated: str) -> Path:
    """Write a network behind a readout, and a pipeline that states the readout."""
    model = folder / "models" / f"{name}.npz"
    model.parent.mkdir(exist_ok=True)
    save_model(random_network(readout), model)
    text = (resources.pipelines() / "glt4.toml").read_text("utf-8")
    text = text.replace('"fashion-mnist/glt-4"', f'"{model}"')
    path = folder / f"{name}.toml"
    path.write_text(text.replace('kind = "learned"', f"{stated}  #"), "utf-8")
    return path

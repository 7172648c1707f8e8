"""Training from a pipeline: what the pipeline states about the readout reaches the model."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sensorsim.bnn.model import Model  # noqa: E402
from sensorsim.configuration import load_description  # noqa: E402
from sensorsim.errors import InputError  # noqa: E402
from sensorsim.readout import Thermometer  # noqa: E402
from sensorsim.scenes.labelled import Labelled  # noqa: E402
from sensorsim.training import command  # noqa: E402


@pytest.fixture
def data(tiny: Labelled, monkeypatch: pytest.MonkeyPatch) -> None:
    enough = tiny.take(np.arange(160) % 40)
    monkeypatch.setattr(command, "load_dataset", lambda *_: enough)


def trained(out: Path, settings: dict[str, object]) -> Model:
    description, _ = load_description("glt4", settings)
    return command.train_pipeline(description, out, 2, [4], [2], 1.0, 0, "test")


def test_circuit_of_a_learned_readout_reaches_its_model(data: None, tmp_path: Path) -> None:
    circuit = {"mode": "sequential", "hysteresis_mv": 2.0, "bubbles": "corrected"}
    model = trained(tmp_path / "m.npz", {f"readout.{k}": v for k, v in circuit.items()})
    assert isinstance(model.readout, Thermometer)
    assert model.readout.levels == 2
    assert circuit.items() <= model.readout.circuit_fields().items()


def test_learning_behind_a_reference_dac_is_refused(data: None, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"readout\.reference_bits 16"):
        trained(tmp_path / "m.npz", {"readout.reference_bits": 16})
    assert not list(tmp_path.iterdir())


def test_classes_without_images_are_refused(
    tiny: Labelled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    some = tiny.take(np.flatnonzero(tiny.labels != 2))
    monkeypatch.setattr(command, "load_dataset", lambda *_: some)
    with pytest.raises(InputError, match="here: no training image of c"):
        trained(tmp_path / "m.npz", {})


def test_images_are_loaded_at_the_size_of_the_scene(
    tiny: Labelled, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = []
    enough = tiny.take(np.arange(160) % 40)
    monkeypatch.setattr(command, "load_dataset", lambda *words: asked.append(words) or enough)
    trained(tmp_path / "m.npz", {"scene.size": 8})
    assert asked == [("fashion-mnist", "train", None, 8), ("fashion-mnist", "test", None, 8)]

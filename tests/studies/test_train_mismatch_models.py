"""The script that trained the networks that saw mismatch, on few images and few steps."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
import train_mismatch_models

from sensorsim.bnn.model_file import load_model
from sensorsim.core.streams import Key
from sensorsim.readout import Thermometer
from sensorsim.scenes.datasets import load_dataset
from sensorsim.training.session import make_encoder


@pytest.mark.usefixtures("small_training")
def test_models_are_made_behind_errors_of_dies_and_then_left_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(train_mismatch_models, "READOUTS", (("glt", 2), ("adc-log", 3)))
    models = tmp_path / "models"
    train_mismatch_models.train_mismatch_models(tmp_path / "work", models)
    for name in ("glt-2", "adc-log-3"):
        model = load_model(models / f"{name}.npz")
        assert model.training.command == "python studies/train_mismatch_models.py"
        assert model.readout.comparator.offset_mv == 2
        if isinstance(model.readout, Thermometer):
            assert model.readout.reference_mismatch_percent == 0.1
    rows = (models / "models.csv").read_text().splitlines()
    assert [r.split(",")[0] for r in rows] == ["model", "adc-log-3", "glt-2"]
    before = {p: p.stat().st_mtime_ns for p in models.glob("*.npz")}
    train_mismatch_models.train_mismatch_models(tmp_path / "work", models)
    assert {p: p.stat().st_mtime_ns for p in models.glob("*.npz")} == before


@pytest.mark.usefixtures("small_training")
def test_learning_sees_other_levels_on_every_die() -> None:
    """The same volts on another die cross other levels: what makes the network robust."""
    task = train_mismatch_models.task_of("glt", 4, load_dataset("fashion-mnist", "test").first(400))
    encoder = make_encoder(task)
    volts = np.linspace(0, 1, 4096, dtype=np.float32).reshape(1, 64, 64, 1)
    ones = {encoder(volts, Key.of(0, [0], [die])).sum().item() for die in range(1, 9)}
    assert len(ones) > 4

"""The script that trained the networks of the tone curves, on few images and few steps."""

import csv
from pathlib import Path

import pytest

pytest.importorskip("torch")
import train_tone_models

from sensorsim.bnn.model_file import load_model
from sensorsim.readout import Adc
from sensorsim.tonemap import Gamma, Log, thresholds_of


@pytest.fixture
def small(small_training: None, monkeypatch: pytest.MonkeyPatch) -> None:
    curves = {"gamma": (Gamma(gamma=2), Gamma(gamma=4))}
    monkeypatch.setattr(train_tone_models, "CURVES", curves)
    monkeypatch.setattr(train_tone_models, "POSITIONS", {"digital8": 8})


@pytest.mark.usefixtures("small")
def test_the_best_candidate_ships_and_all_are_listed(tmp_path: Path) -> None:
    models = tmp_path / "models"
    train_tone_models.train_tone_models(tmp_path / "work", models)
    with (models / train_tone_models.TUNING).open(newline="") as file:
        rows = list(csv.DictReader(file))
    tried = [r for r in rows if r["model"] == "tone-gamma-4"]
    assert [r["curve"] for r in tried] == [
        c.model_dump_json() for c in train_tone_models.CURVES["gamma"]
    ]
    best = max(tried, key=lambda r: float(r["validation_accuracy"]))
    assert [r for r in tried if r["chosen"] == "1"] == [best]
    shipped = load_model(models / "tone-gamma-4.npz")
    curve = Gamma.model_validate_json(best["curve"])
    assert shipped.readout.transitions() == pytest.approx(thresholds_of(curve, 4))
    assert shipped.training.command == "python studies/train_tone_models.py"
    adc = load_model(models / "tone-adc-digital8-4.npz").readout
    assert isinstance(adc, Adc)
    assert (adc.tone_curve, adc.tone_domain, adc.conversion_bits) == (Log(), "digital", 8)
    names = {p.stem for p in models.glob("*.npz")}
    assert names == {"tone-learned-4", "tone-gamma-4", "tone-equalized-4", "tone-adc-digital8-4"}
    assert {r["model"] for r in rows} == names

    before = {p: p.read_bytes() for p in models.iterdir()}
    train_tone_models.train_tone_models(tmp_path / "work", models)
    assert {p: p.read_bytes() for p in models.iterdir()} == before

"""The script that trained the shipped models, on few images and few steps."""

from pathlib import Path

import pytest

pytest.importorskip("torch")
import train_models

from sensorsim.bnn.model_file import load_model
from sensorsim.experiments.entries import network_of
from sensorsim.readout.families import families

NAME = "fashion-mnist"


@pytest.fixture
def small(small_training: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(train_models.READOUTS, NAME, [("glt", 2), ("adc-log", 3)])


@pytest.mark.usefixtures("small")
def test_models_are_made_recorded_and_then_left_alone(tmp_path: Path) -> None:
    models = tmp_path / "models"
    train_models.train_all(NAME, None, tmp_path / "work", models)
    glt, adc = load_model(models / "glt-2.npz"), load_model(models / "adc-log-3.npz")
    assert (glt.readout.levels, adc.readout.levels) == (2, 7)
    assert glt.training.seed == 1
    assert glt.training.command == "python studies/train_models.py fashion-mnist"
    trunks = {p.name for p in (tmp_path / "work").glob("trunk-*.pt")}
    assert trunks == {"trunk-glt-8.pt", "trunk-adc-log-8.pt"}, "one for each family"
    rows = (models / "models.csv").read_text().splitlines()
    assert [r.split(",")[0] for r in rows] == ["model", "adc-log-3", "glt-2"]
    before = {p: p.stat().st_mtime_ns for p in models.glob("*.npz")}
    train_models.train_all(NAME, None, tmp_path / "work", models)
    assert {p: p.stat().st_mtime_ns for p in models.glob("*.npz")} == before


@pytest.mark.usefixtures("small")
def test_same_seed_gives_the_same_file(tmp_path: Path) -> None:
    files = []
    for run in ("a", "b"):
        train_models.train_all(NAME, None, tmp_path / run, tmp_path / run / "models")
        files.append((tmp_path / run / "models" / "glt-2.npz").read_bytes())
    assert files[0] == files[1]


@pytest.mark.usefixtures("small")
def test_a_plan_behind_a_mosaic_lies_beside_its_dataset(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan = f"{NAME}-bayer"
    recipe = train_models.BRANCH[NAME]
    monkeypatch.setitem(train_models.MOSAICS, plan, (NAME, "bayer-rggb"))
    monkeypatch.setitem(train_models.ARCHITECTURES, plan, train_models.ARCHITECTURES[NAME])
    monkeypatch.setitem(train_models.TRUNK, plan, {"thermometer": recipe})
    monkeypatch.setitem(train_models.BRANCH, plan, recipe)
    monkeypatch.setitem(train_models.READOUTS, plan, [("glt", 2)])
    train_models.train_all(plan, None, tmp_path / "work", tmp_path)
    model = load_model(tmp_path / "bayer-glt-2.npz")
    assert (model.input.height, model.input.colors, model.input.mosaic) == (14, 4, "bayer-rggb")
    assert model.training.dataset == NAME
    assert model.training.command == f"python studies/train_models.py {plan}"


def test_every_readout_of_the_study_has_a_network_in_the_plan() -> None:
    planned = {f"{f}-{n}" for f, n in train_models.READOUTS[NAME]}
    trained = {family for family, _ in train_models.READOUTS[NAME]}
    assert {"glt", "adc-linear", "adc-log"} < trained
    for family in families().values():
        if family.name in trained:  # others are trained by recipes of their own
            assert {network_of(family, n) for n in family.studied} <= planned

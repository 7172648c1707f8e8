"""Accuracy by tone curve, on few images."""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tone_mapping
import xarray as xr

from sensorsim.core import resources
from sensorsim.experiments.paired import compare
from sensorsim.readout import Adc
from sensorsim.tonemap import lookup_table, thresholds_of

IMAGES = 200
Run = Callable[..., None]
CURVES = {
    "learned", "linear", "srgb", "gamma", "log", "drago", "pq", "naka-rushton", "reinhard",
    "equalized",
}  # fmt: skip


@pytest.fixture(scope="module")
def out(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tone_mapping")
    run(tone_mapping, folder, "--images", str(IMAGES))
    return folder


@pytest.fixture(scope="module")
def entries() -> list[tone_mapping.Entry]:
    return tone_mapping.entries(resources.data("models", tone_mapping.DATASET, tone_mapping.FOLDER))


def test_table_holds_every_curve_and_position(out: Path) -> None:
    table = pd.read_csv(out / "table.csv")
    assert list(table.columns) == tone_mapping.COLUMNS
    assert set(table[table["readout"] == "thermometer"]["curve"]) == CURVES
    adcs = table[table["readout"] == "adc"]
    assert list(adcs["position"]) == ["analog", "digital, 6 bits", "digital, 8 bits"]
    assert set(adcs["bits_per_sample"]) == {4}
    assert (table["accuracy_low"] < table["accuracy_high"]).all()


def test_differences_are_those_of_the_accuracies(out: Path) -> None:
    table = pd.read_csv(out / "table.csv")
    for _, part in table.groupby("readout"):
        reference = part["accuracy"].iloc[0]
        np.testing.assert_allclose(part["difference"], part["accuracy"] - reference, atol=1e-12)
    assert (table["difference_low"] <= table["difference"]).all()
    assert (table["difference"] <= table["difference_high"]).all()


def test_decisions_are_those_that_the_table_counts(out: Path) -> None:
    table = pd.read_csv(out / "table.csv")
    with xr.open_dataset(out / "results.nc") as data:
        accuracy = (data["decision"] == data["label"]).mean("image")
        assert accuracy.values == pytest.approx(table["accuracy"].to_numpy())
        assert list(data["curve"].values.astype(str)) == list(table["curve"])


def test_models_hold_the_levels_of_the_curves_beside_which_they_are_listed(
    entries: list[tone_mapping.Entry],
) -> None:
    for entry in entries:
        readout = entry.chain.readout
        if not isinstance(readout, Adc):
            levels = thresholds_of(entry.curve, readout.levels)
            np.testing.assert_allclose(readout.transitions(), levels, rtol=1e-9)
        elif readout.conversion_bits is not None:
            expected = lookup_table(entry.curve, readout.conversion_bits, readout.bits)
            np.testing.assert_array_equal(readout.code_table(), expected)


def test_chosen_candidates_are_the_best_on_validation_images() -> None:
    models = resources.data("models", tone_mapping.DATASET, tone_mapping.FOLDER)
    tuning = pd.read_csv(models / tone_mapping.TUNING, keep_default_na=False)
    for model, tried in tuning.groupby("model"):
        (chosen,) = tried[tried["chosen"] == 1]["validation_accuracy"]
        assert chosen == tried["validation_accuracy"].max(), model
        assert (models / f"{model}.npz").is_file()


def test_a_network_behind_the_thresholds_of_another_curve_is_worse(
    entries: list[tone_mapping.Entry],
) -> None:
    by_name = {e.name: e.chain for e in entries if not e.is_adc}
    learned = by_name["learned"]
    mutants = [
        learned.replace({"readout": by_name[name].readout.model_dump()})
        for name in ("linear", "srgb")
    ]
    right, *wrong = (r["accuracy"].item() for r in compare([learned, *mutants], IMAGES))
    assert all(accuracy < right - 0.1 for accuracy in wrong)


def test_same_seed_gives_the_same_table_and_an_interval(
    entries: list[tone_mapping.Entry], out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    points = tone_mapping.run_points(argparse.Namespace(images=IMAGES, seed=0), entries)
    assert tone_mapping.rows(points).to_csv(index=False) == (out / "table.csv").read_text()
    tone_mapping.print_verdict(points)
    printed = " ".join(capsys.readouterr().out.split())
    assert "Learned thresholds against the best curve by validation images" in printed
    assert "95 %, paired" in printed


@pytest.mark.parametrize("name", ["accuracy", "curves"])
def test_figure_is_a_picture(out: Path, name: str, is_picture: Callable[[Path], bool]) -> None:
    assert is_picture(out / f"tone_mapping_{name}.png")


def test_missing_list_of_curves_is_named(tmp_path: Path) -> None:
    with pytest.raises(tone_mapping.InputError, match=r"tone-tuning\.csv"):
        tone_mapping.entries(tmp_path)

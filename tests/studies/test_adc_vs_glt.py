"""The main job, on few images."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import adc_vs_glt
import numpy as np
import pandas as pd
import pytest
import xarray as xr

QUICK = ("--quick", "--images", "60")
Run = Callable[..., None]


@pytest.fixture(scope="module")
def out(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    run(adc_vs_glt, folder, *QUICK)
    return folder


def test_table_holds_every_readout_and_column(out: Path) -> None:
    table = pd.read_csv(out / "table.csv")
    headline = table[(table["exposure_law"] == "uniform") & (table["offset_mv"] == 0.5)]
    levels = headline.groupby("readout")["levels"].apply(sorted).to_dict()
    assert levels == {
        "adc-linear": [1, 2, 4, 6, 8],
        "adc-log": [1, 2, 4, 6, 8],
        "log-gradient": [2],
        "thermometer-uniform": [1, 2, 4, 8],
        "thermometer-log": [1, 2, 4, 8],
        "thermometer-quantile": [1, 2, 4, 8],
        "glt": [1, 2, 4, 8],
    }
    assert (table["accuracy_low"] < table["accuracy_high"]).all()
    assert (table["energy_pj_low"] < table["energy_pj_typical"]).all()
    stops = table.groupby("exposure_law")["exposure_stops"].unique()
    assert np.isnan(stops["uniform"]).all()
    assert list(stops["fixed"]) == [0, -5]
    assert set(table["offset_mv"]) == {0.5, 8.0}


def test_results_open_with_plain_xarray(out: Path) -> None:
    table = pd.read_csv(out / "table.csv")
    with xr.open_dataset(out / "results.nc") as data:
        assert list(data["readout"].values.astype(str)) == list(table["readout"])
        assert data["energy_pj_typical"].attrs["units"] == "pJ"
        accuracy = (data["decision"] == data["label"]).mean("image")
        assert accuracy.values == pytest.approx(table["accuracy"].to_numpy())


def test_same_seed_gives_the_same_table(run: Run, out: Path, tmp_path: Path) -> None:
    run(adc_vs_glt, tmp_path, *QUICK)
    assert (tmp_path / "table.csv").read_bytes() == (out / "table.csv").read_bytes()
    run(adc_vs_glt, tmp_path, *QUICK, "--seed", "1")
    assert (tmp_path / "table.csv").read_bytes() != (out / "table.csv").read_bytes()


@pytest.mark.parametrize("name", ["tradeoff", "tone_curves", "examples", "offset", "exposure"])
def test_figure_is_a_picture(out: Path, name: str, is_picture: Callable[[Path], bool]) -> None:
    assert is_picture(out / f"{name}.png")


def test_nothing_half_written_is_left(out: Path) -> None:
    assert not [p for p in out.iterdir() if ".part" in p.name]


def test_words_on_break_even_name_percentiles(
    run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run(adc_vs_glt, tmp_path, *QUICK)
    printed = " ".join(capsys.readouterr().out.split())
    assert "best envelope" in printed
    assert "percentile" in printed
    assert "glt M=4 against thermometer" in printed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--dataset", "imagenet"), "imagenet"),
        (("--dataset", "stl10"), "no trained models of dataset 'stl10'"),
        (("--data-dir", "nowhere"), "nowhere"),
        (("--images", "0"), "images 0"),
        (("--images", "10001"), "10000"),
        (("--seed", "-1"), "seed -1"),
    ],
)
def test_wrong_input_ends_with_status_2_and_writes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    out = tmp_path / "out"
    command = [sys.executable, adc_vs_glt.__file__, "--quick", "--out", str(out), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not out.exists() or not list(out.iterdir())

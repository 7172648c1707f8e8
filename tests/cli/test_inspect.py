"""``sensorsim inspect``: what it prints and writes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from sensorsim.bnn.model import Model
from sensorsim.bnn.model_file import find_model, load_model, model_digest, save_model
from sensorsim.cli.app import app
from sensorsim.core.errors import InputError
from sensorsim.pipeline.pipeline import load_pipeline

run = CliRunner()


def test_people_read_layers_thresholds_and_totals() -> None:
    done = run.invoke(app, ["inspect", "fashion-mnist/glt-4"], env={"COLUMNS": "160"})
    assert done.exit_code == 0
    validation = load_model(find_model("fashion-mnist/glt-4", None)).training.validation_accuracy
    assert validation is not None
    for words in (
        "28x28x1", "T-shirt/top", f"validation {100 * validation:.2f} %", "convolution",
        "kernel 3, padding 1",
        "28x28x48", "1,728", "±6,272", "14 bits", "165,824 weight bits", "median",
    ):  # fmt: skip
        assert words in done.stdout, words


def test_totals_fit_80_columns() -> None:
    network = load_model(find_model("cifar10/glt-8"))
    done = run.invoke(app, ["inspect", "cifar10/glt-8"], env={"COLUMNS": "80"})
    lines = done.stdout.splitlines()
    (first,) = (i for i, line in enumerate(lines) if line.startswith("totals"))
    assert max(map(len, lines[first:])) <= 80
    text = "\n".join(lines[first:])
    for words in (
        f"{network.stored_bits:,} bits stored",
        f"{network.binary_operations:,} binary operations",
        f"{network.largest_activation_memory_bits:,} bits of largest activation memory",
    ):
        assert words in text


def test_json_is_one_object(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    save_model(model, path)
    done = run.invoke(app, ["inspect", str(path), "--json"])
    said = json.loads(done.stdout)
    assert said["sha256"] == model_digest(path)
    assert said["totals"]["weight_bits"] == model.weight_bits
    assert said["totals"]["stored_bits"] == model.stored_bits == sum(said["stored_bits"].values())
    memory = said["totals"]["largest_activation_memory_bits"]
    assert memory == model.largest_activation_memory_bits == 420 + 90
    assert [row["kind"] for row in said["layers"]][-1] == "scores"


def test_accuracies_that_nobody_measured_are_unknown(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "m.npz"
    known = {"validation_accuracy": None, "test_accuracy": None}
    save_model(replace(model, training=model.training.model_copy(update=known)), path)
    done = run.invoke(app, ["inspect", str(path)], env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    assert "validation unknown, test unknown" in done.stdout


def test_layers_of_an_image_are_written(tmp_path: Path) -> None:
    out = tmp_path / "l.nc"
    arguments = ["inspect", "fashion-mnist/glt-2", "--image", "3", "--pipeline", "glt2"]
    done = run.invoke(app, [*arguments, "--seed", "5", "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    assert [p.name for p in tmp_path.iterdir()] == ["l.nc"]
    decision = load_pipeline("glt2").run(4, seed=5)["decision"][3]
    with xr.open_datatree(out, engine="h5netcdf") as data:
        assert data["8/score"].values.argmax() == decision
        assert data["0/accumulator"].attrs["units"] == "1"
        assert set(np.unique(data["1/bit"])) == {0, 1}
        assert data.attrs["image"] == 3
        assert data.attrs["model_sha256"] == model_digest(find_model("fashion-mnist/glt-2"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "nowhere"),
        (["fashion-mnist/glt-2", "--image", "3"], "--pipeline"),
        (["fashion-mnist/glt-2", "--image", "10000", "--pipeline", "glt2"], "0 to 9999"),
        (["fashion-mnist/glt-2", "--image", "0", "--pipeline", "adc4"], "network.model"),
        (
            ["fashion-mnist/glt-2", "--image", "0", "--pipeline", "glt2", "--out", "/no/x.nc"],
            "its folder does not exist",
        ),
    ],
)
def test_wrong_input_is_named(arguments: list[str], words: str) -> None:
    done = run.invoke(app, ["inspect", *arguments])
    assert isinstance(done.exception, InputError)
    assert words in str(done.exception)
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("log-gradient-2", "log-gradient"),
        ("adc-log-4", "ADC"),
        ("glt-2", "thermometer of 2 learned thresholds. Parts of full scale: "),
    ],
)
def test_the_readout_describes_itself(model: str, words: str) -> None:
    done = run.invoke(app, ["inspect", f"fashion-mnist/{model}"])
    assert done.exit_code == 0
    (line,) = [x for x in done.stdout.splitlines() if x.startswith("readout")]
    assert words in line


def test_levels_are_said_behind_the_pixel_of_a_pipeline() -> None:
    arguments = ["inspect", "fashion-mnist/glt-4", "--pipeline", "glt4"]
    done = run.invoke(app, arguments, env={"COLUMNS": "160"})
    levels = "levels at 1.27, 6.31, 21, 93.5 mV of 1,000 mV (12.7, 63.1, 210, 935 e-)"
    assert levels in done.stdout
    assert json.loads(run.invoke(app, [*arguments, "--json"]).stdout)["levels"] == levels

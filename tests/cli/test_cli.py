"""The command: what it prints, where, and with which exit status."""

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr


def sensorsim(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sensorsim.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_json_is_one_object_with_the_promised_fields() -> None:
    done = sensorsim("run", "glt2", "--images", "40", "--seed", "5", "--json")
    assert done.returncode == 0, done.stderr
    fields = json.loads(done.stdout)
    promised = {
        "accuracy", "accuracy_low", "accuracy_high", "images", "bits_per_sample",
        "link_bits_per_sample", "energy_pj_low", "energy_pj_typical", "energy_pj_high",
        "weight_bits", "seed",
    }  # fmt: skip
    assert promised <= fields.keys()
    assert (fields["images"], fields["seed"], fields["bits_per_sample"]) == (40, 5, 2)
    assert "test images from" in done.stderr


def test_json_says_null_where_nothing_was_right() -> None:
    """One image too dark to be told: no energy per right decision, and NaN is no JSON."""
    dark = ("--set", "scene.exposure.law=fixed", "--set", "scene.exposure.high_stops=-20")
    done = sensorsim("run", "glt2", "--images", "1", "--json", *dark)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in {done.stdout}")

    fields = json.loads(done.stdout, parse_constant=refuse)
    assert fields["accuracy"] == 0
    assert fields["energy_pj_per_correct_decision"] is None


def test_set_changes_a_field() -> None:
    quiet = sensorsim("run", "glt2", "--images", "200", "--json")
    loud = sensorsim("run", "glt2", "--images", "200", "--json",
                     "--set", "readout.comparator.offset_mv=60")  # fmt: skip
    assert json.loads(loud.stdout)["accuracy"] < json.loads(quiet.stdout)["accuracy"]


def test_table_for_people_names_every_stage() -> None:
    done = sensorsim("run", "glt2", "--images", "40")
    assert done.returncode == 0
    for word in ("accuracy", "pixel", "readout", "link", "network", "static", "frame"):
        assert word in done.stdout


def test_run_says_what_does_not_fit() -> None:
    arguments = ("run", "glt2", "--images", "20", "--set", "energy.frame_rate_hz=100")
    done = sensorsim(*arguments, "--json")
    (fault,) = json.loads(done.stdout)["does_not_fit"]
    assert fault.startswith("the exposure of 33,000 us does not fit into a frame")
    assert f"Does not fit: {fault}" in done.stderr
    assert json.loads(sensorsim(*arguments[:4], "--json").stdout)["does_not_fit"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "nowhere.toml"), "nowhere.toml"),
        (("run", "glt2", "--images", "0"), "--images"),
        (("run", "glt2", "--images", "10001"), "10000"),
        (("run", "glt2", "--seed", "-1"), "--seed"),
        (("run", "glt2", "--set", "readout.bits=6"), "readout.bits"),
        (("run", "glt2", "--set", "readout"), "FIELD=VALUE"),
        (("run", "glt2", "--set", "scene.dataset=imagenet"), "imagenet"),
        (("run", "glt2", "--set", "scene.data_dir=/nowhere"), "/nowhere"),
        (("sweep", "glt2", "--axis", "die=0,1", "--out", "/nowhere/x.nc"), "/nowhere"),
        (("energy", "glt2", "--set", "energy.technology=3nm"), "'3nm'"),
        (("energy", "glt2", "--set", "energy.network=gates"), "'gates': expected a table"),
        (
            ("energy", "adc8", "--set", "readout.architecture.conversion_time_us=2"),
            "state its kind beside the other fields, like readout.architecture.kind",
        ),
    ],
)
def test_wrong_input_ends_with_status_2_and_names_it(
    arguments: tuple[str, ...], words: str
) -> None:
    done = sensorsim(*arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_sweep_writes_a_file_that_xarray_opens(tmp_path: Path) -> None:
    out = tmp_path / "s.nc"
    done = sensorsim(
        "sweep", "glt2", "--axis", "readout.comparator.offset_mv=0,8", "--images", "40",
        "--out", str(out),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with xr.open_dataset(out) as data:
        assert data.sizes == {"readout.comparator.offset_mv": 2}
        assert data["energy_pj_typical"].attrs["units"] == "pJ"
    assert [p.name for p in tmp_path.iterdir()] == ["s.nc"]


def test_sweep_changes_readout_and_network_together(tmp_path: Path) -> None:
    out = tmp_path / "bits.nc"
    models = "2:fashion-mnist/adc-log-2,4:fashion-mnist/adc-log-4"
    done = sensorsim(
        "sweep", "adc8_log", "--axis", f"readout.bits+network.model={models}", "--images", "20",
        "--out", str(out),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with xr.open_dataset(out) as data:
        assert data["readout.bits"].to_numpy().tolist() == [2, 4]
        assert data["bits_per_sample"].to_numpy().tolist() == [2, 4]


def test_version_is_printed() -> None:
    assert sensorsim("--version").stdout == f"sensorsim {version('sensorsim')}\n"


def test_mistakes_are_printed_one_per_line() -> None:
    done = sensorsim("run", "glt2", "--set", "die=-1", "--set", "photodiode.full_wel_e=1")
    first, second = done.stderr.splitlines()
    assert first.startswith("sensorsim: ") and second.startswith("sensorsim: ")
    assert "did you mean 'full_well_e'?" in first + second


def test_schema_is_json_schema() -> None:
    done = sensorsim("schema")
    assert "photodiode" in json.loads(done.stdout)["properties"]


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = (
        "import sys, sensorsim; "
        "print([m for m in ('torch', 'onnx', 'numba', 'xarray', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_chain_runs_without_torch() -> None:
    code = (
        "import sys; sys.modules['torch'] = None; import sensorsim as ss; "
        "print(ss.load_pipeline('glt2').run(images=5)['images'].item())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "5"


def run_command(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sensorsim.cli", *arguments]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=120, **options)


@pytest.mark.parametrize(("encoding", "word"), [("ascii", "?36"), ("cp437", "±36")])
def test_a_terminal_of_another_encoding_gets_question_marks(encoding: str, word: str) -> None:
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = run_command(
        "inspect", "fashion-mnist/glt-4", stdout=subprocess.PIPE, env=environment, encoding=encoding
    )
    assert done.returncode == 0
    assert "165,824 weight bits" in done.stdout
    assert word in done.stdout
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_standard_output_is_one_line() -> None:
    with Path("/dev/full").open("w") as full:
        done = run_command("schema", stdout=full)
    assert done.returncode == 1
    assert done.stderr == "sensorsim: standard output: No space left on device\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_standard_error_loses_no_result() -> None:
    command = [sys.executable, "-m", "sensorsim.cli", "run", "glt2", "--images", "5", "--json"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=full, text=True, timeout=120, check=True
        )
    assert json.loads(done.stdout)["images"] == 5


def test_a_closed_pipe_ends_without_a_word() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = run_command("schema", stdout=writer)
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == ""


def test_run_says_what_it_rests_on(tmp_path: Path) -> None:
    done = sensorsim(
        "run", "glt4", "--images", "30", "--lux", "20", "--dies", "2", "--json",
        "--set", "photodiode.full_well_e=9000", "--set", "photodiode.rts_amplitude_e=3",
    )  # fmt: skip
    found = json.loads(done.stdout)
    basis = found["rests_on"]
    assert "white makes 1,046 e- (11.6 % of full well) at 20 lux" in basis["light"]
    assert basis["noise"].endswith("seed 0, die 0")
    assert basis["levels"].startswith("levels at 1.14, 5.68, 18.9, 84.1 mV of 900 mV (11.4, ")
    assert basis["trained_otherwise"][0].startswith("photodiode.full_well_e: trained with 10000")
    assert basis["without_effect"] == ["photodiode.rts_amplitude_e 3.0: rts_pixel_fraction is 0"]
    assert np.sum(found["confusion"]) == 30
    assert len(found["recall"]) == len(found["class_name"]) == 10
    dies = found["dies"]
    assert (len(dies["accuracy"]), dies["accuracy"][0]) == (2, found["accuracy"])
    assert dies["mean_accuracy_low"] < dies["mean_accuracy"] < dies["mean_accuracy_high"]


def test_table_for_people_says_recall_levels_and_dies() -> None:
    done = sensorsim("run", "glt2", "--images", "40", "--dies", "2")
    for word in ("2 dies (0 to 1): mean", "recall %", "ankle boot", "levels at", "seed 0, die 0"):
        assert word in done.stdout

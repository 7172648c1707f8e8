"""``sensorsim train`` on the command line: a user's folder in one command, and what is refused."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

from sensorsim.bnn.model_file import load_model
from sensorsim.readout import Thermometer


def sensorsim(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sensorsim.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Forty-eight photographs of several sizes in two classes, by color."""
    random = np.random.default_rng(0)
    folder = tmp_path / "photos"
    for number in range(48):
        name = ("red", "blue")[number % 2]
        (folder / name).mkdir(parents=True, exist_ok=True)
        height, width = random.integers(40, 90, 2)
        image = random.integers(0, 90, (height, width, 3))
        image[..., 0 if name == "red" else 2] += 150
        Image.fromarray(image.astype(np.uint8)).save(folder / name / f"{number}.png")
    return folder


@pytest.mark.slow
def test_own_folder_trains_in_one_command(photos: Path, tmp_path: Path) -> None:
    done = sensorsim(
        tmp_path, "train", "folder", "--data-dir", "photos", "--out", "mine.npz",
        "--epochs", "6", "--set", "schedule.batch=16", "--threads", "1", "--device", "cpu",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    model = load_model(tmp_path / "mine.npz")
    assert set(model.class_names) == {"red", "blue"}
    assert isinstance(model.readout, Thermometer)
    assert model.training.validation_accuracy is not None
    assert model.training.test_accuracy is not None
    assert model.training.test_accuracy > 0.8, "two colors are told apart"
    assert "test accuracy" in done.stdout
    assert "images/s" in done.stderr
    assert {p.name for p in tmp_path.iterdir()} >= {"mine.npz", "mine.html", "mine.md"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing", "--out", "x.npz"], "no such recipe"),
        (["fashion_compact", "--out", "no/where.npz"], "its folder does not exist"),
        (["fashion_compact", "--out", "x.npz", "--set", "schedule.epoch=1"], "no such field"),
        (["fashion_compact", "--out", "x.npz", "--teacher", "none.pt"], "none.pt"),
        (["folder", "--out", "x.npz", "--data-dir", "nowhere"], "nowhere"),
        (["fashion_compact", "--out", "x.npz", "--device", "tpu"], "tpu"),
    ],
)
def test_what_cannot_be_trained_is_one_message(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    done = sensorsim(tmp_path, "train", *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())

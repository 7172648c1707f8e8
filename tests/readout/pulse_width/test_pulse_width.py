"""The readout of docs/extending.md: registered, trained, run, compared, exported, installed."""

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sensorsim as ss
from sensorsim.core.streams import Key
from sensorsim.experiments.energy_comparison import compare_energy
from sensorsim.experiments.entries import entries
from sensorsim.experiments.monte_carlo import accuracies_over_dies
from sensorsim.experiments.paired import compare
from sensorsim.readout import Comparator
from sensorsim.scenes.datasets import load_dataset

HERE = Path(__file__).parent
PAGE = (Path(__file__).parents[3] / "docs" / "extending.md").read_text()
SOURCE = HERE / "pulse_width.py"
ENTRY_POINTS = "[sensorsim.readouts]\npulse-width = pulse_width:PulseWidth\n"


@pytest.fixture(scope="module")
def models(pulse_width: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network behind it, trained on little by the trainer as it is."""
    pytest.importorskip("torch")
    from sensorsim.scenes.exposure import Exposure
    from sensorsim.sensor import Photodiode
    from sensorsim.sensor.camera import Camera
    from sensorsim.training.architecture import Architecture, Block
    from sensorsim.training.deliver import deliver
    from sensorsim.training.schedule import Schedule
    from sensorsim.training.session import Task, train

    few = load_dataset("fashion-mnist", "test").first(300)
    readout = pulse_width(bits=4)
    task = Task(
        "pulse-width", readout, False, Architecture(blocks=(Block(channels=16, stride=2, pool=2),)),
        Schedule(epochs=2, batch=32, seed=1), Camera(Photodiode(), Exposure()),
    )  # fmt: skip
    trained = train(task, few, None, lambda _: None)
    folder = tmp_path_factory.mktemp("models")
    deliver(task, trained, few, few, "none", folder / "pulse-width-4.npz")
    return folder


@pytest.fixture(scope="module")
def pipe(models: Path) -> ss.Pipeline:
    settings = {
        "readout": {"kind": "pulse-width", "bits": 4},
        "network.model": str(models / "pulse-width-4.npz"),
    }
    return ss.load_pipeline("glt4", settings)


def test_codes_are_those_of_their_transitions(pulse_width: Any) -> None:
    readout = pulse_width(bits=5, reference=0.03, comparator=Comparator(noise_mv=0, offset_mv=0))
    volts = np.linspace(-0.1, 1, 5000, dtype=np.float32).reshape(1, 1, -1, 1)
    codes = readout.convert(volts, 1.0, Key.of(0, [0])).ravel()
    expected = np.searchsorted(readout.transitions(), volts.ravel(), "left")
    assert np.abs(codes.astype(int) - expected).max() <= 1
    assert (codes == expected).mean() > 0.99, "but for rounding at a transition"


def test_it_runs_and_traces(pipe: ss.Pipeline) -> None:
    result = pipe.run(100)
    assert result["accuracy"] > 0.2
    assert result["bits_per_sample"] == 4
    tree = pipe.trace(pipe.dataset.images[0])
    assert tree["readout"]["digital_number"].max() <= 15


@pytest.mark.parametrize("technology", ["survey", "cmos180", "cmos130", "cmos65", "cmos28"])
def test_it_has_a_price_and_a_time(pipe: ss.Pipeline, technology: str) -> None:
    chain = pipe.replace({"energy.technology": technology})
    assert chain.cost.ledger().total_pj("readout").typical > 0
    assert chain.cost.time_budget().conversion_us.typical > 0


def test_it_is_swept_compared_and_drawn_over_dies(pipe: ss.Pipeline) -> None:
    swept = ss.sweep(pipe, {"readout.reference": [0.01, 0.02]}, images=40)
    assert swept["accuracy"].sizes["readout.reference"] == 2
    dies = accuracies_over_dies([pipe], [0, 1, 2], 40)[0]
    assert dies.sizes["die"] == 3
    glt = ss.load_pipeline("glt4")
    assert len(compare([pipe, glt], 40)) == 2
    duel = compare_energy(pipe, ss.load_pipeline("adc4"), draws=50)
    assert duel.rival_first and duel.thresholds is None


def test_it_appears_in_the_studies(models: Path, pulse_width: Any) -> None:
    (found,) = entries(ss.load_pipeline("glt8"), models, {})
    assert found.name == "pulse-width b=4"
    from sensorsim.plotting.plots import style

    assert len(style("pulse-width")) == 3


def test_it_is_exported(pipe: ss.Pipeline, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    from sensorsim.bnn.exchange.onnx_export import export_onnx

    assert export_onnx(pipe.model).graph.node


def test_the_tutorial_is_the_tested_code() -> None:
    assert f"```python\n{SOURCE.read_text()}```" in PAGE
    assert 'pulse-width = "pulse_width:PulseWidth"' in PAGE


def test_a_package_registers_it_by_its_entry_point(tmp_path: Path) -> None:
    """The wheel that the tutorial's pyproject.toml builds, installed by pip into a folder."""
    wheel = tmp_path / "pulse_width-0.1-py3-none-any.whl"
    info = "pulse_width-0.1.dist-info"
    files = {
        "pulse_width.py": SOURCE.read_text(),
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: pulse-width\nVersion: 0.1\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": ENTRY_POINTS,
    }
    files[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in (*files, f"{info}/RECORD"))
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(site), str(wheel)], check=True)
    code = (
        f"import sys; sys.path.insert(0, {str(site)!r})\n"
        "from sensorsim.readout import kinds\n"
        "print(kinds()['pulse-width'].__module__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "pulse_width"


def test_a_broken_package_is_one_message(tmp_path: Path) -> None:
    info = tmp_path / "broken-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-readout\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[sensorsim.readouts]\nx = not_there:Readout\n")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nfrom sensorsim.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "run", "glt4", "--images", "10"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "broken-readout" in done.stderr and "not_there" in done.stderr
    assert "Traceback" not in done.stderr

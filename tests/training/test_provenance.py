"""What a checkpoint's plan covers."""

import shutil
from pathlib import Path

import pytest

pytest.importorskip("torch")

import sensorsim
from sensorsim.core import source
from sensorsim.training import provenance
from sensorsim.training.provenance import training_sources as source_digest


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package's sources that the digest reads."""
    copy = tmp_path / "sensorsim"
    ignored = shutil.ignore_patterns("__pycache__", "shipped")
    shutil.copytree(Path(sensorsim.__file__).parent, copy, ignore=ignored)
    monkeypatch.setattr(source, "PACKAGE", copy)
    return copy


@pytest.mark.parametrize(
    "name",
    ["core/streams.py", "sensor/camera.py", "kernels/electrons.py", "sensor/sense.py",
     "optics/spectrum.py", "readout/thermometer/kernel.py", "readout/adc/description.py",
     "training/binary_layers.py", "training/fit.py", "scenes/exposure.py"],
)  # fmt: skip
def test_changed_source_changes_the_digest(package: Path, name: str) -> None:
    before = source_digest()
    (package / name).write_text((package / name).read_text() + "\nCHANGED = 1\n")
    assert source_digest() != before


@pytest.mark.parametrize("name", ["training/report.py", "cli/run.py", "bnn/simulator.py"])
def test_source_that_decides_nothing_does_not(package: Path, name: str) -> None:
    before = source_digest()
    (package / name).write_text((package / name).read_text() + "\nCHANGED = 1\n")
    assert source_digest() == before


@pytest.mark.parametrize("name", ["training/fit.py", "core/streams.py"])
def test_comments_and_docstrings_do_not_count(package: Path, name: str) -> None:
    before = source_digest()
    text = (package / name).read_text()
    start = text.index('"""') + 3
    said = text[:start] + "Said in another way. " + text[start:]
    (package / name).write_text(said + "\n# more\n")
    assert source_digest() == before


def test_named_sources_exist() -> None:
    root = Path(sensorsim.__file__).parent
    assert all((root / name).exists() for name in provenance.SOURCES)
    assert all((root / name).exists() for name in provenance._WORDS)

"""Files and modules that documents and data files name exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = [
    *sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md",
    *sorted((ROOT / "data").rglob("*.toml")), *sorted((ROOT / "pipelines").rglob("*.toml")),
]  # fmt: skip
TOP = (
    "sensorsim|studies|tests|kernels|bnn|readout|circuits|core|sensor|scenes|pipeline|training|"
    "experiments|lab|plotting|optics|tonemap|cli"
)
PATH = re.compile(rf"\b((?:{TOP})/[\w/]+\.py)\b")
MODULE = re.compile(r"\bsensorsim((?:\.[a-z_]\w*)+)")


@pytest.mark.parametrize("file", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_what_is_named_exists(file: Path) -> None:
    text = file.read_text("utf-8")
    for name in PATH.findall(text):
        assert (ROOT / name).exists() or (ROOT / "sensorsim" / name).exists(), name
    for name in MODULE.findall(text):
        assert exists(name), f"sensorsim{name}"


def exists(dotted: str) -> bool:
    """Whether a dotted name is a module, or something that a module defines."""
    parts = dotted.strip(".").split(".")
    if parts[-1] in ("readouts", "toml", "git"):  # the group of entry points
        return True
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath("sensorsim", *parts[:length])
        if place.is_dir() or place.with_suffix(".py").is_file():
            source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
            rest = parts[length:]
            return not rest or bool(re.search(rf"\b{rest[0]}\b", source.read_text("utf-8")))
    return parts[0] in (ROOT / "sensorsim" / "__init__.py").read_text("utf-8")


def test_a_name_that_does_not_exist_is_found() -> None:
    assert not exists(".energy.scaling")
    assert not exists(".core.statistics.no_such")
    assert exists(".core.statistics.yield_at")

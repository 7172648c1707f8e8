"""The document's tables are those of the study, hence of the code."""

import re
import shlex
from pathlib import Path

import energy_tables
import pytest
from typer.testing import CliRunner

from sensorsim.circuits.technology import Process, load_technology
from sensorsim.cli.app import app

DOCUMENT = (Path(__file__).parents[2] / "docs" / "energy.md").read_text()


def test_document_holds_every_constant_with_its_source() -> None:
    assert energy_tables.constants_table() in DOCUMENT, "run studies/energy_tables.py"


def test_document_holds_the_comparison_with_published_chips() -> None:
    assert energy_tables.sanity_table() in DOCUMENT, "run studies/energy_tables.py"


@pytest.mark.parametrize(
    ("built", "outside"),
    [
        ("64 x 64 PWM imager", 0.8), ("128 x 64 binary", 0), ("120 x 120 in-column BNN", 1.16),
        ("QVGA imager of 1.5-bit", 0), ("1 Mpixel photon-counting", 7.2),
        ("13-bit column single-slope", 0), ("XNORBIN", 0), ("BinarEye", 1.1),
    ],
)  # fmt: skip
def test_published_chips_lie_within_the_spread_or_outside_by_so_much(
    built: str, outside: float
) -> None:
    """What lies outside is what the document says and explains."""
    ((pj, model),) = [(p, m) for w, p, _, m in energy_tables.published() if w.startswith(built)]
    if outside:
        bound = model.high if outside > 1 else model.low
        assert pj / bound == pytest.approx(outside, rel=0.1)
    else:
        assert model.low < pj < model.high


def test_example_of_a_technology_loads(tmp_path: Path) -> None:
    (block,) = re.findall(r"\n\n((?:    .*\n)*    base = (?:.*\n)(?:    .*\n)*)", DOCUMENT)
    path = tmp_path / "mine.toml"
    path.write_text(block)
    found = load_technology(path)
    assert isinstance(found, Process)
    assert found.logic.xnor_fj.source == "our library, tt 25 C"


@pytest.mark.parametrize(
    "command", [c.split("#")[0] for c in re.findall(r"    sensorsim (energy .*)", DOCUMENT)]
)
def test_commands_run(command: str) -> None:
    done = CliRunner().invoke(app, shlex.split(command))
    assert done.exit_code == 0, done.exception


@pytest.mark.parametrize("chip", ["XNORBIN", "BinarEye"])
def test_gates_come_near_whole_chips(chip: str) -> None:
    ((pj, model),) = [(p, m) for w, p, _, m in energy_tables.published() if w.startswith(chip)]
    assert model.low < pj < 1.25 * model.high

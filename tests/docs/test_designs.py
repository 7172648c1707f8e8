"""What docs/designs.md shows runs, and its figures are there and small."""

import re
import shlex
from pathlib import Path

import common
import energy_breakdown
import pytest
from typer.testing import CliRunner

from sensorsim.cli.app import app
from sensorsim.experiments.optimize.space import space_of, variables
from sensorsim.pipeline.pipeline import load_pipeline

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "designs.md").read_text()


def test_search_of_the_document_runs() -> None:
    (command,) = re.findall(r"    sensorsim (optimize glt4 .*)", DOCUMENT)
    few = ["--images", "30", "--search-images", "20", "--trials", "30", "--dies", "2"]
    done = CliRunner().invoke(app, [*shlex.split(command), *few])
    assert done.exit_code == 0, done.exception
    assert "sensorsim run glt4" in done.stdout


def test_options_of_the_document_exist() -> None:
    text = CliRunner().invoke(app, ["optimize", "--help"], env={"COLUMNS": "200"}).stdout
    usage = DOCUMENT[DOCUMENT.index("    sensorsim optimize PIPELINE") :].split("\n\n")[0]
    for option in re.findall(r"--[a-z-]+", usage):
        assert option in text
    assert ",".join(variables()) in usage


@pytest.mark.parametrize("technology", energy_breakdown.TECHNOLOGIES)
def test_energies_of_the_document_are_the_ledgers(technology: str) -> None:
    base = load_pipeline(common.DESIGN_BASE, {"energy.technology": technology})
    space = space_of(base, None, () if technology == "survey" else ("converter",))
    models = [m for m in energy_breakdown.READOUTS if m != "adc-linear-4"]
    books = [
        common.design(space, m, **energy_breakdown.READOUTS[m]).chain.cost.ledger() for m in models
    ]
    for name, stages in ((f"readout and link, {technology}", ("readout", "link")),
                         (f"frame, {technology}", ())):  # fmt: skip
        (line,) = re.findall(rf"^\| {name} \| (.*) \|$", DOCUMENT, re.MULTILINE)
        for stated, book in zip(line.split(" | "), books, strict=True):
            found = 1e-3 * book.total_pj(*stages).typical
            assert float(stated) == pytest.approx(found, rel=0.006), (name, stated)


@pytest.mark.parametrize("name", re.findall(r"\(images/(\w+\.png)\)", DOCUMENT))
def test_figures_are_there_and_small(name: str) -> None:
    assert 10_000 < (ROOT / "docs" / "images" / name).stat().st_size < 150_000


@pytest.mark.parametrize("name", re.findall(r"    python studies/(\w+\.py)", DOCUMENT))
def test_studies_are_there(name: str) -> None:
    assert (ROOT / "studies" / name).is_file()

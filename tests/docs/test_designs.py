"""What docs/designs.md shows runs, and its figures are there and small."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sensorsim.cli.app import app
from sensorsim.optimize.space import VARIABLES

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "designs.md").read_text()


def test_search_of_the_document_runs() -> None:
    (command,) = re.findall(r"    sensorsim (optimize glt4 .*)", DOCUMENT)
    few = ["--images", "30", "--search-images", "20", "--trials", "24", "--dies", "2"]
    done = CliRunner().invoke(app, [*shlex.split(command), *few])
    assert done.exit_code == 0, done.exception
    assert "sensorsim run glt4" in done.stdout


def test_options_of_the_document_exist() -> None:
    text = CliRunner().invoke(app, ["optimize", "--help"], env={"COLUMNS": "200"}).stdout
    usage = DOCUMENT[DOCUMENT.index("    sensorsim optimize PIPELINE") :].split("\n\n")[0]
    for option in re.findall(r"--[a-z-]+", usage):
        assert option in text
    assert ",".join(VARIABLES) in usage


@pytest.mark.parametrize("name", re.findall(r"\(images/(\w+\.png)\)", DOCUMENT))
def test_figures_are_there_and_small(name: str) -> None:
    assert 10_000 < (ROOT / "docs" / "images" / name).stat().st_size < 150_000


@pytest.mark.parametrize("name", re.findall(r"    python studies/(\w+\.py)", DOCUMENT))
def test_studies_are_there(name: str) -> None:
    assert (ROOT / "studies" / name).is_file()

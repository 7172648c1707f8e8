"""What docs/characterization.md shows works."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "characterization.md").read_text()


def test_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    exec(code.replace("seed=1", "seed=1, rows=64, columns=64"), {})
    measured, put_in = map(float, capsys.readouterr().out.split())
    assert measured == pytest.approx(put_in, rel=0.03)


def test_pictures_are_there() -> None:
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", TEXT)
    assert len(pictures) == 3
    assert all((DOCS / path).is_file() for path in pictures)

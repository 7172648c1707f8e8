"""What the README shows works."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = (Path(__file__).parents[1] / "README.md").read_text()
COMMANDS = [
    line.split("#")[0].strip()
    for line in README.splitlines()
    if line.startswith("    sensorsim ") and "my" not in line
]


def test_python_example_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    space: dict[str, object] = {}
    exec(code.replace("1000", "100"), space)
    assert space["grid"].sizes == {"readout.comparator.offset_mv": 4}
    assert 0 < float(capsys.readouterr().out.split()[0]) < 1


@pytest.mark.parametrize("command", COMMANDS)
def test_command_runs(command: str, tmp_path: Path) -> None:
    words = shlex.split(command.split(">")[0])[1:]
    if words[0] in ("run", "sweep", "compare"):
        words += ["--images", "20"]
    done = subprocess.run(
        [sys.executable, "-m", "sensorsim.cli", *words],
        capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_pictures_are_there() -> None:
    for path in re.findall(r"!\[.*?\]\((.*?)\)", README):
        assert (Path(__file__).parents[1] / path).is_file()

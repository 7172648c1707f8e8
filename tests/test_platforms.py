"""What only some systems have is not needed: their functions, modules and locales."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WORK = """
import sensorsim as ss
from sensorsim.core.netcdf import write_netcdf
pipe = ss.load_pipeline("glt2", {"energy.technology": "cmos65"})
data = ss.sweep(pipe, {"die": [0, 1]}, "store", images=20)
write_netcdf(data, Path("größe.nc"))
assert ss.sweep(pipe, {"die": [0, 1]}, "store", images=20).equals(data)
assert pipe.cost.ledger().total_pj().typical > 0
print("done", sorted(p.name for p in Path().iterdir()))
"""


def run(code: str, folder: Path, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, *options, "-c", code], cwd=folder, text=True, encoding="utf-8",
        capture_output=True, timeout=300,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_functions_and_modules_of_linux_alone_are_not_needed(tmp_path: Path) -> None:
    """Other people's packages are imported before: they have their own ways."""
    code = """
import os, signal, sys
from pathlib import Path
import numba, numpy, scipy, xarray, h5netcdf, pydantic, typer, rich, matplotlib, pandas, pooch
for name in ("register_at_fork", "fork", "sched_getaffinity", "getuid", "geteuid", "getloadavg",
             "mkfifo", "uname", "killpg", "setsid"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("SIGKILL", "SIGALRM", "alarm", "SIGPIPE", "SIGHUP"):
    if hasattr(signal, name):
        delattr(signal, name)
for name in ("fcntl", "resource", "pwd", "grp", "termios", "tty"):
    sys.modules[name] = None
"""
    assert "größe.nc" in run(code + WORK, tmp_path)


@pytest.mark.slow
def test_no_file_is_read_or_written_in_the_encoding_of_the_locale(tmp_path: Path) -> None:
    code = """
import warnings
from pathlib import Path
warnings.filterwarnings("error", category=EncodingWarning, module="sensorsim")
"""
    found = run(code + WORK, tmp_path, "-X", "warn_default_encoding")
    assert "done" in found


def test_no_source_opens_a_text_file_without_an_encoding() -> None:
    """`open`, `read_text` and their kin state UTF-8; bytes have no encoding."""
    found = []
    for top in ("sensorsim", "studies"):
        for path in sorted((ROOT / top).rglob("*.py")):
            found += [f"{path}:{line}" for line in unstated(path.read_text("utf-8"))]
    assert not found


def unstated(source: str) -> list[int]:
    """Lines that open a text file without naming its encoding."""
    lines = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        stated = [a.value for a in node.args if isinstance(a, ast.Constant)]
        named = {k.arg for k in node.keywords}
        if name in ("read_text", "write_text") and not ("utf-8" in stated or "utf-8-sig" in stated):
            lines += [] if "encoding" in named else [node.lineno]
        if name == "open" and "encoding" not in named and "newline" in named:
            lines.append(node.lineno)
        if name == "open" and "encoding" not in named and stated and stated[0] in ("r", "w", "a"):
            lines.append(node.lineno)
    return lines


@pytest.mark.parametrize(
    ("line", "count"),
    [("p.read_text()", 1), ('p.read_text("utf-8")', 0), ('p.write_text(x, encoding="utf-8")', 0),
     ("p.write_text(x)", 1), ('p.open("w")', 1), ('p.open("wb")', 0), ("p.open(newline='')", 1)],
)  # fmt: skip
def test_the_search_finds_such_lines(line: str, count: int) -> None:
    assert len(unstated(line)) == count

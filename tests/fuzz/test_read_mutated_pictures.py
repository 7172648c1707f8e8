"""Damaged pictures are refused in one line, or read as what they are."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited as on Linux")
def test_mutated_pictures_are_refused_or_read_alike() -> None:
    script = Path(__file__).with_name("read_mutated_pictures.py")
    call = [sys.executable, str(script), "--count", "60", "--seed", "2"]
    made = subprocess.run(call, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr[-2000:]
    assert "60 mutants" in made.stdout

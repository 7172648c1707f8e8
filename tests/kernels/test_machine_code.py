"""Compiled kernels do not outlive their sources, and are for machines whose words they can read."""

from pathlib import Path

import pytest

from sensorsim.kernels.machine_code import drop_stale, refuse_big_endian


def compiled(folder: Path) -> list[str]:
    return sorted(p.name for p in (folder / "__pycache__").glob("*.nb?"))


def test_machine_code_stays_until_any_source_changes(tmp_path: Path) -> None:
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("x = 1\n")
    drop_stale(tmp_path)
    names = ["a.f-1.py311.1.nbc", "a.f-1.py311.nbi"]
    for name in names:
        (tmp_path / "__pycache__" / name).write_bytes(b"code")
    (tmp_path / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"python's own")
    drop_stale(tmp_path)
    assert compiled(tmp_path) == names
    (tmp_path / "b.py").write_text("x = 2\n")  # as long as before: a kernel that a.f calls
    drop_stale(tmp_path)
    assert compiled(tmp_path) == []
    assert (tmp_path / "__pycache__" / "a.cpython-311.pyc").exists()


def test_machine_code_is_dropped_when_a_kernel_it_calls_changes(tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    for folder in (own, shared):
        folder.mkdir()
        (folder / "a.py").write_text("x = 1\n")
    drop_stale(own, shared)
    (own / "__pycache__" / "a.f-1.py311.nbi").write_bytes(b"code")
    (shared / "a.py").write_text("x = 2\n")
    drop_stale(own, shared)
    assert compiled(own) == []


def test_code_of_unknown_sources_is_stale(tmp_path: Path) -> None:
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.f-1.py311.nbi").write_bytes(b"code")
    drop_stale(tmp_path)
    assert compiled(tmp_path) == []


def test_machines_of_the_other_byte_order_are_refused() -> None:
    refuse_big_endian("little")
    with pytest.raises(ImportError, match="needs a little-endian machine"):
        refuse_big_endian("big")

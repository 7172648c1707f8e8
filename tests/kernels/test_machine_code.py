"""Compiled kernels do not outlive their sources, and are for machines whose words they can read."""

from pathlib import Path

import numba
import pytest

from sensorsim.kernels import machine_code
from sensorsim.kernels.machine_code import drop_stale, place_cache, refuse_big_endian


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


@pytest.fixture
def no_cache(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No folder can be written but the temporary one; returns what is deleted at the end."""
    deleted: list[str] = []
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    monkeypatch.setattr(machine_code, "_writable", lambda folder: False)
    monkeypatch.setattr(machine_code.atexit, "register", lambda _, place, __: deleted.append(place))
    return deleted


def test_without_a_cache_that_lasts_kernels_compile_into_a_temporary_folder(
    tmp_path: Path, no_cache: list[str]
) -> None:
    place_cache(tmp_path)
    assert no_cache == [numba.config.CACHE_DIR]
    place = Path(numba.config.CACHE_DIR)
    assert place.is_dir()
    machine_code._delete(str(place), -1)
    assert place.is_dir(), "a forked process does not delete it"
    machine_code._delete(str(place), machine_code.os.getpid())
    assert not place.exists()


def test_without_any_folder_the_message_says_what_to_set(
    tmp_path: Path, no_cache: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: object) -> str:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(machine_code.tempfile, "mkdtemp", refuse)
    with pytest.raises(ImportError, match=r"Read-only.*NUMBA_CACHE_DIR"):
        place_cache(tmp_path)


def test_a_cache_that_can_be_written_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    place_cache(tmp_path)
    assert numba.config.CACHE_DIR == ""

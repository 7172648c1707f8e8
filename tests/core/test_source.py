"""Digests of source code: every changed line of code counts, and no comment."""

import sys
import types
from pathlib import Path

import pytest

from sensorsim.core import source
from sensorsim.core.source import foreign_digest, source_digest
from sensorsim.readout import Adc


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "sensorsim"
    (root / "deep" / "deeper").mkdir(parents=True)
    (root / "one.py").write_text('"""Said."""\n\n\ndef f():\n    """Said."""\n    return 1\n')
    (root / "deep" / "two.py").write_text("A = 'größe'\n", "utf-8")
    (root / "deep" / "deeper" / "three.py").write_text("B = 2\n")
    (root / "deep" / "notes.txt").write_text("no code")
    monkeypatch.setattr(source, "PACKAGE", root)
    return root


NAMES = ("one.py", "deep")


@pytest.mark.parametrize("name", ["one.py", "deep/two.py", "deep/deeper/three.py"])
def test_a_changed_line_counts(package: Path, name: str) -> None:
    before = source_digest(NAMES)
    file = package / name
    file.write_text(file.read_text("utf-8") + "C = 3\n", "utf-8")
    assert source_digest(NAMES) != before


def test_a_moved_file_and_a_new_one_count(package: Path) -> None:
    before = source_digest(NAMES)
    (package / "deep" / "two.py").rename(package / "deep" / "other.py")
    moved = source_digest(NAMES)
    (package / "deep" / "empty.py").write_text("")
    assert len({before, moved, source_digest(NAMES)}) == 3


def test_comments_docstrings_and_other_files_do_not_count(package: Path) -> None:
    before = source_digest(NAMES)
    text = (package / "one.py").read_text()
    (package / "one.py").write_text("# more\n" + text.replace("Said.", "Said in another way."))
    (package / "deep" / "notes.txt").write_text("more")
    (package / "new.py").write_text("D = 4\n")
    assert source_digest(NAMES) == before


def test_a_text_that_is_no_docstring_counts(package: Path) -> None:
    before = source_digest(NAMES)
    file = package / "deep" / "two.py"
    file.write_text("A = 'weite'\n")
    assert source_digest(NAMES) != before


def test_the_first_line_after_a_docstring_counts(package: Path) -> None:
    before = source_digest(NAMES)
    (package / "one.py").write_text('"""Said."""\n\n\ndef f():\n    """Said."""\n    return 2\n')
    assert source_digest(NAMES) != before


def test_files_that_are_left_out_do_not_count(package: Path) -> None:
    without = frozenset({"deep/two.py"})
    before = source_digest(NAMES, without)
    assert before != source_digest(NAMES)
    (package / "deep" / "two.py").write_text("A = 5\n")
    assert source_digest(NAMES, without) == before


@pytest.fixture
def foreign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[type, Path]:
    """A class of a package of two modules, and the other module."""
    root = tmp_path / "my_readout"
    root.mkdir()
    (root / "__init__.py").write_text("")
    (root / "kernel.py").write_text("A = 1\n")
    top = types.ModuleType("my_readout")
    top.__file__ = str(root / "__init__.py")
    monkeypatch.setitem(sys.modules, "my_readout", top)
    kind = type("Mine", (), {"__module__": "my_readout.description"})
    return kind, root / "kernel.py"


def test_all_modules_of_a_foreign_package_count(foreign: tuple[type, Path]) -> None:
    kind, other = foreign
    before = foreign_digest(kind)
    other.write_text("A = 2\n")
    foreign_digest.cache_clear()
    assert foreign_digest(kind) != before
    assert len(before) == 64


def test_a_foreign_module_alone_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "single.py").write_text("A = 1\n")
    (tmp_path / "beside.py").write_text("B = 1\n")
    module = types.ModuleType("single")
    module.__file__ = str(tmp_path / "single.py")
    monkeypatch.setitem(sys.modules, "single", module)
    kind = type("Mine", (), {"__module__": "single"})
    before = foreign_digest(kind)
    foreign_digest.cache_clear()
    (tmp_path / "beside.py").write_text("B = 2\n")
    assert foreign_digest(kind) == before
    foreign_digest.cache_clear()
    (tmp_path / "single.py").write_text("A = 2\n")
    assert foreign_digest(kind) != before


def test_classes_of_this_package_have_no_foreign_source() -> None:
    assert foreign_digest(Adc) == ""


@pytest.mark.parametrize("file", [None, "no/such/file.py"])
def test_a_class_without_a_source_file_has_the_digest_of_its_module_name(
    monkeypatch: pytest.MonkeyPatch, file: str | None
) -> None:
    digests = []
    for name in ("typed_here", "typed_there"):
        module = types.ModuleType(name)
        module.__file__ = file
        monkeypatch.setitem(sys.modules, name, module)
        digests.append(foreign_digest(type("Mine", (), {"__module__": name})))
        foreign_digest.cache_clear()
    assert digests[0] != digests[1]

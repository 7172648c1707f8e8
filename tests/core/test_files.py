"""Files: whole or absent when written, named when they cannot be read."""

from pathlib import Path

import pytest

from sensorsim.core.errors import InputError
from sensorsim.core.files import atomic_write, check_place, read_toml
from sensorsim.pipeline.configuration import load_description


def test_a_file_appears_once_it_is_whole(tmp_path: Path) -> None:
    out = tmp_path / "x.txt"
    out.write_text("old")
    with atomic_write(out) as part:
        part.write_text("new")
        assert out.read_text() == "old"
    assert out.read_text() == "new"
    assert list(tmp_path.iterdir()) == [out]


def test_what_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    out = tmp_path / "x.txt"
    out.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_write(out) as part:
        part.write_text("half")
        raise ZeroDivisionError
    assert out.read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


def test_a_refusal_of_the_file_system_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "x.txt"
    folder.mkdir()
    with (
        pytest.raises(InputError, match=r"x\.txt: cannot be written"),
        atomic_write(folder) as part,
    ):
        part.write_text("new")
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize(("name", "words"), [("no/x.nc", "make it first"), ("", "is a folder")])
def test_a_place_is_refused_before_anything_is_computed(
    tmp_path: Path, name: str, words: str
) -> None:
    with pytest.raises(InputError, match=rf"--out .*{words}"):
        check_place("--out", tmp_path / name)


def test_a_place_that_the_file_system_refuses_is_found_out_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / ".x.nc.part"
    other.write_text("what another run has written so far")
    check_place("--out", tmp_path / "x.nc")
    assert list(tmp_path.iterdir()) == [other], "nothing is left of the attempt, and all of others"

    def refuse(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("sensorsim.core.files.NamedTemporaryFile", refuse)
    with pytest.raises(InputError, match=r"--out .*x\.nc: cannot be written \(Read-only"):
        check_place("--out", tmp_path / "x.nc")


@pytest.mark.parametrize(
    ("content", "words"), [(b"a = ", "not a TOML file"), (b"\xff\xfe", "not a TOML file")]
)
def test_what_is_no_toml_is_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=rf"x\.toml: {words}"):
        read_toml(path)


def test_a_file_that_must_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipeline, too: such a file was a traceback."""
    path = tmp_path / "x.toml"
    path.write_text("name = 'x'")

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(InputError, match=r"x\.toml: cannot be read \(Permission denied\)"):
        load_description(path)

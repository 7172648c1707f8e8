"""Files: whole or absent when written, named when they cannot be read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sensorsim.core.errors import InputError
from sensorsim.core.files import (
    atomic_folder,
    atomic_write,
    beside,
    check_place,
    read_toml,
    remove_parts,
)
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
    for name, words in (("x.txt", "is a folder"), ("no/x.txt", "cannot be written")):
        (tmp_path / "x.txt").mkdir(exist_ok=True)
        with (
            pytest.raises(InputError, match=rf"x\.txt: {words}"),
            atomic_write(tmp_path / name) as part,
        ):
            part.write_text("new")
    assert list(tmp_path.iterdir()) == [tmp_path / "x.txt"]


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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_toml_is_utf8_in_every_locale(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    path = tmp_path / "größe.toml"
    path.write_text('name = "Größe"', encoding)
    monkeypatch.setattr("locale.getencoding", lambda: "latin-1")
    assert read_toml(path) == {"name": "Größe"}


def test_two_writers_of_one_file_do_not_share_a_temporary_file(tmp_path: Path) -> None:
    out = tmp_path / "x.txt"
    with atomic_write(out) as first:
        first.write_text("first")
        with atomic_write(out) as second:
            second.write_text("second, ")
        assert out.read_text() == "second, "
    assert out.read_text() == "first"
    assert list(tmp_path.iterdir()) == [out]


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    kept = [".x.txt.part", ".x.txt.mine", "x.txt", ".y.txt.12-ab.part"]
    for name in (*kept, ".x.txt.12-0a1b2c3d.part"):
        (tmp_path / name).write_text("")
    remove_parts(tmp_path / "x.txt")
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(kept)


@pytest.mark.skipif(os.name != "posix", reason="processes are asked for by signals")
def test_what_a_killed_process_of_this_computer_left_is_removed(tmp_path: Path) -> None:
    out = tmp_path / "x.txt"
    with atomic_write(out) as part:
        part.write_text("of this process")
        host, _, digits = part.name.removeprefix(".x.txt.").removesuffix(".part").split("-")
        number = "import os; print(os.getpid())"
        ended = subprocess.check_output([sys.executable, "-c", number], text=True).strip()
        left = tmp_path / f".x.txt.{host}-{ended}-{digits}.part"
        elsewhere = tmp_path / f".x.txt.00000000-{ended}-{digits}.part"
        for file in (left, elsewhere):
            file.write_text("half")
        check_place("--out", out)
        assert part.exists(), "its process is alive"
        assert elsewhere.exists(), "of another computer"
        assert not left.exists()


def test_a_symbolic_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    target, link = tmp_path / "deep" / "x.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    check_place("--out", link)
    with atomic_write(link) as part:
        part.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_or_device_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.nc"
    os.mkfifo(pipe)
    for place in (pipe, Path(os.devnull)):
        with pytest.raises(InputError, match=r"--out .*: is a device, a pipe or a socket"):
            check_place("--out", place)
        with pytest.raises(InputError, match=r"of a regular file"), atomic_write(place):
            pass
    assert pipe.is_fifo()


def test_the_suffix_of_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"notes\.md: has the suffix of another format; .*\.nc"):
        check_place("--out", tmp_path / "notes.md", (".nc",))
    check_place("--out", tmp_path / "result", (".nc",))
    check_place("--out", tmp_path / "RESULT.NC", (".nc",))


@pytest.mark.parametrize("name", ["ü" * 100 + ".nc", "n" * 250 + ".nc"])
def test_a_name_as_long_as_the_file_system_allows_can_be_written(tmp_path: Path, name: str) -> None:
    check_place("--out", tmp_path / name)
    with atomic_write(tmp_path / name) as part:
        part.write_text("x")
    assert (tmp_path / name).read_text() == "x"


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


def test_a_folder_appears_once_it_is_whole(tmp_path: Path) -> None:
    with atomic_folder(tmp_path / "x") as part:
        (part / "a").write_text("1")
        assert not (tmp_path / "x").exists()
    assert [p.name for p in tmp_path.rglob("*")] == ["x", "a"]
    with pytest.raises(InputError, match="x: exists already"), atomic_folder(tmp_path / "x"):
        pass


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ZeroDivisionError()])
def test_a_folder_that_fails_leaves_nothing(tmp_path: Path, error: Exception) -> None:
    with (
        pytest.raises((InputError, ZeroDivisionError), match=r"No space left|^$"),
        atomic_folder(tmp_path / "x") as part,
    ):
        (part / "a").write_text("1")
        raise error
    assert not list(tmp_path.iterdir())


def test_a_path_is_looked_for_beside_the_file_that_states_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        (folder / "both.toml").write_text("")
    (here / "mine.toml").write_text("")
    (there / "data").mkdir()
    monkeypatch.chdir(here)
    assert beside("both.toml", there) == there / "both.toml"
    assert beside("both.toml", None) == beside("mine.toml", there).with_name("both.toml")
    assert beside(here / "mine.toml", there) == here / "mine.toml"
    assert beside("data", there) == Path("data"), "a folder is not taken for a file"
    assert beside("data", there, or_folder=True) == there / "data"

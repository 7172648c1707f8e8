"""Files of a folder or zip: links, names outside ASCII, and what cannot be listed."""

import os
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from sensorsim.core.errors import InputError
from sensorsim.scenes.listing import opened


def names(path: Path) -> list[str]:
    with opened(path) as files:
        return [str(n) for n in files.names]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a/1.png", "b/2.png", "b/.hidden", ".git/3.png", "__MACOSX/b/._2.png"):
        (tmp_path / "d" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "d" / name).write_bytes(name.encode())
    return tmp_path / "d"


def test_hidden_files_are_left_out_of_folders_and_zips(folder: Path) -> None:
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.rglob("*"):
            archive.write(file, file.relative_to(folder))
    for source in (folder, path):
        assert names(source) == ["a/1.png", "b/2.png"]
        with opened(source) as files:
            assert files.read(PurePosixPath("b/2.png")) == b"b/2.png"


def test_links_to_folders_are_followed_but_not_in_circles(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "4.png").write_bytes(b"")
    (folder / "c").symlink_to(tmp_path / "elsewhere")
    (folder / "a" / "up").symlink_to(folder)
    (folder / "a" / "here").symlink_to(folder / "a")
    assert names(folder) == ["a/1.png", "b/2.png", "c/4.png"]


def test_a_link_that_leads_nowhere_is_not_left_out(folder: Path) -> None:
    (folder / "a" / "gone.png").symlink_to("nowhere")
    assert "a/gone.png" in names(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "a" / "pipe.png")
    assert names(folder) == ["a/1.png", "b/2.png"]
    with pytest.raises(InputError, match="neither a file nor a folder"):
        names(folder / "a" / "pipe.png")


def test_a_folder_that_cannot_be_listed_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("b"):
            raise PermissionError(13, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(InputError, match=r"b: cannot be listed \(Permission denied\)"):
        names(folder)


@pytest.mark.parametrize("flag", [True, False])
def test_names_in_utf_8_are_read_with_and_without_their_flag(tmp_path: Path, flag: bool) -> None:
    """macOS writes UTF-8 without the flag; so this zip is made, then its flags are cleared."""
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("猫/é.png", b"cat")
    data = bytearray((tmp_path / "x.zip").read_bytes())
    if not flag:
        data[7] &= ~8
        data[data.rindex(b"PK\1\2") + 9] &= ~8
    (tmp_path / "x.zip").write_bytes(data)
    with opened(tmp_path / "x.zip") as files:
        assert [str(n) for n in files.names] == ["猫/é.png"]
        assert files.read(files.names[0]) == b"cat"


def test_backslashes_of_windows_separate_folders(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        member = zipfile.ZipInfo("name")
        member.filename = "a\\1.png"
        archive.writestr(member, b"")
    assert names(tmp_path / "x.zip") == ["a/1.png"]

"""Downloads: what is asked for, what is unpacked, and what a failure says."""

import io
import tarfile
from pathlib import Path

import pytest

from sensorsim.core.errors import InputError
from sensorsim.scenes import download


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(download.pooch, "os_cache", lambda _: tmp_path / "cache")
    return tmp_path / "cache"


def fails(error: Exception) -> object:
    def retrieve(*_: object, **__: object) -> str:
        raise error

    return retrieve


def archive(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for name, data in members.items():
            member = tarfile.TarInfo(f"inside/{name}.bin")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


@pytest.mark.usefixtures("cache")
@pytest.mark.parametrize("name", ["fashion-mnist", "mnist", "cifar10", "stl10"])
@pytest.mark.parametrize(
    "error", [OSError("no route to host"), ValueError("SHA256 hash of file does not match")]
)
def test_failed_download_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, name: str, error: Exception
) -> None:
    monkeypatch.setattr(download.pooch, "retrieve", fails(error))
    with pytest.raises(InputError, match=f"{name}.*failed.*{error}.*--data-dir"):
        download.fetch(name, ["train-images-idx3-ubyte"])


def test_dataset_without_a_source_says_what_to_do() -> None:
    with pytest.raises(InputError, match=r"'own'.*put a, b into a folder.*--data-dir"):
        download.fetch("own", ["a", "b"])


def test_single_files_are_asked_for_with_their_own_checksums(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {}

    def retrieve(url: str, checksum: str, fname: str, path: Path) -> str:
        asked[url.rsplit("/", 1)[1]] = (checksum, path)
        return str(path / fname)

    monkeypatch.setattr(download.pooch, "retrieve", retrieve)
    wanted = ["t10k-labels-idx1-ubyte", "t10k-images-idx3-ubyte"]
    found = download.fetch("fashion-mnist", wanted)
    assert found == [cache / "fashion-mnist" / f"{w}.gz" for w in wanted]
    checksums = download._SOURCES["fashion-mnist"].checksums
    assert asked == {f"{w}.gz": (checksums[f"{w}.gz"], cache / "fashion-mnist") for w in wanted}


def test_wanted_members_are_unpacked_in_the_order_asked(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.tar.gz", one=b"1", two=b"22")
    found = download._unpack(path, ["two.bin", "one.bin"], tmp_path / "out")
    assert [f.read_bytes() for f in found] == [b"22", b"1"]


def test_archive_without_a_wanted_file_is_named(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.tar.gz", one=b"1")
    with pytest.raises(InputError, match=r"a\.tar\.gz: lacks two\.bin"):
        download._unpack(path, ["one.bin", "two.bin"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_archive_cannot_write_outside_the_cache(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        member = tarfile.TarInfo("../escaped.bin")
        member.size = 1
        tar.addfile(member, io.BytesIO(b"1"))
    with pytest.raises(tarfile.FilterError):
        download._unpack(path, ["escaped.bin"], tmp_path / "out")
    assert not (tmp_path / "escaped.bin").exists()

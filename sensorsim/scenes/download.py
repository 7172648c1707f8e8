"""Checked downloads of public datasets into the user's cache."""

import tarfile
from dataclasses import dataclass
from pathlib import Path

import pooch

from sensorsim.errors import InputError


@dataclass(frozen=True)
class _Source:
    """Where a dataset's publisher keeps it: one URL per file, or one archive of all files."""

    base_url: str
    checksums: dict[str, str]


# The publishers (and torchvision, which mirrors them) state MD5; the IDX files of the Debian
# package hold the same bytes, compressed anew.
_SOURCES = {
    "fashion-mnist": _Source(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        {
            "train-images-idx3-ubyte.gz": "md5:8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "train-labels-idx1-ubyte.gz": "md5:25c81989df183df01b3e8a0aad5dffbe",
            "t10k-images-idx3-ubyte.gz": "md5:bef4ecab320f06d8554ea6380940ec79",
            "t10k-labels-idx1-ubyte.gz": "md5:bb300cfdad3c16e7a12a480ee83cd310",
        },
    ),
    "cifar10": _Source(
        "https://www.cs.toronto.edu/~kriz/",
        {"cifar-10-binary.tar.gz": "md5:c32a1d4ab5d03f1284b67883e8d87530"},
    ),
    "stl10": _Source(
        "http://ai.stanford.edu/~acoates/stl10/",
        {"stl10_binary.tar.gz": "md5:91f7769df0f17e558f3565bffb0c7dfb"},
    ),
}


def cache(name: str) -> Path:
    """Folder of a dataset in the user's cache."""
    return Path(pooch.os_cache("sensorsim")) / name


def fetch(name: str, wanted: list[str]) -> list[Path]:
    """Download what is wanted of a dataset into the cache and check it.

    Parameters
    ----------
    name : str
    wanted : list of str
        File names without ``.gz``.

    Raises
    ------
    InputError
        If the dataset has no known source, or the download fails or differs from its checksum.
    """
    if name not in _SOURCES:
        raise InputError(
            f"dataset {name!r}: not found on this machine and no download is known; "
            f"put {', '.join(wanted)} into a folder and name it with --data-dir"
        )
    source = _SOURCES[name]
    folder = cache(name)
    try:
        if f"{wanted[0]}.gz" in source.checksums:
            return [_retrieve(source, f"{w}.gz", folder) for w in wanted]
        (archive,) = source.checksums
        return _unpack(_retrieve(source, archive, folder), wanted, folder)
    except (OSError, ValueError) as error:
        raise InputError(
            f"dataset {name!r}: not found on this machine, and the download from "
            f"{source.base_url} failed ({error}); fetch it by other means and name its folder "
            "with --data-dir"
        ) from None


def _retrieve(source: _Source, file: str, folder: Path) -> Path:
    checksum = source.checksums[file]
    return Path(pooch.retrieve(source.base_url + file, checksum, fname=file, path=folder))


def _unpack(archive: Path, wanted: list[str], folder: Path) -> list[Path]:
    with tarfile.open(archive) as tar:
        members = {Path(m.name).name: m for m in tar.getmembers() if m.isfile()}
        missing = [w for w in wanted if w not in members]
        if missing:
            raise InputError(f"{archive}: lacks {', '.join(missing)}")
        for member in members.values():
            tar.extract(member, folder, filter="data")
    return [folder / members[w].name for w in wanted]

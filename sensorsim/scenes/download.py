"""Download public datasets into the user's cache and check them."""

import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pooch

from sensorsim.core.errors import InputError


@dataclass(frozen=True)
class _Source:
    """Location of a dataset: one URL per file, or one archive of all files."""

    base_url: str
    checksums: dict[str, str]


# SHA-256 where known. The publisher of STL-10 states no checksum, so its archive is checked by the
# MD5 that torchvision states.
_SOURCES = {
    "fashion-mnist": _Source(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        {
            "train-images-idx3-ubyte.gz": (
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
            ),
            "train-labels-idx1-ubyte.gz": (
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
            ),
            "t10k-images-idx3-ubyte.gz": (
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
            ),
            "t10k-labels-idx1-ubyte.gz": (
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
            ),
        },
    ),
    "mnist": _Source(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        {
            "train-images-idx3-ubyte.gz": (
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
            ),
            "train-labels-idx1-ubyte.gz": (
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
            ),
            "t10k-images-idx3-ubyte.gz": (
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
            ),
            "t10k-labels-idx1-ubyte.gz": (
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
            ),
        },
    ),
    "cifar10": _Source(
        "https://www.cs.toronto.edu/~kriz/",
        {
            "cifar-10-binary.tar.gz": (
                "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
            ),
        },
    ),
    "stl10": _Source(
        "http://ai.stanford.edu/~acoates/stl10/",
        {"stl10_binary.tar.gz": "md5:91f7769df0f17e558f3565bffb0c7dfb"},
    ),
}


def cache(name: str) -> Path:
    """Folder of a dataset in the user's cache.

    Parameters
    ----------
    name : str
        Name of the dataset.

    Returns
    -------
    Path
        The folder; it need not exist.
    """
    return Path(pooch.os_cache("sensorsim")) / name


def fetch(name: str, wanted: list[str]) -> list[Path]:
    """Download files of a dataset into the cache and check them.

    Parameters
    ----------
    name : str
        Name of the dataset.
    wanted : list of str
        File names without ``.gz``.

    Returns
    -------
    list of Path
        Paths of the files in the cache, in the order of ``wanted``; compressed ones end in ``.gz``.

    Raises
    ------
    InputError
        If no source of the dataset is known, or a download fails or differs from its checksum.
    """
    if name not in _SOURCES:
        raise InputError(
            f"dataset {name!r}: not found on this machine and no download is known; "
            f"put {', '.join(wanted)} into a folder and name it with scene.data_dir (--data-dir of "
            "a study)"
        )
    source = _SOURCES[name]
    folder = cache(name)
    try:
        if f"{wanted[0]}.gz" in source.checksums:
            return [_retrieve(source, f"{w}.gz", folder) for w in wanted]
        (archive,) = source.checksums
        return _unpack(_retrieve(source, archive, folder), wanted, folder)
    except (OSError, ValueError, tarfile.TarError) as error:
        raise InputError(
            f"dataset {name!r}: not found on this machine, and the download from "
            f"{source.base_url} failed ({error}); fetch it by other means and name its folder "
            "with scene.data_dir (--data-dir of a study)"
        ) from None


def _retrieve(source: _Source, file: str, folder: Path) -> Path:
    checksum = source.checksums[file]
    return Path(pooch.retrieve(source.base_url + file, checksum, fname=file, path=folder))


def _unpack(archive: Path, wanted: list[str], folder: Path) -> list[Path]:
    with tarfile.open(archive) as tar:
        members = {Path(m.name).name: m for m in tar.getmembers() if m.isfile()}
        missing = [w for w in wanted if w not in members]
        if missing:
            raise InputError(
                f"{archive}: lacks {', '.join(missing)}; delete the archive and run again, which "
                "fetches it anew"
            )
        folder.mkdir(parents=True, exist_ok=True)
        # Unpack to a temporary folder, then rename: the cache holds complete files only.
        with tempfile.TemporaryDirectory(dir=folder) as half:
            for name in wanted:
                tar.extract(members[name], half, filter="data")
                (Path(half) / members[name].name).replace(folder / name)
    return [folder / name for name in wanted]

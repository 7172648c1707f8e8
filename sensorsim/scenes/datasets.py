"""Named datasets: where their files are searched, and how they are read.

Files are searched in this order: the folder or file that the user names, what ships with the
program, the Debian package, the user's cache, a download into that cache that is checked. The first
place that holds all files is used, and `Labelled.origin` names it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from sensorsim.core import resources
from sensorsim.core.errors import InputError
from sensorsim.core.nearest import suggestion
from sensorsim.scenes import download
from sensorsim.scenes.folder import read_folder
from sensorsim.scenes.idx import read_idx
from sensorsim.scenes.labelled import Labelled
from sensorsim.scenes.record_files import CIFAR10_CLASSES, STL10_CLASSES, read_cifar10, read_stl10
from sensorsim.scenes.validation import split_validation
from sensorsim.scenes.vww import SIDE, read_vww

SPLITS = ("train", "validation", "test")
FASHION_CLASSES = (
    "T-shirt/top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag",
    "ankle boot",
)  # fmt: skip
_DIGITS = tuple(str(d) for d in range(10))
_IDX_PREFIX = {"train": "train", "validation": "validation", "test": "t10k"}
_DEBIAN = Path("/usr/share/datasets")


def load_dataset(
    name: str,
    split: str = "test",
    data_dir: str | Path | None = None,
    size: int | None = None,
) -> Labelled:
    """Load one split of a dataset.

    Parameters
    ----------
    name : str
        "fashion-mnist", "mnist", "cifar10", "stl10", "vww" (Visual Wake Words, from COCO), or
        "folder" for the user's own class folders.
    split : str
        "train": all training images; "validation": those of them that no network learns from, see
        `split_validation`; or "test".
    data_dir : str or Path, optional
        A folder that holds the dataset's own files, a folder of class folders, or a zip of one.
    size : int, optional
        Side of all images, pixels, for class folders and "vww" (see `decode.decode`). If None,
        class folders must hold images of one size, and "vww" gets 96 pixels.

    Returns
    -------
    Labelled
        Images and labels of the split.

    Raises
    ------
    InputError
        If the name is unknown, the files are not found, damaged or of another layout, or a size is
        given to a dataset of fixed size.

    Examples
    --------
    >>> len(load_dataset("fashion-mnist", "test"))
    10000
    """
    if split not in SPLITS:
        raise InputError(f"split {split!r}: expected one of {', '.join(SPLITS)}")
    if name not in _LOADERS:
        raise InputError(f"dataset {name!r}: no such name; {suggestion(name, _LOADERS)}")
    if size is not None and size < 1:
        raise InputError(f"scene.size_px {size}: expected a side of at least 1 pixel, or none")
    place = None if data_dir is None else Path(data_dir)
    load = _LOADERS[name]
    if split == "validation" and not _ships_validation(name, place):
        training = load("train", place, size)
        held_out = split_validation(training)[1]
        if not len(held_out):
            raise InputError(
                f"{training.origin}: {len(training)} training images, expected at least 10, of "
                "which a tenth is held out to choose on; add images"
            )
        return replace(held_out, origin=f"{training.origin}, held out of training")
    return load(split, place, size)


def _ships_validation(name: str, place: Path | None) -> bool:
    return name == "fashion-mnist" and place is None


def _find(wanted: list[str], places: list[Path]) -> list[Path] | None:
    """Paths of the wanted files in the first place that has them all, plain or ``.gz``."""
    for place in places:
        found = [_plain_or_gz(place / w) for w in wanted]
        if all(f is not None for f in found):
            return [f for f in found if f is not None]
    return None


def _plain_or_gz(path: Path) -> Path | None:
    compressed = [path.with_name(path.name + ".gz")] if path.name.endswith("ubyte") else []
    for candidate in (path, *compressed):
        if candidate.is_file():
            return candidate
    return None


def _user_places(data_dir: Path, *below: str) -> list[Path]:
    if not data_dir.exists():
        raise InputError(
            f"{data_dir}: no such folder or file; scene.data_dir (--data-dir of a study) says "
            "where the data lies"
        )
    return [data_dir, *(data_dir / b for b in below)]


def _locate(
    name: str, wanted: list[str], data_dir: Path | None, below: list[str], places: list[Path]
) -> list[Path]:
    """The wanted files from the user's folder, else from ``places``, else from a download."""
    if data_dir is not None:
        found = _find(wanted, _user_places(data_dir, *below))
        if found is None:
            raise InputError(
                f"{data_dir}: expected {', '.join(wanted)} there; "
                "name another scene.data_dir (--data-dir of a study), or leave it out to search "
                "the usual places"
            )
        return found
    found = _find(wanted, places)
    return found if found is not None else download.fetch(name, wanted)


def _load_idx(name: str, classes: tuple[str, ...], shipped: str) -> Callable[..., Labelled]:
    def load(split: str, data_dir: Path | None, size: int | None) -> Labelled:
        if data_dir is not None and _is_class_folders(data_dir):
            return read_folder(data_dir, split, name, size)
        _check_own_size(name, size)
        prefix = _IDX_PREFIX[split]
        wanted = [f"{prefix}-images-idx3-ubyte", f"{prefix}-labels-idx1-ubyte"]
        places = [resources.data(shipped), _DEBIAN / name, download.cache(name)]
        images, labels = _locate(name, wanted, data_dir, [name], places)
        return Labelled(
            read_idx(images, 3)[..., np.newaxis],
            read_idx(labels, 1).astype(np.int64),
            classes,
            name,
            str(images.parent),
        )

    return load


def _load_cifar10(split: str, data_dir: Path | None, size: int | None) -> Labelled:
    if data_dir is not None and _is_class_folders(data_dir):
        return read_folder(data_dir, split, "cifar10", size)
    _check_own_size("cifar10", size)
    batches = (
        [f"data_batch_{i}.bin" for i in range(1, 6)] if split == "train" else ["test_batch.bin"]
    )
    folder = "cifar-10-batches-bin"
    cache = download.cache("cifar10")
    found = _locate("cifar10", batches, data_dir, [folder], [cache, cache / folder])
    parts = [read_cifar10(p) for p in found]
    return Labelled(
        np.concatenate([p[0] for p in parts]),
        np.concatenate([p[1] for p in parts]),
        CIFAR10_CLASSES,
        "cifar10",
        str(found[0].parent),
    )


def _load_stl10(split: str, data_dir: Path | None, size: int | None) -> Labelled:
    if data_dir is not None and _is_class_folders(data_dir):
        return read_folder(data_dir, split, "stl10", size)
    _check_own_size("stl10", size)
    wanted = [f"{split}_X.bin", f"{split}_y.bin"]
    cache = download.cache("stl10")
    found = _locate("stl10", wanted, data_dir, ["stl10_binary"], [cache, cache / "stl10_binary"])
    images, labels = read_stl10(*found)
    return Labelled(images, labels, STL10_CLASSES, "stl10", str(found[0].parent))


def _load_folder(split: str, data_dir: Path | None, size: int | None) -> Labelled:
    if data_dir is None:
        raise InputError("dataset 'folder': needs scene.data_dir, a folder or zip of class folders")
    return read_folder(data_dir, split, data_dir.stem, size)


def _load_vww(split: str, data_dir: Path | None, size: int | None) -> Labelled:
    if data_dir is None:
        raise InputError(
            "dataset 'vww': needs scene.data_dir (--data-dir of a study), the folder that holds "
            "COCO's images and annotations"
        )
    return read_vww(data_dir, split, SIDE if size is None else size)


def _check_own_size(name: str, size: int | None) -> None:
    if size is not None:
        raise InputError(
            f"scene.size_px {size}: the files of {name} have a size of their own; leave it "
            "out, or name class folders with scene.data_dir"
        )


def _is_class_folders(path: Path) -> bool:
    """A zip, or a folder whose subfolders hold images rather than a dataset's own files."""
    if not path.exists():
        raise InputError(
            f"{path}: no such folder or file; scene.data_dir (--data-dir of a study) says where "
            "the data lies"
        )
    return path.is_file() or not any(_own_files(path))


def _own_files(path: Path) -> Iterator[Path]:
    for pattern in ("*ubyte*", "*/*ubyte*", "*.bin", "*/*.bin"):
        yield from path.glob(pattern)


_LOADERS: dict[str, Callable[[str, Path | None, int | None], Labelled]] = {
    "fashion-mnist": _load_idx("fashion-mnist", FASHION_CLASSES, "fashion_mnist"),
    "mnist": _load_idx("mnist", _DIGITS, "mnist"),
    "cifar10": _load_cifar10,
    "stl10": _load_stl10,
    "vww": _load_vww,
    "folder": _load_folder,
}
DATASETS = tuple(_LOADERS)

"""A folder of class folders, or a zip of one.

``train/<class>/*.png`` and ``test/<class>/*.png`` are two splits, in upper or lower case. A tree
without them is split here: a fifth of every class, chosen by the SHA-256 of the file names, is the
test split, the rest the training split. Classes are numbered in the order of their names. Test
images come one of each class in turn, so that the first N of them are a balanced sample.
"""

import hashlib
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

import numpy as np

from sensorsim.core.errors import InputError
from sensorsim.scenes.decode import decode_all
from sensorsim.scenes.labelled import Labelled

# Includes formats that Pillow may lack: such a file is reported as unreadable, not skipped.
_SUFFIXES = {
    ".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".tif", ".tiff", ".gif", ".webp", ".heic",
    ".heif", ".avif",
}  # fmt: skip
_SPLITS = {"train", "test"}
_HELD_OUT = 5
"""One image in this many is held out for the test split."""


def read_folder(path: Path, split: str, name: str, size: int | None = None) -> Labelled:
    """Read one split of a folder or zip of class folders.

    Files and folders whose names begin with a dot, and ``__MACOSX``, are skipped.

    Parameters
    ----------
    path : Path
        ``<split>/<class>/<image>`` or ``<class>/<image>``, at any depth.
    split : str
        "train" or "test".
    name : str
        Name of the dataset.
    size : int, optional
        Side of all images, pixels, see `decode.decode`; if None, all images must have one size.

    Returns
    -------
    Labelled
        Images and labels; ``origin`` says if the split was made here.

    Raises
    ------
    InputError
        If no images are found, files cannot be read, or ``size`` is None and the images differ in
        size.
    """
    if path.is_dir():
        found = (p for p in path.rglob("*") if p.is_file())
        files = [PurePosixPath(p.relative_to(path).as_posix()) for p in found]
        return _read(path, files, lambda p: (path / p).read_bytes(), split, name, size)
    try:
        with zipfile.ZipFile(path) as archive:
            members = {PurePosixPath(i.filename): i for i in archive.infolist() if not i.is_dir()}
            return _read(path, [*members], lambda p: archive.read(members[p]), split, name, size)
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file; expected a folder or zip of class folders"
        ) from None
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(
            f"{path}: not a readable zip ({error}); expected a folder or zip of class folders"
        ) from None


def _read(
    path: Path,
    files: list[PurePosixPath],
    read: Callable[[PurePosixPath], bytes],
    split: str,
    name: str,
    size: int | None,
) -> Labelled:
    images = sorted(f for f in files if _is_image(f))
    if not images:
        raise InputError(
            f"{path}: no images found; expected class folders that hold "
            f"{', '.join(sorted(_SUFFIXES))} files"
        )
    # Number classes over all splits: a class has one number even if a split lacks other classes.
    in_splits = [f for f in images if _split(f) in _SPLITS]
    classes = sorted({f.parent.name for f in in_splits or images})
    origin = str(path)
    if in_splits:
        images = [f for f in in_splits if _split(f) == split]
        if not images:
            raise InputError(f"{path}: no images in {split}/<class>/; expected that split")
    else:
        held_out = _held_out(images)
        images = [f for f in images if (f in held_out) == (split == "test")]
        if not images:
            raise InputError(
                f"{path}: no class has two images, so that none can be held out for the test "
                "split; add images, or name folders train/<class> and test/<class>"
            )
        part = "the fifth" if split == "test" else "all but the fifth"
        origin += f" ({part} of every class that the SHA-256 of its file names holds out for test)"
    number = {c: i for i, c in enumerate(classes)}
    if split == "test":  # training shuffles by itself
        images = _in_turn(images)
    labels = np.array([number[f.parent.name] for f in images], np.int64)
    return Labelled(decode_all(str(path), images, read, size), labels, tuple(classes), name, origin)


def _is_image(file: PurePosixPath) -> bool:
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in file.parts)
    return file.suffix.lower() in _SUFFIXES and len(file.parts) >= 2 and not hidden


def _split(file: PurePosixPath) -> str:
    return file.parent.parent.name.lower()


def _held_out(files: Iterable[PurePosixPath]) -> set[PurePosixPath]:
    """A fifth of every class, to the nearest image, at least one of two: those of smallest digest.

    The digest is the SHA-256 of a file's own name, whatever the order and location of the files;
    the path decides only where two files of a class share a name.
    """
    members: dict[str, list[tuple[bytes, PurePosixPath]]] = {}
    for file in files:
        digest = hashlib.sha256(file.name.encode("utf-8", "surrogateescape")).digest()
        members.setdefault(file.parent.name, []).append((digest, file))
    held_out: set[PurePosixPath] = set()
    for ranked in members.values():
        count = max((len(ranked) + _HELD_OUT // 2) // _HELD_OUT, int(len(ranked) >= 2))
        held_out.update(file for _, file in sorted(ranked)[:count])
    return held_out


def _in_turn(files: list[PurePosixPath]) -> list[PurePosixPath]:
    """The first file of each class, then the second of each, and so on."""
    place: dict[str, int] = {}
    keyed = []
    for file in files:
        turn = place[file.parent.name] = place.get(file.parent.name, -1) + 1
        keyed.append((turn, file.parent.name, file))
    return [file for _, _, file in sorted(keyed)]

"""A folder of class folders, or a zip of one.

``train/<class>/*.png`` and ``test/<class>/*.png`` are two splits, in upper or lower case. A tree
without them is split here: a fifth of every class, chosen by the SHA-256 of the file names, is the
test split, the rest the training split. Classes are numbered in the order of their names. Test
images come one of each class in turn, so that the first N of them are a balanced sample.
"""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

import numpy as np

from sensorsim.core.errors import InputError
from sensorsim.scenes.decode import decode_all, shown, some
from sensorsim.scenes.labelled import Labelled
from sensorsim.scenes.listing import Files, opened
from sensorsim.scenes.photograph import SUFFIXES

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
        Images and labels; ``origin`` says if the split was made here, and what was left out.

    Raises
    ------
    InputError
        If no images are found, their classes are ambiguous, files cannot be read, or ``size`` is
        None and the images differ in size.
    """
    with opened(path) as files:
        return _read(path, files, split, name, size)


def _read(path: Path, files: Files, split: str, name: str, size: int | None) -> Labelled:
    images = [f for f in files.names if _is_image(f) and len(f.parts) >= 2]
    if not images:
        raise InputError(
            f"{path}: no images found; expected class folders that hold "
            f"{', '.join(sorted(SUFFIXES))} files"
        )
    _check_places(path, images)
    # Number classes over all splits: a class has one number even if a split lacks other classes.
    in_splits = [f for f in images if _split(f) in _SPLITS]
    used = in_splits or images
    classes = _classes(path, used)
    if in_splits:
        chosen, origin = _of_split(path, images, split), str(path)
    else:
        chosen, origin = _held_out_or_not(path, images, split)
    number = {c: i for i, c in enumerate(classes)}
    if split == "test":  # training shuffles by itself
        chosen = _in_turn(chosen)
    labels = np.array([number[_class(f)] for f in chosen], np.int64)
    decoded = decode_all(str(path), chosen, files.read, size)
    notes = (*_left_out(files.names, used), *_joined(used), *decoded.notes)
    origin += "".join(f"; {note}" for note in notes)
    return Labelled(decoded.images, labels, tuple(classes), name, origin)


def _is_image(file: PurePosixPath) -> bool:
    return file.suffix.lower() in SUFFIXES


def _class(file: PurePosixPath) -> str:
    return unicodedata.normalize("NFC", file.parent.name)  # macOS writes names decomposed


def _split(file: PurePosixPath) -> str:
    return file.parent.parent.name.lower()


def _check_places(path: Path, images: list[PurePosixPath]) -> None:
    """Raise if the place of an image does not tell its split and class without doubt."""
    folders = {f.parent for f in images}
    astray = sorted(
        d for d in folders
        if d.parent.name.lower() not in _SPLITS and any(p.lower() in _SPLITS for p in d.parts)
    )  # fmt: skip
    if astray:
        raise InputError(
            f"{path}: images in {some([shown(d) for d in astray])}; expected those of a split "
            "directly in train/<class> and test/<class>"
        )
    for folder in sorted(folders):
        outer = next((p for p in folder.parents if p in folders), None)
        if outer is not None:
            raise InputError(
                f"{path}: images in {shown(outer)} and in {shown(folder)}, so that their class is "
                "in doubt; expected no class folder within another"
            )


def _classes(path: Path, images: list[PurePosixPath]) -> list[str]:
    """Names of the classes in order."""
    names = sorted({_class(f) for f in images})
    alike: dict[str, str] = {}
    for name in names:
        try:
            name.encode()
        except UnicodeEncodeError:
            raise InputError(
                f"{path}: the name of the class folder {shown(name)} is not UTF-8; rename it"
            ) from None
        other = alike.setdefault(name.casefold(), name)
        if other != name:
            raise InputError(
                f"{path}: the class folders {other} and {name} differ only in upper and lower "
                "case; give them one name, or clearly different ones"
            )
    return names


def _of_split(path: Path, images: list[PurePosixPath], split: str) -> list[PurePosixPath]:
    chosen = [f for f in images if _split(f) == split]
    if not chosen:
        others = sorted({shown(f.parent.parent) for f in images})
        raise InputError(
            f"{path}: no images of split {split!r} beside {some(others)}; expected images in "
            f"{path}/{split}/<class>/: add them, or rename their folder"
        )
    return chosen


def _held_out_or_not(
    path: Path, images: list[PurePosixPath], split: str
) -> tuple[list[PurePosixPath], str]:
    """Images of a split that is made here, and their origin."""
    held_out = _held_out(images)
    chosen = [f for f in images if (f in held_out) == (split == "test")]
    if not chosen:
        raise InputError(
            f"{path}: no class has two images, so that none can be held out for the test "
            "split; add images, or name folders train/<class> and test/<class>"
        )
    part = "the fifth" if split == "test" else "all but the fifth"
    return chosen, (
        f"{path} ({part} of every class that the SHA-256 of its file names holds out for test)"
    )


def _held_out(files: Iterable[PurePosixPath]) -> set[PurePosixPath]:
    """A fifth of every class, to the nearest image, at least one of two: those of smallest digest.

    The digest is the SHA-256 of a file's own name, whatever the order and location of the files;
    the path decides only where two files of a class share a name.
    """
    members: dict[str, list[tuple[bytes, PurePosixPath]]] = {}
    for file in files:
        own = unicodedata.normalize("NFC", file.name)
        digest = hashlib.sha256(own.encode("utf-8", "surrogateescape")).digest()
        members.setdefault(_class(file), []).append((digest, file))
    held_out: set[PurePosixPath] = set()
    for ranked in members.values():
        count = max((len(ranked) + _HELD_OUT // 2) // _HELD_OUT, int(len(ranked) >= 2))
        held_out.update(file for _, file in sorted(ranked)[:count])
    return held_out


def _in_turn(files: list[PurePosixPath]) -> list[PurePosixPath]:
    """The first file of each class, then the second of each, and so on."""
    place: Counter[str] = Counter()
    keyed = []
    for file in files:
        keyed.append((place[_class(file)], _class(file), file))
        place[_class(file)] += 1
    return [file for _, _, file in sorted(keyed)]


def _left_out(files: list[PurePosixPath], used: list[PurePosixPath]) -> list[str]:
    """Notes on visible files that belong to no split."""
    notes = []
    others = Counter(f.suffix.lower() or "no suffix" for f in files if not _is_image(f))
    if others:
        kinds = some([shown(k) for k in sorted(others)])
        notes.append(f"{others.total()} files that are no images are left out ({kinds})")
    if outside := sum(map(_is_image, files)) - len(used):
        where = "the splits" if _split(used[0]) in _SPLITS else "class folders"
        notes.append(f"{outside} images outside {where} are left out")
    return notes


def _joined(used: list[PurePosixPath]) -> list[str]:
    """A note on classes that several folders of a split hold."""
    places: dict[tuple[str, str], set[PurePosixPath]] = {}
    for file in used:
        split = _split(file) if _split(file) in _SPLITS else ""
        places.setdefault((split, _class(file)), set()).add(file.parent)
    several = sorted({c for (_, c), folders in places.items() if len(folders) > 1})
    return [f"folders of one name are one class: {some(several)}"] if several else []

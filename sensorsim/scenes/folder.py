"""A folder of class folders, or a zip of one.

``train/<class>/*.png`` and ``test/<class>/*.png`` are two splits; a tree without split folders
serves every split. Classes are numbered in the order of their names; test images come one of each
class in turn, so that the first N of them are a fair sample.
"""

import io
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError

from sensorsim.errors import InputError
from sensorsim.scenes.labelled import Labelled

_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".tif", ".tiff"}
_SPLITS = {"train", "test"}


def read_folder(path: Path, split: str, name: str) -> Labelled:
    """Read one split of a folder or zip of class folders.

    Raises
    ------
    InputError
        If nothing is there, a file is no image, or the images differ in size.
    """
    if path.is_dir():
        found = (p for p in path.rglob("*") if p.is_file())
        files = [PurePosixPath(p.relative_to(path).as_posix()) for p in found]
        return _read(path, files, lambda p: (path / p).read_bytes(), split, name)
    try:
        with zipfile.ZipFile(path) as archive:
            files = [PurePosixPath(i.filename) for i in archive.infolist() if not i.is_dir()]
            return _read(path, files, lambda p: archive.read(str(p)), split, name)
    except FileNotFoundError:
        raise InputError(
            f"{path}: no such file; expected a folder or zip of class folders"
        ) from None
    except (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, EOFError) as error:
        raise InputError(
            f"{path}: not a readable zip ({error}); expected a folder or zip of class folders"
        ) from None


def _read(
    origin: Path,
    files: list[PurePosixPath],
    read: Callable[[PurePosixPath], bytes],
    split: str,
    name: str,
) -> Labelled:
    images = sorted(f for f in files if f.suffix.lower() in _SUFFIXES and len(f.parts) >= 2)
    if not images:
        raise InputError(
            f"{origin}: no images found; expected class folders that hold "
            f"{', '.join(sorted(_SUFFIXES))} files"
        )
    # Numbered over all splits, so that a class keeps its number where a split lacks another one.
    in_splits = [f for f in images if f.parent.parent.name in _SPLITS]
    classes = sorted({f.parent.name for f in in_splits or images})
    if in_splits:
        images = [f for f in in_splits if f.parent.parent.name == split]
        if not images:
            raise InputError(f"{origin}: no images in {split}/<class>/; expected that split")
    number = {c: i for i, c in enumerate(classes)}
    if split == "test":  # training shuffles by itself
        images = _in_turn(images)
    pixels = [_decode(origin, f, read(f)) for f in images]
    for file, array in zip(images, pixels, strict=True):
        if array.shape != pixels[0].shape:
            raise InputError(
                f"{origin}: {file} has shape {array.shape}, expected {pixels[0].shape} "
                f"like {images[0]}; resize the images to one size"
            )
    labels = np.array([number[f.parent.name] for f in images], np.int64)
    return Labelled(np.stack(pixels), labels, tuple(classes), name, str(origin))


def _in_turn(files: list[PurePosixPath]) -> list[PurePosixPath]:
    """The first file of each class, then the second of each, and so on."""
    place: dict[str, int] = {}
    keyed = []
    for file in files:
        turn = place[file.parent.name] = place.get(file.parent.name, -1) + 1
        keyed.append((turn, file.parent.name, file))
    return [file for _, _, file in sorted(keyed)]


def _decode(origin: Path, file: PurePosixPath, data: bytes) -> npt.NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(data)) as image:
            deep = image.mode.startswith("I")  # 16 bits a sample, which PIL would clip to 8
            gray = deep or image.mode in ("1", "L", "LA")
            array = (
                _eight_bits(image) if deep else np.asarray(image.convert("L" if gray else "RGB"))
            )
    except (
        UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError,
    ) as error:  # fmt: skip
        raise InputError(
            f"{origin}: {file} is not a readable image ({error}); repair or remove it"
        ) from None
    return array[..., np.newaxis] if gray else array


def _eight_bits(image: Image.Image) -> npt.NDArray[np.uint8]:
    """A 16-bit gray image, scaled."""
    samples = np.asarray(image).astype(np.int64)
    if samples.size and not 0 <= samples.min() <= samples.max() <= 65535:
        raise ValueError(f"samples from {samples.min()} to {samples.max()}, expected 16 bits")
    return ((samples + 128) // 257).astype(np.uint8)

"""Decode the pictures of a dataset in parallel, at their own or one common size."""

import lzma
import os
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePath
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from sensorsim.core.errors import InputError
from sensorsim.scenes.photograph import Photograph, decode_photograph
from sensorsim.scenes.srgb import to_srgb
from sensorsim.scenes.unreadable import UnreadableError

_BLOCK = 1024
"""Pictures submitted to the threads at a time; limits the memory of finished ones."""
_NAMED = 10
_OVERSAMPLING = 2
"""Least pixels of a reduced JPEG (draft mode) per pixel of the result, along each side."""
File = TypeVar("File", bound=PurePath)


def decode(data: bytes, side: int | None = None) -> npt.NDArray[np.uint8]:
    """Decode a picture, rotated as its EXIF data state.

    With a side, the picture is made square by ignoring its aspect ratio: nothing is cut off, since
    the object that the label names may be at the border. Pillow's antialiased bilinear filter
    averages linear light, as the larger pixels of a sensor would, and stays in the range of its
    input. A JPEG is decoded at 1/2, 1/4 or 1/8 of its size (draft mode of libjpeg, which averages
    encoded values) as long as at least two pixels along each side remain per pixel of the result.

    Parameters
    ----------
    data : bytes
        The file, see `decode_photograph`.
    side : int, optional
        Side of the result, pixels; None keeps the picture's own size.

    Returns
    -------
    uint8 [H, W, C]
        sRGB codes; C is 1 for gray pictures, 3 for all others. Samples of 16 bits are scaled to 8.

    Raises
    ------
    UnreadableError
        If the data are not a complete picture, or have transparent pixels (`decode_photograph`).

    Examples
    --------
    >>> import io
    >>> buffer = io.BytesIO()
    >>> Image.new("L", (40, 20), 128).save(buffer, "png")
    >>> decode(buffer.getvalue(), 8).shape
    (8, 8, 1)
    """
    return _sized(decode_photograph(data, _least_side(side)), side)


def _least_side(side: int | None) -> int | None:
    return None if side is None else _OVERSAMPLING * side


def _sized(picture: Photograph, side: int | None) -> npt.NDArray[np.uint8]:
    if side is None or picture.codes.shape[:2] == (side, side):
        return picture.srgb_codes()
    light = picture.light()
    planes = [Image.fromarray(light[..., c]) for c in range(light.shape[-1])]
    small = [p.resize((side, side), Image.Resampling.BILINEAR) for p in planes]
    return to_srgb(np.stack([np.asarray(p) for p in small], -1))


class Decoded(NamedTuple):
    """Pictures of a dataset.

    Attributes
    ----------
    images : uint8 [N, H, W, C]
        sRGB codes; C is 1 if all pictures are gray, else 3.
    notes : tuple of str
        What files state and was not followed, with the number of files, for messages.
    """

    images: npt.NDArray[np.uint8]
    notes: tuple[str, ...]


def decode_all(
    origin: str, files: Sequence[File], read: Callable[[File], bytes], side: int | None = None
) -> Decoded:
    """Decode all pictures of a dataset, on as many threads as the machine has cores.

    Each file's data are freed as soon as its picture is decoded and resized.

    Parameters
    ----------
    origin : str
        Location of the files, for error messages.
    files : sequence of path
        At least one; in the order of the result.
    read : callable
        Returns the bytes of a file; called from several threads.
    side : int, optional
        Side of all results, pixels (see `decode`); gray pictures among colored ones then get three
        equal colors. If None, all pictures must have one size.

    Returns
    -------
    Decoded
        Images and notes.

    Raises
    ------
    InputError
        If any file cannot be read, or differs in shape from the first that can and ``side`` is
        None; the message counts all of them and names ten of each kind.
    """
    images: npt.NDArray[np.uint8] | None = None
    first, gray = files[0], True
    unreadable: list[str] = []
    differing: list[str] = []
    notes: Counter[str] = Counter()
    for i, found in enumerate(_attempts(files, read, side)):
        if isinstance(found, str):
            unreadable.append(f"{shown(files[i])} ({found})")
            continue
        codes, said = found
        notes.update(said)
        if images is None:
            shape = codes.shape if side is None else (side, side, 3)
            images, first = np.empty((len(files), *shape), np.uint8), files[i]
        if side is None and codes.shape != images.shape[1:]:
            differing.append(f"{shown(files[i])} {codes.shape}")
            continue
        images[i] = codes
        gray &= codes.shape[-1] == 1
    problems = []
    if unreadable:
        problems.append(
            f"{len(unreadable)} of {len(files)} images cannot be read: {some(unreadable)}; "
            "repair, convert or remove them"
        )
    if differing and images is not None:
        problems.append(
            f"{len(differing)} of {len(files)} images are not of shape {images.shape[1:]} (rows, "
            f"columns, colors) like {shown(first)}: {some(differing)}; resize them, or state one "
            "side for all with scene.size_px"
        )
    if problems or images is None:
        raise InputError(f"{origin}: " + ". ".join(problems))
    images = images[..., :1].copy() if gray and images.shape[-1] == 3 else images
    return Decoded(images, tuple(f"{n} of {len(files)} images: {s}" for s, n in notes.items()))


def _attempts(
    files: Sequence[File], read: Callable[[File], bytes], side: int | None
) -> Iterator[tuple[npt.NDArray[np.uint8], tuple[str, ...]] | str]:
    """Every picture in order with its notes, or a string that says why it cannot be read."""

    def attempt(file: File) -> tuple[npt.NDArray[np.uint8], tuple[str, ...]] | str:
        try:
            data = read(file)
        except (  # all that zipfile raises on damaged or encrypted members
            OSError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, RuntimeError,
            EOFError, ValueError,
        ) as error:  # fmt: skip
            return str(error)
        try:
            picture = decode_photograph(data, _least_side(side))
        except UnreadableError as error:
            return str(error)
        return _sized(picture, side), picture.notes

    with ThreadPoolExecutor(os.cpu_count(), "sensorsim") as threads:
        for start in range(0, len(files), _BLOCK):
            yield from threads.map(attempt, files[start : start + _BLOCK])


def shown(name: object) -> str:
    r"""Name of a file for messages, without bytes that are no text.

    Parameters
    ----------
    name : object
        A path or string.

    Returns
    -------
    str
        The name; bytes that are not UTF-8 are shown like "\udcff".

    Examples
    --------
    >>> shown("a\udcff.png")
    'a\\udcff.png'
    """
    return str(name).encode("utf-8", "backslashreplace").decode()


def some(names: Sequence[str]) -> str:
    """Join the first ten names, and state how many more there are.

    Parameters
    ----------
    names : sequence of str
        Names to list.

    Returns
    -------
    str
        Like "a, b" or "a, b, ... and 5 more".

    Examples
    --------
    >>> some(["a", "b"])
    'a, b'
    """
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")

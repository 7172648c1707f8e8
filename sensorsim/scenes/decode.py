"""Decode the pictures of a dataset in parallel, at their own or one common size."""

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePath
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

from sensorsim.core.errors import InputError
from sensorsim.scenes.srgb import to_linear, to_srgb

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
        A file of any format that Pillow reads.
    side : int, optional
        Side of the result, pixels; None keeps the picture's own size.

    Returns
    -------
    uint8 [H, W, C]
        sRGB codes; C is 1 for gray pictures, 3 for all others. Transparency is dropped, 16-bit
        samples are scaled to 8 bits.

    Raises
    ------
    ValueError, OSError, SyntaxError or another error of Pillow's
        If the data are not a complete picture.

    Examples
    --------
    >>> buffer = io.BytesIO()
    >>> Image.new("L", (40, 20), 128).save(buffer, "png")
    >>> decode(buffer.getvalue(), 8).shape
    (8, 8, 1)
    """
    with Image.open(io.BytesIO(data)) as image:
        if image.mode == "F":
            raise ValueError("samples of floating point, expected 8 or 16 bits")
        if side is not None:
            image.draft(None, (_OVERSAMPLING * side, _OVERSAMPLING * side))
        ImageOps.exif_transpose(image, in_place=True)
        deep = image.mode.startswith("I")  # 16 bits a sample, which Pillow would clip to 8
        gray = deep or image.mode in ("1", "L", "LA")
        array = _eight_bits(image) if deep else np.asarray(image.convert("L" if gray else "RGB"))
    array = array[..., np.newaxis] if gray else array
    if side is None or array.shape[:2] == (side, side):
        return array
    return _resized(array, side)


def _resized(array: npt.NDArray[np.uint8], side: int) -> npt.NDArray[np.uint8]:
    planes = [Image.fromarray(to_linear(array[..., c])) for c in range(array.shape[-1])]
    small = [p.resize((side, side), Image.Resampling.BILINEAR) for p in planes]
    return to_srgb(np.stack([np.asarray(p) for p in small], -1))


def _eight_bits(image: Image.Image) -> npt.NDArray[np.uint8]:
    """Scale a 16-bit gray image to 8 bits."""
    samples = np.asarray(image).astype(np.int64)
    if samples.size and not 0 <= samples.min() <= samples.max() <= 65535:
        raise ValueError(f"samples from {samples.min()} to {samples.max()}, expected 16 bits")
    return ((samples + 128) // 257).astype(np.uint8)


def decode_all(
    origin: str, files: Sequence[File], read: Callable[[File], bytes], side: int | None = None
) -> npt.NDArray[np.uint8]:
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
    uint8 [N, H, W, C]
        sRGB codes; C is 1 if all pictures are gray, else 3.

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
    for i, found in enumerate(_attempts(files, read, side)):
        if isinstance(found, str):
            unreadable.append(f"{files[i]} ({found})")
            continue
        if images is None:
            shape = found.shape if side is None else (side, side, 3)
            images, first = np.empty((len(files), *shape), np.uint8), files[i]
        if side is None and found.shape != images.shape[1:]:
            differing.append(f"{files[i]} {found.shape}")
            continue
        images[i] = found
        gray &= found.shape[-1] == 1
    problems = []
    if unreadable:
        problems.append(
            f"{len(unreadable)} of {len(files)} images cannot be read: {some(unreadable)}; "
            "repair, convert or remove them"
        )
    if differing and images is not None:
        problems.append(
            f"{len(differing)} of {len(files)} images are not of shape {images.shape[1:]} (rows, "
            f"columns, colors) like {first}: {some(differing)}; resize them, or state one side for "
            "all with scene.size_px"
        )
    if problems or images is None:
        raise InputError(f"{origin}: " + ". ".join(problems))
    return images[..., :1].copy() if gray and images.shape[-1] == 3 else images


def _attempts(
    files: Sequence[File], read: Callable[[File], bytes], side: int | None
) -> Iterator[npt.NDArray[np.uint8] | str]:
    """Every picture in order, or a string that says why it cannot be read."""

    def attempt(file: File) -> npt.NDArray[np.uint8] | str:
        try:
            return decode(read(file), side)
        except UnidentifiedImageError:
            return "of no image format that can be read"
        except (
            Image.DecompressionBombError, OSError, SyntaxError, ValueError, struct.error,
            zipfile.BadZipFile, zlib.error, RuntimeError, EOFError,
        ) as error:  # fmt: skip
            return str(error)

    with ThreadPoolExecutor(os.cpu_count(), "sensorsim") as threads:
        for start in range(0, len(files), _BLOCK):
            yield from threads.map(attempt, files[start : start + _BLOCK])


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

"""IDX files (MNIST, Fashion-MNIST), plain or gzip-compressed."""

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sensorsim.core.errors import InputError

_UINT8 = 0x08


def read_idx(path: Path, dimensions: int) -> npt.NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes.

    Parameters
    ----------
    path : Path
        File to read; ends with ``.gz`` if compressed.
    dimensions : int
        Number of axes that the file must have: 3 for images, 1 for labels.

    Returns
    -------
    uint8, of ``dimensions`` axes
        Data of the file; read-only.

    Raises
    ------
    InputError
        If the file is missing, is not IDX, has other axes, is truncated or has trailing bytes.
    """
    try:
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected an IDX file") from None
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path}: cannot be read or decompressed ({error}); the file is damaged or truncated, "
            "fetch it again"
        ) from None
    header = 4 + 4 * dimensions
    if len(data) < header or data[:4] != bytes((0, 0, _UINT8, dimensions)):
        raise InputError(
            f"{path}: starts with {data[:4].hex()!r}, expected an IDX header "
            f"'000008{dimensions:02x}' (unsigned bytes, {dimensions} axes)"
        )
    shape = tuple(int(s) for s in np.frombuffer(data, ">u4", dimensions, 4))
    if len(data) - header != math.prod(shape):
        raise InputError(
            f"{path}: {len(data) - header} bytes of data, expected {math.prod(shape)} for shape "
            f"{shape}; the file is truncated or damaged, fetch it again"
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)

"""Read the binary files of CIFAR-10 and STL-10."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from sensorsim.core.errors import InputError

CIFAR10_CLASSES = (
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
STL10_CLASSES = (
    "airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck",
)  # fmt: skip
_CIFAR_SIDE = 32
_STL_SIDE = 96


def _read(path: Path, record: int) -> npt.NDArray[np.uint8]:
    try:
        data = np.fromfile(path, np.uint8)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    if data.size == 0 or data.size % record:
        raise InputError(
            f"{path}: {data.size} bytes, expected a positive multiple of {record}; "
            "the file is truncated or of another layout"
        )
    return data.reshape(-1, record)


def read_cifar10(path: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Read one CIFAR-10 batch: records of 1 label byte and 3072 bytes, red, green, blue planes.

    Parameters
    ----------
    path : Path
        ``data_batch_<n>.bin`` or ``test_batch.bin``.

    Returns
    -------
    images : uint8 [N, 32, 32, 3]
        sRGB codes.
    labels : int64 [N]
        Class of each image, 0 to 9.

    Raises
    ------
    InputError
        If the file cannot be read, its size is no multiple of a record, or a label exceeds 9.
    """
    records = _read(path, 1 + 3 * _CIFAR_SIDE**2)
    labels = records[:, 0].astype(np.int64)
    if labels.max() >= len(CIFAR10_CLASSES):
        raise InputError(f"{path}: label {labels.max()}, expected 0 to 9; not a CIFAR-10 batch")
    planes = records[:, 1:].reshape(-1, 3, _CIFAR_SIDE, _CIFAR_SIDE)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)), labels


def read_stl10(images: Path, labels: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """Read STL-10's pair of files, in the layout that its authors publish with it.

    Both files are bytes without a header. For every image: the red, the green and the blue plane,
    each column by column (column-major). For every label: a byte from 1 to 10. Source: A. Coates,
    H. Lee, A. Y. Ng, AISTATS 2011, and the dataset's own page.

    Parameters
    ----------
    images : Path
        ``train_X.bin`` or ``test_X.bin``.
    labels : Path
        ``train_y.bin`` or ``test_y.bin``.

    Returns
    -------
    images : uint8 [N, 96, 96, 3]
        sRGB codes.
    labels : int64 [N]
        Class of each image, 0 to 9.

    Raises
    ------
    InputError
        If a file cannot be read, a size does not fit, the files hold different numbers of records,
        or a label lies outside 1 to 10.
    """
    planes = _read(images, 3 * _STL_SIDE**2).reshape(-1, 3, _STL_SIDE, _STL_SIDE)
    classes = _read(labels, 1).reshape(-1).astype(np.int64)
    if len(planes) != len(classes):
        raise InputError(
            f"{images}: {len(planes)} images, but {len(classes)} labels in {labels.name}; expected "
            "one label per image, take both files from the same archive"
        )
    if not 1 <= classes.min() <= classes.max() <= len(STL10_CLASSES):
        raise InputError(
            f"{labels}: labels from {classes.min()} to {classes.max()}, expected 1 to 10"
        )
    return np.ascontiguousarray(planes.transpose(0, 3, 2, 1)), classes - 1

"""Write the validation images of Fashion-MNIST that ship with the program.

    python studies/ship_validation.py --data-dir /usr/share/datasets/fashion-mnist

They are the training images that no shipped network learned from, in the order of
`sensorsim.scenes.validation.split_validation`, as two IDX files in data/fashion_mnist/.
"""

import argparse
import gzip
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sensorsim.core import resources
from sensorsim.core.files import atomic_write
from sensorsim.scenes.datasets import load_dataset
from sensorsim.scenes.validation import split_validation


def idx(data: npt.NDArray[np.uint8]) -> bytes:
    """An array of bytes as an IDX file, compressed; the same bytes on every day."""
    header = bytes((0, 0, 8, data.ndim)) + np.array(data.shape, ">u4").tobytes()
    return gzip.compress(header + data.tobytes(), 9, mtime=0)


def write(data_dir: Path | None, out: Path) -> None:
    """Write images and labels of the validation split."""
    held_out = split_validation(load_dataset("fashion-mnist", "train", data_dir))[1]
    files = {
        "validation-images-idx3-ubyte.gz": held_out.images[..., 0],
        "validation-labels-idx1-ubyte.gz": held_out.labels.astype(np.uint8),
    }
    for name, data in files.items():
        with atomic_write(out / name) as part:
            part.write_bytes(idx(data))


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--data-dir", type=Path, help="folder of the training images")
    write(options.parse_args().data_dir, resources.data("fashion_mnist"))

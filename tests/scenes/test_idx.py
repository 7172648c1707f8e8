"""IDX files, whole and damaged."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from sensorsim.core.errors import InputError
from sensorsim.scenes.idx import read_idx

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def idx(array: np.ndarray) -> bytes:
    header = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes()
    return header + array.tobytes()


def test_plain_and_compressed_files_read_alike(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(idx(IMAGES))
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx(IMAGES)))
    for name in ("a", "a.gz"):
        np.testing.assert_array_equal(read_idx(tmp_path / name, 3), IMAGES)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("short", idx(IMAGES)[:-1], "truncated"),
        ("long", idx(IMAGES) + b"\0", "25 bytes of data, expected 24"),
        ("labels", idx(IMAGES[0, 0]), "expected an IDX header"),
        ("text", b"hello world, hello world", "expected an IDX header"),
        ("empty", b"", "expected an IDX header"),
        ("cut.gz", gzip.compress(idx(IMAGES))[:-9], "damaged or truncated"),
        ("plain.gz", idx(IMAGES), "damaged or truncated"),
    ],
)
def test_damaged_file_is_named(tmp_path: Path, name: str, data: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=words) as error:
        read_idx(path, 3)
    assert str(path) in str(error.value)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_idx(tmp_path / "nothing", 3)


def test_file_without_items_is_an_empty_array(tmp_path: Path) -> None:
    (tmp_path / "none").write_bytes(idx(IMAGES[:0]))
    assert read_idx(tmp_path / "none", 3).shape == (0, 3, 4)


def test_other_element_type_is_refused(tmp_path: Path) -> None:
    floats = bytes((0, 0, 0x0D, 3)) + idx(IMAGES)[4:]
    (tmp_path / "floats").write_bytes(floats)
    with pytest.raises(InputError, match="unsigned bytes, 3 axes"):
        read_idx(tmp_path / "floats", 3)


def test_sizes_beyond_memory_are_refused_without_being_allocated(tmp_path: Path) -> None:
    (tmp_path / "huge").write_bytes(bytes((0, 0, 8, 3)) + b"\xff" * 12 + bytes(24))
    with pytest.raises(InputError, match="24 bytes of data"):
        read_idx(tmp_path / "huge", 3)

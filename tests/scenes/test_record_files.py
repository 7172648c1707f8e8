"""CIFAR-10's and STL-10's binary layouts."""

from pathlib import Path

import numpy as np
import pytest

from sensorsim.core.errors import InputError
from sensorsim.scenes.record_files import read_cifar10, read_stl10


def test_cifar10_record_is_a_label_and_three_row_major_planes(tmp_path: Path) -> None:
    planes = np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32)).astype(np.uint8)
    records = np.concatenate([[[3], [9]], planes.reshape(2, -1)], 1).astype(np.uint8)
    records.tofile(tmp_path / "b.bin")
    images, labels = read_cifar10(tmp_path / "b.bin")
    np.testing.assert_array_equal(labels, [3, 9])
    assert images[1, 5, 7, 2] == planes[1, 2, 5, 7]
    np.testing.assert_array_equal(images, planes.transpose(0, 2, 3, 1))


def test_stl10_planes_are_column_major_and_labels_start_at_one(tmp_path: Path) -> None:
    planes = np.random.default_rng(0).integers(0, 256, (2, 3, 96, 96)).astype(np.uint8)
    planes.tofile(tmp_path / "X.bin")
    np.array([1, 10], np.uint8).tofile(tmp_path / "y.bin")
    images, labels = read_stl10(tmp_path / "X.bin", tmp_path / "y.bin")
    np.testing.assert_array_equal(labels, [0, 9])
    assert images[0, 11, 40, 1] == planes[0, 1, 40, 11]


@pytest.mark.parametrize("size", [0, 3072, 3073 * 2 - 1])
def test_cifar10_of_another_size_is_refused(tmp_path: Path, size: int) -> None:
    np.zeros(size, np.uint8).tofile(tmp_path / "b.bin")
    with pytest.raises(InputError, match=f"{size} bytes, expected a positive multiple of 3073"):
        read_cifar10(tmp_path / "b.bin")


def test_labels_out_of_range_are_refused(tmp_path: Path) -> None:
    np.full(3073, 10, np.uint8).tofile(tmp_path / "b.bin")
    with pytest.raises(InputError, match="label 10"):
        read_cifar10(tmp_path / "b.bin")
    np.zeros(3 * 96 * 96, np.uint8).tofile(tmp_path / "X.bin")
    np.zeros(1, np.uint8).tofile(tmp_path / "y.bin")
    with pytest.raises(InputError, match="expected 1 to 10"):
        read_stl10(tmp_path / "X.bin", tmp_path / "y.bin")


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.bin"):
        read_cifar10(tmp_path / "gone.bin")


def test_cifar10_colours_come_in_the_order_red_green_blue(tmp_path: Path) -> None:
    red, green, blue = np.full(1024, 200), np.arange(1024) % 256, np.arange(1024) // 32
    np.concatenate([[6], red, green, blue]).astype(np.uint8).tofile(tmp_path / "b.bin")
    images, labels = read_cifar10(tmp_path / "b.bin")
    assert labels.tolist() == [6]
    for row, column in np.ndindex(32, 32):
        place = 32 * row + column
        assert images[0, row, column].tolist() == [200, place % 256, row]


@pytest.mark.parametrize("label", [0, 11, 255])
def test_stl10_label_out_of_range_is_refused_among_good_ones(tmp_path: Path, label: int) -> None:
    np.zeros(2 * 3 * 96 * 96, np.uint8).tofile(tmp_path / "X.bin")
    np.array([5, label], np.uint8).tofile(tmp_path / "y.bin")
    with pytest.raises(InputError, match=r"y\.bin: labels from .* expected 1 to 10"):
        read_stl10(tmp_path / "X.bin", tmp_path / "y.bin")


def test_truncated_stl10_images_are_named(tmp_path: Path) -> None:
    np.zeros(3 * 96 * 96 - 1, np.uint8).tofile(tmp_path / "X.bin")
    np.ones(1, np.uint8).tofile(tmp_path / "y.bin")
    with pytest.raises(InputError, match=r"X\.bin: 27647 bytes.* multiple of 27648"):
        read_stl10(tmp_path / "X.bin", tmp_path / "y.bin")

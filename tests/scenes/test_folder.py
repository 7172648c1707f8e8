"""Folders and zips of class folders."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sensorsim.errors import InputError
from sensorsim.scenes.folder import read_folder


def put(root: Path, name: str, array: np.ndarray) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for i, split in enumerate(("train", "test")):
        for k, name in enumerate(("cat", "ant")):
            put(root, f"{split}/{name}/0.png", np.full((4, 6), 10 * i + k, np.uint8))
    return root


def zipped(root: Path) -> Path:
    path = root.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in root.rglob("*.png"):
            archive.write(file, Path("inside") / file.relative_to(root))
    return path


def test_folder_and_zip_read_alike_classes_in_order_of_names(tree: Path) -> None:
    for source in (tree, zipped(tree)):
        data = read_folder(source, "test", "mine")
        assert data.class_names == ("ant", "cat")
        np.testing.assert_array_equal(data.labels, [0, 1])
        np.testing.assert_array_equal(data.images[:, 0, 0, 0], [11, 10])
        assert data.images.shape == (2, 4, 6, 1)
        assert data.origin == str(source)


def test_tree_without_splits_serves_every_split(tmp_path: Path) -> None:
    put(tmp_path, "a/0.png", np.zeros((3, 3, 3), np.uint8))
    assert read_folder(tmp_path, "train", "x").images.shape == (1, 3, 3, 3)
    assert len(read_folder(tmp_path, "test", "x")) == 1


def test_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("no image")
    with pytest.raises(InputError, match="no images found"):
        read_folder(tmp_path, "test", "x")


def test_image_that_is_none_is_named(tree: Path) -> None:
    (tree / "test" / "ant" / "1.png").write_text("not an image")
    with pytest.raises(InputError, match=r"test/ant/1\.png is not a readable image"):
        read_folder(tree, "test", "x")


def test_truncated_image_is_named(tree: Path) -> None:
    path = tree / "test" / "ant" / "0.png"
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match=r"test/ant/0\.png"):
        read_folder(tree, "test", "x")


def test_images_of_different_size_are_named(tree: Path) -> None:
    put(tree, "test/cat/1.png", np.zeros((5, 6), np.uint8))
    with pytest.raises(InputError, match=r"test/cat/1\.png has shape \(5, 6, 1\)"):
        read_folder(tree, "test", "x")


def test_missing_split_is_named(tree: Path) -> None:
    for file in (tree / "test").rglob("*.png"):
        file.unlink()
    with pytest.raises(InputError, match="no images in test"):
        read_folder(tree, "test", "x")


def test_what_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\3\4 broken")
    with pytest.raises(InputError, match="not a readable zip"):
        read_folder(tmp_path / "a.zip", "test", "x")
    with pytest.raises(InputError, match="no such file"):
        read_folder(tmp_path / "b.zip", "test", "x")


def test_first_images_are_one_of_each_class(tmp_path: Path) -> None:
    for name, count in (("a", 3), ("b", 1), ("c", 2)):
        for i in range(count):
            put(tmp_path, f"{name}/{i}.png", np.full((2, 2), i, np.uint8))
    data = read_folder(tmp_path, "test", "x")
    np.testing.assert_array_equal(data.labels, [0, 1, 2, 0, 2, 0])
    np.testing.assert_array_equal(data.images[:, 0, 0, 0], [0, 0, 0, 1, 1, 2])


def test_classes_keep_their_numbers_where_a_split_lacks_one(tmp_path: Path) -> None:
    for split, names in (("train", "abc"), ("test", "ac")):
        for name in names:
            put(tmp_path, f"{split}/{name}/0.png", np.zeros((2, 2), np.uint8))
    train, test = (read_folder(tmp_path, split, "x") for split in ("train", "test"))
    assert train.class_names == test.class_names == ("a", "b", "c")
    assert test.labels.tolist() == [0, 2]


def test_colour_images_keep_their_colours_and_lose_their_transparency(tmp_path: Path) -> None:
    colour = np.zeros((2, 3, 4), np.uint8)
    colour[..., 0], colour[..., 1], colour[..., 2] = 10, 20, 30
    put(tmp_path, "a/0.png", colour)
    images = read_folder(tmp_path, "test", "x").images
    assert images.shape == (1, 2, 3, 3)
    assert (images == [10, 20, 30]).all()


def test_sixteen_bit_images_are_scaled_not_clipped(tmp_path: Path) -> None:
    put(tmp_path, "a/0.png", np.array([[0, 0x4080, 0x8080, 0xFFFF]], np.uint16))
    shades = read_folder(tmp_path, "test", "x").images.ravel().astype(int)
    assert np.abs(shades - [0, 64, 128, 255]).max() <= 1


def test_folder_named_like_an_image_is_no_image(tmp_path: Path) -> None:
    put(tmp_path, "a/0.png", np.zeros((2, 2), np.uint8))
    (tmp_path / "a" / "more.png").mkdir()
    assert len(read_folder(tmp_path, "test", "x")) == 1


def test_image_that_unpacks_without_bounds_is_named(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"0")) + chunk(b"IEND", b"")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + body)
    with pytest.raises(InputError, match=r"a/0\.png"):
        read_folder(tmp_path, "test", "x")


def deflated(path: Path) -> bytearray:
    """A zip of one compressed image, to be damaged."""
    buffer = io.BytesIO()
    Image.fromarray(np.arange(4096, dtype=np.uint8).reshape(64, 64)).save(buffer, "bmp")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/0.bmp", buffer.getvalue())
    return bytearray(path.read_bytes())


@pytest.mark.parametrize("damage", ["compressed data", "encrypted", "unknown compression"])
def test_zip_whose_members_cannot_be_unpacked_is_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.zip"
    data = deflated(path)
    directory = data.rindex(b"PK\1\2")
    if damage == "compressed data":
        start = 30 + len("a/0.bmp")
        data[start : start + 4] = b"\xff" * 4
    elif damage == "encrypted":
        data[6] |= 1
        data[directory + 8] |= 1
    else:
        data[8] = data[directory + 10] = 97
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"a\.zip"):
        read_folder(path, "test", "x")


def test_bad_checksum_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = zipped_once(tmp_path)
    data = bytearray(path.read_bytes())
    data[30 + len("a/0.png") + 50] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match="not a readable zip"):
        read_folder(path, "test", "x")


def zipped_once(folder: Path) -> Path:
    put(folder, "a/0.png", np.zeros((40, 40), np.uint8))
    path = folder / "stored.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.write(folder / "a" / "0.png", "a/0.png")
    return path

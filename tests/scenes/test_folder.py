"""Folders and zips of class folders."""

import hashlib
import io
import os
import struct
import sys
import unicodedata
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from sensorsim.core.errors import InputError
from sensorsim.scenes.folder import read_folder
from sensorsim.scenes.formats import read_frame
from sensorsim.scenes.srgb import to_srgb


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


def test_folder_without_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "notes.txt").write_text("no image")
    with pytest.raises(InputError, match="no images found"):
        read_folder(tmp_path, "test", "x")


def test_every_unreadable_image_is_counted_and_ten_are_named(tree: Path) -> None:
    for i in range(1, 13):
        (tree / "test" / "ant" / f"{i:02}.png").write_text("not an image")
    whole = tree / "test" / "cat" / "0.png"
    whole.write_bytes(whole.read_bytes()[:40])
    for source in (tree, zipped(tree)):
        with pytest.raises(InputError, match=r"13 of 14 images cannot be read") as caught:
            read_folder(source, "test", "x")
        message = str(caught.value)
        # in the order of the test split: a class in turn
        assert all(f"test/ant/{i:02}.png" in message for i in range(1, 10))
        assert "test/cat/0.png" in message
        assert "test/ant/10.png" not in message
        assert "and 3 more; repair, convert or remove them" in message
        assert len(read_folder(source, "train", "x")) == 2


def test_formats_that_cannot_be_read_are_named_not_left_out(tree: Path) -> None:
    (tree / "test" / "cat" / "1.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    with pytest.raises(InputError, match=r"1 of 3 images cannot be read.*1\.HEIC \(of no image"):
        read_folder(tree, "test", "x")


def test_all_images_of_another_size_are_counted(tree: Path) -> None:
    for i in range(1, 13):
        put(tree, f"test/cat/{i:02}.png", np.zeros((5, 6), np.uint8))
    put(tree, "test/ant/1.png", np.zeros((4, 6, 3), np.uint8))
    words = (
        r"13 of 15 images are not of shape \(4, 6, 1\) .*like test/ant/0\.png: "
        r"test/ant/1\.png \(4, 6, 3\), test/cat/01\.png \(5, 6, 1\).* and 3 more.*scene\.size_px"
    )
    with pytest.raises(InputError, match=words):
        read_folder(tree, "test", "x")


def test_a_size_makes_all_images_that_size(tree: Path) -> None:
    put(tree, "test/cat/1.png", np.full((50, 90), 77, np.uint8))
    put(tree, "test/cat/2.png", np.full((3, 2), 78, np.uint8))
    data = read_folder(tree, "test", "x", 8)
    assert data.images.shape == (4, 8, 8, 1)
    assert [int(i.min()) for i in data.images] == [int(i.max()) for i in data.images]
    assert data.images[:, 0, 0, 0].tolist() == [11, 10, 77, 78]


def test_gray_images_among_colored_ones_get_equal_colors_where_a_size_is_given(
    tree: Path,
) -> None:
    put(tree, "test/cat/1.png", np.full((5, 5, 3), (10, 20, 30), np.uint8))
    images = read_folder(tree, "test", "x", 4).images
    assert images[:, 0, 0].tolist() == [[11] * 3, [10] * 3, [10, 20, 30]]


def test_hidden_files_and_what_macos_adds_are_left_out(tree: Path) -> None:
    wanted = read_folder(tree, "test", "x")
    for name in (
        "test/cat/._0.png", ".cache/test/cat/1.png", "__MACOSX/test/dog/2.png", "test/.dog/0.png",
    ):  # fmt: skip
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(b"no image")
    for source in (tree, zipped(tree)):
        found = read_folder(source, "test", "x")
        assert found.digest == wanted.digest


def test_splits_are_found_in_any_case_of_the_letters(tree: Path) -> None:
    wanted = [read_folder(tree, s, "x").digest for s in ("train", "test")]
    (tree / "train").rename(tree / "Train")
    (tree / "test").rename(tree / "tEST")
    assert [read_folder(tree, s, "x").digest for s in ("train", "test")] == wanted
    assert read_folder(tree, "test", "x").origin == str(tree)


@pytest.fixture
def unsplit(tmp_path: Path) -> Path:
    """Classes of 40, 7, 2 and 1 images whose values are unique."""
    root, value = tmp_path / "unsplit", 0
    for name, count in (("a", 40), ("b", 7), ("c", 2), ("d", 1)):
        for i in range(count):
            put(root, f"{name}/{name}{i}.png", np.full((2, 2), value, np.uint8))
            value += 1
    return root


def test_a_fifth_of_every_class_is_held_out_and_no_image_is_in_both_splits(unsplit: Path) -> None:
    train, test = (read_folder(unsplit, s, "x") for s in ("train", "test"))
    assert np.bincount(test.labels, minlength=4).tolist() == [8, 1, 1, 0]
    assert np.bincount(train.labels, minlength=4).tolist() == [32, 6, 1, 1]
    values = [set(d.images[:, 0, 0, 0].tolist()) for d in (train, test)]
    assert not values[0] & values[1]
    assert values[0] | values[1] == set(range(50))
    assert train.class_names == test.class_names == ("a", "b", "c", "d")
    for data, words in ((train, "all but the fifth of every class"), (test, "the fifth of every")):
        assert words in data.origin
        assert "SHA-256" in data.origin


def test_held_out_are_the_smallest_digests_of_the_names(unsplit: Path) -> None:
    by_digest = sorted(
        (hashlib.sha256(f"a{i}.png".encode()).hexdigest(), i) for i in range(40)
    )  # fmt: skip
    test = read_folder(unsplit, "test", "x")
    held_out = test.images[test.labels == 0][:, 0, 0, 0]
    assert sorted(held_out.tolist()) == sorted(i for _, i in by_digest[:8])


def test_hold_out_depends_on_neither_order_nor_place(unsplit: Path) -> None:
    wanted = read_folder(unsplit, "test", "x")
    for seed in range(3):
        path = unsplit.with_name(f"{seed}.zip")
        files = sorted(unsplit.rglob("*.png"))
        np.random.default_rng(seed).shuffle(files)
        with zipfile.ZipFile(path, "w") as archive:
            for file in files:
                archive.write(file, Path("deep/inside") / file.relative_to(unsplit))
        assert read_folder(path, "test", "x").digest == wanted.digest


def test_classes_too_small_to_hold_an_image_out_are_explained(tmp_path: Path) -> None:
    put(tmp_path, "a/0.png", np.zeros((3, 3, 3), np.uint8))
    assert read_folder(tmp_path, "train", "x").images.shape == (1, 3, 3, 3)
    with pytest.raises(InputError, match=r"no class has two images.*train/<class>"):
        read_folder(tmp_path, "test", "x")


def test_missing_split_is_named(tree: Path) -> None:
    for file in (tree / "test").rglob("*.png"):
        file.unlink()
    with pytest.raises(InputError, match=r"no images of split .test.*expected images in"):
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
            put(tmp_path, f"test/{name}/{i}.png", np.full((2, 2), i, np.uint8))
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


def test_opaque_alpha_is_dropped_and_transparent_pixels_are_refused(tmp_path: Path) -> None:
    colour = np.zeros((2, 3, 4), np.uint8)
    colour[...] = 10, 20, 30, 255
    put(tmp_path, "a/0.png", colour)
    images = read_folder(tmp_path, "train", "x").images
    assert images.shape == (1, 2, 3, 3)
    assert (images == [10, 20, 30]).all()
    colour[0, 0, 3] = 254
    put(tmp_path, "a/0.png", colour)
    with pytest.raises(InputError, match=r"a/0\.png \(has transparent pixels"):
        read_folder(tmp_path, "train", "x")


def test_a_folder_reads_what_a_frame_reads(tmp_path: Path) -> None:
    """Orientation, 16 bits, a white of zero: the same light, to the nearest of 8 bits."""
    random = np.random.default_rng(2)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(random.integers(0, 256, (7, 5, 3)).astype(np.uint8))
    (tmp_path / "train" / "a").mkdir(parents=True)
    turned.save(tmp_path / "train" / "a" / "0.png", exif=exif)
    deep = random.integers(0, 65536, (5, 7, 3)).astype(np.uint16)
    tifffile.imwrite(tmp_path / "train" / "a" / "1.tif", deep, photometric="rgb", metadata=None)
    images = read_folder(tmp_path, "train", "x").images
    for name, image in zip(("0.png", "1.tif"), images, strict=True):
        light = read_frame(tmp_path / "train" / "a" / name).light
        np.testing.assert_array_equal(image, to_srgb(light))


def test_floating_point_and_cmyk_are_refused_as_in_frames(tmp_path: Path) -> None:
    (tmp_path / "train" / "a").mkdir(parents=True)
    tifffile.imwrite(tmp_path / "train" / "a" / "0.tif", np.zeros((4, 4), np.float32))
    Image.new("CMYK", (4, 4)).save(tmp_path / "train" / "a" / "1.jpg")
    with pytest.raises(InputError, match=r"2 of 2 images.*0\.tif \(.*floating.*1\.jpg \(.*CMYK"):
        read_folder(tmp_path, "train", "x")


def test_what_is_left_out_or_not_followed_is_counted(tree: Path) -> None:
    assert read_folder(tree, "test", "x").origin == str(tree)
    (tree / "readme.TXT").write_text("no image")
    (tree / "test" / "cat" / "0.cr2").write_bytes(b"no photograph")
    for name in ("0.png", "val/cat/1.png"):
        put(tree, name, np.zeros((4, 6), np.uint8))
    put(tree, "more/test/cat/7.png", np.zeros((4, 6), np.uint8))
    Image.new("L", (6, 4)).save(tree / "test" / "ant" / "1.png", dpi=(100, 200))
    for source in (tree, zipped_whole(tree)):
        data = read_folder(source, "test", "x")
        assert len(data) == 4
        for words in (
            "2 files that are no images are left out (.cr2, .txt)",
            "2 images outside the splits are left out",
            "folders of one name are one class: cat",
            "1 of 4 images: states pixels 2 times as wide as high",
        ):
            assert words in data.origin


def zipped_whole(root: Path) -> Path:
    path = root.with_suffix(".whole.zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in root.rglob("*"):
            archive.write(file, file.relative_to(root))
    return path


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("train/a/1.png", "test/2.png", "train/3.png"), r"images in test, train; expected"),
        (("train/a/raw/1.png", "test/a/raw/2.png"), r"images in test/a/raw, train/a/raw"),
        (("a/1.png", "a/thumbs/2.png", "b/3.png"), r"images in a and in a/thumbs, so that"),
        (("train/Cat/1.png", "test/cat/2.png"), r"class folders Cat and cat differ only in"),
        (
            ("train/a/1.png", "val/a/1.png"),
            r"no images of split .test. beside train, val; expected images in",
        ),
    ],
)
def test_places_that_leave_split_or_class_in_doubt_are_refused(
    tmp_path: Path, names: tuple[str, ...], words: str
) -> None:
    for name in names:
        put(tmp_path / "d", name, np.zeros((2, 2), np.uint8))
    for source in (tmp_path / "d", zipped_whole(tmp_path / "d")):
        with pytest.raises(InputError, match=words):
            read_folder(source, "test", "x")


def test_names_outside_ascii_are_kept_and_composed_names_are_the_same(tmp_path: Path) -> None:
    """macOS decomposes accents; the classes and the split must be those of other systems."""
    digests = set()
    for form in ("NFC", "NFD"):
        root = tmp_path / f"{form} 数据"
        for i in range(5):
            name = unicodedata.normalize(form, f"é/é{i}.png")
            put(root, name, np.full((2, 2), i, np.uint8))
            put(root, f"猫/{i}.png", np.full((2, 2), 9, np.uint8))
        for source in (root, zipped_whole(root)):
            data = read_folder(source, "test", "x")
            assert data.class_names == ("é", "猫")
            digests.add(data.digest)
    assert len(digests) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names of bytes that are no text")
def test_names_that_are_no_text_are_shown_so_that_they_can_be_printed(tmp_path: Path) -> None:
    bad = os.fsdecode(b"\xff")
    put(tmp_path, "train/a/0.png", np.zeros((2, 2), np.uint8))
    (tmp_path / "train" / "a" / f"{bad}.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"a/.udcff\.png \(of no image") as caught:
        read_folder(tmp_path, "train", "x")
    str(caught.value).encode()
    put(tmp_path, f"train/{bad}/0.png", np.zeros((2, 2), np.uint8))
    with pytest.raises(InputError, match=r"class folder .udcff is not UTF-8"):
        read_folder(tmp_path, "train", "x")


def test_sixteen_bit_images_are_scaled_not_clipped(tmp_path: Path) -> None:
    put(tmp_path, "a/0.png", np.array([[0, 0x4080, 0x8080, 0xFFFF]], np.uint16))
    shades = read_folder(tmp_path, "train", "x").images.ravel().astype(int)
    assert np.abs(shades - [0, 64, 128, 255]).max() <= 1


def test_folder_named_like_an_image_is_no_image(tmp_path: Path) -> None:
    put(tmp_path, "a/0.png", np.zeros((2, 2), np.uint8))
    (tmp_path / "a" / "more.png").mkdir()
    assert len(read_folder(tmp_path, "train", "x")) == 1


def test_image_that_unpacks_without_bounds_is_named(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(b"0")) + chunk(b"IEND", b"")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n" + header + body)
    with pytest.raises(InputError, match=r"a/0\.png"):
        read_folder(tmp_path, "train", "x")


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
    with pytest.raises(InputError, match=r"a\.zip: 1 of 1 images cannot be read: a/0\.bmp"):
        read_folder(path, "train", "x")


def test_bad_checksum_in_a_zip_is_refused(tmp_path: Path) -> None:
    path = zipped_once(tmp_path)
    data = bytearray(path.read_bytes())
    data[30 + len("a/0.png") + 50] ^= 1
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"stored\.zip: 1 of 1 images cannot be read: a/0\.png"):
        read_folder(path, "train", "x")


def zipped_once(folder: Path) -> Path:
    put(folder, "a/0.png", np.zeros((40, 40), np.uint8))
    path = folder / "stored.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.write(folder / "a" / "0.png", "a/0.png")
    return path

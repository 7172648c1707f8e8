"""Named datasets: what ships, where others are looked for, and downloads."""

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sensorsim.core.errors import InputError
from sensorsim.scenes import datasets, download
from sensorsim.scenes.datasets import load_dataset
from sensorsim.scenes.labelled import Labelled

CIFAR_ZIP = Path(__file__).parents[3] / "shared" / "data" / "cifar10_jpeg.zip"


def idx(array: np.ndarray) -> bytes:
    header = bytes((0, 0, 8, array.ndim)) + np.array(array.shape, ">u4").tobytes()
    return header + array.astype(np.uint8).tobytes()


def write_mnist(folder: Path, prefix: str, value: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    images = np.full((2, 28, 28), value)
    (folder / f"{prefix}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
    (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(idx(np.array([1, 2])))


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Debian's folder and the user's cache, both empty, and no network."""
    monkeypatch.setattr(datasets, "_DEBIAN", tmp_path / "debian")
    monkeypatch.setattr(download.pooch, "os_cache", lambda _: tmp_path / "cache")

    def refuse(*_: object, **__: object) -> str:
        raise OSError("no network here")

    monkeypatch.setattr(download.pooch, "retrieve", refuse)
    return tmp_path


def test_shipped_test_images_load_and_say_from_where() -> None:
    data = load_dataset("fashion-mnist")
    assert data.images.shape == (10_000, 28, 28, 1)
    np.testing.assert_array_equal(np.bincount(data.labels), [1000] * 10)
    assert data.class_names[data.labels[0]] == "ankle boot"
    assert data.origin.endswith("fashion_mnist")


@pytest.mark.usefixtures("nowhere")
def test_places_are_searched_in_their_order(nowhere: Path) -> None:
    with pytest.raises(InputError, match=r"download from .* failed"):
        load_dataset("mnist", "train")
    write_mnist(nowhere / "cache" / "mnist", "train", 3)
    assert load_dataset("mnist", "train").images.max() == 3
    write_mnist(nowhere / "debian" / "mnist", "train", 2)
    assert load_dataset("mnist", "train").images.max() == 2
    write_mnist(nowhere / "mine", "train", 1)
    found = load_dataset("mnist", "train", nowhere / "mine")
    assert found.images.max() == 1
    assert found.origin == str(nowhere / "mine")


def test_named_folder_without_the_files_is_not_passed_over(nowhere: Path) -> None:
    write_mnist(nowhere / "mine", "train", 1)
    with pytest.raises(InputError, match="expected t10k-images"):
        load_dataset("mnist", "test", nowhere / "mine")


def test_cifar10_and_stl10_load_from_their_own_files(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-batches-bin").mkdir()
    np.zeros(3073 * 2, np.uint8).tofile(tmp_path / "cifar-10-batches-bin" / "test_batch.bin")
    assert load_dataset("cifar10", "test", tmp_path).images.shape == (2, 32, 32, 3)
    stl = tmp_path / "stl"
    stl.mkdir()
    np.zeros(3 * 96 * 96, np.uint8).tofile(stl / "test_X.bin")
    np.ones(1, np.uint8).tofile(stl / "test_y.bin")
    assert load_dataset("stl10", "test", stl).images.shape == (1, 96, 96, 3)


@pytest.mark.parametrize(
    ("name", "split", "data_dir", "words"),
    [
        ("imagenet", "test", None, "imagenet.*expected one of"),
        ("mnist", "dev", None, "split 'dev'"),
        ("folder", "test", None, "needs scene.data_dir"),
        ("cifar10", "test", "gone", "gone: no such"),
        ("vww", "test", None, "needs scene.data_dir .* COCO"),
        ("vww", "test", "gone", "gone: no such folder.*instances_train2017"),
    ],
)
def test_what_cannot_be_found_is_explained(
    name: str, split: str, data_dir: str | None, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        load_dataset(name, split, data_dir)


def test_downloaded_archive_is_unpacked(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = nowhere / "a.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        member = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
        member.size = 3073
        tar.addfile(member, io.BytesIO(bytes(3073)))
    asked = []

    def retrieve(url: str, checksum: str, **_: object) -> str:
        asked.append((url, checksum))
        return str(archive)

    monkeypatch.setattr(download.pooch, "retrieve", retrieve)
    assert len(load_dataset("cifar10")) == 1
    assert asked[0][1].startswith("c4a38c50a1bc")
    assert len(load_dataset("cifar10")) == 1
    assert len(asked) == 1, "the second time it lies in the cache"


def test_checksums_are_sha256_or_say_otherwise() -> None:
    for source in download._SOURCES.values():
        for checksum in source.checksums.values():
            assert len(checksum) == 64 or checksum.startswith("md5:")


@pytest.mark.slow
@pytest.mark.skipif(not CIFAR_ZIP.exists(), reason="cifar10_jpeg.zip is not here")
def test_cifar10_as_a_zip_of_jpegs() -> None:
    data = load_dataset("cifar10", "test", CIFAR_ZIP)
    assert data.images.shape == (10_000, 32, 32, 3)
    np.testing.assert_array_equal(np.bincount(data.labels), [1000] * 10)


def test_labelled_refuses_what_does_not_fit() -> None:
    images = np.zeros((3, 2, 2, 1), np.uint8)
    with pytest.raises(InputError, match="3 images but 2 labels"):
        Labelled(images, np.array([0, 1]), ("a", "b"), "x", "here")
    with pytest.raises(InputError, match="labels from 0 to 2"):
        Labelled(images, np.array([0, 1, 2]), ("a", "b"), "x", "here")
    data = Labelled(images, np.array([0, 1, 1]), ("a", "b"), "x", "here")
    with pytest.raises(InputError, match="images 4: expected a whole number from 1 to 3"):
        data.first(4)


def test_training_batches_of_cifar10_are_joined_in_order(tmp_path: Path) -> None:
    for i in range(1, 6):
        np.full(3073, i, np.uint8).tofile(tmp_path / f"data_batch_{i}.bin")
    data = load_dataset("cifar10", "train", tmp_path)
    assert data.labels.tolist() == [1, 2, 3, 4, 5]
    assert data.class_names[data.labels[0]] == "automobile"
    (tmp_path / "data_batch_3.bin").unlink()
    with pytest.raises(InputError, match=r"expected .*data_batch_3\.bin"):
        load_dataset("cifar10", "train", tmp_path)


def test_images_and_labels_of_different_number_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(idx(np.zeros((3, 28, 28))))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.zeros(2)))
    with pytest.raises(InputError, match="3 images but 2 labels"):
        load_dataset("mnist", "test", tmp_path)


def test_place_that_lacks_one_of_the_files_is_passed_over(nowhere: Path) -> None:
    write_mnist(nowhere / "debian" / "mnist", "train", 2)
    (nowhere / "debian" / "mnist" / "train-labels-idx1-ubyte").unlink()
    write_mnist(nowhere / "cache" / "mnist", "train", 3)
    data = load_dataset("mnist", "train")
    assert data.images.max() == 3
    assert data.origin == str(nowhere / "cache" / "mnist")


def test_class_folders_serve_a_named_dataset(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(2):
            Image.fromarray(np.zeros((4, 4), np.uint8)).save(tmp_path / "pets" / name / f"{i}.png")
    assert load_dataset("folder", "test", tmp_path / "pets").name == "pets"
    assert load_dataset("cifar10", "test", tmp_path / "pets").class_names == ("cat", "dog")


def test_broken_download_leaves_nothing_in_the_cache(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = nowhere / "a.tar.gz"
    archive.write_bytes(gzip.compress(b"no tar"))
    monkeypatch.setattr(download.pooch, "retrieve", lambda *_, **__: str(archive))
    with pytest.raises(InputError, match="failed"):
        load_dataset("cifar10")
    assert not list((nowhere / "cache").rglob("*.bin"))


def write_stl10(folder: Path, split: str, images: np.ndarray, labels: list[int]) -> None:
    """As STL-10's page says: red, green, blue plane, each column by column; labels from 1."""
    data = bytearray()
    for image in images:
        for color in range(3):
            for column in range(96):
                data += bytes(image[row, column, color] for row in range(96))
    (folder / f"{split}_X.bin").write_bytes(data)
    (folder / f"{split}_y.bin").write_bytes(bytes(labels))


def test_stl10_end_to_end(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (2, 96, 96, 3)).astype(np.uint8)
    folder = tmp_path / "stl10_binary"
    folder.mkdir()
    write_stl10(folder, "train", images, [1, 10])
    write_stl10(folder, "test", images[:1], [8])
    train = load_dataset("stl10", "train", tmp_path)
    np.testing.assert_array_equal(train.images, images)
    assert [train.class_names[i] for i in train.labels] == ["airplane", "truck"]
    test = load_dataset("stl10", "test", folder)
    np.testing.assert_array_equal(test.images, images[:1])
    assert test.class_names[test.labels[0]] == "monkey"


def test_stl10_of_different_numbers_or_a_broken_size_is_refused(tmp_path: Path) -> None:
    write_stl10(tmp_path, "test", np.zeros((2, 96, 96, 3), np.uint8), [1, 2, 3])
    with pytest.raises(InputError, match=r"test_X\.bin: 2 images, but 3 labels in test_y\.bin"):
        load_dataset("stl10", "test", tmp_path)
    with (tmp_path / "test_X.bin").open("ab") as file:
        file.write(b"0")
    with pytest.raises(InputError, match=r"test_X\.bin: 55297 bytes.*multiple of 27648"):
        load_dataset("stl10", "test", tmp_path)


def test_a_size_serves_class_folders_only(tmp_path: Path) -> None:
    for name, side in (("cat", 9), ("dog", 17)):
        (tmp_path / "train" / name).mkdir(parents=True)
        Image.new("L", (side, 5), side).save(tmp_path / "train" / name / "0.png")
    for name in ("folder", "cifar10", "mnist", "stl10"):
        data = load_dataset(name, "train", tmp_path, 4)
        assert data.images.shape == (2, 4, 4, 1)
        assert data.images[:, 0, 0, 0].tolist() == [9, 17]
    with pytest.raises(InputError, match=r"size_px 4: the files of fashion-mnist have a size of"):
        load_dataset("fashion-mnist", "test", None, 4)
    with pytest.raises(InputError, match=r"size_px 0: expected a side of at least 1"):
        load_dataset("folder", "train", tmp_path, 0)

"""TIFF photographs, told from camera RAW, and TIFF files that lack some of their data."""

import struct
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from sensorsim.core.errors import InputError
from sensorsim.scenes.formats import read_frame
from sensorsim.scenes.srgb import to_linear

RANDOM = np.random.default_rng(5)
GRAY = RANDOM.integers(0, 65536, (40, 33)).astype(np.uint16)
COLOR = RANDOM.integers(0, 65536, (40, 33, 3)).astype(np.uint16)
_STRIP_OFFSETS, _ROWS_PER_STRIP, _STRIP_BYTES = 273, 278, 279


def write(path: Path, array: np.ndarray, **options: object) -> Path:
    tifffile.imwrite(path, array, metadata=None, **options)
    return path


def with_tag(path: Path, tag: int, value: int) -> Path:
    """Replace the value of a tag of the first page."""
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages.first.tags[tag].overwrite(value)
    return path


def test_a_gray_tiff_is_a_photograph_and_no_mosaic(tmp_path: Path) -> None:
    samples = (GRAY >> 4).astype(np.uint16)  # 12 bits of data
    frame = read_frame(write(tmp_path / "x.tif", samples))
    assert frame.layout == "mono"
    np.testing.assert_allclose(frame.light[..., 0], to_linear(samples / 65535), rtol=1e-6)
    assert "65535" in frame.white
    assert any(f"reach {samples.max()} of 65535" in note for note in frame.notes)


def test_a_gray_tiff_by_the_name_of_camera_raw_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x\.dng: .*without the tags of a color filter array"):
        read_frame(write(tmp_path / "x.dng", GRAY))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("samples", [GRAY, COLOR])
def test_sixteen_bits_are_kept(
    tmp_path: Path, order: str, compression: str | None, samples: np.ndarray
) -> None:
    options = {"photometric": "rgb" if samples.ndim == 3 else "minisblack"}
    path = write(tmp_path / "x.tif", samples, byteorder=order, compression=compression, **options)
    light = read_frame(path).light
    np.testing.assert_allclose(light, to_linear(samples / 65535).reshape(light.shape), rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_white_is_zero_where_the_file_says_so(tmp_path: Path, dtype: type) -> None:
    """Pillow inverts 8 bits, but not 16."""
    samples = GRAY.astype(dtype)
    light = read_frame(write(tmp_path / "x.tif", samples, photometric="miniswhite")).light
    largest = np.iinfo(dtype).max
    np.testing.assert_allclose(
        light[..., 0], to_linear((largest - samples) / largest), rtol=1e-5, atol=1e-7
    )


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (GRAY.astype(np.float32), "floating point"),
        (GRAY.astype(np.int16), "with a sign"),
        (GRAY.astype(np.uint32), "samples of 32 bits"),
        (np.stack([GRAY, GRAY]), "holds 2 images"),
    ],
)
def test_what_has_no_defined_white_is_refused(
    tmp_path: Path, samples: np.ndarray, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        read_frame(write(tmp_path / "x.tif", samples, photometric="minisblack"))


def test_twelve_bits_are_of_4095(tmp_path: Path) -> None:
    """Two samples in three bytes, as TIFF packs them."""
    numbers = RANDOM.integers(0, 4096, (10, 8))
    pairs = numbers.reshape(-1, 2)
    data = np.stack(
        [pairs[:, 0] >> 4, (pairs[:, 0] & 15) << 4 | pairs[:, 1] >> 8, pairs[:, 1] & 255], -1
    ).astype(np.uint8)
    entries = [
        (256, 3, 8), (257, 3, 10), (258, 3, 12), (259, 3, 1), (262, 3, 1), (273, 4, 122),
        (277, 3, 1), (278, 3, 10), (279, 4, data.size),
    ]  # fmt: skip
    head = struct.pack("<2sHIH", b"II", 42, 8, len(entries))
    head += b"".join(struct.pack("<HHII", t, k, 1, v) for t, k, v in entries) + bytes(4)
    (tmp_path / "x.tif").write_bytes(head + data.tobytes())
    assert len(head) == 122
    frame = read_frame(tmp_path / "x.tif")
    np.testing.assert_allclose(frame.light[..., 0], to_linear(numbers / 4095), rtol=1e-6)


@pytest.mark.parametrize(
    ("tag", "value", "words"),
    [
        (_ROWS_PER_STRIP, 10, "1 strips or tiles of data, expected 4"),
        (_STRIP_OFFSETS, 10**6, "is not within the file"),
        (_STRIP_BYTES, 100, "has 100 bytes, expected 2640"),
        (_STRIP_BYTES, 0, "is not within the file"),
    ],
)
def test_missing_data_are_not_taken_for_black(
    tmp_path: Path, tag: int, value: int, words: str
) -> None:
    path = with_tag(write(tmp_path / "x.tif", GRAY), tag, value)
    with pytest.raises(InputError, match=words):
        read_frame(path)


def test_reduced_images_beside_the_image_are_ignored(tmp_path: Path) -> None:
    with tifffile.TiffWriter(tmp_path / "x.tif") as file:
        file.write(GRAY, metadata=None)
        file.write(GRAY[::2, ::2], subfiletype=1, metadata=None)
    assert read_frame(tmp_path / "x.tif").light.shape == (40, 33, 1)


def test_lzw_is_read(tmp_path: Path) -> None:
    codes = (COLOR >> 8).astype(np.uint8)
    Image.fromarray(codes).save(tmp_path / "x.tif", compression="tiff_lzw")
    np.testing.assert_array_equal(read_frame(tmp_path / "x.tif").light, to_linear(codes))

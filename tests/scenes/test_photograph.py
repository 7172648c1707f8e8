"""Photographs: 8 and 16 bits, gray and color, decoded exactly; and what is no photograph."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from sensorsim.core.errors import InputError
from sensorsim.scenes.formats import read_frame
from sensorsim.scenes.srgb import to_linear

RANDOM = np.random.default_rng(3)


def write_png_16(path: Path, samples: np.ndarray) -> Path:
    """A PNG by hand, since Pillow writes no color of 16 bits (ISO/IEC 15948)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    height, width, channels = samples.shape
    color = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, color, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )
    return path


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_eight_bits(tmp_path: Path, mode: str) -> None:
    shape = (5, 7) if mode == "L" else (5, 7, 3)
    codes = RANDOM.integers(0, 256, shape).astype(np.uint8)
    Image.fromarray(codes).save(tmp_path / "x.png")
    frame = read_frame(tmp_path / "x.png")
    assert frame.layout == ("mono" if mode == "L" else "rgb")
    np.testing.assert_array_equal(frame.light, to_linear(codes).reshape(5, 7, -1))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bits_keep_their_low_byte(tmp_path: Path, channels: int) -> None:
    codes = RANDOM.integers(0, 65536, (5, 7, channels)).astype(np.uint16)
    if channels in (2, 4):
        codes[..., -1] = 65535
    frame = read_frame(write_png_16(tmp_path / "x.png", codes))
    np.testing.assert_allclose(
        frame.light, to_linear(codes[..., : channels - (channels + 1) % 2] / 65535), rtol=1e-6
    )
    assert frame.metadata["bits"] == 16


def test_jpeg_and_palette_are_color(tmp_path: Path) -> None:
    image = Image.new("RGB", (8, 8), (255, 255, 255))
    image.save(tmp_path / "x.jpg")
    image.quantize(4).save(tmp_path / "p.png")
    for name in ("x.jpg", "p.png"):
        light = read_frame(tmp_path / name).light
        assert light.shape == (8, 8, 3)
        np.testing.assert_allclose(light, 1, atol=0.02)


def test_transparent_pixels_are_refused(tmp_path: Path) -> None:
    Image.new("RGBA", (4, 4), (9, 9, 9, 255)).save(tmp_path / "x.png")
    assert read_frame(tmp_path / "x.png").light.shape == (4, 4, 3)
    Image.new("RGBA", (4, 4), (9, 9, 9, 128)).save(tmp_path / "x.png")
    with pytest.raises(InputError, match=r"x\.png: not a readable .*has transparent pixels"):
        read_frame(tmp_path / "x.png")


def test_what_is_no_photograph_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("a text")
    with pytest.raises(InputError, match=r"x\.png: not a readable photograph"):
        read_frame(tmp_path / "x.png")
    Image.fromarray(RANDOM.integers(0, 256, (64, 64, 3)).astype(np.uint8)).save(tmp_path / "t.png")
    data = (tmp_path / "t.png").read_bytes()
    (tmp_path / "t.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match=r"t\.png: not a readable photograph"):
        read_frame(tmp_path / "t.png")
    Image.new("CMYK", (4, 4)).save(tmp_path / "c.jpg")
    with pytest.raises(InputError, match=r"color mode CMYK, expected gray or RGB"):
        read_frame(tmp_path / "c.jpg")
    deep = RANDOM.integers(0, 65535, (5, 7, 2)).astype(np.uint16)
    with pytest.raises(InputError, match=r"d\.png: not a readable .*has transparent pixels"):
        read_frame(write_png_16(tmp_path / "d.png", deep))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_photograph_is_seen_upright(tmp_path: Path, orientation: int) -> None:
    image = Image.fromarray(RANDOM.integers(0, 256, (5, 7, 3)).astype(np.uint8))
    image.getexif()[0x0112] = orientation
    image.save(tmp_path / "x.png", exif=image.getexif())
    upright = np.asarray(ImageOps.exif_transpose(Image.open(tmp_path / "x.png")))
    np.testing.assert_array_equal(read_frame(tmp_path / "x.png").light, to_linear(upright))


def test_pixels_that_are_not_square_are_mentioned(tmp_path: Path) -> None:
    image = Image.new("L", (4, 4), 9)
    image.save(tmp_path / "x.png", dpi=(100, 200))
    image.save(tmp_path / "x.jpg", dpi=(100, 200))
    image.save(tmp_path / "y.png", dpi=(200, 200))
    for name in ("x.png", "x.jpg"):
        assert "pixels 2 times as wide as high" in read_frame(tmp_path / name).notes[0]
    assert read_frame(tmp_path / "y.png").notes == ()


def test_an_unknown_orientation_is_mentioned(tmp_path: Path) -> None:
    image = Image.new("L", (4, 3), 9)
    image.getexif()[0x0112] = 9
    image.save(tmp_path / "x.png", exif=image.getexif())
    assert read_frame(tmp_path / "x.png").notes == ("states the unknown orientation 9; not turned",)
    assert read_frame(tmp_path / "x.png").light.shape == (3, 4, 1)


def test_every_photograph_of_a_dataset_can_be_a_frame(tmp_path: Path) -> None:
    codes = RANDOM.integers(0, 256, (6, 5, 3)).astype(np.uint8)
    for suffix in ("png", "bmp", "ppm", "tif", "tiff"):
        Image.fromarray(codes).save(tmp_path / f"x.{suffix}")
        np.testing.assert_array_equal(read_frame(tmp_path / f"x.{suffix}").light, to_linear(codes))


def test_names_outside_ascii_are_read(tmp_path: Path) -> None:
    Image.new("L", (4, 3), 9).save(tmp_path / "图 ö.png")
    assert read_frame(tmp_path / "图 ö.png").origin.endswith("图 ö.png")


def test_a_density_that_is_no_number_is_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "x.tif"
    Image.new("L", (4, 3), 9).save(path, dpi=(100, 200))
    data = bytearray(path.read_bytes())
    place = data.index(struct.pack("<HH", 0x011B, 5))  # YResolution, from RATIONAL to bytes
    data[place + 2] = 7
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"x\.tif: not a readable photograph"):
        read_frame(path)

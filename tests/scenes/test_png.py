"""Chunks of PNG files that Pillow leaves aside."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest

from sensorsim.core.errors import InputError
from sensorsim.scenes.formats import read_frame
from sensorsim.scenes.srgb import to_linear

CODES = np.arange(256, dtype=np.uint8).reshape(16, 16)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), kind) + data + struct.pack(">I", zlib.crc32(kind + data))


def png(codes: np.ndarray, depth: int = 8, **ancillary: bytes) -> bytes:
    rows = b"".join(b"\0" + row.tobytes() for row in codes)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 16, len(codes), depth, 0, 0, 0, 0))
        + b"".join(chunk(k.encode(), v) for k, v in ancillary.items())
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def gama(value: float) -> bytes:
    return struct.pack(">I", round(100_000 * value))


@pytest.mark.parametrize("gamma", [1.0, 0.6, 1 / 1.8])
def test_gamma_is_followed(tmp_path: Path, gamma: float) -> None:
    (tmp_path / "x.png").write_bytes(png(CODES, gAMA=gama(gamma)))
    frame = read_frame(tmp_path / "x.png")
    np.testing.assert_allclose(frame.light[..., 0], (CODES / 255) ** (1 / gamma), rtol=1e-4)
    assert "gamma" in frame.white


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"gAMA": gama(0.45455)},  # libpng: within 5 % of 1 / 2.2 is sRGB
        {"sRGB": b"\0", "gAMA": gama(1.0)},
        {"cICP": bytes((1, 13, 0, 1)), "gAMA": gama(1.0)},
    ],
)
def test_codes_are_srgb_where_the_standard_says_so(tmp_path: Path, said: dict[str, bytes]) -> None:
    (tmp_path / "x.png").write_bytes(png(CODES, **said))
    frame = read_frame(tmp_path / "x.png")
    np.testing.assert_array_equal(frame.light[..., 0], to_linear(CODES))
    assert "sRGB" in frame.white


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"gAMA": gama(0)}, "gAMA 0, expected 0.1 to 10"),
        ({"cICP": bytes((9, 16, 0, 1))}, "transfer curve 10, expected sRGB"),
    ],
)
def test_curves_that_are_not_known_are_refused(
    tmp_path: Path, said: dict[str, bytes], words: str
) -> None:
    (tmp_path / "x.png").write_bytes(png(CODES, **said))
    with pytest.raises(InputError, match=words):
        read_frame(tmp_path / "x.png")


def test_a_wrong_checksum_of_the_pixels_is_refused(tmp_path: Path) -> None:
    """Pillow does not look at it; a flipped bit of stored data would be another code."""
    raw = png(CODES)
    place = raw.index(b"IDAT") + 8
    damaged = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
    (tmp_path / "x.png").write_bytes(damaged)
    with pytest.raises(InputError, match="wrong checksum of the chunk IDAT"):
        read_frame(tmp_path / "x.png")


@pytest.mark.parametrize(("depth", "key"), [(8, 7), (4, 3)])
def test_the_gray_that_is_transparent_is_refused(tmp_path: Path, depth: int, key: int) -> None:
    codes = np.full((3, 16 * depth // 8), 0x33 if depth == 4 else 7, np.uint8)
    (tmp_path / "x.png").write_bytes(png(codes, depth, tRNS=struct.pack(">H", key)))
    with pytest.raises(InputError, match="transparent pixels"):
        read_frame(tmp_path / "x.png")
    (tmp_path / "x.png").write_bytes(png(codes, depth, tRNS=struct.pack(">H", key + 1)))
    assert read_frame(tmp_path / "x.png").light.shape == (3, 16, 1)

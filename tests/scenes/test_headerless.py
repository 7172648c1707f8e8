"""Headerless RAW: the declared layout, and what contradicts it."""

from pathlib import Path

import numpy as np
import pytest

from sensorsim.core.errors import InputError
from sensorsim.scenes.formats import read_frame

CHART = Path(__file__).parents[3] / "shared" / "data" / "raw" / "openisp_1920x1080_rggb10.raw"
LAYOUT = {"width": 6, "height": 4, "bits": 10, "cfa": "bayer-grbg"}


def write(path: Path, dtype: str = "<u2", largest: int = 1023) -> np.ndarray:
    samples = np.linspace(0, largest, 24).round().astype(dtype).reshape(4, 6)
    path.write_bytes(samples.tobytes())
    return samples


def test_samples_lie_between_black_and_white(tmp_path: Path) -> None:
    samples = write(tmp_path / "x.raw")
    frame = read_frame(tmp_path / "x.raw", {**LAYOUT, "black": 64, "white": 1000})
    assert frame.layout == "bayer-grbg"
    expected = np.maximum((samples.astype(float) - 64) / 936, 0)
    np.testing.assert_allclose(frame.light[..., 0], expected, rtol=1e-6)
    assert frame.metadata["samples_below_black"] == (samples < 64).sum()


def test_white_is_the_largest_number_if_left_out(tmp_path: Path) -> None:
    write(tmp_path / "x.raw")
    assert read_frame(tmp_path / "x.raw", LAYOUT).light.max() == 1


@pytest.mark.parametrize(
    ("dtype", "fields"),
    [(">u2", {"byte_order": "big"}), ("u1", {"sample_bytes": 1, "bits": 8})],
)
def test_byte_order_and_size_of_samples(tmp_path: Path, dtype: str, fields: dict) -> None:
    samples = write(tmp_path / "x.bin", dtype, 200)
    layout = {**LAYOUT, "cfa": "mono", **fields}
    light = read_frame(tmp_path / "x.bin", layout).light[..., 0]
    np.testing.assert_allclose(light, samples / (2.0 ** layout["bits"] - 1), rtol=1e-6)


def test_layout_beside_the_file_is_found(tmp_path: Path) -> None:
    write(tmp_path / "x.raw")
    (tmp_path / "x.toml").write_text('width = 6\nheight = 4\nbits = 10\ncfa = "bayer-grbg"\n')
    assert read_frame(tmp_path / "x.raw").layout == "bayer-grbg"
    (tmp_path / "x.toml").write_text("width = ")
    with pytest.raises(InputError, match=r"x\.toml: not a TOML file"):
        read_frame(tmp_path / "x.raw")


def test_a_file_without_a_layout_is_not_guessed() -> None:
    if not CHART.is_file():
        pytest.skip("the headerless chart is not on this machine")
    with pytest.raises(InputError, match=r"has no header.*--declare"):
        read_frame(CHART)


def test_real_chart() -> None:
    if not CHART.is_file():
        pytest.skip("the headerless chart is not on this machine")
    layout = {"width": 1920, "height": 1080, "bits": 10, "cfa": "bayer-rggb"}
    frame = read_frame(CHART, layout)
    assert frame.light.shape == (1080, 1920, 1)
    assert frame.light.max() == pytest.approx(1020 / 1023)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"width": 5}, r"48 bytes, expected 40 for 5 x 4"),
        ({"height": 5}, r"truncated"),
        ({"bits": 9}, r"largest sample 1023, expected at most 511"),
        ({"byte_order": "big"}, r"other byte order"),
        ({"bits": 17}, r"bits.*less than or equal to 16"),
        ({"sample_bytes": 1}, r"bits 10 with sample_bytes 1: expected at most 8"),
        ({"black": 1023}, r"black 1023 and white 1023"),
        ({"white": 1024}, r"white <= 1023"),
        ({"cfa": "x-trans"}, r"cfa"),
        ({"depth": 3}, r"depth.*expected the fields width, height"),
    ],
)
def test_a_wrong_layout_is_refused(tmp_path: Path, fields: dict, words: str) -> None:
    write(tmp_path / "x.raw")
    with pytest.raises(InputError, match=words):
        read_frame(tmp_path / "x.raw", {**LAYOUT, **fields})

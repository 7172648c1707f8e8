"""OpenEXR: values that the test writes itself, white, and radiance that is none."""

from pathlib import Path

import numpy as np
import OpenEXR
import pytest

from sensorsim.core.errors import InputError
from sensorsim.scenes.formats import read_frame

REAL = Path(__file__).parents[3] / "shared" / "data" / "hdr"


def write(path: Path, **channels: np.ndarray) -> Path:
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    with OpenEXR.File(header, channels) as file:
        file.write(str(path))
    return path


@pytest.fixture
def radiance() -> np.ndarray:
    return np.random.default_rng(2).gamma(0.5, 40, (20, 30, 3)).astype(np.float32)


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_colors_over_a_stated_white(tmp_path: Path, radiance: np.ndarray, dtype: type) -> None:
    stored = radiance.astype(dtype)
    frame = read_frame(write(tmp_path / "x.exr", RGB=stored), white_radiance=8.0)
    assert frame.layout == "rgb"
    np.testing.assert_array_equal(frame.light, stored.astype(np.float32) / 8)
    assert frame.light.max() > 1
    assert "radiance 8 (stated)" in frame.white


def test_white_is_the_99th_percentile_of_luminance(tmp_path: Path, radiance: np.ndarray) -> None:
    frame = read_frame(write(tmp_path / "x.exr", RGB=radiance))
    luminance = frame.light @ np.array([0.2126, 0.7152, 0.0722])
    assert (luminance > 1).mean() == pytest.approx(0.01, abs=1 / luminance.size)
    assert "99th percentile" in frame.white
    white = frame.metadata["white_radiance"]
    np.testing.assert_allclose(frame.light * white, radiance, rtol=1e-6)


def test_alpha_is_left_out_and_luminance_alone_is_gray(
    tmp_path: Path, radiance: np.ndarray
) -> None:
    alpha = np.concatenate([radiance, np.full((20, 30, 1), 0.5, np.float32)], axis=-1)
    with_alpha = read_frame(write(tmp_path / "a.exr", RGBA=alpha), white_radiance=1.0)
    np.testing.assert_array_equal(with_alpha.light, radiance)
    gray = read_frame(write(tmp_path / "y.exr", Y=radiance[..., 0].copy()), white_radiance=1.0)
    assert gray.layout == "mono"
    np.testing.assert_array_equal(gray.light, radiance[..., :1])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1.0])
def test_radiance_that_is_none_is_refused(tmp_path: Path, radiance: np.ndarray, bad: float) -> None:
    radiance[3, 4, 1] = bad
    words = "smallest radiance -1" if bad == -1 else "1 samples are NaN or infinite"
    with pytest.raises(InputError, match=rf"x\.exr.*{words}"):
        read_frame(write(tmp_path / "x.exr", RGB=radiance), white_radiance=100.0)


def test_colors_just_outside_the_primaries_become_0_and_are_counted(
    tmp_path: Path, radiance: np.ndarray
) -> None:
    radiance[3, 4] = (-0.05, 20, -0.01)
    frame = read_frame(write(tmp_path / "x.exr", RGB=radiance), white_radiance=100.0)
    assert frame.light[3, 4].tolist() == [0, np.float32(0.2), 0]
    assert frame.metadata["negative_samples_set_to_0"] == 2
    assert frame.metadata["smallest_radiance"] == pytest.approx(-0.05)


def test_white_that_is_none_is_refused(tmp_path: Path) -> None:
    black = write(tmp_path / "x.exr", RGB=np.zeros((20, 30, 3), np.float32))
    with pytest.raises(InputError, match=r"black.*state the radiance of white"):
        read_frame(black)
    for white in (0.0, -1.0, np.nan):
        with pytest.raises(InputError, match="white radiance"):
            read_frame(black, white_radiance=white)


def test_other_channels_and_types_are_refused(tmp_path: Path, radiance: np.ndarray) -> None:
    depth = write(tmp_path / "z.exr", Z=radiance[..., 0].copy())
    with pytest.raises(InputError, match=r"channels Z; expected R, G, B"):
        read_frame(depth)
    whole = write(tmp_path / "u.exr", RGB=radiance.astype(np.uint32))
    with pytest.raises(InputError, match=r"type uint32, expected half or float"):
        read_frame(whole)


@pytest.mark.parametrize("keep", [0, 10, 300, -20])
def test_truncated_files_are_refused(
    tmp_path: Path, radiance: np.ndarray, keep: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "x.exr", RGB=radiance)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=r"x\.exr: not a readable OpenEXR file"):
        read_frame(path)
    assert capsys.readouterr().out == ""


def test_only_radiance_has_a_stated_white(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"")
    with pytest.raises(InputError, match="only OpenEXR has a radiance"):
        read_frame(tmp_path / "x.png", white_radiance=1.0)


@pytest.mark.parametrize(("name", "stops"), [("Desk", 13), ("Tree", 12)])
def test_real_files_keep_their_range(name: str, stops: int) -> None:
    path = REAL / f"{name}.exr"
    if not path.is_file():
        pytest.skip(f"{path.name} is not on this machine")
    light = read_frame(path).light
    lit = light[light > 0]
    assert light.max() > 1
    assert np.log2(light.max() / np.percentile(lit, 0.1)) > stops


def test_display_window_and_pixel_aspect_are_mentioned(
    tmp_path: Path, radiance: np.ndarray
) -> None:
    """The data window is read, whatever is to be displayed."""
    corner, windows = np.zeros(2, np.int32), {}
    windows["dataWindow"] = (corner, np.array([29, 19], np.int32))
    windows["displayWindow"] = (corner, np.array([9, 9], np.int32))
    header = {
        "compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage,
        "pixelAspectRatio": 2.0, **windows,
    }  # fmt: skip
    with OpenEXR.File(header, {"RGB": radiance}) as file:
        file.write(str(tmp_path / "x.exr"))
    frame = read_frame(tmp_path / "x.exr", white_radiance=8.0)
    np.testing.assert_array_equal(frame.light, radiance / 8)
    assert "pixels 2 times as wide as high" in frame.notes[0]
    assert "display window" in frame.notes[1]
    assert read_frame(write(tmp_path / "y.exr", RGB=radiance)).notes == ()


def test_a_header_that_asks_for_too_much_memory_is_refused(
    tmp_path: Path, radiance: np.ndarray
) -> None:
    path = write(tmp_path / "x.exr", RGB=radiance)
    data = bytearray(path.read_bytes())
    corner = data.index(b"dataWindow\0box2i\0") + 21 + 8
    data[corner : corner + 4] = (2**24).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"data window of 16777217 x 20 pixels, expected at most"):
        read_frame(path)

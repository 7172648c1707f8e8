"""Camera RAW: black, white and pattern against rawpy's own numbers and files made by the test."""

from pathlib import Path

import numpy as np
import pytest
import rawpy
import tifffile
from PIL import Image, ImageOps

from sensorsim.core.errors import InputError
from sensorsim.scenes.formats import read_frame

ROOT = Path(__file__).parents[2]
CAMERAS = ROOT.parent / "shared" / "data" / "raw"
X_TRANS = "GGRGGB GGBGGR BRGRBG GGBGGR GGRGGB RBGBRG".replace(" ", "")


def camera_file(name: str) -> Path:
    path = CAMERAS / name
    if not path.is_file():
        pytest.skip(f"{name} is not on this machine")
    return path


def write_dng(path: Path, samples: np.ndarray, cfa: str, side: int = 2, **levels: object) -> Path:
    """A CFA DNG by tifffile alone, with tags of the test's own."""
    black = levels.get("black", (0,))
    tags = [
        (50706, 1, 4, bytes((1, 4, 0, 0)), True),
        (50708, 2, 0, "test", True),
        (33421, 3, 2, (side, side), True),
        (33422, 1, len(cfa), bytes("RGB".index(c) for c in cfa), True),
        (50714, 4, len(black), black if len(black) > 1 else black[0], True),
        (50717, 4, 1, levels.get("white", 1023), True),
        (50721, 10, 9, (1, 1, 0, 1, 0, 1) * 3, True),
        (50728, 5, 3, (1, 1) * 3, True),
    ]
    if "orientation" in levels:
        tags.append((274, 3, 1, levels["orientation"], True))
    if "scale" in levels:
        tags.append((50718, 5, 2, levels["scale"], True))
    if len(black) == 4:
        tags.append((50713, 3, 2, (2, 2), True))
    if "active" in levels:
        tags.append((50829, 4, 4, levels["active"], True))
    tifffile.imwrite(path, samples, photometric=32803, metadata=None, extratags=tags)
    return path


@pytest.fixture
def samples() -> np.ndarray:
    return np.random.default_rng(1).integers(40, 1024, (40, 60)).astype(np.uint16)


@pytest.mark.parametrize(
    "name", ["Canon_PowerShot_G2_CRW_0304.CRW", "Canon_PowerShot_S40_CRW_0119.CRW"]
)
def test_camera_file_is_the_visible_mosaic_between_black_and_white(name: str) -> None:
    path = camera_file(name)
    frame = read_frame(path)
    with rawpy.imread(str(path)) as raw:
        numbers = raw.raw_image_visible.astype(np.float64)
        assert (raw.black_level_per_channel, raw.white_level) == ([32] * 4, 1023)
    assert frame.light.shape == (1720, 2312, 1)
    assert frame.light.dtype == np.float32
    assert frame.layout == "bayer-rggb"
    np.testing.assert_allclose(frame.light[..., 0], (numbers - 32) / 991, rtol=2e-6, atol=1e-7)


def test_saturated_camera_file_reaches_white_and_not_more() -> None:
    light = read_frame(camera_file("Canon_PowerShot_S40_CRW_0119.CRW")).light
    assert light.max() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("cell", ["RGGB", "GRBG", "GBRG", "BGGR"])
def test_pattern_and_black_level_of_each_channel(
    tmp_path: Path, samples: np.ndarray, cell: str
) -> None:
    blacks = (10, 20, 30, 40)  # in the order of the cell
    path = write_dng(tmp_path / "x.dng", samples, cell, black=blacks, white=1000)
    frame = read_frame(path)
    assert frame.layout == f"bayer-{cell.lower()}"
    black = np.tile(np.reshape(blacks, (2, 2)), (20, 30))
    expected = (samples - black) / (1000.0 - black)
    np.testing.assert_allclose(frame.light[..., 0], expected, rtol=2e-6)
    assert frame.light.max() > 1, "samples above the white level are kept"


@pytest.mark.parametrize(("top", "layout"), [(4, "bayer-rggb"), (3, "bayer-gbrg")])
def test_only_the_visible_area_is_read_and_begins_its_own_cell(
    tmp_path: Path, samples: np.ndarray, top: int, layout: str
) -> None:
    """DNG counts its filter from the active area; LibRaw leaves out a first row that is odd."""
    path = write_dng(tmp_path / "x.dng", samples, "RGGB", active=(top, 2, 39, 60))
    frame = read_frame(path)
    np.testing.assert_allclose(frame.light[..., 0], samples[4:39, 2:] / 1023, rtol=2e-6)
    assert frame.layout == layout


def test_samples_below_black_become_no_light_and_are_counted(
    tmp_path: Path, samples: np.ndarray
) -> None:
    frame = read_frame(write_dng(tmp_path / "x.dng", samples, "RGGB", black=(200,)))
    assert frame.light.min() == 0
    assert frame.metadata["samples_below_black"] == (samples < 200).sum()


@pytest.mark.parametrize("part", [0.5, 0.999])
def test_truncated_files_are_refused(tmp_path: Path, samples: np.ndarray, part: float) -> None:
    data = write_dng(tmp_path / "x.dng", samples, "RGGB").read_bytes()
    (tmp_path / "x.dng").write_bytes(data[: int(part * len(data))])
    with pytest.raises(InputError, match=r"x\.dng.*strip or tile 0 of 4800 bytes.*not within"):
        read_frame(tmp_path / "x.dng")


def test_truncated_camera_file_is_refused(tmp_path: Path) -> None:
    data = camera_file("Canon_PowerShot_G2_CRW_0304.CRW").read_bytes()
    (tmp_path / "x.crw").write_bytes(data[:-5000])
    with pytest.raises(InputError, match=r"x\.crw"):
        read_frame(tmp_path / "x.crw")


def test_what_is_no_raw_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.crw").write_text("no picture " * 1000)
    with pytest.raises(InputError, match=r"x\.crw.*not RAW file"):
        read_frame(tmp_path / "x.crw")
    with pytest.raises(InputError, match=r"y\.crw: no such file"):
        read_frame(tmp_path / "y.crw")


def test_other_color_filters_are_refused_by_name(tmp_path: Path, samples: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"X-Trans of 6 x 6"):
        read_frame(write_dng(tmp_path / "x.dng", samples, X_TRANS, side=6))
    with pytest.raises(InputError, match=r"'RRGB' of 2 x 2.*Bayer"):
        read_frame(write_dng(tmp_path / "x.dng", samples, "RRGB"))


def test_pixels_of_three_colors_are_refused(tmp_path: Path, samples: np.ndarray) -> None:
    tags = [(50706, 1, 4, bytes((1, 4, 0, 0)), True), (50708, 2, 0, "test", True)]
    colors = np.repeat(samples[..., np.newaxis], 3, axis=-1)
    tifffile.imwrite(
        tmp_path / "x.dng", colors, photometric=34892, metadata=None, extratags=tags
    )  # fmt: skip
    with pytest.raises(InputError, match=r"every pixel holds 3 colors.*demosaiced"):
        read_frame(tmp_path / "x.dng")


def test_black_above_white_is_refused(tmp_path: Path, samples: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"white level .*1023.*more than the black level.*2000"):
        read_frame(write_dng(tmp_path / "x.dng", samples, "RGGB", black=(2000,)))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("shape", [(40, 60), (41, 61)])
def test_a_turned_mosaic_is_upright_and_begins_with_its_own_color(
    tmp_path: Path, orientation: int, shape: tuple[int, int]
) -> None:
    """The value of a sample tells its color, whatever its place."""
    numbers = np.random.default_rng(4).integers(0, 300, shape)
    rows, columns = np.indices(shape)
    color = np.array([[0, 1], [1, 2]])[rows % 2, columns % 2]
    samples = (300 * color + numbers).astype(np.uint16)
    path = write_dng(tmp_path / "x.dng", samples, "RGGB", orientation=orientation)
    frame = read_frame(path)
    with rawpy.imread(str(path)) as raw:
        seen = raw.raw_image_visible.copy()  # LibRaw may leave out an odd border
    upright_ = Image.fromarray(seen)
    upright_.getexif()[0x0112] = orientation
    wanted = np.asarray(ImageOps.exif_transpose(upright_))
    np.testing.assert_allclose(frame.light[..., 0], wanted / 1023, rtol=2e-6)
    cell = "".join("rgb"[v // 300] for v in wanted[:2, :2].ravel())
    assert frame.layout == f"bayer-{cell}"


def with_tag(path: Path, tag: int, value: object) -> Path:
    """Replace the value of a tag of the first page."""
    with tifffile.TiffFile(path, mode="r+") as file:
        file.pages.first.tags[tag].overwrite(value)
    return path


@pytest.mark.parametrize(
    ("tag", "value", "words"),
    [
        (259, 7, "holds a JPEG image of 0 samples, expected 2400"),  # memory as it happened to be
        (279, 0, "is not within the file"),
        (279, 4000, "has 4000 bytes, expected 4800"),
        (258, 12, "has 4800 bytes, expected 3600"),
        (258, 1, "samples of 1 bits"),
        (262, 34892, "linear samples that have a color filter pattern"),
        (33422, (0, 0, 0, 0), "color filter pattern"),
    ],
)
def test_raw_without_its_data_or_pattern_is_refused(
    tmp_path: Path, samples: np.ndarray, tag: int, value: object, words: str
) -> None:
    path = with_tag(write_dng(tmp_path / "x.dng", samples, "RGGB"), tag, value)
    with pytest.raises(InputError, match=words):
        read_frame(path)


def test_a_mosaic_in_a_file_named_tif_is_raw(tmp_path: Path, samples: np.ndarray) -> None:
    frame = read_frame(write_dng(tmp_path / "x.tif", samples, "GRBG"))
    assert frame.layout == "bayer-grbg"
    assert frame.metadata["format"] == "camera RAW"


def test_pixels_of_raw_that_are_not_square_are_mentioned(
    tmp_path: Path, samples: np.ndarray
) -> None:
    path = write_dng(tmp_path / "x.dng", samples, "RGGB", scale=(2, 1, 1, 1))
    assert "pixels 2 times as wide as high" in read_frame(path).notes[0]

"""``sensorsim frame``: what it writes, what it prints, and that a mistake writes nothing."""

import sys
from pathlib import Path

import numpy as np
import pytest
import rawpy
import xarray as xr
from matplotlib.figure import Figure
from PIL import Image

from sensorsim.cli import main

CAMERAS = Path(__file__).parents[3] / "shared" / "data" / "raw"
PICTURES = {
    "1-scene.png", "2-array.png", "3-photodiode.png", "4-readout.png", "5-bits.png", "stages.png"
}  # fmt: skip


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["sensorsim", "frame", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        status = end.value.code
        printed = capsys.readouterr()
        return int(status or 0), printed.out, printed.err

    return run


@pytest.fixture
def one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes most of the time, and one test draws everything."""
    import sensorsim.plotting.pictures

    monkeypatch.setattr(sensorsim.plotting.pictures, "draw", lambda _: {"stages": Figure((1, 1))})


def mosaic_file(path: Path, side: int = 60) -> Path:
    samples = np.random.default_rng(1).integers(0, 1024, (side, side + 4)).astype("<u2")
    path.write_bytes(samples.tobytes())
    fields = f'width = {side + 4}\nheight = {side}\nbits = 10\ncfa = "bayer-gbrg"\n'
    path.with_suffix(".toml").write_text(fields)
    return path


def test_a_photograph_is_decided_and_everything_is_written(command, tmp_path: Path) -> None:
    image = np.random.default_rng(0).integers(0, 256, (50, 70, 3)).astype(np.uint8)
    Image.fromarray(image).save(tmp_path / "x.png")
    out = tmp_path / "out"
    status, printed, errors = command(
        tmp_path / "x.png", "adc4_log", "--fit", "--set", "scene.layout=mono", "--out", out
    )
    assert status == 0, errors
    assert {p.name for p in out.iterdir()} == PICTURES | {"6-network.png", "frame.dng", "trace.nc"}
    with xr.open_datatree(out / "trace.nc") as tree:
        name = tree["network"]["class_name"].to_numpy()[tree["network"]["decision"].item()]
        assert f"decision: {name}" in printed
        numbers = tree["readout"]["digital_number"].to_numpy()[..., 0]
        assert tree["scene"].attrs["fitted_from"] == "50 x 70"
    with rawpy.imread(str(out / "frame.dng")) as raw:
        np.testing.assert_array_equal(raw.raw_image, numbers)
        assert (raw.white_level, raw.num_colors) == (15, 1)


@pytest.mark.usefixtures("one_picture")
def test_a_mosaic_stays_one_down_to_the_dng(command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    status, printed, errors = command(mosaic_file(tmp_path / "x.raw"), "glt4", "--out", out)
    assert status == 0, errors
    assert "bayer-gbrg" in printed
    assert "decision: none, since the model reads pixels without a mosaic" in printed
    with xr.open_datatree(out / "trace.nc") as tree:
        numbers = tree["readout"]["digital_number"].to_numpy()[..., 0]
    with rawpy.imread(str(out / "frame.dng")) as raw:
        np.testing.assert_array_equal(raw.raw_image, numbers)
        assert raw.white_level == 4
        assert "".join(raw.color_desc.decode()[c] for c in raw.raw_pattern.ravel()) == "GBRG"
    assert {p.name for p in tmp_path.iterdir()} == {"out", "x.raw", "x.toml"}


@pytest.mark.usefixtures("one_picture")
def test_what_a_file_states_and_is_not_followed_is_said(command, tmp_path: Path) -> None:
    Image.new("L", (28, 28), 100).save(tmp_path / "x.png", dpi=(100, 200))
    status, _, errors = command(tmp_path / "x.png", "glt4", "--out", tmp_path / "out")
    assert status == 0, errors
    assert "x.png: states pixels 2 times as wide as high; read as square" in errors


@pytest.mark.usefixtures("one_picture")
def test_a_second_call_replaces_the_first_and_nothing_else(command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    (out / "6-network.png").write_text("another scene's decision")
    scene = mosaic_file(tmp_path / "x.raw")
    for _ in range(2):
        status, _, errors = command(scene, "glt4", "--out", out)
        assert status == 0, errors
    assert (out / "notes.txt").read_text() == "mine"
    names = {p.name for p in out.iterdir()}
    assert names == {"notes.txt", "stages.png", "frame.dng", "trace.nc"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("none.crw", "glt4"), "none.crw: no such file"),
        (("text.crw", "glt4"), "text.crw: LibRaw cannot read it"),
        (("text.png", "glt4"), "text.png: not a readable photograph"),
        (("text.exr", "glt4"), "text.exr: not a readable OpenEXR file"),
        (("text.raw", "glt4"), "text.raw: has no header"),
        (("text.raw", "glt4", "--declare", "width=4"), "height"),
        (("text.raw", "glt4", "--declare", "width"), "FIELD=VALUE"),
        (("x.raw", "nowhere"), "nowhere: no such pipeline"),
        (("x.raw", "glt4", "--set", "scene.layout=mono"), "demosaicing"),
        (("x.raw", "glt4", "--set", "scene.layout=bayer-xyz"), "scene.layout"),
        (("x.raw", "glt4", "--lux", "-3"), "white_illuminance_lux"),
        (("x.raw", "glt4", "--stops", "nan"), "--stops"),
        (("x.raw", "glt4", "--white-radiance", "2"), "only OpenEXR"),
        (("small.raw", "glt4", "--fit"), "smaller than the 28 x 28"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(
    command, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    mosaic_file(tmp_path / "x.raw")
    mosaic_file(tmp_path / "small.raw", 20)
    for suffix in ("crw", "png", "exr", "raw"):
        (tmp_path / f"text.{suffix}").write_text("no picture " * 1000)
    before = sorted(tmp_path.iterdir())
    status, printed, errors = command(
        tmp_path / arguments[0], *arguments[1:], "--out", tmp_path / "out"
    )
    assert status == 2, errors
    assert words in " ".join(errors.replace("│", " ").split())
    assert printed == ""
    assert sorted(tmp_path.iterdir()) == before


def test_out_must_lie_in_a_folder_that_exists(command, tmp_path: Path) -> None:
    scene = mosaic_file(tmp_path / "x.raw")
    for out in (tmp_path / "a" / "b", scene):
        status, _, errors = command(scene, "glt4", "--out", out)
        assert status == 2
        assert f"--out {out}: expected a folder" in errors


def test_a_failure_while_writing_leaves_nothing(
    command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sensorsim.plotting.pictures

    def broken(tree: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(sensorsim.plotting.pictures, "draw", broken)
    scene = mosaic_file(tmp_path / "x.raw")
    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(
        sys, "argv", ["sensorsim", "frame", str(scene), "glt4", "--out", str(tmp_path / "out")]
    )
    with pytest.raises(OSError, match="no space left"):
        main()
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.usefixtures("one_picture")
def test_a_whole_camera_file(command, tmp_path: Path) -> None:
    path = CAMERAS / "Canon_PowerShot_S40_CRW_0119.CRW"
    if not path.is_file():
        pytest.skip(f"{path.name} is not on this machine")
    out = tmp_path / "out"
    status, printed, errors = command(path, "glt4", "--out", out)
    assert status == 0, errors
    assert "1720 x 2312 pixels, bayer-rggb, 1 sample(s) per pixel" in printed
    with rawpy.imread(str(out / "frame.dng")) as raw, xr.open_datatree(out / "trace.nc") as tree:
        np.testing.assert_array_equal(raw.raw_image, tree["readout"]["digital_number"][..., 0])


@pytest.mark.usefixtures("one_picture")
def test_a_folder_in_the_way_leaves_every_file_as_it_was(command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "trace.nc").mkdir(parents=True)
    (out / "frame.dng").write_text("of an earlier scene")
    status, _, errors = command(mosaic_file(tmp_path / "x.raw"), "glt4", "--out", out)
    assert status == 2
    assert "holds a folder trace.nc" in errors
    assert (out / "frame.dng").read_text() == "of an earlier scene"
    assert sorted(p.name for p in out.iterdir()) == ["frame.dng", "trace.nc"]


def test_a_readout_without_digital_numbers_is_drawn_and_gives_no_dng(
    command, tmp_path: Path
) -> None:
    gray = np.random.default_rng(0).integers(0, 256, (28, 28), np.uint8)
    Image.fromarray(gray).save(tmp_path / "x.png")
    status, _, said = command(tmp_path / "x.png", "log_gradient2", "--out", tmp_path / "out")
    assert status == 0
    assert "no DNG: a code of readout.kind 'log-gradient' depends on several samples" in said
    assert {p.name for p in (tmp_path / "out").glob("*.png")} >= PICTURES
    assert not list((tmp_path / "out").glob("*.dng"))

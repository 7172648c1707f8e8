"""One scene through a chain: what is made to fit, what is refused, and what the trace says."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import sensorsim as ss
from sensorsim.pipeline.single_frame import (
    fixed_exposure,
    planes_dn,
    prepared,
    trace_frame,
    undecided,
)
from sensorsim.plotting.pictures import draw, shrunk
from sensorsim.scenes.frame import Frame, FrameLayout

RANDOM = np.random.default_rng(11)


def frame(shape: tuple[int, int, int], layout: FrameLayout) -> Frame:
    return Frame(RANDOM.random(shape).astype(np.float32), layout, "here", "white", {"note": 1})


def chain(stops: float = 0.0, **settings: object) -> ss.Pipeline:
    return ss.load_pipeline("glt4", {**settings, **fixed_exposure(stops, None)})


def test_a_fitted_gray_scene_is_decided_like_any_image() -> None:
    pipe = chain()
    fit = prepared(pipe, frame((60, 80, 1), "mono"), fit=True)
    tree = trace_frame(pipe, fit, seed=3)
    same = pipe.trace(fit.light, seed=3)
    assert tree["network"]["decision"] == same["network"]["decision"]
    assert tree["scene"].attrs["origin"] == "here"
    assert tree["scene"].attrs["note"] == 1
    assert tree["scene"].attrs["white"] == "light 1 is white"
    assert undecided(pipe, fit) is None


@pytest.mark.parametrize(
    ("shape", "layout", "words"),
    [
        ((30, 28, 1), "mono", "reads 28 x 28 pixels, the frame has 30 x 28; --fit"),
        ((28, 28, 3), "rgb", "1 samples per pixel, the frame has 3"),
        ((28, 28, 1), "bayer-rggb", "pixels without a mosaic, the frame is bayer-rggb"),
    ],
)
def test_why_the_network_does_not_decide(
    shape: tuple[int, int, int], layout: FrameLayout, words: str
) -> None:
    pipe = chain()
    tree = trace_frame(pipe, prepared(pipe, frame(shape, layout), fit=False))
    assert words in tree.attrs["undecided"]
    assert "network" not in tree.children


def test_color_becomes_gray_if_the_array_is() -> None:
    pipe = chain(**{"scene.layout": "mono"})
    tree = trace_frame(pipe, frame((28, 28, 3), "rgb"))
    assert tree["scene"]["light"].shape == (28, 28, 3)
    assert tree["photodiode"]["signal"].shape == (28, 28, 1)
    assert "decision" in tree["network"]


def test_a_mosaic_meets_only_arrays_that_can_see_it() -> None:
    mosaic = frame((28, 28, 1), "bayer-bggr")
    for layout in ("mono", "rgb"):
        with pytest.raises(ss.InputError, match=rf"bayer-bggr mosaic.*'{layout}'.*demosaicing"):
            prepared(chain(**{"scene.layout": layout}), mosaic, fit=False)
    blurred = chain(**{"scene.lens.psf": {"kind": "gaussian", "sigma_um": 5.0}})
    with pytest.raises(ss.InputError, match="psf would mix the colors"):
        prepared(blurred, mosaic, fit=False)
    shaded = chain(**{"scene.lens.chief_ray_angle_deg": 20.0})
    with pytest.raises(ss.InputError, match=r"chief_ray_angle_deg 20 .* set it to 0"):
        prepared(shaded, mosaic, fit=False)


def test_a_frame_smaller_than_the_blur_is_refused() -> None:
    blurred = chain(**{"scene.lens.psf": {"kind": "gaussian", "sigma_um": 50.0}})
    with pytest.raises(ss.InputError, match=r"lens.psf: its kernel spans 81 x 81 pixels"):
        trace_frame(blurred, frame((28, 28, 1), "mono"))


def test_stops_and_lux_set_the_level() -> None:
    quiet = {"photodiode.noise": "none", "photodiode.dark_current_e_per_s": 0}
    white = Frame(np.ones((28, 28, 1), np.float32), "mono", "here", "white")
    bright, dark = (
        trace_frame(chain(stops, **quiet), white)["photodiode"]["signal"] for stops in (0.0, -2.0)
    )
    np.testing.assert_allclose(bright, 0.9, rtol=1e-6)
    np.testing.assert_allclose(dark, 0.9 / 4, rtol=1e-6)
    lux = trace_frame(chain(**quiet), white)["scene"]["white_illuminance"].item()
    half = ss.load_pipeline("glt4", {**quiet, **fixed_exposure(0.0, lux / 2)})
    tree = trace_frame(half, white)
    np.testing.assert_allclose(tree["photodiode"]["signal"], 0.45, rtol=1e-6)
    assert tree["scene"]["white_illuminance"].item() == pytest.approx(lux / 2)


def test_digital_numbers_are_counts_or_codes_by_plane() -> None:
    pipe = chain()
    tree = trace_frame(pipe, frame((30, 40, 3), "rgb"))
    planes = planes_dn(tree)
    assert list(planes) == ["frame-red", "frame-green", "frame-blue"]
    counts = np.bitwise_count(tree["readout"]["code"].to_numpy())
    np.testing.assert_array_equal(planes["frame-green"], counts[..., 1])
    assert list(planes_dn(trace_frame(pipe, frame((30, 40, 1), "bayer-rggb")))) == ["frame"]


def test_trace_opens_with_plain_xarray_and_keeps_units(tmp_path: Path) -> None:
    pipe = chain()
    trace_frame(pipe, frame((28, 28, 1), "mono")).to_netcdf(tmp_path / "t.nc", engine="h5netcdf")
    with xr.open_datatree(tmp_path / "t.nc") as tree:
        assert set(tree.children) == {"scene", "array", "photodiode", "readout", "network"}
    with xr.open_dataset(tmp_path / "t.nc", group="photodiode") as group:
        assert group["signal"].attrs["units"] == "V"
    with xr.open_dataset(tmp_path / "t.nc", group="readout") as group:
        assert group["digital_number"].attrs["units"] == "DN"


def test_pictures_of_large_frames_are_means_of_whole_cells() -> None:
    mosaic = np.tile(np.array([[0.0, 1.0], [1.0, 2.0]], np.float32), (700, 901))[..., np.newaxis]
    small = shrunk(mosaic, "bayer-rggb")
    assert max(small.shape) <= 600
    np.testing.assert_allclose(small, 1.0)
    with pytest.raises(AssertionError):  # a block of three pixels would show stripes
        np.testing.assert_allclose(shrunk(mosaic[:1200, :1500], "mono"), 1.0)
    assert shrunk(mosaic[:50, :60], "bayer-rggb").shape == (50, 60)


def test_every_stage_gets_a_picture() -> None:
    gray = chain()
    assert list(draw(trace_frame(gray, frame((28, 28, 1), "mono")))) == [
        "stages", "1-scene", "2-array", "3-photodiode", "4-readout", "5-bits", "6-network",
    ]  # fmt: skip
    figures = draw(trace_frame(gray, frame((40, 30, 1), "bayer-gbrg")))
    assert "6-network" not in figures
    _, histogram, *_ = figures["3-photodiode"].axes
    names = [text.get_text() for text in histogram.get_legend().get_texts()]
    assert names == ["G1", "B", "R", "G2", "full well", "levels"]
    assert histogram.get_xlabel() == "volts at the pixel's output (V)"

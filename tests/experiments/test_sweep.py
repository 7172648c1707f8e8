"""Sweeps: the grid, resuming, and what is refused."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import sensorsim as ss
from sensorsim.core import resources
from sensorsim.core.netcdf import write_netcdf
from sensorsim.scenes.labelled import Labelled

AXES = {"readout.comparator.offset_mv": [0, 8], "scene.exposure.low_stops": [-5, -2]}


def test_sweep_has_one_axis_per_field_and_equals_single_runs() -> None:
    pipe = ss.load_pipeline("glt2")
    data = ss.sweep(pipe, AXES, images=60)
    assert data["accuracy"].dims == tuple(AXES)
    point = {"readout.comparator.offset_mv": 8, "scene.exposure.low_stops": -2}
    alone = pipe.replace(point).run(images=60)
    assert data["accuracy"].sel(point) == alone["accuracy"]


def test_results_keep_their_units_over_a_grid() -> None:
    chain = ss.load_pipeline("glt2")
    swept, alone = ss.sweep(chain, {"die": [0]}, images=20), chain.run(20)
    units = {name: v.attrs["units"] for name, v in swept.data_vars.items()}
    assert units == {name: alone[name].attrs["units"] for name in units}
    assert units["frame_rate_limit_hz"] == "Hz"


def test_stopped_sweep_goes_on_and_gives_the_same(tmp_path: Path) -> None:
    pipe = ss.load_pipeline("glt2")
    whole = ss.sweep(pipe, AXES, images=60)

    def stop(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ss.sweep(pipe, AXES, tmp_path / "store", images=60, report=stop)
    kept = tmp_path / "store" / "0.json"
    marked = json.loads(kept.read_text()) | {"accuracy_low": -1.0}
    kept.write_text(json.dumps(marked))
    resumed = ss.sweep(pipe, AXES, tmp_path / "store", images=60)
    np.testing.assert_array_equal(resumed["accuracy"], whole["accuracy"])
    assert resumed["accuracy_low"][0, 0] == -1.0, "a finished point must not run again"


def test_store_of_another_sweep_is_refused(tmp_path: Path) -> None:
    pipe = ss.load_pipeline("glt2")
    axes = {"readout.comparator.offset_mv": [1]}
    ss.sweep(pipe, axes, tmp_path, images=20)
    with pytest.raises(ss.InputError, match="another sweep"):
        ss.sweep(pipe, axes, tmp_path, images=20, seed=1)


def test_lists_tables_and_numpy_numbers_are_axes_that_survive_a_file(tmp_path: Path) -> None:
    pipe = ss.load_pipeline("glt2")
    exposures = [{"white_full_well_fraction": 0.5}, {"white_full_well_fraction": 0.25}]
    axes = {
        "readout.thresholds": [[0.1, 0.2], (0.3, 0.4)],
        "scene.exposure": exposures,
        "readout.comparator.offset_mv": np.array([0.5, 1.0]),
        "die": [np.int64(3)],
    }
    data = ss.sweep(pipe, {"readout.kind": ["thermometer"], **axes}, images=10)
    write_netcdf(data, tmp_path / "x.nc")
    with xr.open_dataset(tmp_path / "x.nc") as kept:
        assert list(kept["readout.thresholds"].values) == ["[0.1, 0.2]", "[0.3, 0.4]"]
        assert [json.loads(t) for t in kept["scene.exposure"].values] == exposures
        assert kept["readout.comparator.offset_mv"].dtype.kind == "f"
        xr.testing.assert_equal(kept["accuracy"], data["accuracy"])


def test_any_seed_survives_a_file(tmp_path: Path) -> None:
    data = ss.sweep(ss.load_pipeline("glt2"), {"die": [0]}, images=10, seed=2**32 - 1)
    write_netcdf(data, tmp_path / "x.nc")
    with xr.open_dataset(tmp_path / "x.nc") as kept:
        assert kept.attrs["seed"] == 2**32 - 1


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A pipeline whose model, technology and sensor are files of its own, with few images."""
    shutil.copy(resources.data("models", "fashion-mnist", "glt-2.npz"), tmp_path / "model.npz")
    (tmp_path / "mine.toml").write_text('base = "cmos65"\nname = "mine"\n')
    generator = np.random.default_rng(0)
    names = ss.load_pipeline("glt2").model.class_names
    images = generator.integers(0, 256, (20, 28, 28, 1), np.uint8)
    np.savez(tmp_path / "images.npz", images=images, labels=np.arange(20) % 10, names=names)
    text = (resources.pipelines() / "glt2.toml").read_text()
    (tmp_path / "own.toml").write_text(text.replace("fashion-mnist/glt-2", "model.npz"))
    return tmp_path


AXIS = {"readout.comparator.offset_mv": [0.5]}


def run_own(folder: Path) -> float:
    pipe = ss.load_pipeline(folder / "own.toml", {"energy.technology": "mine.toml"})
    stated = np.load(folder / "images.npz")
    pipe._dataset = Labelled(
        stated["images"], stated["labels"], tuple(map(str, stated["names"])), "own", "own"
    )
    data = ss.sweep(pipe, AXIS, folder / "store")
    return float(data["accuracy"].item())


def another_model(folder: Path) -> None:
    other = resources.data("models", "fashion-mnist", "thermometer-log-2.npz")
    shutil.copy(other, folder / "model.npz")


def another_label(folder: Path) -> None:
    stated = dict(np.load(folder / "images.npz"))
    stated["labels"] = np.roll(stated["labels"], 1)
    np.savez(folder / "images.npz", **stated)


def another_pixel_value(folder: Path) -> None:
    stated = dict(np.load(folder / "images.npz"))
    stated["images"][0, 0, 0, 0] ^= 1
    np.savez(folder / "images.npz", **stated)


def another_figure(folder: Path) -> None:
    with (folder / "mine.toml").open("a") as file:
        file.write("[comparator]\ndynamic_fj = 50\n")


def another_light(folder: Path) -> None:
    with (folder / "own.toml").open("a") as file:
        file.write('\n[scene.spectrum]\nkind = "planck"\ntemperature_k = 3000\n')


@pytest.mark.parametrize(
    ("change", "words"),
    [(another_model, "models"), (another_label, "images and labels"),
     (another_pixel_value, "images and labels"), (another_figure, "technologies"),
     (another_light, "pipelines")],
)  # fmt: skip
def test_a_store_is_resumed_only_with_the_same_content(
    own: Path, change: Callable[[Path], None], words: str
) -> None:
    first = run_own(own)
    assert run_own(own) == first
    change(own)
    with pytest.raises(ss.InputError, match=rf"another sweep \({words} differ"):
        run_own(own)


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ({"die": [1, 2, 1]}, "die: the value 1 is stated twice"),
        ({"readout.comparator.offset_mv": [1, 1.0]}, "stated twice"),
        ({"readout.comparator.offset_mv": []}, "no values"),
        ({"readout.comparator.offset_mv": [-1]}, "offset_mv"),
        ({"readout.comparator.ofset": [1]}, "ofset"),
        ({"die.number": [1]}, "die"),
    ],
)
def test_a_bad_axis_is_named(axes: dict[str, list[int]], words: str) -> None:
    with pytest.raises(ss.InputError, match=words):
        ss.sweep(ss.load_pipeline("glt2"), axes, images=20)


def test_fields_that_belong_together_change_together() -> None:
    """The bits of an ADC and the network that was trained for them."""
    axis = "readout.bits+network.model"
    values = [(4, "fashion-mnist/adc-log-4"), (np.int64(8), "fashion-mnist/adc-log-8")]
    pipe = ss.load_pipeline("adc8_log")
    data = ss.sweep(pipe, {axis: values, "die": [0, 1]}, images=40)
    assert data["accuracy"].dims == (axis, "die")
    assert data[axis].to_numpy().tolist() == [
        "4:fashion-mnist/adc-log-4", "8:fashion-mnist/adc-log-8"
    ]  # fmt: skip
    assert data["readout.bits"].to_numpy().tolist() == [4, 8]
    assert data["bits_per_sample"].sel(die=1).to_numpy().tolist() == [4, 8]
    alone = ss.load_pipeline("adc4_log", {"die": 1}).run(images=40)
    assert data["accuracy"].isel({axis: 0, "die": 1}) == alone["accuracy"]

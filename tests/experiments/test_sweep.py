"""Sweeps: the grid, resuming, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest

import sensorsim as ss

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


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ({"readout.comparator.offset_mv": []}, "no values"),
        ({"readout.comparator.offset_mv": [-1]}, "offset_mv"),
        ({"readout.comparator.ofset": [1]}, "ofset"),
        ({"die.number": [1]}, "die"),
    ],
)
def test_a_bad_axis_is_named(axes: dict[str, list[int]], words: str) -> None:
    with pytest.raises(ss.InputError, match=words):
        ss.sweep(ss.load_pipeline("glt2"), axes, images=20)

"""What inspection says of a model against its layers, and of an image against slow arithmetic."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from networks import draw_model, draw_words, outputs_slowly, values_of

from sensorsim.bnn import inspection
from sensorsim.bnn.faults import Faults
from sensorsim.bnn.layers import Scores, Threshold, Votes
from sensorsim.bnn.model import Model
from sensorsim.core.bits import unpack
from sensorsim.core.errors import InputError


def test_layers_are_described_with_shapes_bits_and_operations(model: Model) -> None:
    said = json.loads(json.dumps(inspection.describe(model)))
    first, _, pool, second, *_, last = said["layers"]
    assert [r["place"] for r in said["layers"]] == list("012345")
    assert (first["before"], first["after"]) == ([6, 7, 2], [6, 7, 10])
    assert (first["weight_bits"], first["fan_in"]) == (180, 18)
    assert first["binary_operations"] == 2 * 6 * 7 * 10 * 18
    assert (first["max_accumulator"], first["accumulator_bits"]) == (18, 6)
    assert pool["after"] == [3, 3, 10]
    assert second["settings"] == {
        "inputs": 10, "outputs": 12, "kernel": 3, "stride": 2, "padding": 1, "groups": 2,
    }  # fmt: skip
    assert last["accumulator_bits"] == 7  # -48 to 48
    assert last["scale"] == [s / 256 for s in model.layers[-1].scale]
    assert said["totals"]["weight_bits"] == model.weight_bits
    readout = said["stored_bits"]["readout_bits"]
    assert sum(r["stored_bits"] for r in said["layers"]) + readout == model.stored_bits
    assert said["totals"]["largest_activation_bits"] == 420


def test_bits_of_an_accumulator_hold_its_reach_and_no_bit_less() -> None:
    for seed in range(20):
        model = draw_model(seed)
        for row in inspection.describe(model)["layers"]:
            if "accumulator_bits" in row:
                max_accumulator, bits = row["max_accumulator"], row["accumulator_bits"]
                assert max_accumulator <= 2 ** (bits - 1) - 1
                assert max_accumulator > 2 ** (bits - 2) - 1


def test_thresholds_out_of_reach_are_constant_and_not_in_the_range(model: Model) -> None:
    levels = np.array([-19, -18, 19, 18, 5, -3, 0, 19, -19, 7])
    rising = np.array([1, 1, 1, 1, 1, 1, 0, 0, 0, 0], bool)
    changed = replace(model, layers=(model.layers[0], Threshold(levels, rising), *model.layers[2:]))
    said = inspection.describe(changed)["layers"][1]["threshold"]
    assert said == {
        "channels": 10, "falling": 4, "constant_one": 3, "constant_zero": 2, "minimum": -3,
        "median": 5.0, "maximum": 18,
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_every_integer_and_bit_of_an_image_comes_out(seed: int) -> None:
    model = draw_model(seed)
    words = draw_words(model, 1, seed)
    tree = inspection.layers_of(model, words)
    np.testing.assert_array_equal(tree["input/bit"], unpack(words[0], model.input.channels))
    dark = 2**model.input.planes - 1
    outputs = outputs_slowly(model.layers, values_of(model, words), dark)
    assert list(tree.children) == ["input", *(s.place for s in model.steps)]
    for step, (_, values) in zip(model.steps, outputs, strict=True):
        group = tree[step.place]
        assert group.attrs["kind"] == step.layer.kind
        if isinstance(step.layer, Scores | Votes):
            np.testing.assert_array_equal(group["score"] * 256, values[0, 0, 0])
            np.testing.assert_array_equal(group["integer_score"], values[0, 0, 0])
            assert group["integer_score"].dtype == np.int64
            sums = values[0] - step.layer.bias
            np.testing.assert_array_equal(group["accumulator"] * step.layer.scale, sums)
        elif step.after.max_accumulator:
            np.testing.assert_array_equal(group["accumulator"], values[0])
        else:
            np.testing.assert_array_equal(2 * group["bit"].astype(int) - 1, values[0])
        assert all({"units", "long_name"} <= v.attrs.keys() for v in group.data_vars.values())


def test_faults_are_seen_in_the_layers(model: Model) -> None:
    words = draw_words(model, 1)
    clean = inspection.layers_of(model, words)
    dirty = inspection.layers_of(model, words, Faults(activation_flip_rates={"1": 1.0}))
    np.testing.assert_array_equal(dirty["1/bit"], 1 - clean["1/bit"])


def test_input_is_what_the_first_layer_read(model: Model) -> None:
    words = draw_words(model, 1)
    clean = inspection.layers_of(model, words)
    dirty = inspection.layers_of(model, words, Faults(activation_flip_rates={"input": 1.0}))
    np.testing.assert_array_equal(dirty["input/bit"], 1 - clean["input/bit"])


def test_only_one_image_that_fits_is_looked_at(model: Model) -> None:
    with pytest.raises(InputError, match="bits of 2 images, expected one image"):
        inspection.layers_of(model, draw_words(model, 2))
    with pytest.raises(InputError, match="model input"):
        inspection.layers_of(model, np.zeros((1, 1, 6, 8, 1), np.uint64))


def test_groups_are_written_and_read_back(model: Model, tmp_path: Path) -> None:
    tree = inspection.layers_of(model, draw_words(model, 1))
    tree.to_netcdf(tmp_path / "l.nc", engine="h5netcdf")
    with xr.open_datatree(tmp_path / "l.nc", engine="h5netcdf") as back:
        xr.testing.assert_identical(back.load(), tree)
    assert tree["3/accumulator"].dims == ("row", "column", "channel")
    assert list(tree["5/class_name"].values) == ["a", "b", "c"]

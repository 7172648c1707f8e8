"""Counts of every layer against closed forms and against bits counted one by one."""

from dataclasses import replace

import numpy as np
import pytest
from networks import draw_model, draw_words, outputs_slowly, values_of

from sensorsim.bnn import activity
from sensorsim.bnn.layers import Convolution, Scores, Threshold
from sensorsim.bnn.model import Input, Model
from sensorsim.core.bits import pack, unpack
from sensorsim.core.errors import InputError
from sensorsim.readout import Adc


def ones(model: Model, frames: int) -> np.ndarray:
    i = model.input
    return pack(np.ones((frames, i.planes, i.height, i.width, i.channels), np.uint8))


def test_input_of_ones_has_a_one_everywhere_and_never_toggles(model: Model) -> None:
    seen = activity.measure(model, ones(model, 5)).sel(layer="0")
    assert seen["input_bits"] == 6 * 7 * 2
    assert seen["input_ones"] == 5 * 6 * 7 * 2
    assert seen["input_ones_fraction"] == 1
    assert seen["input_toggle_fraction"] == 0


def test_weights_of_one_match_ones_and_miss_the_padding(model: Model) -> None:
    first = replace(model.layers[0], weights=np.full((10, 1), 2**18 - 1, np.uint64))
    white = replace(model, layers=(first, *model.layers[1:]))
    seen = activity.measure(white, ones(model, 3)).sel(layer="0")
    inside = (3 * 6 - 2) * (3 * 7 - 2)  # taps of a 3 x 3 kernel that meet a pixel
    assert seen["matches"] == 3 * 10 * 2 * inside
    assert seen["operations"] == 2 * 6 * 7 * 10 * 18
    assert float(seen["match_fraction"]) == pytest.approx(inside / (9 * 6 * 7))


@pytest.mark.parametrize("frames", [2, 64, 65, 130])
def test_alternating_frames_toggle_every_bit_every_time(model: Model, frames: int) -> None:
    words = ones(model, frames)
    words[1::2] = 0
    seen = activity.measure(model, words)
    first = seen.sel(layer="0")
    assert first["input_toggles"] == (frames - 1) * 84
    assert first["input_toggle_fraction"] == 1
    assert first["input_ones"] == -(-frames // 2) * 84
    # Every other frame is the same, so a layer's toggles are one difference, repeated.
    pair = activity.measure(model, words[:2])
    np.testing.assert_array_equal(seen["output_toggles"], (frames - 1) * pair["output_toggles"])


@pytest.mark.parametrize("seed", range(12))
def test_counts_are_those_of_bits_one_by_one(seed: int) -> None:
    model = draw_model(seed)
    words = draw_words(model, 3, seed)
    seen = activity.measure(model, words)
    dark = 2**model.input.planes - 1
    outputs = outputs_slowly(model.layers, values_of(model, words), dark)
    for row, (step, (_, values)) in enumerate(zip(model.steps, outputs, strict=True)):
        layer = seen.isel(layer=row)
        assert layer["layer"] == step.place
        if step.after.max_accumulator == 0:
            assert layer["output_ones"] == (values > 0).sum()
            assert layer["output_toggles"] == (values[1:] != values[:-1]).sum()
            assert layer["output_ones_fraction"] == pytest.approx((values > 0).mean())
        else:
            assert layer["output_bits"] == 0
            assert np.isnan(layer["output_ones_fraction"])
        if isinstance(step.layer, Convolution) and step.before.planes == 1:
            assert layer["matches"] == (values + step.layer.fan_in).sum() // 2
    assert int(seen["operations"].sum()) == model.binary_operations


def test_matches_of_weighted_planes_are_those_of_each_plane() -> None:
    random = np.random.default_rng(1)
    weights = random.integers(0, 2, (5, 4)).astype(np.uint8)
    last = pack(np.zeros((3, 5 * 3 * 4), np.uint8))
    model = Model(
        Input(height=3, width=4, colors=4, planes=3, channels=4),
        Adc(bits=3),
        ("a", "b", "c"),
        (
            Convolution(4, 5, 1, 1, 0, 1, pack(weights)),
            Threshold(np.zeros(5, np.int64), np.ones(5, bool)),
            Scores(60, 3, 0, last, np.ones(3, np.int64), np.zeros(3, np.int64)),
        ),
        draw_model(0).training,
    )
    words = draw_words(model, 2)
    bits = unpack(words, 4)
    expected = (bits[..., np.newaxis, :] == weights).sum()
    seen = activity.measure(model, words).sel(layer="0")
    assert seen["matches"] == expected
    assert seen["products"] == 3 * 3 * 4 * 5 * 4


def test_batches_do_not_matter(model: Model) -> None:
    words = draw_words(model, 150)
    whole = activity.measure(model, words)
    parts = activity.measure(model, (words[i : i + 7] for i in range(0, 150, 7)))
    assert whole.identical(parts)
    assert whole.attrs["frames"] == 150
    assert all({"units", "long_name"} <= v.attrs.keys() for v in whole.data_vars.values())


def test_a_single_frame_has_no_toggles_to_speak_of(model: Model) -> None:
    seen = activity.measure(model, ones(model, 1))
    assert np.isnan(seen["input_toggle_fraction"]).all()
    with pytest.raises(InputError, match="model input"):
        activity.measure(model, np.zeros((1, 1, 5, 7, 1), np.uint64))

"""Exported graphs, run by onnxruntime and by qonnx, give the simulator's scores bit for bit."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from exchanged import inputs, run_onnx, run_qonnx
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import (
    RECORD,
    draw_model,
    draw_same,
    draw_threshold,
    draw_weights,
    draw_words,
    scores_slowly,
)
from onnx import numpy_helper

from sensorsim.bnn import simulator
from sensorsim.bnn.exchange.onnx_export import export_onnx
from sensorsim.bnn.exchange.qonnx_export import export_qonnx
from sensorsim.bnn.exchange.qonnx_import import import_qonnx
from sensorsim.bnn.exchange.rising import rising_only
from sensorsim.bnn.layers import Concat, Convolution, Layer, MaxPool, Shuffle, Sum, Threshold, Votes
from sensorsim.bnn.model import Input, Model
from sensorsim.bnn.model_file import load_model, save_model
from sensorsim.bnn.shapes import Shape, flow
from sensorsim.core import resources
from sensorsim.core.bits import words_for
from sensorsim.core.errors import InputError
from sensorsim.readout import Adc, Thermometer

MODELS = resources.data("models")
NAMES = sorted(p.relative_to(MODELS).with_suffix("").as_posix() for p in MODELS.rglob("*.npz"))
SEEDS = st.integers(0, 2**16)


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_onnxruntime_gives_the_scores_of_any_network(seed: int) -> None:
    model = draw_model(seed)
    words = draw_words(model, 3, seed)
    got = run_onnx(export_onnx(model), inputs(model, words))
    np.testing.assert_array_equal(got, simulator.scores(model, words))


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_qonnx_gives_the_scores_of_any_network(seed: int) -> None:
    model = draw_model(seed)
    words = draw_words(model, 2, seed)
    got = run_qonnx(export_qonnx(model, 2), inputs(model, words))
    np.testing.assert_array_equal(got, simulator.scores(model, words))


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_any_network_comes_back(seed: int) -> None:
    model = draw_model(seed)
    words = draw_words(model, 8, seed)
    back = import_qonnx(export_qonnx(model))
    np.testing.assert_array_equal(simulator.scores(back, words), simulator.scores(model, words))
    assert (back.input, back.readout, back.class_names, back.training) == (
        model.input, model.readout, model.class_names, model.training,
    )  # fmt: skip


def compact(planes: int) -> Model:
    """Grouped convolutions, shuffles, a binary shortcut, a sum, votes: 8 x 8 pixels."""
    random = np.random.default_rng(planes)
    readout = Adc(bits=planes) if planes > 1 else Thermometer(thresholds=(0.2, 0.5, 0.8))
    view = Input(height=8, width=8, colors=1, planes=planes, channels=readout.channels(1))

    def convolution(inputs: int, outputs: int, groups: int, kernel: int) -> Convolution:
        weights = draw_weights(random, outputs, kernel**2 * inputs // groups)
        return Convolution(inputs, outputs, kernel, 1, kernel // 2, groups, weights)

    def bent(layer: Layer, channels: int, planes: int = 1) -> tuple[Layer, Layer]:
        after = list(flow((layer,), Shape(8, 8, channels, planes)))[-1].after
        return layer, draw_threshold(random, after)

    grouped = (*bent(convolution(24, 24, 3, 3), 24), Shuffle(3))
    pointwise = (*bent(convolution(24, 12, 12, 1), 24), Shuffle(4))
    narrow = (*bent(convolution(60, 20, 5, 1), 60), convolution(20, 15, 5, 3))
    layers = (
        *bent(convolution(view.channels, 24, 1, 3), view.channels, planes),
        MaxPool(2),
        Concat(((), grouped, pointwise)),
        *bent(Sum(((convolution(60, 15, 15, 3),), narrow)), 60),
        Shuffle(5),
        Votes(3, 24, random.integers(1, 2**20, 3), random.integers(-(2**20), 2**20, 3)),
    )
    return Model(view, readout, ("a", "b", "c"), layers, RECORD)


@pytest.mark.parametrize("planes", [1, 4])
def test_a_compact_network_is_saved_exported_and_read_back(planes: int, tmp_path: Path) -> None:
    model = compact(planes)
    words = draw_words(model, 20)
    expected = simulator.scores(model, words)
    np.testing.assert_array_equal(scores_slowly(model, words), expected)
    assert len(np.unique(expected, axis=0)) > 10
    save_model(model, tmp_path / "m.npz")
    model = load_model(tmp_path / "m.npz")
    np.testing.assert_array_equal(simulator.scores(model, words), expected)
    np.testing.assert_array_equal(run_onnx(export_onnx(model), inputs(model, words)), expected)
    graph = export_qonnx(model, 20)
    np.testing.assert_array_equal(run_qonnx(graph, inputs(model, words)), expected)
    back = import_qonnx(graph)
    np.testing.assert_array_equal(simulator.scores(back, words), expected)
    assert [(s.place, s.layer.kind) for s in back.steps] == [
        (s.place, s.layer.kind) for s in model.steps
    ]
    assert back.stored_bits == model.stored_bits


def test_a_concatenation_behind_a_shuffle_comes_back_as_it_was(model: Model) -> None:
    random = np.random.default_rng(0)
    trunk = (*model.layers[:3], Shuffle(2))
    shape = list(flow(trunk, model.shape))[-1].after
    wide = draw_same(random, 10, 7)
    bend = draw_threshold(random, list(flow((wide,), shape))[-1].after)
    joint = Concat(((), (wide, bend), ()))  # of 10 + 7 + 10 channels
    ones = np.ones(3, np.int64)
    net = replace(model, layers=(*trunk, joint, Shuffle(3), Votes(3, 0, ones, ones)))
    back = import_qonnx(export_qonnx(net))
    assert [(s.place, s.layer.kind) for s in back.steps] == [
        (s.place, s.layer.kind) for s in net.steps
    ]
    words = draw_words(net, 20)
    np.testing.assert_array_equal(simulator.scores(back, words), simulator.scores(net, words))


def test_onnxruntime_objects_to_branches_in_another_order() -> None:
    changed = 0
    for seed in range(40):
        graph = export_onnx(model := draw_model(seed))
        words = draw_words(model, 4, seed)
        nodes = [n for n in graph.graph.node if n.op_type == "Concat"]
        for node in nodes:
            names = list(node.input)[::-1]
            del node.input[:]
            node.input.extend(names)
        changed += bool(
            nodes
            and (run_onnx(graph, inputs(model, words)) != simulator.scores(model, words)).any()
        )
    assert changed > 3


@pytest.mark.parametrize("name", NAMES)
def test_shipped_model_agrees_in_onnxruntime_and_comes_back(name: str) -> None:
    model = load_model(MODELS / f"{name}.npz")
    words = draw_words(model, 2)
    expected = simulator.scores(model, words)
    np.testing.assert_array_equal(run_onnx(export_onnx(model), inputs(model, words)), expected)
    back = import_qonnx(export_qonnx(model))
    np.testing.assert_array_equal(simulator.scores(back, words), expected)
    assert (back.input, back.readout, back.training) == (
        model.input, model.readout, model.training,
    )  # fmt: skip


def test_the_mosaic_of_four_colors_comes_back() -> None:
    model = next(m for m in map(draw_model, range(200)) if m.input.colors == 2)
    view = model.input.model_copy(update={"mosaic": "bayer-rggb"})
    assert import_qonnx(export_qonnx(replace(model, input=view))).input == view


def test_shipped_models_agree_in_qonnx() -> None:
    for name in NAMES:
        model = load_model(MODELS / f"{name}.npz")
        words = draw_words(model, 1)
        got = run_qonnx(export_qonnx(model), inputs(model, words))
        np.testing.assert_array_equal(got, simulator.scores(model, words), name)


@pytest.mark.parametrize("planes", [1, 8])
def test_scores_use_all_64_bits(planes: int) -> None:
    model = draw_model(8, planes)
    end = model.layers[-1]
    scale = np.array([2**52 + 1, -(2**52) - 3, 3])
    bias = np.array([2**61 + 1, 5, -(2**61) - 7])
    model = with_layer(model, -1, replace(end, fraction_bits=62, scale=scale, bias=bias))
    words = draw_words(model, 3)
    expected = simulator.scores(model, words)
    assert abs(expected).max() > 2**60
    np.testing.assert_array_equal(run_onnx(export_onnx(model), inputs(model, words)), expected)
    graph = export_qonnx(model, 3)
    np.testing.assert_array_equal(run_qonnx(graph, inputs(model, words)), expected)
    np.testing.assert_array_equal(simulator.scores(import_qonnx(graph), words), expected)


def test_least_int64_as_a_level_is_constant_in_both_directions() -> None:
    model = draw_model(9)
    extreme = np.array([np.iinfo(np.int64).min, np.iinfo(np.int64).max])
    channels = model.layers[1].levels.size
    level = Threshold(np.resize(extreme, channels), np.resize([True, False, False], channels))
    model = with_layer(model, 1, level)
    words = draw_words(model, 2)
    expected = simulator.scores(model, words)
    np.testing.assert_array_equal(run_onnx(export_onnx(model), inputs(model, words)), expected)
    np.testing.assert_array_equal(run_qonnx(export_qonnx(model, 2), inputs(model, words)), expected)


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_rising_thresholds_do_what_falling_ones_did(seed: int) -> None:
    model = draw_model(seed)
    same = replace(model, layers=rising_only(model.layers))
    assert all(s.layer.rising.all() for s in same.steps if isinstance(s.layer, Threshold))
    words = draw_words(model, 4, seed)
    np.testing.assert_array_equal(simulator.scores(same, words), simulator.scores(model, words))


def renamed(graph: onnx.ModelProto, operator: str, other: str) -> onnx.ModelProto:
    for node in graph.graph.node:
        if node.op_type == operator:
            node.op_type = other
    return graph


def shifted(
    graph: onnx.ModelProto, name: str, change: Callable[[np.ndarray], None]
) -> onnx.ModelProto:
    (tensor,) = (t for t in graph.graph.initializer if t.name == name)
    values = numpy_helper.to_array(tensor).copy()
    change(values)
    tensor.CopyFrom(numpy_helper.from_array(values, name))
    return graph


def negate_first(values: np.ndarray) -> None:
    values.flat[0] *= -1


def one_higher(values: np.ndarray) -> None:
    values += 1


def brighter(values: np.ndarray) -> None:
    values *= -1


MUTANTS = {
    "a tie that gives -1": lambda g: renamed(g, "GreaterOrEqual", "Greater"),
    "a tie of a falling channel that gives -1": lambda g: renamed(g, "LessOrEqual", "Less"),
    "one weight flipped": lambda g: shifted(g, "layer0/weights", negate_first),
    "levels one step higher": lambda g: shifted(g, "layer1/levels", one_higher),
    "padding of +1": lambda g: shifted(g, "layer0/dark", brighter),
    "bias of scores one step higher": lambda g: shifted(g, "layer5/bias", one_higher),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_judge_objects_to_a_mutant(mutant: str, model: Model) -> None:
    assert isinstance(model.layers[0], Convolution)
    level = model.layers[1]
    # Accumulators of 18 products are even: with even levels, ties are sure.
    model = with_layer(model, 1, replace(level, levels=level.levels // 2 * 2))
    words = draw_words(model, 40)
    expected = simulator.scores(model, words)
    np.testing.assert_array_equal(run_onnx(export_onnx(model), inputs(model, words)), expected)
    broken = MUTANTS[mutant](export_onnx(model))
    assert (run_onnx(broken, inputs(model, words)) != expected).any()


@pytest.mark.parametrize(
    ("name", "change"), [("layer0/weights", negate_first), ("layer1/levels", one_higher)]
)
def test_qonnx_objects_to_a_mutant(
    name: str, change: Callable[[np.ndarray], None], model: Model
) -> None:
    words = draw_words(model, 40)
    expected = simulator.scores(model, words)
    graph = export_qonnx(model, 40)
    np.testing.assert_array_equal(run_qonnx(graph, inputs(model, words)), expected)
    assert (run_qonnx(shifted(graph, name, change), inputs(model, words)) != expected).any()


@pytest.mark.parametrize(("side", "fits"), [(18, True), (19, False)])
def test_sums_that_float32_cannot_hold_are_refused(side: int, fits: bool) -> None:
    products = 3 * side**2  # of codes up to 2**14 - 1: 15.9 million, then 17.7 million
    model = Model(
        Input(height=side, width=side, colors=3, planes=14, channels=3),
        Adc(bits=14),
        ("a", "b", "c"),
        (
            Convolution(3, 6, side, 1, 0, 1, np.zeros((6, words_for(products)), np.uint64)),
            Threshold(np.arange(6), np.ones(6, bool)),
            Votes(3, 0, np.ones(3, np.int64), np.zeros(3, np.int64)),
        ),
        RECORD,
    )
    for export in (export_onnx, export_qonnx):
        if fits:
            export(model)
        else:
            with pytest.raises(InputError, match=r"layer 0 .*17742789.*16777216"):
                export(model)


def with_layer(model: Model, position: int, layer) -> Model:
    layers = list(model.layers)
    layers[position] = layer
    return replace(model, layers=tuple(layers))

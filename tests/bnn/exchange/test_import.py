"""Imported graphs do what qonnx does with them; what no layer can do is refused by name."""

import contextlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import pytest
from exchanged import context_of, inputs, run_qonnx
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import draw_words
from sketches import Sketch, draw_graph

from sensorsim.bnn import simulator
from sensorsim.bnn.exchange import traced
from sensorsim.bnn.exchange.qonnx_import import FRACTION_BITS, import_qonnx, load_qonnx
from sensorsim.bnn.layers import Threshold
from sensorsim.bnn.layerwise import observe
from sensorsim.bnn.model import Model
from sensorsim.core.bits import unpack
from sensorsim.core.errors import InputError
from sensorsim.readout import Adc, Readout, Thermometer

GRAPHS = Path(__file__).parent / "graphs"
TWO = Thermometer(thresholds=(0.25, 0.5))
FOUR = Thermometer(thresholds=(0.2, 0.4, 0.6, 0.8))
NAMES = ("a", "b", "c")
SEEDS = st.integers(0, 2**16)


@settings(max_examples=25, deadline=None)
@given(SEEDS)
def test_batch_norm_of_any_sign_is_folded_as_qonnx_computes_it(seed: int) -> None:
    graph = draw_graph(seed)
    model = import_qonnx(graph, FOUR, NAMES)
    words = draw_words(model, 1, seed)
    expected = run_qonnx(graph, inputs(model, words)).astype(np.float64) * 2.0**FRACTION_BITS
    np.testing.assert_array_equal(simulator.scores(model, words), expected)


def disagrees(seeds: range) -> bool:
    """Whether an import differs from qonnx on any of a few graphs."""
    for seed in seeds:
        graph = draw_graph(seed)
        model = import_qonnx(graph, FOUR, NAMES)
        words = draw_words(model, 1, seed)
        expected = run_qonnx(graph, inputs(model, words)).astype(np.float64)
        if (simulator.scores(model, words) != expected * 2.0**FRACTION_BITS).any():
            return True
    return False


def ties_give_minus_one(
    scale: Fraction, offset: Fraction, max_accumulator: int
) -> tuple[int, bool]:
    level, rising = EXACT(scale, offset, max_accumulator)
    met = scale != 0 and scale * level + offset == 0
    return level + (0 if not met else 1 if rising else -1), rising


def always_rising(scale: Fraction, offset: Fraction, max_accumulator: int) -> tuple[int, bool]:
    return EXACT(scale, offset, max_accumulator)[0], True


def no_constants(scale: Fraction, offset: Fraction, max_accumulator: int) -> tuple[int, bool]:
    return EXACT(scale, offset, max_accumulator) if scale else (0, True)


EXACT = traced._level


@pytest.mark.parametrize("mutant", [ties_give_minus_one, always_rising, no_constants])
def test_qonnx_objects_to_a_wrong_fold(mutant: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not disagrees(range(6))
    monkeypatch.setattr(traced, "_level", mutant)
    assert disagrees(range(6))


def test_every_bit_of_a_brevitas_export_is_that_of_qonnx() -> None:
    graph = onnx.load(GRAPHS / "brevitas_clean.onnx")
    model = import_qonnx(graph, TWO, NAMES)
    assert [layer.kind for layer in model.layers] == [
        "convolution", "threshold", "max-pool", "convolution", "threshold", "scores",
    ]  # fmt: skip
    words = draw_words(model, 5)
    for image in words:
        values = inputs(model, image[np.newaxis])
        context = context_of(graph, values)
        signs = [v for k, v in context.items() if is_activation(k, v)]
        bits = [o for o in observe(model, image[np.newaxis]) if isinstance(o.step.layer, Threshold)]
        assert len(signs) == len(bits) == 2
        for sign, seen in zip(signs, bits, strict=True):
            got = unpack(seen.words, seen.step.after.channels).transpose(0, 3, 1, 2)
            np.testing.assert_array_equal(got, sign > 0)
        scores = simulator.scores(model, image[np.newaxis]) * 2.0**-FRACTION_BITS
        np.testing.assert_allclose(scores, context["global_out"], atol=2e-6)


def test_a_brevitas_export_needs_no_cleaning() -> None:
    raw, clean = (load_qonnx(GRAPHS / f"brevitas{x}.onnx", TWO, NAMES) for x in ("", "_clean"))
    for one, other in zip(raw.layers, clean.layers, strict=True):
        assert type(one) is type(other)
        for name, value in vars(one).items():
            np.testing.assert_array_equal(value, getattr(other, name))


def is_activation(name: str, value: np.ndarray) -> bool:
    """Outputs of BipolarQuant of scale 0.5; those of weights have scale 0.25."""
    return "BipolarQuant" in name and "out" in name and abs(value.flat[0]) == 0.5


def test_irrational_batch_norm_is_folded_to_the_level_beside_its_zero() -> None:
    # gamma (a - mean) / sqrt(2) + beta is 0 at a = mean - beta sqrt(2) / gamma = 7.07...
    zero = traced.root(Fraction(2)) * 5
    assert traced._level(Fraction(1), -zero, 100) == (8, True)
    assert traced._level(Fraction(-1), zero, 100) == (7, False)
    assert traced.root(Fraction(49, 64)) == Fraction(7, 8)


def convolved(sketch: Sketch) -> str:
    return sketch.norm(sketch.convolution("global_in", 2, 4), 4)


def classified(sketch: Sketch, x: str, inputs: int = 64) -> onnx.ModelProto:
    flat = sketch.node("Flatten", x, axis=1)
    return sketch.model(sketch.node("MatMul", flat, sketch.weights((inputs, 3))))


def sketch() -> Sketch:
    return Sketch(2, 6, 6)


def sigmoid() -> onnx.ModelProto:
    s = sketch()
    return classified(s, s.node("Sigmoid", convolved(s)))


def real_weights() -> onnx.ModelProto:
    s = sketch()
    weights = s.constant(s.random.normal(size=(4, 2, 3, 3)))
    return classified(s, s.sign(s.node("Conv", "global_in", weights)))


def ternary_dense() -> onnx.ModelProto:
    s = sketch()
    flat = s.node("Flatten", s.sign(convolved(s)), axis=1)
    weights = s.constant(np.resize([1.0, 0.0, -1.0, 1.0], (64, 3)))
    return s.model(s.node("MatMul", flat, weights))


def quantized_weights() -> onnx.ModelProto:
    s = sketch()
    parameters = map(s.constant, (np.ones((4, 2, 3, 3)), 1.0, 0.0, 2.0))
    return classified(s, s.sign(s.node("Conv", "global_in", s.node("Quant", *parameters))))


def padded_with_zero() -> onnx.ModelProto:
    s = sketch()
    x = s.convolution("global_in", 2, 4, pads=(1, 1, 1, 1))
    return classified(s, s.sign(x), 144)


def padded_with_one() -> onnx.ModelProto:
    s = sketch()
    return classified(s, s.sign(s.convolution(s.pad("global_in", 1.0), 2, 4)), 144)


def unsigned() -> onnx.ModelProto:
    s = sketch()
    return classified(s, convolved(s))


def pooled_before_sign() -> onnx.ModelProto:
    s = sketch()
    x = s.node("MaxPool", convolved(s), kernel_shape=[2, 2], strides=[2, 2])
    return classified(s, s.sign(x), 16)


def overlapping_pool() -> onnx.ModelProto:
    s = sketch()
    x = s.node("MaxPool", s.sign(convolved(s)), kernel_shape=[3, 3], strides=[1, 1])
    return classified(s, x, 16)


def unequal_branches() -> onnx.ModelProto:
    s = sketch()
    a, b = (s.convolution("global_in", 2, 4, scale) for scale in (1.0, 2.0))
    return classified(s, s.sign(s.node("Add", a, b)))


def concatenated(
    axis: int = 1, kernel: int = 1, scale: float = 1.0, flat: bool = False
) -> onnx.ModelProto:
    s = sketch()
    parts = [s.sign(convolved(s)), s.sign(s.convolution("global_in", 2, 4, kernel=3), scale)]
    if kernel > 1:
        parts[1] = s.sign(s.convolution(parts[1], 4, 4, kernel=kernel), scale)
    if flat:
        parts = [s.node("Flatten", x, axis=1) for x in parts]
        return s.model(s.node("MatMul", s.node("Concat", *parts, axis=axis), s.weights((128, 3))))
    return classified(s, s.node("Concat", *parts, axis=axis), 128)


def concatenated_sums() -> onnx.ModelProto:
    s = sketch()
    return classified(s, s.node("Concat", convolved(s), convolved(s), axis=1), 128)


def concatenated_with_a_constant() -> onnx.ModelProto:
    s = sketch()
    x = s.node("Concat", s.sign(convolved(s)), s.constant(np.ones((1, 1, 4, 4))), axis=1)
    return classified(s, x, 80)


def concatenated_codes() -> onnx.ModelProto:
    s = sketch()
    return classified(s, s.node("Concat", "global_in", "global_in", axis=1), 144)


def negative_variance() -> onnx.ModelProto:
    s = sketch()
    parameters = map(s.constant, (np.ones(4), np.zeros(4), np.zeros(4), -np.ones(4)))
    x = s.node("BatchNormalization", s.convolution("global_in", 2, 4), *parameters)
    return classified(s, s.sign(x))


def not_a_number() -> onnx.ModelProto:
    s = sketch()
    x = s.node("Add", s.convolution("global_in", 2, 4), s.constant([[[np.nan]]]))
    return classified(s, s.sign(x))


def per_pixel_bias() -> onnx.ModelProto:
    s = sketch()
    x = s.node("Add", s.convolution("global_in", 2, 4), s.constant(np.eye(4)))
    return classified(s, s.sign(x))


def ends_with_convolution() -> onnx.ModelProto:
    s = sketch()
    return s.model(s.convolution(s.sign(convolved(s)), 4, 3, kernel=1))


def boundless() -> onnx.ModelProto:
    s = sketch()
    x = s.convolution(s.pad("global_in", -1.0, 2**14), 2, 4)
    return classified(s, s.sign(x))


def divided_whole() -> onnx.ModelProto:
    s = sketch()
    flat = s.node("Flatten", s.sign(convolved(s)), axis=1)
    sums = s.node("Cast", s.node("MatMul", flat, s.weights((64, 3))), to=onnx.TensorProto.INT64)
    return s.model(s.node("Div", sums, s.constant([2], np.int64)))


def infinite_bias() -> onnx.ModelProto:
    s = sketch()
    return classified(s, s.sign(s.convolution("global_in", 2, 4, bias=[0, 1, np.inf, 0])))


def wrong_weights() -> onnx.ModelProto:
    s = sketch()
    return classified(s, s.sign(convolved(s)), 63)


def rearranged() -> onnx.ModelProto:
    s = sketch()
    x = s.node("Transpose", s.sign(convolved(s)), perm=[0, 1, 3, 2])
    return classified(s, s.sign(s.convolution(x, 4, 4)), 16)


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (sigmoid, r"'Sigmoid_3' \(Sigmoid\): operator Sigmoid is not supported"),
        (real_weights, r"'Conv_0' \(Conv\): weights of output 0 are not bipolar"),
        (ternary_dense, r"'MatMul_5' \(MatMul\): weights of output 0 are not bipolar: .*0"),
        (quantized_weights, r"'Quant_0' \(Quant\): operator Quant is not supported"),
        (padded_with_zero, r"'Conv_1' \(Conv\): pads .* with 0"),
        (padded_with_one, r"'Pad_0' \(Pad\): pads with 1, expected -1"),
        (unsigned, r"'MatMul_5' \(MatMul\): reads accumulators, expected bits"),
        (pooled_before_sign, r"'MaxPool_3' \(MaxPool\): reads accumulators"),
        (overlapping_pool, r"'MaxPool_4' \(MaxPool\): strides 1, expected .* 3"),
        (unequal_branches, r"'Add_4' \(Add\): adds branches of different scales"),
        (lambda: concatenated(axis=2), r"'Concat_7' \(Concat\): axis 2, expected the channels, 1"),
        (lambda: concatenated(kernel=3), r"\(Concat\): .*branch 1 gives \(2, 2\).*\(4, 4\)"),
        (lambda: concatenated(scale=2.0), r"\(MatMul\): reads bits under a scale"),
        (lambda: concatenated(flat=True), r"\(Concat\): .*before they are flattened"),
        (concatenated_sums, r"'Concat_6' \(Concat\): reads accumulators, expected bits"),
        (concatenated_with_a_constant, r"'Concat_4' \(Concat\): reads a constant"),
        (negative_variance, r"'BatchNormalization_2' .* variance"),
        (not_a_number, r"'Add_2' \(Add\): a constant is not finite"),
        (per_pixel_bias, r"'Add_2' \(Add\): a constant differs between pixels"),
        (boundless, r"'Conv_2' \(Conv\): .*padding 16384, expected at most"),
        (divided_whole, r"'Div_8' \(Div\): divides whole numbers"),
        (infinite_bias, r"'Conv_1' \(Conv\): a constant is not finite"),
        (ends_with_convolution, "must end with a dense layer"),
        (wrong_weights, r"'MatMul_6' \(MatMul\): weights of shape \(63, 3\)"),
        (rearranged, r"'Conv_6' \(Conv\): .*no channel shuffle"),
    ],
    ids=lambda x: x.__name__ if callable(x) else "",
)
def test_what_no_layer_can_do_is_refused_by_node(
    graph: Callable[[], onnx.ModelProto], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        import_qonnx(graph(), TWO, NAMES)


def test_concatenated_codes_are_refused() -> None:
    with pytest.raises(
        InputError, match=r"'Concat_0' \(Concat\): .*branch 0 is empty .* 3 weighted"
    ):
        import_qonnx(concatenated_codes(), Adc(bits=3), NAMES)


def test_what_concatenated_tensors_share_comes_before_the_concatenation() -> None:
    s = sketch()
    x = s.sign(convolved(s))
    y = s.node("Concat", x, s.sign(s.convolution(x, 4, 4, kernel=1)), axis=1)
    z = s.node("Concat", s.sign(s.convolution(y, 8, 5, kernel=1)), y, y, axis=1)
    graph = classified(s, z, 21 * 16)
    model = import_qonnx(graph, TWO, NAMES)
    assert [step.place for step in model.steps] == [
        "0", "1", "2.1.0", "2.1.1", "2", "3.0.0", "3.0.1", "3", "4",
    ]  # fmt: skip
    assert [len(b) for b in model.layers[3].branches] == [2, 0, 0]
    words = draw_words(model, 1)
    expected = run_qonnx(graph, inputs(model, words)) * 2.0**FRACTION_BITS
    np.testing.assert_array_equal(simulator.scores(model, words), expected)


def test_flat_bits_of_one_pixel_are_concatenated() -> None:
    s = sketch()
    flat = s.node("Flatten", s.sign(convolved(s)), axis=1)
    parts = [s.sign(s.node("MatMul", flat, s.weights((64, n)))) for n in (5, 4)]
    graph = s.model(s.node("MatMul", s.node("Concat", *parts, axis=-1), s.weights((9, 3))))
    model = import_qonnx(graph, TWO, NAMES)
    assert [layer.kind for layer in model.layers] == [
        "convolution", "threshold", "concat", "scores",
    ]  # fmt: skip
    words = draw_words(model, 1)
    expected = run_qonnx(graph, inputs(model, words)) * 2.0**FRACTION_BITS
    np.testing.assert_array_equal(simulator.scores(model, words), expected)


def usual() -> onnx.ModelProto:
    s = sketch()
    return classified(s, s.sign(convolved(s)))


@pytest.mark.parametrize(
    ("readout", "names", "words"),
    [
        (Thermometer(thresholds=(0.1, 0.2, 0.3)), NAMES, "2 channels does not fit the readout"),
        (None, NAMES, "which readout"),
        (TWO, None, "does not name its classes"),
        (TWO, ("a", "b"), "3 classes, expected 2"),
    ],
)
def test_readout_and_classes_must_fit(
    readout: Readout | None, names: tuple[str, ...] | None, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        import_qonnx(usual(), readout, names)


def test_codes_of_an_adc_pad_with_their_darkest(tmp_path: Path) -> None:
    s = sketch()
    graph = classified(s, s.sign(s.convolution(s.pad("global_in", -7.0), 2, 4)), 144)
    model = import_qonnx(graph, Adc(bits=3), NAMES)
    words = draw_words(model, 1)
    expected = run_qonnx(graph, inputs(model, words)) * 2.0**FRACTION_BITS
    np.testing.assert_array_equal(simulator.scores(model, words), expected)


def test_an_import_says_that_its_accuracy_was_not_measured() -> None:
    training: Model = import_qonnx(usual(), TWO, NAMES).training
    assert (training.validation_accuracy, training.test_accuracy) == (None, None)


@pytest.mark.parametrize("content", [None, b"", b"not a graph", b"\x08\x07"])
def test_a_file_that_is_no_graph_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"x\.onnx"):
        load_qonnx(path, TWO, NAMES)


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**30), st.integers(1, 255))
def test_a_damaged_file_is_refused_or_is_another_network(place: int, change: int) -> None:
    data = bytearray((GRAPHS / "brevitas_clean.onnx").read_bytes())
    data[place % len(data)] ^= change
    try:
        graph = onnx.ModelProto.FromString(bytes(data))
    except DecodeError:
        return  # as load_qonnx refuses it
    with contextlib.suppress(InputError):
        import_qonnx(graph, TWO, NAMES)


def test_a_damaged_record_is_refused() -> None:
    graph = usual()
    graph.metadata_props.add(key="sensorsim", value='{"version": 2}')
    with pytest.raises(InputError, match=r"metadata_props\['sensorsim'\]: version"):
        import_qonnx(graph)

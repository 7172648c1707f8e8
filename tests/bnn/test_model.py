"""A model whose layers do not fit is refused, and the layer named."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sensorsim.bnn.layers import (
    Concat,
    Convolution,
    Dense,
    Layer,
    MaxPool,
    Scores,
    Shuffle,
    Sum,
    Threshold,
    Votes,
)
from sensorsim.bnn.model import Input, Model
from sensorsim.bnn.shapes import Shape, check_memory, flow, products
from sensorsim.core.errors import InputError
from sensorsim.readout import Adc

CONV = Convolution(10, 3, 3, 1, 1, 1, np.zeros((3, 2), np.uint64))
BEND = Threshold(np.zeros(3, np.int64), np.ones(3, bool))


def changed(model: Model, position: int, **fields: Any) -> Model:
    layers = list(model.layers)
    layers[position] = replace(layers[position], **fields)
    return replace(model, layers=tuple(layers))


def test_bits_and_operations_are_counted(model: Model) -> None:
    assert model.weight_bits == 10 * 18 + 12 * 45 + 3 * 48
    counts = [6 * 7 * 10 * 18, 2 * 2 * 12 * 45, 3 * 48]
    assert [products(s) for s in model.steps if products(s)] == counts
    assert model.binary_operations == 2 * sum(counts)


@pytest.mark.parametrize(
    ("position", "fields", "words"),
    [
        (0, {"inputs": 3}, r"layer 0 \(convolution\): reads 3 channels, expected 2"),
        (0, {"groups": 3}, "3 groups must divide"),
        (0, {"kernel": 9}, "does not fit"),
        (0, {"stride": 0}, "at least 1"),
        (0, {"outputs": 11}, r"weights of shape \(10, 1\), expected \(11, 1\)"),
        (0, {"weights": np.full((10, 1), 2**18, np.uint64)}, "bits beyond the 18"),
        (1, {"levels": np.zeros(9, np.int64)}, r"layer 1 \(threshold\): levels of 9 channels"),
        (2, {"size": 7}, r"layer 2 \(max-pool\): size 7, expected 1 to 6"),
        (5, {"inputs": 47}, r"layer 5 \(scores\): reads 47 bits, expected 48"),
        (5, {"classes": 4}, "has 4 classes, expected 3"),
    ],
)
def test_layer_that_does_not_fit_is_named(
    model: Model, position: int, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        changed(model, position, **fields)


def test_order_of_layers_matters(model: Model) -> None:
    with pytest.raises(InputError, match="threshold must follow"):
        replace(model, layers=(model.layers[0], MaxPool(2), *model.layers[1:]))
    with pytest.raises(InputError, match="last layer must be the class scores"):
        replace(model, layers=model.layers[:-1])
    with pytest.raises(
        InputError, match=r"input has 1 planes of 3 channels.*gives 1 of 2; expected the same"
    ):
        replace(model, input=model.input.model_copy(update={"channels": 3}))


@pytest.mark.parametrize(
    ("position", "fields", "words"),
    [
        (3, {"inputs": 12}, r"layer 3 \(convolution\): reads 12 channels, expected 10"),
        (3, {"groups": 0}, r"layer 3 \(convolution\): .*at least 1"),
        (3, {"kernel": 0}, r"layer 3 \(convolution\): .*at least 1"),
        (0, {"padding": 4}, r"layer 0 \(convolution\): padding 4, expected at most the kernel, 3"),
        (3, {"padding": -1}, r"layer 3 \(convolution\): .*padding at least 0"),
        (3, {"stride": 3}, r"layer 5 \(scores\): reads 48 bits, expected 12"),
        (3, {"weights": np.zeros((12, 2), np.uint64)}, r"layer 3 .*shape \(12, 2\)"),
        (2, {"size": 0}, r"layer 2 \(max-pool\): size 0"),
        (4, {"rising": np.ones(12, bool)[:, np.newaxis]}, r"layer 4 \(threshold\)"),
        (5, {"bias": np.zeros(2, np.int64)}, r"layer 5 \(scores\)"),
        (5, {"weights": np.zeros((2, 1), np.uint64)}, r"layer 5 .*shape \(2, 1\), expected"),
        (5, {"weights": np.full((3, 1), 2**48, np.uint64)}, "layer 5 .*beyond the 48"),
    ],
)
def test_every_layer_is_checked_not_only_the_first(
    model: Model, position: int, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        changed(model, position, **fields)


@pytest.mark.parametrize(
    ("position", "fields", "found"),
    [
        (4, {"rising": np.ones(7, bool)}, "7"),
        (5, {"scale": np.ones(4, np.int64)}, "4"),
        (5, {"bias": np.ones(4, np.int64)}, "4"),
    ],
)
def test_message_states_the_number_that_is_wrong(
    model: Model, position: int, fields: dict[str, Any], found: str
) -> None:
    with pytest.raises(InputError, match=rf"layer {position} \(.*\): .*\b{found}\b"):
        changed(model, position, **fields)


def test_convolution_without_a_threshold_and_scores_in_the_middle_are_named(model: Model) -> None:
    layers = model.layers
    with pytest.raises(InputError, match=r"layer 1 \(max-pool\): a threshold must follow"):
        replace(model, layers=(layers[0], *layers[2:]))
    with pytest.raises(InputError, match=r"layer 0 \(threshold\): a threshold must follow"):
        replace(model, layers=(layers[1], *layers))
    with pytest.raises(InputError, match=r"layer 5 \(scores\): class scores must be the last"):
        replace(model, layers=(*layers, layers[-1]))
    with pytest.raises(InputError, match="last layer must be the class scores"):
        replace(model, layers=())


def adc_model(model: Model, layers: tuple[Layer, ...]) -> Model:
    """Layers behind a 3-bit ADC of 6 x 7 pixels."""
    view = Input(height=6, width=7, colors=1, planes=3, channels=1)
    return replace(model, input=view, readout=Adc(bits=3), layers=layers)


def test_planes_need_a_convolution_first(model: Model) -> None:
    scores = Scores(
        42, 3, 8, np.zeros((3, 1), np.uint64), np.ones(3, np.int64), np.zeros(3, np.int64)
    )
    with pytest.raises(InputError, match=r"layer 0 \(scores\)"):
        adc_model(model, (scores,))
    with pytest.raises(InputError, match=r"layer 0 \(max-pool\)"):
        adc_model(model, (MaxPool(1), scores))


def test_planes_multiply_the_operations_of_the_first_layer_only(model: Model) -> None:
    first = Convolution(1, 2, 3, 1, 1, 1, np.zeros((2, 1), np.uint64))
    second = Convolution(2, 2, 1, 1, 0, 1, np.zeros((2, 1), np.uint64))
    bend = Threshold(np.zeros(2, np.int64), np.ones(2, bool))
    scores = Scores(
        84, 3, 8, np.zeros((3, 2), np.uint64), np.ones(3, np.int64), np.zeros(3, np.int64)
    )
    behind = adc_model(model, (first, bend, second, bend, scores))
    counts = [products(s) for s in behind.steps if products(s)]
    assert counts == [42 * 2 * 9 * 3, 42 * 2 * 2, 3 * 84]


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        ((Shuffle(4),), r"layer 0 \(shuffle\): 4 groups must divide 10 channels"),
        ((Dense(41, 2, np.zeros((2, 1), np.uint64)),), r"layer 0 \(dense\): reads 41 bits"),
        ((Sum(((CONV,), ())),), "branch 1 must end with a convolution"),
        (
            (Sum(((CONV,), (replace(CONV, padding=2),))),),
            r"branches of \(2, 2, 3\) and \(4",
        ),
        ((Sum(((CONV,), (replace(CONV, inputs=9),))),), r"layer 0\.1\.0 \(convolution\): reads 9"),
        ((Sum(((CONV, MaxPool(2)), (CONV,))),), r"layer 0\.0\.1 \(max-pool\): a threshold must"),
        ((Concat(((),)),), r"layer 0 \(concat\): 1 branches, expected at least 2"),
        ((Concat(((), (CONV,))),), r"layer 0 \(concat\): branch 1 ends with integers"),
        (
            (Concat(((MaxPool(2),), ())),),
            r"layer 0 \(concat\): branch 1 gives \(2, 2\) .*\(1, 1\) as branch 0",
        ),
        ((Concat(((Shuffle(4),), ())),), r"layer 0\.0\.0 \(shuffle\): 4 groups"),
        (
            (Concat(((), (Concat(((), (Shuffle(3),))),))),),
            r"layer 0\.1\.0\.1\.0 \(shuffle\): 3 groups",
        ),
        ((Concat(((), ())), BEND), r"layer 1 \(threshold\): a threshold must"),
        ((Sum(((Concat(((), ())),), (CONV,))),), r"layer 0 \(sum\): branch 0 must end with"),
        (
            (Concat(((), (Votes(5, 0, np.ones(5, np.int64), np.ones(5, np.int64)),))),),
            r"layer 0\.1\.0 \(votes\): class scores must be the last",
        ),
        ((Votes(4, 0, np.ones(4, np.int64), np.ones(4, np.int64)),), "4 classes must divide 10"),
    ],
)
def test_layers_that_do_not_fit_ten_channels_are_named(
    layers: tuple[Layer, ...], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        list(flow(layers, Shape(2, 2, 10)))


@pytest.mark.parametrize(
    ("branches", "words"),
    [
        (((CONV, BEND), ()), r"layer 0 \(concat\): branch 1 is empty and would give 3 weighted"),
        (((CONV, BEND), (MaxPool(1),)), r"layer 0\.1\.0 \(max-pool\): reads 3 weighted planes"),
        (((Shuffle(2),), (CONV, BEND)), r"layer 0\.0\.0 \(shuffle\): reads 3 weighted planes"),
        (((CONV, BEND), (Concat(((), ())),)), r"layer 0\.1\.0 \(concat\): branch 0 is empty"),
    ],
)
def test_weighted_planes_are_not_concatenated(
    branches: tuple[tuple[Layer, ...], ...], words: str
) -> None:
    behind = Shape(2, 2, 10, planes=3)
    *_, last = flow((Concat(((CONV, BEND), (CONV, BEND))),), behind)
    assert last.after == Shape(2, 2, 6)
    with pytest.raises(InputError, match=words):
        list(flow((Concat(branches),), behind))


def test_words_of_branches_count_among_the_memory() -> None:
    """Of one channel each, a word for a bit: read, pooled, read again, laid side by side."""
    shape = Shape(2048, 2048, 1)  # 2**22 pixels: eight such planes are allowed
    check_memory(flow((Concat(((MaxPool(1),),) * 3),), shape))
    with pytest.raises(InputError, match=r"layer 0 \(concat\): .*words of one image"):
        check_memory(flow((Concat(((MaxPool(1),),) * 4),), shape))


def test_accumulators_beyond_32_bits_are_refused() -> None:
    wide = Convolution(10, 1, 1, 1, 0, 1, np.zeros((1, 1), np.uint64))
    with pytest.raises(InputError, match=r"accumulators up to .* expected at most 2147483647"):
        list(flow((wide,), Shape(2, 2, 10, planes=30)))


@pytest.mark.parametrize(
    ("layers", "place"),
    [
        ((Votes(1, 0, np.ones(1, np.int64), np.ones(1, np.int64)),), "0"),  # a word for a bit
        ((MaxPool(1), MaxPool(1), MaxPool(1), MaxPool(1), MaxPool(4096)), "2"),
        ((Convolution(1, 1, 4096, 4096, 4096, 1, np.zeros((1, 2**18), np.uint64)),), "0"),
    ],
)
def test_networks_that_would_fill_the_memory_are_refused(
    layers: tuple[Layer, ...], place: str
) -> None:
    side = 8192 if isinstance(layers[0], Votes) else 4096
    steps = list(flow(layers, Shape(side, side, 1)))
    with pytest.raises(InputError, match=rf"layer {place} \(.*words of one image"):
        check_memory(steps)


def test_images_of_too_many_values_are_refused() -> None:
    layer = Convolution(1, 32, 1, 1, 0, 1, np.zeros((32, 1), np.uint64))
    with pytest.raises(InputError, match=r"layer 0 \(convolution\): gives .* values per image"):
        list(flow((layer,), Shape(8192, 8192, 1)))

"""A model whose layers do not fit is refused, and the layer named."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sensorsim.bnn.layers import MaxPool
from sensorsim.bnn.model import Model, layer_products
from sensorsim.errors import InputError


def changed(model: Model, position: int, **fields: Any) -> Model:
    layers = list(model.layers)
    layers[position] = replace(layers[position], **fields)
    return replace(model, layers=tuple(layers))


def test_bits_and_operations_are_counted(model: Model) -> None:
    assert model.weight_bits == 10 * 18 + 12 * 45 + 3 * 48
    products = [6 * 7 * 10 * 18, 2 * 2 * 12 * 45, 3 * 48]
    assert [count for _, count in layer_products(model)] == products
    assert model.binary_operations == 2 * sum(products)


@pytest.mark.parametrize(
    ("position", "fields", "words"),
    [
        (0, {"inputs": 3}, r"layer 0 \(convolution\): reads 3 channels, expected 2"),
        (0, {"groups": 3}, "3 groups must divide"),
        (0, {"kernel": 9}, "does not fit"),
        (0, {"stride": 0}, "at least 1"),
        (0, {"outputs": 11}, r"weights of shape \(10, 1\), expected \(11, 1\)"),
        (0, {"weights": np.full((10, 1), 2**18, np.uint64)}, "bits beyond the 18"),
        (1, {"levels": np.zeros(9, np.int64)}, r"layer 1 \(threshold\): has 9 channels"),
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
    with pytest.raises(InputError, match="does not fit the readout"):
        replace(model, input=model.input.model_copy(update={"channels": 3}))

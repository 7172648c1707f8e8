"""Convert layers to nodes: the part that both export formats share.

The formats differ in how they write weights and thresholds; a `Dialect` implements that.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

from sensorsim.bnn.exchange.record import record_of, write_record
from sensorsim.bnn.layers import (
    Branching,
    Convolution,
    Dense,
    Layer,
    MaxPool,
    Scores,
    Shuffle,
    Sum,
    Threshold,
    Votes,
    Weighted,
)
from sensorsim.bnn.model import Model
from sensorsim.bnn.shapes import Shape, Step, flow
from sensorsim.core.bits import unpack
from sensorsim.core.errors import InputError

INPUT, OUTPUT = "input", "scores"
OPSET = 13
_IR_VERSION = 8
EXACT_IN_FLOAT32 = 2**24
"""Whole numbers up to this magnitude are exact in float32, and so are their partial sums."""


class Dialect(Protocol):
    """How a format writes weights and thresholds."""

    def weights(self, graph: "Graph", step: Step, values: npt.NDArray[np.float32]) -> str:
        """Add the weights of a layer.

        Parameters
        ----------
        graph : Graph
            Graph to extend.
        step : Step
            Layer that the weights belong to.
        values : float32, any shape
            Weights, +1 and -1.

        Returns
        -------
        str
            Name of the tensor that holds the weights.
        """
        ...

    def threshold(
        self,
        graph: "Graph",
        step: Step,
        levels: npt.NDArray[np.float32],
        rising: npt.NDArray[np.bool_],
        source: str,
    ) -> str:
        """Add a comparison that gives +1 and -1.

        Parameters
        ----------
        graph : Graph
            Graph to extend.
        step : Step
            Layer that compares.
        levels : float32 [channels]
            Levels of the accumulators.
        rising : bool [channels]
            True: +1 if accumulator >= level. False: +1 if accumulator <= level.
        source : str
            Name of the tensor that holds the accumulators.

        Returns
        -------
        str
            Name of the tensor that holds the result.
        """
        ...


class Graph:
    """Nodes and constants of an ONNX graph, in order of computation.

    Parameters
    ----------
    dialect : Dialect
        How to write weights and thresholds.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, step: Step, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output.

        Parameters
        ----------
        step : Step
            Layer that the node belongs to.
        operator : str
            ONNX operator.
        *inputs : str
            Names of the input tensors.
        **attributes : Any
            Attributes of the node, or arguments of ``onnx.helper.make_node`` like ``domain``.

        Returns
        -------
        str
            Name of the output tensor.
        """
        # The number makes names unique: a layer may have several nodes of one operator.
        name = f"layer{step.place}/{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def constant(self, step: Step, name: str, values: npt.ArrayLike) -> str:
        """Add a constant.

        Parameters
        ----------
        step : Step
            Layer that the constant belongs to.
        name : str
            Name of the constant within the layer.
        values : array_like
            Value; its type becomes the type of the tensor.

        Returns
        -------
        str
            Name of the tensor.
        """
        name = f"layer{step.place}/{name}"
        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def chain(self, layers: tuple[Layer, ...], source: str, steps: Iterator[Step]) -> str:
        """Add a chain of layers.

        Parameters
        ----------
        layers : tuple of Layer
            Layers of the chain.
        source : str
            Name of the tensor that the chain reads.
        steps : iterator of Step
            Steps from the chain's first layer on; the steps of its layers are consumed.

        Returns
        -------
        str
            Name of the tensor that the chain gives.
        """
        for layer in layers:
            if isinstance(layer, Branching):
                ends = [self.chain(branch, source, steps) for branch in layer.branches]
                if isinstance(layer, Sum):
                    source = self.node(next(steps), "Add", *ends)
                else:
                    source = self.node(next(steps), "Concat", *ends, axis=1)
            else:
                source = self._layer(layer, source, next(steps))
        return source

    def _layer(self, layer: Layer, source: str, step: Step) -> str:
        if isinstance(layer, Convolution):
            return self._convolution(layer, source, step)
        if isinstance(layer, Dense):
            sums = self._products(layer, source, step)
            image = self.constant(step, "shape", np.array([0, layer.outputs, 1, 1], np.int64))
            return self.node(step, "Reshape", sums, image)
        if isinstance(layer, Threshold):
            max_accumulator = step.before.max_accumulator
            levels = layer.levels.clip(-max_accumulator - 1, max_accumulator + 1).astype(np.float32)
            return self._dialect.threshold(self, step, levels, layer.rising, source)
        if isinstance(layer, MaxPool):
            size = [layer.size, layer.size]
            return self.node(step, "MaxPool", source, kernel_shape=size, strides=size)
        if isinstance(layer, Shuffle):
            return self._shuffle(layer, source, step)
        if isinstance(layer, Scores):
            return self._fixed_point(layer, self._products(layer, source, step), step)
        assert isinstance(layer, Votes)
        return self._fixed_point(layer, self._votes(layer, source, step), step)

    def _convolution(self, layer: Convolution, source: str, step: Step) -> str:
        if layer.padding:
            p = layer.padding
            dark = np.float32(-(2**step.before.planes - 1))
            source = self.node(
                step, "Pad", source,
                self.constant(step, "pads", np.array([0, 0, p, p, 0, 0, p, p], np.int64)),
                self.constant(step, "dark", dark),
            )  # fmt: skip
        k = layer.kernel
        values = _bipolar(layer).reshape(layer.outputs, k, k, -1).transpose(0, 3, 1, 2)
        return self.node(
            step, "Conv", source, self._dialect.weights(self, step, values),
            kernel_shape=[k, k], strides=[layer.stride] * 2, group=layer.groups,
        )  # fmt: skip

    def _products(self, layer: Dense | Scores, source: str, step: Step) -> str:
        """Sums [N, outputs]; reorders weights to (channel, row, column), the order of NCHW."""
        before = step.before
        values = _bipolar(layer).reshape(-1, before.height, before.width, before.channels)
        columns = values.transpose(3, 1, 2, 0).reshape(layer.inputs, -1)
        flat = self.node(step, "Flatten", source, axis=1)
        return self.node(step, "MatMul", flat, self._dialect.weights(self, step, columns))

    def _votes(self, layer: Votes, source: str, step: Step) -> str:
        shares = self.constant(step, "shape", np.array([0, layer.classes, -1], np.int64))
        grouped = self.node(step, "Reshape", source, shares)
        axes = self.constant(step, "axes", np.array([2], np.int64))
        return self.node(step, "ReduceSum", grouped, axes, keepdims=0)

    def _shuffle(self, layer: Shuffle, source: str, step: Step) -> str:
        h, w, c, g = *step.before[:3], layer.groups
        split = self.constant(step, "split", np.array([0, g, c // g, h, w], np.int64))
        image = self.constant(step, "image", np.array([0, c, h, w], np.int64))
        grouped = self.node(step, "Reshape", source, split)
        swapped = self.node(step, "Transpose", grouped, perm=[0, 2, 1, 3, 4])
        return self.node(step, "Reshape", swapped, image)

    def _fixed_point(self, layer: Scores | Votes, sums: str, step: Step) -> str:
        whole = self.node(step, "Cast", sums, to=TensorProto.INT64)
        scaled = self.node(step, "Mul", whole, self.constant(step, "scale", layer.scale))
        return self.node(step, "Add", scaled, self.constant(step, "bias", layer.bias))


def build(
    model: Model, layers: tuple[Layer, ...], dialect: Dialect, batch: int | str
) -> onnx.ModelProto:
    """Build the graph of a model's layers, including its record.

    Parameters
    ----------
    model : Model
        Model that gives input shape, class names and record.
    layers : tuple of Layer
        Layers of the model, or an equivalent form of them.
    dialect : Dialect
        How to write weights and thresholds.
    batch : int or str
        Images per call, or the name of a free dimension.

    Returns
    -------
    onnx.ModelProto
        The graph, opset 13.

    Raises
    ------
    InputError
        If an accumulator reaches ``2**24``, where float32 is no longer exact.
    """
    view = model.input
    steps = tuple(flow(layers, Shape(view.height, view.width, view.channels, view.planes)))
    _check_exact(steps)
    graph = Graph(dialect)
    graph.chain(layers, INPUT, iter(steps))
    graph.nodes[-1].output[0] = OUTPUT
    read = [batch, view.channels, view.height, view.width]
    given = [batch, len(model.class_names)]
    proto = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "sensorsim",
            [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, read)],
            [helper.make_tensor_value_info(OUTPUT, TensorProto.INT64, given)],
            graph.constants,
        ),
        producer_name="sensorsim",
        ir_version=_IR_VERSION,
        opset_imports=[helper.make_opsetid("", OPSET)],
    )
    write_record(proto, record_of(model))
    return proto


def _bipolar(layer: Weighted) -> npt.NDArray[np.float32]:
    return 2 * unpack(layer.weights, layer.fan_in).astype(np.float32) - 1


def _check_exact(steps: tuple[Step, ...]) -> None:
    for step in steps:
        if step.after.max_accumulator >= EXACT_IN_FLOAT32:
            raise InputError(
                f"layer {step.place} ({step.layer.kind}): accumulators up to "
                f"{step.after.max_accumulator}, "
                f"expected less than {EXACT_IN_FLOAT32}: ONNX computes them in float32, which is "
                "exact below that; split the layer, or read fewer bit planes"
            )

"""Graphs made by hand in the form that brevitas and qonnx give them."""

from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

QONNX = "qonnx.custom_op.general"


class Sketch:
    """A chain of nodes from ``global_in`` on; every method gives the name of a tensor."""

    def __init__(self, channels: int, height: int, width: int, seed: int = 0) -> None:
        self.shape = (channels, height, width)
        self.random = np.random.default_rng(seed)
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, values: Any, dtype: type = np.float32) -> str:
        name = f"param{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(values, dtype), name))
        return name

    def node(self, operator: str, *names: str, **attributes: Any) -> str:
        name = f"{operator}_{len(self.nodes)}"
        domain = QONNX if operator in ("BipolarQuant", "Quant", "MultiThreshold") else ""
        self.nodes.append(
            helper.make_node(operator, names, [name], name=name, domain=domain, **attributes)
        )
        return name

    def weights(self, shape: tuple[int, ...], scale: Any = 1.0) -> str:
        """Latent weights and what binarizes them."""
        latent = self.constant(self.random.normal(size=shape))
        return self.node("BipolarQuant", latent, self.constant(scale))

    def convolution(
        self, x: str, inputs: int, outputs: int, scale: Any = 1.0, groups: int = 1, stride: int = 1,
        kernel: int = 3, bias: Any = None, pads: tuple[int, ...] = (0, 0, 0, 0),
    ) -> str:  # fmt: skip
        weights = self.weights((outputs, inputs // groups, kernel, kernel), scale)
        extra = [] if bias is None else [self.constant(bias)]
        return self.node("Conv", x, weights, *extra, group=groups, strides=[stride, stride],
                         kernel_shape=[kernel, kernel], pads=pads, dilations=[1, 1])  # fmt: skip

    def pad(self, x: str, value: float, by: int = 1) -> str:
        pads = self.constant([0, 0, by, by, 0, 0, by, by], np.int64)
        return self.node("Pad", x, pads, self.constant(value), mode="constant")

    def norm(self, x: str, channels: int) -> str:
        """A batch-norm whose arithmetic float32 does exactly, so that ties are ties.

        Scales are negative as often as not, and sometimes 0: that channel is constant.
        """
        random = self.random
        gamma = random.integers(-4, 5, channels) / 4
        beta = random.integers(-8, 9, channels) / 4
        mean = random.integers(-8, 9, channels) / 2
        variance = 4.0 ** random.integers(-1, 3, channels)
        parameters = map(self.constant, (gamma, beta, mean, variance))
        return self.node("BatchNormalization", x, *parameters, epsilon=0.0)

    def sign(self, x: str, scale: float = 1.0) -> str:
        return self.node("BipolarQuant", x, self.constant(scale))

    def model(self, end: str, classes: int = 3) -> onnx.ModelProto:
        graph = helper.make_graph(
            self.nodes,
            "sketch",
            [helper.make_tensor_value_info("global_in", TensorProto.FLOAT, [1, *self.shape])],
            [helper.make_tensor_value_info(end, TensorProto.FLOAT, [1, classes])],
            self.constants,
        )
        opsets = [helper.make_opsetid("", 13), helper.make_opsetid(QONNX, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def draw_graph(seed: int) -> onnx.ModelProto:
    """A network of two to four convolutions of 4 input channels, perhaps with branches."""
    extra = np.random.default_rng((seed, 1))  # does not move what else is drawn
    sketch = Sketch(4, 8, 7, seed)
    random = sketch.random
    unit = float(random.choice([0.25, 0.5, 1, 2]))
    outputs = 6
    per_channel = 2.0 ** random.integers(-2, 2, (outputs, 1, 1, 1))
    x = sketch.pad("global_in", -1.0) if random.random() < 0.5 else "global_in"
    x = sketch.convolution(x, 4, outputs, per_channel, int(random.choice([1, 2])))
    x = sketch.sign(sketch.norm(x, outputs), unit)
    if random.random() < 0.5:
        x = sketch.node("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])
    channels = outputs
    if extra.random() < 0.4:
        y = sketch.norm(sketch.convolution(x, outputs, outputs, kernel=1), outputs)
        parts = [x, sketch.sign(y, unit), x][: int(extra.integers(2, 4))]
        x = sketch.node("Concat", *parts, axis=int(extra.choice([1, -3])))
        channels = len(parts) * outputs
    if random.random() < 0.5:
        a, b = (sketch.convolution(x, channels, outputs, s * 0.5, kernel=1) for s in (1.0, 1.0))
        b = sketch.node("Mul", b, sketch.constant(random.choice([-1.0, 1.0], (outputs, 1, 1))))
        x = sketch.node("Add", a, b)
    else:
        bias = random.integers(-4, 5, outputs) / 2
        x = sketch.convolution(sketch.pad(x, -unit), channels, outputs, 0.5, 3, 2, 3, bias)
    x = sketch.sign(sketch.norm(x, outputs))
    return sketch.model(_head(sketch, x, outputs))


def _head(sketch: Sketch, x: str, channels: int) -> str:
    """Pool to 2 x 2 pixels or fewer, flatten in one of the ways, classify."""
    random = sketch.random
    size = _side_of(sketch, x)
    if random.random() < 0.5:
        x = sketch.node("Transpose", x, perm=[0, 2, 3, 1])
    if random.random() < 0.5:
        x = sketch.node("Flatten", x, axis=1)
    else:
        x = sketch.node("Reshape", x, sketch.constant([1, -1], np.int64))
    inputs = size[0] * size[1] * channels
    if random.random() < 0.5:
        x = sketch.node("MatMul", x, sketch.weights((inputs, 3), 0.5))
    else:
        x = sketch.node("Gemm", x, sketch.weights((3, inputs), 0.5),
                        sketch.constant([0.25, -1, 3]), transB=1)  # fmt: skip
    if random.random() < 0.5:
        return sketch.norm(x, 3)
    x = sketch.node("Div", x, sketch.constant(4.0))
    return sketch.node("Sub", sketch.constant([1.0, 2.0, 0.5]), x)


def _side_of(sketch: Sketch, x: str) -> tuple[int, int]:
    """Rows and columns of a tensor, by onnx itself (custom operators keep shapes)."""
    nodes = [onnx.NodeProto.FromString(n.SerializeToString()) for n in sketch.nodes]
    for node in nodes:
        if node.op_type == "BipolarQuant":
            node.op_type, node.domain = "Identity", ""
            del node.input[1:]
    info = [helper.make_tensor_value_info("global_in", TensorProto.FLOAT, [1, *sketch.shape])]
    end = [helper.make_tensor_value_info(x, TensorProto.FLOAT, None)]
    graph = helper.make_model(helper.make_graph(nodes, "g", info, end, sketch.constants),
                              opset_imports=[helper.make_opsetid("", 13)])  # fmt: skip
    inferred = onnx.shape_inference.infer_shapes(graph).graph.output[0].type.tensor_type.shape
    return tuple(d.dim_value for d in inferred.dim[2:])

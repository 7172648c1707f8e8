"""Convert each operator of an imported graph to layers."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from sensorsim.bnn.exchange.traced import Fractions, Traced, concatenated, fractions, root
from sensorsim.bnn.layers import Convolution, Dense, MaxPool, Votes
from sensorsim.core.bits import pack
from sensorsim.core.errors import InputError

Constant = npt.NDArray[Any]
Tensor = Traced | Constant
_INTEGERS = (TensorProto.INT32, TensorProto.INT64)
_FLOATS = (TensorProto.FLOAT, TensorProto.DOUBLE)


def apply(node: onnx.NodeProto, inputs: list[Tensor | None], opset: int) -> Tensor:
    """Apply a node to the tensors traced so far.

    Parameters
    ----------
    node : onnx.NodeProto
        Node of the graph.
    inputs : list of Traced, array or None
        Input tensors: traced, constant, or None for an optional input that is left out.
    opset : int
        Version of the standard operators.

    Returns
    -------
    Traced or array
        First output of the node; an array if all inputs are constants.

    Raises
    ------
    InputError
        If no layer can do what the node does; says why.
    """
    present = [x for x in inputs if x is not None]
    if node.op_type == "BipolarQuant" and not isinstance(inputs[0], Traced):
        return _quantized_constant(*map(_constant, present))
    folds = not any(isinstance(x, Traced) for x in present) and node.domain in ("", "ai.onnx")
    if folds:
        return _evaluated(node, inputs, opset)
    if node.op_type not in _OPERATORS:
        raise InputError(
            f"operator {node.op_type} is not supported; expected one of "
            f"{', '.join(sorted(_OPERATORS))}"
        )
    if node.op_type != "Conv" and any(isinstance(x, Traced) and x.padding for x in present):
        raise InputError("reads the output of a Pad, expected a Conv after each Pad")
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    return _OPERATORS[node.op_type](inputs, attributes)


def _evaluated(node: onnx.NodeProto, inputs: list[Tensor | None], opset: int) -> Constant:
    """Compute a node whose inputs are all constants."""
    feeds = {name: x for name, x in zip(node.input, inputs, strict=True) if x is not None}
    try:
        outputs: Any = ReferenceEvaluator(node, opsets={"": opset}).run(None, feeds)
        return outputs[0]
    except Exception as error:  # the evaluator may raise anything on invalid nodes
        raise InputError(f"cannot be computed from its constants: {error}") from None


def _traced(value: Tensor | None) -> Traced:
    if not isinstance(value, Traced):
        raise InputError(
            "reads a constant"
            + ("" if value is None else f" of shape {value.shape}")
            + ", expected a tensor that depends on the network's input"
        )
    return value


def _constant(value: Tensor | None) -> Constant:
    if value is None or isinstance(value, Traced):
        raise InputError("a parameter depends on the network's input, expected a constant")
    return value


def _expect(attributes: dict[str, Any], **expected: Any) -> None:
    """Raise if an attribute is present and differs."""
    for name, value in expected.items():
        found = attributes.get(name, value)
        if found != value:
            raise InputError(f"{name} {found!r}, expected {value!r}")


def _square(attributes: dict[str, Any], name: str, default: int) -> int:
    values = attributes.get(name, [default, default])
    if len(values) != 2 or values[0] != values[1]:
        raise InputError(f"{name} {list(values)}, expected two equal numbers")
    return int(values[0])


def _quantized_constant(values: Constant, scale: Constant) -> Constant:
    return np.where(values >= 0, scale, -scale)


def _bipolar(weights: Constant, outputs_axis: int) -> tuple[npt.NDArray[np.uint8], Fractions]:
    """Bits of weights ``+s`` and ``-s``, outputs first, and s of each output."""
    rows = np.moveaxis(weights, outputs_axis, 0)
    magnitude = np.abs(rows.reshape(len(rows), -1))
    scale = magnitude[:, :1]
    bad = np.flatnonzero(~((magnitude == scale) & (scale > 0) & np.isfinite(scale)).all(1))
    if bad.size:
        values = np.unique(rows[bad[0]])
        shown = ", ".join(f"{v:g}" for v in values[:4]) + (", ..." if values.size > 4 else "")
        raise InputError(
            f"weights of output {bad[0]} are not bipolar: {shown}; expected +s and -s, as "
            "BipolarQuant gives"
        )
    return (rows > 0).astype(np.uint8), fractions(scale[:, 0])


def _concat(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    """Concatenate channels of images, or of flattened images of one pixel."""
    parts = [_traced(x) for x in inputs]
    rank = parts[0].index.ndim
    if rank not in (1, 3) or any(part.index.ndim != rank for part in parts):
        raise InputError("concatenates images with flat tensors, expected all of one kind")
    if attributes["axis"] not in (1, -rank):
        raise InputError(f"axis {attributes['axis']}, expected the channels, 1")
    if rank == 3:
        return concatenated(parts)
    if any(part.shape[:2] != (1, 1) for part in parts):
        raise InputError(
            "concatenates flattened images of more than one pixel; concatenate their channels "
            "before they are flattened"
        )
    pixel = concatenated([part.arranged(part.index.reshape(-1, 1, 1)) for part in parts])
    return pixel.arranged(pixel.index.ravel())


def _conv(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    x = _traced(inputs[0])
    weights = _constant(inputs[1])
    if weights.ndim != 4 or x.index.ndim != 3:
        raise InputError(f"weights of shape {weights.shape}, expected a convolution of images")
    _expect(attributes, dilations=[1, 1], auto_pad=b"NOTSET")
    if any(attributes.get("pads", ())):
        raise InputError(
            f"pads {attributes['pads']} with 0, which is not a bit; pad with -1 before it "
            "(torch.nn.functional.pad(x, ..., value=-1.0))"
        )
    if weights.shape[2] != weights.shape[3]:
        raise InputError(f"kernel of {weights.shape[2:]}, expected a square one")
    groups = int(attributes.get("group", 1))
    if weights.shape[1] * groups != len(x.index):
        raise InputError(
            f"weights for {weights.shape[1] * groups} channels, but the tensor has {len(x.index)}"
        )
    unit, image = x.unit(), x.image()
    bits, scale = _bipolar(weights, 0)
    outputs = len(bits)
    layer = Convolution(
        image.shape.channels, outputs, weights.shape[2], _square(attributes, "strides", 1),
        x.padding, groups, pack(bits.transpose(0, 2, 3, 1).reshape(outputs, -1)),
    )  # fmt: skip
    sums = image.then(layer).affine(scale * unit, _zeros(outputs))
    if len(inputs) < 3:
        return sums
    return sums.affine(_ones(sums), sums.per_channel(_constant(inputs[2]).reshape(-1, 1, 1)))


def _dense(x: Traced, weights: Constant) -> Traced:
    """``x @ weights`` [inputs, outputs]."""
    if x.index.ndim != 1 or weights.ndim != 2 or len(weights) != x.index.size:
        raise InputError(
            f"weights of shape {weights.shape} for a tensor of shape {(1, *x.index.shape)}, "
            "expected a flat tensor with as many elements"
        )
    unit = x.unit()
    bits, scale = _bipolar(weights, 1)
    ordered = np.empty_like(bits)
    ordered[:, x.index] = bits
    sums = x.then(Dense(x.index.size, len(bits), pack(ordered)))
    return sums.arranged(np.arange(len(bits))).affine(scale * unit, _zeros(len(bits)))


def _matmul(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    return _dense(_traced(inputs[0]), _constant(inputs[1]))


def _gemm(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    _expect(attributes, alpha=1.0, beta=1.0, transA=0)
    weights = _constant(inputs[1])
    sums = _dense(_traced(inputs[0]), weights.T if attributes.get("transB") else weights)
    if len(inputs) < 3:
        return sums
    return sums.affine(_ones(sums), sums.per_channel(_constant(inputs[2])))


def _batch_normalization(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    _expect(attributes, training_mode=0)
    x = _traced(inputs[0])
    column = (-1, *[1] * (x.index.ndim - 1))
    gamma, beta, mean, variance = (x.per_channel(_constant(p).reshape(column)) for p in inputs[1:5])
    epsilon = fractions(np.array(attributes.get("epsilon", 1e-5), np.float32))
    spread = variance + epsilon
    if (spread <= 0).any():
        raise InputError("a variance plus epsilon is not positive")
    scale = gamma / np.array([root(v) for v in spread], object)
    return x.affine(scale, beta - scale * mean)


def _bipolar_quant(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    scale = _constant(inputs[1])
    if (scale <= 0).any():
        raise InputError(f"scale {scale.ravel()[0]:g}, expected a positive one")
    bits = _traced(inputs[0]).sign()
    return bits.affine(bits.per_channel(scale), _zeros(bits.shape.channels))


def _multi_threshold(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    x, levels = _traced(inputs[0]), _constant(inputs[1])
    if levels.ndim != 2 or levels.shape[1] != 1:
        raise InputError(f"thresholds of shape {levels.shape}, expected one per channel")
    scale = attributes.get("out_scale", 1.0)
    if attributes.get("out_bias", 0.0) != -scale / 2 or scale <= 0:
        raise InputError(
            f"out_scale {scale:g} and out_bias {attributes.get('out_bias', 0.0):g} do not give +s "
            "and -s, expected out_bias = -out_scale / 2"
        )
    if attributes.get("data_layout", b"NCHW") not in (b"", b"NCHW", b"NC"):
        raise InputError(f"data_layout {attributes['data_layout']!r}, expected NCHW")
    column = levels.reshape(-1, *[1] * (x.index.ndim - 1))
    bits = x.affine(_ones(x), -x.per_channel(column)).sign()
    return bits.affine(_ones(bits) * Fraction(scale) / 2, _zeros(bits.shape.channels))


def _max_pool(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    x = _traced(inputs[0])
    _expect(attributes, ceil_mode=0, dilations=[1, 1], pads=[0, 0, 0, 0], auto_pad=b"NOTSET")
    size = _square(attributes, "kernel_shape", 1)
    stride = _square(attributes, "strides", 1)
    if stride != size:
        raise InputError(f"strides {stride}, expected the size of the window, {size}")
    unit, image = x.unit(), x.image()
    pooled = image.then(MaxPool(size))
    return pooled.affine(_ones(pooled) * unit, _zeros(pooled.shape.channels))


def _pad(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    x = _traced(inputs[0])
    _expect(attributes, mode=b"constant")
    pads = _constant(inputs[1]).tolist()
    if len(inputs) > 3 or len(pads) != 8 or pads != [0, 0, pads[2], pads[2]] * 2 or pads[2] < 0:
        raise InputError(f"pads {pads}, expected the same number on all four sides of an image")
    value = float(_constant(inputs[2])) if len(inputs) > 2 else 0.0
    dark = float(-x.unit() * (2**x.shape.planes - 1))
    if value != dark:
        raise InputError(f"pads with {value:g}, expected {dark:g}, the value of a dark pixel")
    return replace(x, padding=pads[2])


def _add(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    a, b = inputs
    if isinstance(a, Traced) and isinstance(b, Traced):
        return a + b
    x, moved = (a, b) if isinstance(a, Traced) else (_traced(b), a)
    return x.affine(_ones(x), x.per_channel(_constant(moved)))


def _sub(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    a, b = inputs
    if isinstance(b, Traced):
        return _add([a, b.affine(-_ones(b), _zeros(b.shape.channels))], attributes)
    x = _traced(a)
    return x.affine(_ones(x), -x.per_channel(_constant(b)))


def _mul(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    a, b = inputs
    x, factor = (a, b) if isinstance(a, Traced) else (_traced(b), a)
    return x.affine(x.per_channel(_constant(factor)), _zeros(x.shape.channels))


def _div(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    x = _traced(inputs[0])
    constant = _constant(inputs[1])
    if constant.dtype.kind != "f":
        raise InputError("divides whole numbers and drops fractions, expected floats")
    divisor = x.per_channel(constant)
    if (divisor == 0).any():
        raise InputError(
            f"divides by 0 in channel {int(np.argmax(divisor == 0))}, expected a divisor other "
            "than 0 for each channel"
        )
    return x.affine(1 / divisor, _zeros(x.shape.channels))


def _cast(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    x = _traced(inputs[0])
    whole = all(v.denominator == 1 for v in (*x.scale, *x.offset))
    if attributes["to"] in _FLOATS or (attributes["to"] in _INTEGERS and whole):
        return x
    raise InputError("would drop fractions, expected a cast to floats, or whole numbers")


def _identity(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    return _traced(inputs[0])


def _shape(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    _expect(attributes, start=0, end=None)
    return np.array([1, *_traced(inputs[0]).index.shape], np.int64)


def _reshape(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    x = _traced(inputs[0])
    _expect(attributes, allowzero=0)
    before = (1, *x.index.shape)
    asked = _constant(inputs[1]).tolist()
    after = [before[i] if n == 0 and i < len(before) else n for i, n in enumerate(asked)]
    if after and after[0] == -1 and -1 not in after[1:]:
        after[0] = 1  # the batch dimension
    try:
        return x.arranged(_without_batch(x.index[np.newaxis].reshape(after))).settled()
    except ValueError:
        raise InputError(f"shape {asked} does not fit {before}") from None


def _flatten(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    _expect(attributes, axis=1)
    x = _traced(inputs[0])
    return x.arranged(x.index.ravel())


def _transpose(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    x = _traced(inputs[0])
    batched = x.index[np.newaxis]
    return x.arranged(_without_batch(batched.transpose(attributes.get("perm"))))


def _reduce_sum(inputs: list[Tensor | None], attributes: dict[str, Any]) -> Tensor:
    """Convert to votes: each class sums the bits of its own channels."""
    x = _traced(inputs[0])
    axes = _constant(inputs[1]).tolist() if len(inputs) > 1 else attributes.get("axes")
    if axes not in ([2], [-1]) or attributes.get("keepdims", 1) or x.index.ndim != 2:
        raise InputError("sums over other axes than the last of [N, classes, bits]")
    unit, classes = x.unit(), len(x.index)
    height, width, channels = x.shape[:3]
    if x.index.size != x.shape.bits or channels % classes:
        raise InputError(f"sums {x.index.shape} bits, expected a share of channels per class")
    image = x.arranged(x.index.reshape(channels, height, width)).image()
    ones = np.ones(classes, np.int64)
    votes = image.then(Votes(classes, 0, ones, 0 * ones)).arranged(np.arange(classes))
    return votes.affine(_ones(votes) * unit, _zeros(classes))


def _without_batch(index: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    if index.ndim < 2 or len(index) != 1:
        raise InputError(
            f"gives shape {index.shape} for one image, which mixes images of a batch; expected 1 "
            "as the first dimension, and one more"
        )
    return index[0]


def _ones(x: Traced) -> Fractions:
    return _zeros(x.shape.channels) + 1


def _zeros(channels: int) -> Fractions:
    return np.array([Fraction(0)] * channels, object)


_OPERATORS: dict[str, Callable[[list[Tensor | None], dict[str, Any]], Tensor]] = {
    "Add": _add,
    "BatchNormalization": _batch_normalization,
    "BipolarQuant": _bipolar_quant,
    "Cast": _cast,
    "Concat": _concat,
    "Conv": _conv,
    "Div": _div,
    "Flatten": _flatten,
    "Gemm": _gemm,
    "Identity": _identity,
    "MatMul": _matmul,
    "MaxPool": _max_pool,
    "Mul": _mul,
    "MultiThreshold": _multi_threshold,
    "Pad": _pad,
    "ReduceSum": _reduce_sum,
    "Reshape": _reshape,
    "Shape": _shape,
    "Sub": _sub,
    "Transpose": _transpose,
}

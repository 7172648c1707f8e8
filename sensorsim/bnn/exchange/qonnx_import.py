"""QONNX, as brevitas exports it, becomes a bit-level model.

Batch-norm and sign are folded to an integer comparison per channel, in fractions and not in
floating point: where the folded real number is 0, the bit is +1. The scale and shift of the scores
are rounded to fixed point, half to even; they are the only numbers that are rounded.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
from google.protobuf.message import DecodeError
from onnx import TensorProto, numpy_helper
from pydantic import ValidationError

from sensorsim.bnn.exchange.operators import Tensor, apply
from sensorsim.bnn.exchange.record import Record, read_record
from sensorsim.bnn.exchange.traced import MAX_ELEMENTS, Fractions, Traced
from sensorsim.bnn.layers import Dense, Scores, Votes
from sensorsim.bnn.model import Input, Model, Training
from sensorsim.bnn.shapes import Shape
from sensorsim.core.errors import InputError
from sensorsim.readout import Readout

FRACTION_BITS = 24
"""Of scores that a graph gives as floating-point numbers."""
_INTEGERS = (TensorProto.INT32, TensorProto.INT64)
# What numpy and fractions raise on nodes that are not what they should be.
_DAMAGE = (ArithmeticError, LookupError, TypeError, ValueError)


def load_qonnx(
    path: Path,
    readout: Readout | None = None,
    class_names: Sequence[str] | None = None,
    command: str = "import_qonnx",
) -> Model:
    """Read a QONNX file as a model.

    Parameters
    ----------
    path : Path
        ONNX file.
    readout : Readout, optional
        Readout that makes the input bits; that of the graph's record if left out.
    class_names : sequence of str, optional
        Class names in the order of the scores; those of the record if left out.
    command : str
        Command for the model's training record, if the graph has none.

    Returns
    -------
    Model
        Model of the graph.

    Raises
    ------
    InputError
        If the file is missing or no ONNX file, or as `import_qonnx` says; the message names the
        file.
    """
    try:
        proto = onnx.load(path)
    except (OSError, DecodeError, ValueError) as error:
        raise InputError(f"{path}: not an ONNX file that can be read: {error}") from None
    try:
        return import_qonnx(proto, readout, class_names, command)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def import_qonnx(
    proto: onnx.ModelProto,
    readout: Readout | None = None,
    class_names: Sequence[str] | None = None,
    command: str = "import_qonnx",
) -> Model:
    """Convert a graph to a model.

    Parameters
    ----------
    proto : onnx.ModelProto
        Graph with one input and one output, as `sensorsim.bnn.exchange` describes them; scores may
        be floats.
    readout : Readout, optional
        Readout that makes the input bits; that of the graph's record if left out.
    class_names : sequence of str, optional
        Class names in the order of the scores; those of the record if left out.
    command : str
        Command for the model's training record, if the graph has none.

    Returns
    -------
    Model
        Model of the graph.

    Raises
    ------
    InputError
        If readout or class names are neither given nor in the graph's record; naming the node: an
        operator that is not supported, weights that are not bipolar, padding with 0, sums that are
        not integer; or naming the input, if its shape does not fit the readout.
    """
    record = read_record(proto)
    if readout is None and record is not None:
        readout = record.readout
    if readout is None:
        raise InputError("does not say which readout it is for; state one (--readout PIPELINE)")
    if class_names is None and record is not None:
        class_names = record.class_names
    if class_names is None:
        raise InputError("does not name its classes; state their names (--classes A,B,...)")
    view = _view(proto, readout, record)
    start = Shape(view.height, view.width, view.channels, view.planes)
    end = _trace(proto, start)
    last = _end(end, _fraction_bits(proto, record))
    training = record.training if record is not None else _unknown(command)
    return Model(view, readout, tuple(class_names), (*end.layers[:-1], last), training)


def _view(proto: onnx.ModelProto, readout: Readout, record: Record | None) -> Input:
    """Check that the graph's input has the readout's channels, and return it."""
    constants = {i.name for i in proto.graph.initializer}
    read = [i for i in proto.graph.input if i.name not in constants]
    if len(read) != 1 or len(proto.graph.output) != 1:
        raise InputError(
            f"{len(read)} inputs and {len(proto.graph.output)} outputs, expected one of each"
        )
    dims = [d.dim_value for d in read[0].type.tensor_type.shape.dim]
    share = readout.channels(1)
    if len(dims) != 4 or min(dims[1:]) < 1 or prod(dims[1:]) > MAX_ELEMENTS:
        raise InputError(
            f"input {read[0].name!r} of shape {dims}, expected [N, channels, rows, columns] with "
            f"known numbers, at most {MAX_ELEMENTS} elements; 0 stands for a number not known"
        )
    if dims[1] % share:
        raise InputError(
            f"input {read[0].name!r} of {dims[1]} channels does not fit the readout: "
            f"{readout.kind} gives {share} for each color"
        )
    colors = dims[1] // share
    # A graph does not state the color filter; the record does.
    mosaic = record.input.mosaic if record and record.input.colors == colors else None
    try:
        return Input(
            height=dims[2], width=dims[3], colors=colors, planes=readout.planes, channels=dims[1],
            mosaic=mosaic,
        )  # fmt: skip
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(f"input {read[0].name!r}: {first['loc'][0]}: {first['msg']}") from None


def _trace(proto: onnx.ModelProto, start: Shape) -> Traced:
    """Walk the nodes, which ONNX keeps in order of computation."""
    graph = proto.graph
    tensors: dict[str, Tensor | None] = {"": None}
    tensors |= {i.name: _array(i) for i in graph.initializer}
    tensors |= {i.name: Traced.input(start) for i in graph.input if i.name not in tensors}
    opset = next((o.version for o in proto.opset_import if o.domain in ("", "ai.onnx")), 1)
    for node in graph.node:
        try:
            # Outputs after the first (a mask, running means) have no meaning in inference.
            tensors[node.output[0]] = apply(node, [tensors[name] for name in node.input], opset)
        except InputError as error:
            raise InputError(f"node {_name(node)} ({node.op_type}): {error}") from None
        except _DAMAGE as error:
            raise InputError(
                f"node {_name(node)} ({node.op_type}): is damaged, or reads what nothing makes "
                f"({type(error).__name__}: {error})"
            ) from None
    result = tensors.get(graph.output[0].name)
    if not isinstance(result, Traced):
        raise InputError(f"output {graph.output[0].name!r} does not depend on the input")
    return result


def _array(tensor: onnx.TensorProto) -> npt.NDArray[np.generic]:
    try:
        return numpy_helper.to_array(tensor)
    except _DAMAGE as error:
        raise InputError(f"constant {tensor.name!r} is damaged: {error}") from None


def _name(node: onnx.NodeProto) -> str:
    return repr(node.name or next(iter(node.output), ""))


def _fraction_bits(proto: onnx.ModelProto, record: Record | None) -> tuple[int, int]:
    """Fraction bits of the model's scores, and of the numbers that the graph gives."""
    if proto.graph.output[0].type.tensor_type.elem_type not in _INTEGERS:
        return FRACTION_BITS, 0
    bits = record.fraction_bits if record is not None else 0
    return bits, bits


def _end(end: Traced, fraction_bits: tuple[int, int]) -> Scores | Votes:
    """The last layer, with scale and shift in fixed point."""
    bits, given = fraction_bits
    layer = end.layers[-1] if end.layers else None
    if not isinstance(layer, Dense | Votes) or end.index.shape != (end.shape.channels,):
        raise InputError(
            "the graph must end with a dense layer (MatMul or Gemm) or a sum per class, giving "
            "[N, classes]"
        )
    unit = Fraction(2) ** (bits - given)
    # The output may arrange the classes in an order of its own only if it was rearranged.
    if not np.array_equal(end.index, np.arange(end.index.size)):
        raise InputError(
            f"the scores are given in the order of the classes {end.index.tolist()}, expected "
            f"0 to {end.index.size - 1}; arrange the last layer's weights instead"
        )
    scale, bias = _rounded(end.scale * unit), _rounded(end.offset * unit)
    if isinstance(layer, Votes):
        return replace(layer, fraction_bits=bits, scale=scale, bias=bias)
    return Scores(layer.inputs, layer.outputs, bits, layer.weights, scale, bias)


def _rounded(values: Fractions) -> npt.NDArray[np.int64]:
    whole = [round(v) for v in values]
    if max(map(abs, whole)) >= 2**63:
        raise InputError(f"a scale or shift of the scores, {max(whole)}, does not fit int64")
    return np.array(whole, np.int64)


def _unknown(command: str) -> Training:
    return Training(
        dataset="unknown", family="imported", command=command, seed=0, validation_accuracy=None,
        test_accuracy=None,
    )  # fmt: skip

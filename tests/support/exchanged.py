"""Other people's programs run a graph: onnxruntime and qonnx."""

import numpy as np
import onnx
import onnxruntime
from networks import values_of
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.core.onnx_exec import execute_onnx
from qonnx.transformation.fold_constants import FoldConstants
from qonnx.transformation.infer_shapes import InferShapes

from sensorsim.bnn.model import Model


def inputs(model: Model, words: np.ndarray) -> np.ndarray:
    """What a graph of the model reads: float32 NCHW."""
    return values_of(model, words).transpose(0, 3, 1, 2).astype(np.float32)


def run_onnx(graph: onnx.ModelProto, values: np.ndarray) -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options)
    (name,) = (i.name for i in session.get_inputs())
    return session.run(None, {name: values})[0]


def run_qonnx(graph: onnx.ModelProto, values: np.ndarray) -> np.ndarray:
    return context_of(graph, values)[graph.graph.output[0].name]


def context_of(graph: onnx.ModelProto, values: np.ndarray) -> dict[str, np.ndarray]:
    """Every tensor by name."""
    wrapped = ModelWrapper(onnx.ModelProto.FromString(graph.SerializeToString()))
    wrapped = wrapped.transform(FoldConstants()).transform(InferShapes())
    (name,) = (i.name for i in wrapped.graph.input)
    return execute_onnx(wrapped, {name: values}, return_full_exec_context=True)

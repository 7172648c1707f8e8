"""Plain ONNX, opset 13: ``Conv``, ``GreaterOrEqual``, ``Where`` and no custom operator."""

import numpy as np
import numpy.typing as npt
import onnx

from sensorsim.bnn.exchange.graph import Graph, build
from sensorsim.bnn.model import Model
from sensorsim.bnn.shapes import Step


class _Plain:
    """Weights are constants; a threshold compares both ways and selects."""

    def weights(self, graph: Graph, step: Step, values: npt.NDArray[np.float32]) -> str:
        return graph.constant(step, "weights", values)

    def threshold(
        self,
        graph: Graph,
        step: Step,
        levels: npt.NDArray[np.float32],
        rising: npt.NDArray[np.bool_],
        source: str,
    ) -> str:
        level = graph.constant(step, "levels", levels.reshape(1, -1, 1, 1))
        plus = graph.constant(step, "plus", np.float32(1))
        minus = graph.constant(step, "minus", np.float32(-1))
        reached = graph.node(step, "GreaterOrEqual", source, level)
        bits = graph.node(step, "Where", reached, plus, minus)
        if rising.all():
            return bits
        below = graph.node(step, "LessOrEqual", source, level)
        falling = graph.node(step, "Where", below, plus, minus)
        mask = graph.constant(step, "rising", rising.reshape(1, -1, 1, 1))
        return graph.node(step, "Where", mask, bits, falling)


def export_onnx(model: Model) -> onnx.ModelProto:
    """A model as plain ONNX, for any number of images per call; see `sensorsim.bnn.exchange`.

    Raises
    ------
    InputError
        If an accumulator reaches ``2**24``, where float32 is no longer exact.
    """
    graph = build(model, model.layers, _Plain(), "N")
    onnx.checker.check_model(graph, full_check=True)
    return graph

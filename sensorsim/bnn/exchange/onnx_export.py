"""Export to plain ONNX, opset 13: ``Conv``, ``GreaterOrEqual``, ``Where``; no custom operators."""

import numpy as np
import numpy.typing as npt
import onnx

from sensorsim.bnn.exchange.graph import Graph, build
from sensorsim.bnn.model import Model
from sensorsim.bnn.shapes import Step


class _Plain:
    """Write weights as constants, and thresholds as comparisons in both directions."""

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
    """Convert a model to plain ONNX for any batch size; see `sensorsim.bnn.exchange`.

    Parameters
    ----------
    model : Model
        Model to export.

    Returns
    -------
    onnx.ModelProto
        The graph, accepted by the ONNX checker.

    Raises
    ------
    InputError
        If an accumulator reaches ``2**24``, where float32 is no longer exact.
    """
    graph = build(model, model.layers, _Plain(), "N")
    onnx.checker.check_model(graph, full_check=True)
    return graph

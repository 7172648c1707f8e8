"""Export to QONNX: ``BipolarQuant`` weights and a ``MultiThreshold`` per layer, as FINN reads them.

Source: Pappalardo et al., "QONNX: Representing Arbitrary-Precision Quantized Neural Networks",
arXiv:2206.07527; operators of domain ``qonnx.custom_op.general``, version 1.
"""

import numpy as np
import numpy.typing as npt
import onnx
from onnx import helper

from sensorsim.bnn.exchange.graph import INPUT, Graph, build
from sensorsim.bnn.exchange.rising import rising_only
from sensorsim.bnn.model import Model
from sensorsim.bnn.shapes import Step

DOMAIN = "qonnx.custom_op.general"


class _Quantized:
    """Write thresholds with one level per channel and ``>=`` only."""

    def weights(self, graph: Graph, step: Step, values: npt.NDArray[np.float32]) -> str:
        latent = graph.constant(step, "weights", values)
        scale = graph.constant(step, "weights_scale", np.float32(1))
        return graph.node(step, "BipolarQuant", latent, scale, domain=DOMAIN)

    def threshold(
        self,
        graph: Graph,
        step: Step,
        levels: npt.NDArray[np.float32],
        rising: npt.NDArray[np.bool_],
        source: str,
    ) -> str:
        assert rising.all()
        column = graph.constant(step, "levels", levels[:, np.newaxis])
        return graph.node(
            step, "MultiThreshold", source, column, domain=DOMAIN,
            out_scale=2.0, out_bias=-1.0, out_dtype="BIPOLAR",
        )  # fmt: skip


def export_qonnx(model: Model, batch: int = 1) -> onnx.ModelProto:
    """Convert a model to QONNX; see `sensorsim.bnn.exchange`.

    A falling channel is written as a rising one with negated weights and level.

    Parameters
    ----------
    model : Model
        Model to export.
    batch : int
        Images per call; QONNX tools need a fixed number, FINN needs 1.

    Returns
    -------
    onnx.ModelProto
        The graph.

    Raises
    ------
    InputError
        If an accumulator reaches ``2**24``, where float32 is no longer exact.
    """
    proto = build(model, rising_only(model.layers), _Quantized(), batch)
    proto.opset_import.append(helper.make_opsetid(DOMAIN, 1))
    planes = model.input.planes
    kind = "BIPOLAR" if planes == 1 else f"INT{planes + 1}"
    datatype = onnx.StringStringEntryProto(key="finn_datatype", value=kind)
    proto.graph.quantization_annotation.add(
        tensor_name=INPUT, quant_parameter_tensor_names=[datatype]
    )
    return proto

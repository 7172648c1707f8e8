"""Makes the graphs beside it: a small network as brevitas exports it, raw and cleaned by qonnx.

Needs ``pip install brevitas==0.13.4 onnxoptimizer``; run it in this folder. Weights are random, and
batch-norms are those of no training: some scales are negative, one is 0.
"""

import brevitas.nn as qnn
import torch
from brevitas.core.bit_width import BitWidthImplType
from brevitas.core.quant import QuantType
from brevitas.core.restrict_val import RestrictValueType
from brevitas.core.scaling import ScalingImplType
from brevitas.core.zero_point import ZeroZeroPoint
from brevitas.export import export_qonnx
from brevitas.inject import ExtendedInjector
from brevitas.quant.solver import ActQuantSolver, WeightQuantSolver
from qonnx.core.modelwrapper import ModelWrapper
from qonnx.util.cleanup import cleanup_model
from torch import nn


class Binary(ExtendedInjector):
    """What FINN's binary networks state."""

    quant_type = QuantType.BINARY
    bit_width_impl_type = BitWidthImplType.CONST
    scaling_impl_type = ScalingImplType.CONST
    restrict_scaling_type = RestrictValueType.FP
    zero_point_impl = ZeroZeroPoint
    scaling_per_output_channel = False
    bit_width = 1
    narrow_range = True
    signed = True


class Weights(Binary, WeightQuantSolver):
    """Weights +0.25 and -0.25."""

    scaling_const = 0.25


class Activations(Binary, ActQuantSolver):
    """Activations +0.5 and -0.5."""

    scaling_const = 0.5
    min_val = -0.5
    max_val = 0.5


class Pad(nn.Module):
    """A border of -1, in units of the activation."""

    def __init__(self, value: float) -> None:
        super().__init__()
        self.value = value

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pad by one pixel."""
        return nn.functional.pad(x, (1, 1, 1, 1), value=self.value)


def network() -> nn.Sequential:
    """Two convolutions, one of them in groups, and a dense layer."""
    torch.manual_seed(0)
    net = nn.Sequential(
        Pad(-1.0),
        qnn.QuantConv2d(2, 6, 3, bias=False, weight_quant=Weights),
        nn.BatchNorm2d(6),
        qnn.QuantIdentity(act_quant=Activations),
        nn.MaxPool2d(2),
        Pad(-0.5),
        qnn.QuantConv2d(6, 8, 3, stride=2, groups=2, bias=True, weight_quant=Weights),
        nn.BatchNorm2d(8),
        qnn.QuantIdentity(act_quant=Activations),
        nn.Flatten(),
        qnn.QuantLinear(32, 3, bias=False, weight_quant=Weights),
        nn.BatchNorm1d(3),
    )
    for norm in net.modules():
        if isinstance(norm, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.uniform_(norm.weight, -1, 1)
            nn.init.normal_(norm.bias, std=0.3)
            nn.init.normal_(norm.running_mean, std=0.3)
            nn.init.uniform_(norm.running_var, 0.5, 2)
    with torch.no_grad():
        net[2].weight[3] = 0
    return net.eval()


if __name__ == "__main__":
    export_qonnx(network(), torch.ones(1, 2, 8, 8), "brevitas.onnx", opset_version=13, dynamo=False)
    cleanup_model(ModelWrapper("brevitas.onnx")).save("brevitas_clean.onnx")

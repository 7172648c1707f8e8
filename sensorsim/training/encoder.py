"""Volts to the network's input: fixed readouts as they are, and the learned thermometer (GLT).

Every comparison is made by the same kernels as in evaluation; torch only sees the decisions, and
for the learned thermometer a pseudo-gradient towards its thresholds.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from sensorsim.core.bits import spread_fields
from sensorsim.core.errors import InputError
from sensorsim.core.streams import Key
from sensorsim.optics.cfa import Layout, network_planes
from sensorsim.readout import Adc, Comparator, Thermometer, ThermometerCircuit
from sensorsim.readout.thermometer.description import compare_fields

Volts = npt.NDArray[np.float32]
_PLAIN_CIRCUIT = ThermometerCircuit()


class FixedEncoder(nn.Module):
    """An ADC or a thermometer whose levels stay as they are, behind pixels of a layout.

    Parameters
    ----------
    readout : Adc or Thermometer
    full_scale_v : float
        Volts that a level of 1 stands for.
    layout : Layout
        Color filters in front of it.
    """

    def __init__(
        self, readout: Adc | Thermometer, full_scale_v: float, layout: Layout = "scene"
    ) -> None:
        super().__init__()
        self.readout = readout
        self.full_scale_v = full_scale_v
        self.layout: Layout = layout

    def forward(self, volts: Volts, key: Key) -> Tensor:
        """Codes [N, C, H, W], or bits [N, C * M, H, W], as float32, from volts [N, H, W, C].

        Under a Bayer filter C is 4 and H and W are half the volts'.
        """
        codes: npt.NDArray[Any] = self.readout.convert(volts, self.full_scale_v, key)
        codes = network_planes(codes, self.layout)
        if isinstance(self.readout, Thermometer):
            codes = self.readout.bits_of(codes)
        return torch.from_numpy(codes.astype(np.float32)).permute(0, 3, 1, 2)

    def description(self) -> Adc | Thermometer:
        """The readout to put into a pipeline."""
        return self.readout


class LearnedThermometer(nn.Module):
    """Thresholds ``t = cumsum(softmax(a))[:M]``, learned together with the network.

    Parameters
    ----------
    start : [M], parts of full scale
        Thresholds that learning starts from.
    comparator : Comparator
        Noise and offset of the comparisons.
    full_scale_v : float
        Volts that a threshold of 1 stands for.
    circuit : ThermometerCircuit
        What the comparisons are made with. The pseudo-gradient sees thresholds alone.
    layout : Layout
        Color filters in front of it.

    Raises
    ------
    InputError
        If the circuit has a reference DAC: thresholds could not move by less than its step.
    """

    def __init__(
        self,
        start: npt.ArrayLike,
        comparator: Comparator,
        full_scale_v: float,
        circuit: ThermometerCircuit = _PLAIN_CIRCUIT,
        layout: Layout = "scene",
    ) -> None:
        super().__init__()
        if circuit.reference_bits is not None:
            raise InputError(
                f"readout.reference_bits {circuit.reference_bits}: thresholds learn in steps finer "
                "than a reference DAC's; leave it out here, and state it where the model is run"
            )
        self.circuit = circuit
        gaps = np.diff(np.concatenate(([0.0], np.asarray(start, np.float64), [1.0])))
        self.logits = nn.Parameter(torch.log(torch.from_numpy(gaps)))
        self.comparator = comparator
        self.full_scale_v = full_scale_v
        self.layout: Layout = layout

    def thresholds(self) -> Tensor:
        """Ascending thresholds in (0, 1), float64 [M]."""
        return torch.cumsum(torch.softmax(self.logits, 0), 0)[:-1]

    def forward(self, volts: Volts, key: Key) -> Tensor:
        """Bits [N, C * M, H, W] as float32, from volts [N, H, W, C].

        Under a Bayer filter C is 4 and H and W are half the volts'.
        """
        t = self.thresholds()
        levels = t.detach().numpy()
        fields = compare_fields(
            volts, levels, self.full_scale_v, self.comparator, self.circuit, key
        )
        bits = torch.from_numpy(spread_fields(network_planes(fields, self.layout), levels.size))
        seen = network_planes(volts, self.layout)
        relative = torch.from_numpy(seen / np.float32(self.full_scale_v))
        encoded: Tensor = _Compare.apply(t, bits, relative)
        return encoded.permute(0, 3, 1, 2)

    def description(self) -> Thermometer:
        """The learned readout."""
        t = tuple(float(x) for x in self.thresholds().detach())
        return Thermometer(
            thresholds=t, comparator=self.comparator, **self.circuit.circuit_fields()
        )


class _Compare(torch.autograd.Function):
    """Bits of a comparison; pseudo-gradient a triangle around each threshold.

    Its half-width is half the distance between a threshold's neighbors, and at most the threshold
    itself: near black, where thresholds lie close, a wider one would drown them in bright pixels.
    """

    @staticmethod
    def forward(ctx: Any, thresholds: Tensor, bits: Tensor, relative: Tensor) -> Tensor:
        ctx.save_for_backward(thresholds, relative)
        return bits.to(torch.float32)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        thresholds, relative = ctx.saved_tensors
        t = thresholds.to(torch.float32)
        edges = torch.cat((t.new_zeros(1), t, t.new_ones(1)))
        width = torch.minimum((edges[2:] - edges[:-2]) / 2, t)
        triangle = (1 - (relative.unsqueeze(-1) - t).abs() / width).clamp_(min=0) / width
        grad = grads[0].reshape(triangle.shape)
        return -(grad * triangle).flatten(0, -2).sum(0).to(thresholds.dtype), None, None

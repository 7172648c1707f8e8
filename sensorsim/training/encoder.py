"""Encoders from volts to the network's input: fixed readouts, and readouts with learned levels.

The same kernels as in evaluation make all comparisons; torch receives the decisions and, for
learned levels, a pseudo-gradient.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from sensorsim.core.streams import Key
from sensorsim.optics.cfa import Layout, network_planes
from sensorsim.readout import Readout

Volts = npt.NDArray[np.float32]


class FixedEncoder(nn.Module):
    """A readout with fixed levels.

    Parameters
    ----------
    readout : Readout
        The readout.
    full_scale_v : float
        Voltage of level 1, V.
    layout : Layout
        Color filters of the array.
    """

    def __init__(self, readout: Readout, full_scale_v: float, layout: Layout = "scene") -> None:
        super().__init__()
        self.readout = readout
        self.full_scale_v = full_scale_v
        self.layout: Layout = layout

    def forward(self, volts: Volts, key: Key) -> Tensor:
        """Compute the input of the first layer.

        Under a Bayer filter C is 4 and H and W are half the volts'.

        Parameters
        ----------
        volts : float32 [N, H, W, C], V
            Pixel signals.
        key : Key
            Noise addresses of the N frames.

        Returns
        -------
        float32 [N, channels, H, W]
            Bits of one plane, or codes of several.
        """
        codes = self.readout.convert(volts, self.full_scale_v, key)
        values = self.readout.channel_values(network_planes(codes, self.layout))
        return torch.from_numpy(values).permute(0, 3, 1, 2)

    def description(self) -> Readout:
        """Return the readout, for a pipeline.

        Returns
        -------
        Readout
            The readout.
        """
        return self.readout


class LearnedLevels(nn.Module):
    """Levels ``low + (high - low) cumsum(softmax(a))[:M]``, learned together with the network.

    Parameters
    ----------
    readout : Readout
        Readout that training starts from; it gives feature, levels and their ends.
    full_scale_v : float
        Voltage at which its range ends, V.
    layout : Layout
        Color filters of the array.

    Raises
    ------
    ValueError
        If the readout has no levels to learn.
    InputError
        If its circuit does not allow other levels.
    """

    def __init__(self, readout: Readout, full_scale_v: float, layout: Layout = "scene") -> None:
        super().__init__()
        learnable = readout.learnable()
        if learnable is None:
            raise ValueError(f"readout.kind {readout.kind!r}: has no levels to learn")
        self.readout = readout
        self.full_scale_v = full_scale_v
        self.layout: Layout = layout
        self._ends, self._feature = learnable.ends, learnable.feature
        low, high = learnable.ends
        inside = (learnable.levels - low) / (high - low)
        gaps = np.diff(np.concatenate(([0.0], inside, [1.0])))
        self.logits = nn.Parameter(torch.log(torch.from_numpy(gaps)))

    def levels(self) -> Tensor:
        """Compute the current levels.

        Returns
        -------
        float64 [M]
            Levels in the readout's unit, ascending between the two ends.
        """
        low, high = self._ends
        return low + (high - low) * torch.cumsum(torch.softmax(self.logits, 0), 0)[:-1]

    def forward(self, volts: Volts, key: Key) -> Tensor:
        """Compare volts with the current levels.

        Under a Bayer filter C is 4 and H and W are half the volts'.

        Parameters
        ----------
        volts : float32 [N, H, W, C], V
            Pixel signals.
        key : Key
            Noise addresses of the N frames.

        Returns
        -------
        float32 [N, channels, H, W]
            Decisions, 0 and 1; their gradient reaches the levels.
        """
        levels, now = self.levels(), self.description()
        codes = now.convert(volts, self.full_scale_v, key)
        bits = torch.from_numpy(now.channel_values(network_planes(codes, self.layout)))
        feature = self._feature(network_planes(volts, self.layout), self.full_scale_v)
        encoded: Tensor = _Compare.apply(levels, bits, torch.from_numpy(feature), self._ends)
        return encoded.permute(0, 3, 1, 2)

    def description(self) -> Readout:
        """Return the readout with the current levels, for a pipeline.

        Returns
        -------
        Readout
            The readout.
        """
        return self.readout.with_levels(self.levels().detach().numpy())


class _Compare(torch.autograd.Function):
    """Bits of a comparison, with a triangular pseudo-gradient around each level.

    Its half-width is half the distance between a level's neighbors, but at most the distance to the
    low end: for the closely spaced levels near black, bright pixels would dominate a wider one.
    """

    @staticmethod
    def forward(
        ctx: Any, levels: Tensor, bits: Tensor, feature: Tensor, ends: tuple[float, float]
    ) -> Tensor:
        ctx.save_for_backward(levels, feature)
        ctx.ends = ends
        return bits

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        levels, feature = ctx.saved_tensors
        low, high = ctx.ends
        t = levels.to(torch.float32)
        edges = torch.cat((t.new_full((1,), low), t, t.new_full((1,), high)))
        width = torch.minimum((edges[2:] - edges[:-2]) / 2, t - low)
        triangle = (1 - (feature.unsqueeze(-1) - t).abs() / width).clamp_(min=0) / width
        grad = grads[0].reshape(triangle.shape)
        return -(grad * triangle).flatten(0, -2).sum(0).to(levels.dtype), None, None, None

"""Volts to the network's input: readouts as they are, and readouts whose levels learn.

Every comparison is made by the same kernels as in evaluation; torch only sees the decisions, and
for levels that learn a pseudo-gradient towards them.
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
    """A readout whose levels stay as they are, behind pixels of a layout.

    Parameters
    ----------
    readout : Readout
    full_scale_v : float
        Volts that a level of 1 stands for.
    layout : Layout
        Color filters in front of it.
    """

    def __init__(self, readout: Readout, full_scale_v: float, layout: Layout = "scene") -> None:
        super().__init__()
        self.readout = readout
        self.full_scale_v = full_scale_v
        self.layout: Layout = layout

    def forward(self, volts: Volts, key: Key) -> Tensor:
        """What the first layer computes with.

        Under a Bayer filter C is 4 and H and W are half the volts'.

        Parameters
        ----------
        volts : float32 [N, H, W, C], V
        key : Key
            Of N frames.

        Returns
        -------
        float32 [N, channels, H, W]
            Bits of one plane, or codes of several.
        """
        codes = self.readout.convert(volts, self.full_scale_v, key)
        values = self.readout.channel_values(network_planes(codes, self.layout))
        return torch.from_numpy(values).permute(0, 3, 1, 2)

    def description(self) -> Readout:
        """The readout to put into a pipeline.

        Returns
        -------
        Readout
        """
        return self.readout


class LearnedLevels(nn.Module):
    """Levels ``low + (high - low) cumsum(softmax(a))[:M]``, learned together with the network.

    Parameters
    ----------
    readout : Readout
        What learning starts from; it states its feature, its levels and their ends.
    full_scale_v : float
        Volts at which its range ends.
    layout : Layout
        Color filters in front of it.

    Raises
    ------
    ValueError
        If the readout has nothing to learn.
    InputError
        If its circuit does not let levels move.
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
        """Ascending levels between the two ends.

        Returns
        -------
        float64 [M]
            In the unit that the readout states.
        """
        low, high = self._ends
        return low + (high - low) * torch.cumsum(torch.softmax(self.logits, 0), 0)[:-1]

    def forward(self, volts: Volts, key: Key) -> Tensor:
        """Decisions of the comparisons with the levels as they are now.

        Under a Bayer filter C is 4 and H and W are half the volts'.

        Parameters
        ----------
        volts : float32 [N, H, W, C], V
        key : Key
            Of N frames.

        Returns
        -------
        float32 [N, channels, H, W]
            0 and 1.
        """
        levels, now = self.levels(), self.description()
        codes = now.convert(volts, self.full_scale_v, key)
        bits = torch.from_numpy(now.channel_values(network_planes(codes, self.layout)))
        feature = self._feature(network_planes(volts, self.layout), self.full_scale_v)
        encoded: Tensor = _Compare.apply(levels, bits, torch.from_numpy(feature), self._ends)
        return encoded.permute(0, 3, 1, 2)

    def description(self) -> Readout:
        """The readout with the levels as they are now.

        Returns
        -------
        Readout
        """
        return self.readout.with_levels(self.levels().detach().numpy())


class _Compare(torch.autograd.Function):
    """Bits of a comparison; pseudo-gradient a triangle around each level.

    Its half-width is half the distance between a level's neighbors, and at most the distance to
    the low end: near black, where thresholds lie close, a wider one would drown them in bright
    pixels.
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

"""Binary layers for training: a forward quantizer and a backward pseudo-gradient each.

Activations are 0 and 1 here, not -1 and +1. With ``x = 2 b - 1`` a padding of -1 becomes ordinary
zero padding, and a bipolar accumulator is ``2 * conv(b) - sum(w)``: a scale and a shift per channel
that the batch-norm behind absorbs, and that `sensorsim.training.export` puts back exactly.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

MIN_SCALE = 0.01
"""Least batch-norm scale. A positive scale lets max-pool and threshold change places (OR-pool)."""


class _Step(torch.autograd.Function):
    """b = (x >= 0); pseudo-gradient (1 - |x|)+, the triangle of Bi-Real Net halved for 0/1."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return (x >= 0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return grads[0] * (1 - x.abs()).clamp_(min=0)


class _Sign(torch.autograd.Function):
    """w = +1 for latent >= 0, else -1; pseudo-gradient 1 (latents are clipped to [-1, 1])."""

    @staticmethod
    def forward(ctx: Any, latent: Tensor) -> Tensor:
        return torch.where(latent >= 0, 1.0, -1.0).to(latent.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        return grads[0]


class BinaryBlock(nn.Module):
    """Binary convolution, max-pool, batch-norm, step."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, stride: int, groups: int, pool: int
    ) -> None:
        super().__init__()
        self.latent = nn.Parameter(torch.zeros(outputs, inputs // groups, kernel, kernel))
        self.norm = nn.BatchNorm2d(outputs)
        self.stride, self.groups, self.pool, self.padding = stride, groups, pool, kernel // 2

    def forward(self, x: Tensor) -> Tensor:
        """Map bits [N, C, H, W] to bits."""
        weight = _Sign.apply(self.latent)
        y = F.conv2d(x, weight, stride=self.stride, padding=self.padding, groups=self.groups)
        if self.pool > 1:
            y = F.max_pool2d(y, self.pool)
        bits: Tensor = _Step.apply(self.norm(y))
        return bits


class BinaryClassifier(nn.Module):
    """Binary dense layer and a batch-norm on the class scores."""

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.latent = nn.Parameter(torch.zeros(classes, inputs))
        self.norm = nn.BatchNorm1d(classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map bits [N, inputs] to scores [N, classes]."""
        scores: Tensor = self.norm(F.linear(x, _Sign.apply(self.latent)))
        return scores


def constrain(module: nn.Module) -> None:
    """After an optimizer step: latents into [-1, 1], batch-norm scales above `MIN_SCALE`."""
    with torch.no_grad():
        for child in module.modules():
            if isinstance(child, BinaryBlock | BinaryClassifier):
                child.latent.clamp_(-1, 1)
                child.norm.weight.clamp_(min=MIN_SCALE)

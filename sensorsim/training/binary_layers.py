"""Binary layers for training: a forward quantizer and a backward pseudo-gradient each.

Activations are 0 and 1 here, not -1 and +1. With ``x = 2 b - 1``, a padding of -1 becomes zero
padding, and a bipolar accumulator is ``2 * conv(b) - sum(w)``: a scale and a shift per channel that
the following batch-norm absorbs, and that `sensorsim.training.export` restores exactly.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sensorsim.training.architecture import Block

MIN_SCALE = 0.01
"""Least batch-norm scale; with a positive one, max-pool and threshold commute (OR-pool)."""


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
    """Binary convolution, max-pool, batch-norm, step, concatenation, shuffle; see `Block`.

    Parameters
    ----------
    inputs : int
        Input channels.
    block : Block
        Description of the block.
    heavy : bool
        Whether to add a full convolution during training; its accumulators are multiplied by
        ``fade``.
    """

    fade: Tensor

    def __init__(self, inputs: int, block: Block, heavy: bool = False) -> None:
        super().__init__()
        k, outputs, groups = block.kernel, block.channels, block.groups
        self.latent = nn.Parameter(torch.zeros(outputs, inputs // groups, k, k))
        self.mixing = nn.Parameter(torch.zeros(outputs, inputs, 1, 1)) if block.mix else None
        self.heavy = nn.Parameter(torch.zeros(outputs, inputs, k, k)) if heavy else None
        self.register_buffer("fade", torch.tensor(1.0 if heavy else 0.0))
        self.norm = nn.BatchNorm2d(outputs)
        self.description = block

    def accumulate(self, x: Tensor) -> Tensor:
        """Accumulators of bits.

        Parameters
        ----------
        x : float [N, C, H, W]
            Input bits, 0 and 1, or codes of an ADC.

        Returns
        -------
        float [N, outputs, H', W']
            Accumulators, before max-pool and batch-norm.
        """
        d = self.description
        y = F.conv2d(
            x, _Sign.apply(self.latent), stride=d.stride, padding=d.kernel // 2, groups=d.groups
        )
        if self.mixing is not None:
            y = y + F.conv2d(x, _Sign.apply(self.mixing), stride=d.stride)
        if self.heavy is not None:
            heavy = F.conv2d(x, _Sign.apply(self.heavy), stride=d.stride, padding=d.kernel // 2)
            y = y + self.fade.to(y.dtype) * heavy
        return y

    def forward(self, x: Tensor) -> Tensor:
        """Output bits of the block.

        Parameters
        ----------
        x : float [N, C, H, W]
            Input bits, 0 and 1, or codes of an ADC.

        Returns
        -------
        float [N, C', H', W']
            Output bits, 0 and 1.
        """
        d = self.description
        y = self.accumulate(x)
        if d.pool > 1:
            y = F.max_pool2d(y, d.pool)
        bits: Tensor = _Step.apply(self.norm(y))
        if d.concat:
            kept = F.max_pool2d(x, d.shrink) if d.shrink > 1 else x
            bits = torch.cat((kept, bits), 1)
        if d.shuffle:
            bits = F.channel_shuffle(bits, d.groups)
        return bits


class BinaryDense(nn.Module):
    """Binary dense layer, batch-norm, step.

    Parameters
    ----------
    inputs, outputs : int
        Input and output bits.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.latent = nn.Parameter(torch.zeros(outputs, inputs))
        self.norm = nn.BatchNorm1d(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Output bits of the layer.

        Parameters
        ----------
        x : float [N, inputs]
            Input bits, 0 and 1.

        Returns
        -------
        float [N, outputs]
            Output bits, 0 and 1.
        """
        bits: Tensor = _Step.apply(self.norm(F.linear(x, _Sign.apply(self.latent))))
        return bits


class BinaryClassifier(nn.Module):
    """Binary dense layer and a batch-norm on the class scores.

    Parameters
    ----------
    inputs, classes : int
        Input bits and number of classes.
    """

    def __init__(self, inputs: int, classes: int) -> None:
        super().__init__()
        self.latent = nn.Parameter(torch.zeros(classes, inputs))
        self.norm = nn.BatchNorm1d(classes)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores of bits.

        Parameters
        ----------
        x : float [N, inputs]
            Input bits, 0 and 1.

        Returns
        -------
        float [N, classes]
            Class scores.
        """
        scores: Tensor = self.norm(F.linear(x, _Sign.apply(self.latent)))
        return scores


class VoteHead(nn.Module):
    """Number of ones over the image in each class's share of the channels, and a batch-norm.

    Parameters
    ----------
    classes : int
        Number of classes; divides the number of channels.
    """

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(classes)
        self.classes = classes

    def forward(self, x: Tensor) -> Tensor:
        """Class scores of bits.

        Parameters
        ----------
        x : float [N, C, H, W]
            Input bits, 0 and 1; C is a multiple of the number of classes.

        Returns
        -------
        float [N, classes]
            Class scores.
        """
        scores: Tensor = self.norm(x.sum((2, 3)).unflatten(1, (self.classes, -1)).sum(2))
        return scores


def latents(module: nn.Module) -> list[nn.Parameter]:
    """Float weights whose signs are the binary weights, in the order of the layers.

    Parameters
    ----------
    module : nn.Module
        A network or layer.

    Returns
    -------
    list of nn.Parameter
        The float weights.
    """
    return [
        parameter
        for name, parameter in module.named_parameters()
        if name.rsplit(".", 1)[-1] in ("latent", "mixing", "heavy")
    ]


def constrain(module: nn.Module) -> None:
    """Clip latent weights to [-1, 1] and batch-norm scales to at least `MIN_SCALE`, in place.

    Parameters
    ----------
    module : nn.Module
        A network or layer, after an optimizer step.
    """
    with torch.no_grad():
        for latent in latents(module):
            latent.clamp_(-1, 1)
        for child in module.modules():
            if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
                child.weight.clamp_(min=MIN_SCALE)

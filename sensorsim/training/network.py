"""The networks that are trained: a description, and the torch module built from it."""

from typing import Self

import numpy as np
import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from sensorsim import streams
from sensorsim.description import Description
from sensorsim.errors import InputError
from sensorsim.kernels.philox import fill_standard_normal
from sensorsim.training.binary import BinaryBlock, BinaryClassifier

_START_SIGMA = 0.02


class Block(Description):
    """One binary convolution with its pooling."""

    channels: int = Field(gt=0, le=4096, description="Output channels.")
    kernel: int = Field(3, ge=1, le=7, description="Odd side of the square kernel.")
    stride: int = Field(1, ge=1, le=4, description="Step of the convolution.")
    groups: int = Field(1, ge=1, description="Groups of channels.")
    pool: int = Field(1, ge=1, le=4, description="Side of the max-pool behind it; 1 for none.")

    @model_validator(mode="after")
    def _kernel_is_odd(self) -> Self:
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel {self.kernel}: expected an odd number")
        return self


class Architecture(Description):
    """Blocks of binary convolutions, then one binary dense layer."""

    blocks: tuple[Block, ...] = Field(min_length=1)
    classes: int = Field(10, ge=2)


class Network(nn.Module):
    """Bits [N, C, H, W] to class scores [N, classes]."""

    def __init__(self, architecture: Architecture, inputs: int, height: int, width: int) -> None:
        super().__init__()
        blocks = []
        channels = inputs
        for number, b in enumerate(architecture.blocks):
            if channels % b.groups or b.channels % b.groups:
                raise InputError(
                    f"block {number}: {b.groups} groups must divide its {channels} input and "
                    f"{b.channels} output channels"
                )
            blocks.append(BinaryBlock(channels, b.channels, b.kernel, b.stride, b.groups, b.pool))
            channels = b.channels
            height = -(-height // b.stride) // b.pool
            width = -(-width // b.stride) // b.pool
            if min(height, width) < 1:
                raise InputError(
                    f"block {number}: stride {b.stride} and pool {b.pool} leave nothing of the "
                    "image; choose smaller pools"
                )
        self.blocks = nn.ModuleList(blocks)
        self.classifier = BinaryClassifier(height * width * channels, architecture.classes)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of a batch; the dense layer reads its input row by row, channels last."""
        for block in self.blocks:
            x = block(x)
        scores: Tensor = self.classifier(x.permute(0, 2, 3, 1).flatten(1))
        return scores


def initialize(network: Network, seed: int) -> None:
    """Draw the latent weights from the counter-based generator.

    They are normal and small against the clip at 1, so that early steps can still turn signs.
    """
    layers = [m for m in network.modules() if isinstance(m, BinaryBlock | BinaryClassifier)]
    for number, layer in enumerate(layers):
        values = np.empty(layer.latent.numel())
        fill_standard_normal(values, number, seed, streams.WEIGHTS)
        with torch.no_grad():
            latent = torch.from_numpy(_START_SIGMA * values).reshape(layer.latent.shape)
            layer.latent.copy_(latent.clamp(-1, 1))

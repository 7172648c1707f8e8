"""The torch modules of a binary network: from bits to class scores."""

import torch
from torch import Tensor, nn

from sensorsim.core import streams
from sensorsim.core.errors import InputError
from sensorsim.training.architecture import Architecture, extents
from sensorsim.training.binary_layers import (
    BinaryBlock,
    BinaryClassifier,
    BinaryDense,
    VoteHead,
    latents,
)
from sensorsim.training.draws import normals

_START_SIGMA = 0.02


class Network(nn.Module):
    """Map bits [N, C, H, W] to class scores [N, classes].

    Parameters
    ----------
    architecture : Architecture
        Blocks, head and number of classes.
    inputs : int
        Channels of the input.
    height, width : int
        Size of the input, pixels.
    heavy : bool
        Whether grouped blocks have an additional full convolution during training; see
        `sensorsim.training.pruning`.

    Raises
    ------
    InputError
        If a block does not fit its input, or the number of classes does not divide the channels of
        the last block with the head ``votes``.
    """

    def __init__(
        self,
        architecture: Architecture,
        inputs: int,
        height: int,
        width: int,
        heavy: bool = False,
    ) -> None:
        super().__init__()
        sizes = extents(architecture, inputs, height, width)
        self.blocks = nn.ModuleList(
            BinaryBlock(size.channels, block, heavy and block.groups > 1)
            for size, block in zip(sizes, architecture.blocks, strict=False)
        )
        channels, height, width = sizes[-1]
        self.classifier: BinaryClassifier | VoteHead
        if architecture.head == "votes":
            if channels % architecture.classes:
                raise InputError(
                    f"network.head 'votes': the last block has {channels} channels, expected a "
                    f"multiple of the {architecture.classes} classes; change its channels"
                )
            self.hidden = nn.ModuleList()
            self.classifier = VoteHead(architecture.classes)
            return
        widths = (height * width * channels, *architecture.hidden)
        self.hidden = nn.ModuleList(
            BinaryDense(i, o) for i, o in zip(widths, architecture.hidden, strict=False)
        )
        self.classifier = BinaryClassifier(widths[-1], architecture.classes)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores of bits; dense layers read them row by row, channels last.

        Parameters
        ----------
        x : float [N, C, H, W]
            Bits, 0 and 1, or codes of an ADC.

        Returns
        -------
        float [N, classes]
            Class scores.
        """
        for block in self.blocks:
            x = block(x)
        if isinstance(self.classifier, BinaryClassifier):
            x = x.permute(0, 2, 3, 1).flatten(1)
            for layer in self.hidden:
                x = layer(x)
        scores: Tensor = self.classifier(x)
        return scores


def binary_blocks(network: Network) -> list[BinaryBlock]:
    """The blocks of a network, in order.

    Parameters
    ----------
    network : Network
        The network.

    Returns
    -------
    list of BinaryBlock
        The blocks.
    """
    return [block for block in network.blocks if isinstance(block, BinaryBlock)]


def initialize(network: Network, seed: int) -> None:
    """Draw the latent weights from the counter-based generator.

    They are normal with a sigma of 0.02, small against the clip at 1, so that early steps can
    change signs.

    Parameters
    ----------
    network : Network
        The network; changed in place.
    seed : int, 0 to 2**32 - 1
        Seed of the weights.
    """
    with torch.no_grad():
        for number, latent in enumerate(latents(network)):
            values = torch.from_numpy(
                _START_SIGMA * normals(latent.numel(), number, seed, streams.WEIGHTS)
            )
            latent.copy_(values.reshape(latent.shape).clamp(-1, 1))

"""Block pruning: heavy paths support grouped blocks during training, fade, and are removed.

Nguyen and Guicquero (arXiv 2505.13462) name block pruning in their abstract without a procedure;
this is our interpretation. Every grouped block is trained with a full convolution in parallel. The
accumulators of the full convolution are added before the threshold; their weight falls linearly
from one to zero, one block after another, and a block that has reached zero loses its full
convolution. Only the light network remains.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from sensorsim.core.description import Description
from sensorsim.training.architecture import Topology, block_products
from sensorsim.training.network import Network, binary_blocks


class Pruning(Description):
    """When the heavy paths of the blocks fade."""

    start: float = Field(
        0.1, ge=0, lt=1, description="Fraction of the steps before the first fades."
    )
    end: float = Field(
        0.6, gt=0, le=1, description="Fraction of the steps after which none is left."
    )
    order: Literal["first", "last"] = Field(
        "first", description="Which block fades first: the first, at the input, or the last."
    )

    @model_validator(mode="after")
    def _start_is_before_end(self) -> Self:
        if self.start >= self.end:
            raise ValueError(f"start {self.start}: expected less than end, {self.end}")
        return self

    def fades(self, progress: float, blocks: int) -> tuple[float, ...]:
        """Weight of each block's heavy path.

        Parameters
        ----------
        progress : float
            Fraction of the steps done, 0 to 1.
        blocks : int
            Number of blocks with a heavy path.

        Returns
        -------
        tuple of float
            1 before a block fades, 0 once its path is removed; in the order of the blocks.
        """
        span = (self.end - self.start) / max(blocks, 1)
        done = ((progress - self.start) / span - i for i in range(blocks))
        # Rounded, so that a block reaches exactly zero and not 1e-16.
        fades = tuple(round(1 - min(1.0, max(0.0, d)), 9) for d in done)
        return fades if self.order == "first" else fades[::-1]

    def lifetimes(self, blocks: int) -> tuple[float, ...]:
        """Fraction of the steps during which each block's heavy path is computed.

        Parameters
        ----------
        blocks : int
            Number of blocks with a heavy path.

        Returns
        -------
        tuple of float
            0 to 1, in the order of the blocks.
        """
        span = (self.end - self.start) / max(blocks, 1)
        ends = tuple(self.start + span * (i + 1) for i in range(blocks))
        return ends if self.order == "first" else ends[::-1]

    def relative_products(
        self, architecture: Topology, inputs: int, height: int, width: int
    ) -> float:
        """Products of a training with heavy paths, relative to those of the light blocks.

        Parameters
        ----------
        architecture : Topology
            The blocks.
        inputs : int
            Channels of the network's input.
        height, width : int
            Size of the network's input, pixels.

        Returns
        -------
        float
            At least 1. Dense layers, which are small, are not counted.
        """
        products = block_products(architecture, inputs, height, width)
        grouped = [
            p.heavy
            for p, block in zip(products, architecture.blocks, strict=True)
            if block.groups > 1
        ]
        heavy = sum(p * part for p, part in zip(grouped, self.lifetimes(len(grouped)), strict=True))
        return 1 + heavy / sum(p.light for p in products)


def fade_heavy_paths(network: Network, pruning: Pruning, progress: float) -> None:
    """Set the weights of all heavy paths, and remove those at zero.

    Parameters
    ----------
    network : Network
        The network; changed in place.
    pruning : Pruning
        When the paths fade.
    progress : float
        Fraction of the steps done, 0 to 1.
    """
    grouped = [b for b in binary_blocks(network) if b.description.groups > 1]
    for block, fade in zip(grouped, pruning.fades(progress, len(grouped)), strict=True):
        block.fade.fill_(fade)
        if fade == 0:
            block.heavy = None

"""Topology of a binary network: blocks of convolutions, then a head. Does not import torch."""

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from sensorsim.core.description import Description
from sensorsim.core.errors import InputError


class Block(Description):
    """A binary convolution, a threshold on its accumulators, and operations on the bits.

    Order of computation: convolution (with ``mix``, the integer sum of two convolutions), max-pool,
    threshold, concatenation, channel shuffle.
    """

    channels: int = Field(gt=0, le=4096, description="Output channels of the convolution.")
    kernel: int = Field(3, ge=1, le=7, description="Side of the square kernel, odd.")
    stride: int = Field(1, ge=1, le=4, description="Step of the convolution.")
    groups: int = Field(1, ge=1, description="Groups of channels.")
    pool: int = Field(1, ge=1, le=4, description="Side of the max-pool after it; 1 for none.")
    shuffle: bool = Field(
        False,
        description="Shuffle the output channels between the groups, so that each group of the "
        "next block reads from all of them.",
    )
    mix: bool = Field(
        False,
        description="Add a full 1x1 convolution to the integers of the grouped one, before the "
        "threshold.",
    )
    concat: bool = Field(
        False,
        description="Concatenate the block's input bits, max-pooled where the block shrinks the "
        "image, and its output bits: a binary shortcut.",
    )

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.kernel % 2 == 0:
            raise ValueError(f"kernel {self.kernel}: expected an odd number")
        if self.mix and self.groups == 1:
            raise ValueError("mix: a convolution of one group mixes all channels; leave it out")
        if self.shuffle and self.groups == 1:
            raise ValueError("shuffle: a single group has nothing to shuffle; leave it out")
        return self

    @property
    def shrink(self) -> int:
        """Factor by which the block reduces the image's height and width.

        Returns
        -------
        int
            Stride times pool.
        """
        return self.stride * self.pool


Outputs = Annotated[int, Field(ge=1, le=65536)]
"""Outputs of a dense layer."""


class Topology(Description):
    """Blocks of binary convolutions, then a head that computes class scores."""

    blocks: tuple[Block, ...] = Field(min_length=1)
    hidden: tuple[Outputs, ...] = Field(
        (), max_length=4, description="Outputs of binary dense layers before the class scores."
    )
    head: Literal["dense", "votes"] = Field(
        "dense",
        description="dense: a binary dense layer computes the scores. votes: a class scores the "
        "number of ones over the image in its equal share of the last channels.",
    )

    @model_validator(mode="after")
    def _head_fits(self) -> Self:
        if self.head == "votes" and self.hidden:
            raise ValueError("hidden: votes count the bits of the last block; leave it out")
        return self


class Architecture(Topology):
    """A topology with a number of classes."""

    classes: int = Field(10, ge=2)


class Extent(NamedTuple):
    """Size of the bits between two blocks.

    Attributes
    ----------
    channels, height, width : int
        Channels, rows and columns.
    """

    channels: int
    height: int
    width: int


def extents(architecture: Topology, inputs: int, height: int, width: int) -> list[Extent]:
    """Input size of every block, and output size of the last one.

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
    list of Extent
        One more than there are blocks.

    Raises
    ------
    InputError
        If a block does not fit its input; the message names the block.
    """
    found = [Extent(inputs, height, width)]
    for number, block in enumerate(architecture.blocks):
        found.append(_after(number, block, found[-1]))
    return found


def _after(number: int, block: Block, before: Extent) -> Extent:
    channels, height, width = before
    if channels % block.groups or block.channels % block.groups:
        raise InputError(
            f"network.blocks.{number}: {block.groups} groups must divide its {channels} input and "
            f"{block.channels} output channels"
        )
    rows, columns = (-(-side // block.stride) // block.pool for side in (height, width))
    if min(rows, columns) < 1:
        raise InputError(
            f"network.blocks.{number}: stride {block.stride} and pool {block.pool} leave nothing "
            f"of an image of {height} x {width}; choose smaller ones"
        )
    if not block.concat:
        return Extent(block.channels, rows, columns)
    total = channels + block.channels
    if block.shuffle and total % block.groups:
        raise InputError(
            f"network.blocks.{number}: shuffle: {block.groups} groups must divide the {total} "
            "channels of input and output together"
        )
    if (rows, columns) != (height // block.shrink, width // block.shrink):
        raise InputError(
            f"network.blocks.{number}: concat pools {height} x {width} pixels to "
            f"{height // block.shrink} x {width // block.shrink}, the convolution gives {rows} x "
            f"{columns}; choose a stride that divides the image"
        )
    return Extent(total, rows, columns)


class BlockProducts(NamedTuple):
    """Binary products of a block per image.

    Attributes
    ----------
    light : int
        Products of the block itself.
    heavy : int
        Products of a full convolution in its place.
    """

    light: int
    heavy: int


def block_products(
    architecture: Topology, inputs: int, height: int, width: int
) -> list[BlockProducts]:
    """Binary products of every block per image.

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
    list of BlockProducts
        One per block.

    Raises
    ------
    InputError
        If a block does not fit its input.
    """
    found = []
    before = extents(architecture, inputs, height, width)
    for block, (channels, rows, columns) in zip(architecture.blocks, before, strict=False):
        outputs = -(-rows // block.stride) * -(-columns // block.stride) * block.channels
        full = outputs * channels * block.kernel**2
        mixing = outputs * channels if block.mix else 0
        found.append(BlockProducts(full // block.groups + mixing, full))
    return found

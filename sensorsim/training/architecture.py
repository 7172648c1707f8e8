"""What a binary network is made of: blocks of convolutions, then a head. Free of torch."""

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from sensorsim.core.description import Description
from sensorsim.core.errors import InputError


class Block(Description):
    """A binary convolution, a threshold on its integers, and what becomes of the bits.

    In the order of computation: convolution (with ``mix`` the integer sum of two convolutions),
    max-pool, threshold, concatenation, channel shuffle.
    """

    channels: int = Field(gt=0, le=4096, description="Output channels of the convolution.")
    kernel: int = Field(3, ge=1, le=7, description="Odd side of the square kernel.")
    stride: int = Field(1, ge=1, le=4, description="Step of the convolution.")
    groups: int = Field(1, ge=1, description="Groups of channels.")
    pool: int = Field(1, ge=1, le=4, description="Side of the max-pool behind it; 1 for none.")
    shuffle: bool = Field(
        False,
        description="Shuffle the block's output as channels of so many groups, so that the groups "
        "of the next block read from all of them.",
    )
    mix: bool = Field(
        False,
        description="Add a full 1x1 convolution to the integers of the grouped one, before the "
        "threshold.",
    )
    concat: bool = Field(
        False,
        description="Put the block's input bits, max-pooled where the block shrinks the image, in "
        "front of its output bits: a shortcut that stays binary.",
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
        """Factor by which the image shrinks."""
        return self.stride * self.pool


Outputs = Annotated[int, Field(ge=1, le=65536)]
"""Outputs of a dense layer."""


class Topology(Description):
    """Blocks of binary convolutions, then a head that ends in class scores."""

    blocks: tuple[Block, ...] = Field(min_length=1)
    hidden: tuple[Outputs, ...] = Field(
        (), max_length=4, description="Outputs of binary dense layers before the class scores."
    )
    head: Literal["dense", "votes"] = Field(
        "dense",
        description="dense: a binary dense layer scores the classes. votes: every class owns an "
        "equal share of the last channels and counts their ones over the image.",
    )

    @model_validator(mode="after")
    def _head_fits(self) -> Self:
        if self.head == "votes" and self.hidden:
            raise ValueError("hidden: votes count the bits of the last block; leave it out")
        return self


class Architecture(Topology):
    """A topology for a number of classes."""

    classes: int = Field(10, ge=2)


class Extent(NamedTuple):
    """Channels, rows and columns of the bits between two blocks."""

    channels: int
    height: int
    width: int


def extents(architecture: Topology, inputs: int, height: int, width: int) -> list[Extent]:
    """What goes into every block, and what leaves the last one.

    Parameters
    ----------
    architecture : Topology
    inputs : int
        Channels of the network's input.
    height, width : int
        Pixels of the network's input.

    Returns
    -------
    list of Extent
        One more than there are blocks.

    Raises
    ------
    InputError
        Naming the block that does not fit.
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
    """Binary products of a block for one image.

    Attributes
    ----------
    light : int
        Of the block itself.
    heavy : int
        Of a full convolution in its place.
    """

    light: int
    heavy: int


def block_products(
    architecture: Topology, inputs: int, height: int, width: int
) -> list[BlockProducts]:
    """Products of every block, which its size and the time that it trains follow.

    Parameters
    ----------
    architecture : Topology
    inputs : int
        Channels of the network's input.
    height, width : int
        Pixels of the network's input.

    Returns
    -------
    list of BlockProducts

    Raises
    ------
    InputError
        Like `extents`.
    """
    found = []
    before = extents(architecture, inputs, height, width)
    for block, (channels, rows, columns) in zip(architecture.blocks, before, strict=False):
        outputs = -(-rows // block.stride) * -(-columns // block.stride) * block.channels
        full = outputs * channels * block.kernel**2
        mixing = outputs * channels if block.mix else 0
        found.append(BlockProducts(full // block.groups + mixing, full))
    return found

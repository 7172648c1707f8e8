"""Layers of a binary network. Every accumulator is an integer; every activation is one bit.

Weights are packed like `sensorsim.core.bits` packs channels, in the order (ky, kx, channel) for a
convolution and (row, column, channel) for a dense layer, so that one output's weights form one
run of bits.

Convolution, dense and sum give integers, which a threshold turns into bits again; pool, shuffle
and concatenation give bits of bits; scores or votes end a network.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from sensorsim.core.bits import WordArray


@dataclass(frozen=True)
class Convolution:
    """Binary convolution: bits to integer accumulators; padding is -1.

    Attributes
    ----------
    weights : uint64 [outputs, words]
        Packed receptive fields of ``kernel**2 * inputs / groups`` bits.
    """

    kind: ClassVar[str] = "convolution"
    inputs: int
    outputs: int
    kernel: int
    stride: int
    padding: int
    groups: int
    weights: WordArray

    @property
    def fan_in(self) -> int:
        """Products per accumulator and plane."""
        return self.kernel**2 * (self.inputs // self.groups)

    @property
    def weight_bits(self) -> int:
        """Number of binary weights."""
        return self.outputs * self.fan_in

    def output_side(self, side: int) -> int:
        """Side of the output for a side of the input."""
        return (side + 2 * self.padding - self.kernel) // self.stride + 1


@dataclass(frozen=True)
class Dense:
    """Every output reads every bit: bits [H, W, C] to integer accumulators [1, 1, outputs].

    Attributes
    ----------
    weights : uint64 [outputs, words]
    """

    kind: ClassVar[str] = "dense"
    inputs: int
    outputs: int
    weights: WordArray

    @property
    def fan_in(self) -> int:
        """Products per accumulator."""
        return self.inputs

    @property
    def weight_bits(self) -> int:
        """Number of binary weights."""
        return self.outputs * self.inputs


@dataclass(frozen=True)
class Sum:
    """Integer sum of branches that read the same bits, before a threshold.

    Attributes
    ----------
    branches : two chains of layers, each ending with a convolution
        The accumulators of both must have one shape.
    """

    kind: ClassVar[str] = "sum"
    branches: tuple[tuple["Layer", ...], ...]


@dataclass(frozen=True)
class Concat:
    """Concatenation of the channels of branches that read the same bits.

    An empty branch is its input: a shortcut that stays binary. The channels of branch 0 come first,
    then those of branch 1, and so on.

    Source: Huang et al., "Densely Connected Convolutional Networks", CVPR 2017; on bits, Bethge et
    al., "BinaryDenseNet", ICCV workshops 2019.

    Attributes
    ----------
    branches : two or more chains of layers, each empty or ending with bits
        Ends with bits: a threshold, pool, shuffle or concatenation. All must have one height and
        width.
    """

    kind: ClassVar[str] = "concat"
    branches: tuple[tuple["Layer", ...], ...]


@dataclass(frozen=True)
class Threshold:
    """Batch-norm and sign, folded to an integer comparison per channel.

    Attributes
    ----------
    levels : int64 [channels]
    rising : bool [channels]
        True: bit = (accumulator >= level). False: bit = (accumulator <= level). A constant channel
        has a level out of the accumulator's reach.
    """

    kind: ClassVar[str] = "threshold"
    levels: npt.NDArray[np.int64]
    rising: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MaxPool:
    """Maximum over ``size`` x ``size`` windows of bits, which is OR."""

    kind: ClassVar[str] = "max-pool"
    size: int


@dataclass(frozen=True)
class Shuffle:
    """Channel shuffle: channel ``i`` of group ``g`` becomes channel ``i * groups + g``.

    Source: Zhang et al., "ShuffleNet", CVPR 2018.
    """

    kind: ClassVar[str] = "shuffle"
    groups: int


@dataclass(frozen=True)
class Scores:
    """Binary dense layer and a fixed-point scale and bias per class.

    ``score = scale * accumulator + bias``, in units of ``2**-fraction_bits``. The decision is the
    class of the largest score, the first one if several tie.

    Attributes
    ----------
    weights : uint64 [classes, words]
    scale, bias : int64 [classes]
    """

    kind: ClassVar[str] = "scores"
    inputs: int
    classes: int
    fraction_bits: int
    weights: WordArray
    scale: npt.NDArray[np.int64]
    bias: npt.NDArray[np.int64]

    @property
    def fan_in(self) -> int:
        """Products per accumulator."""
        return self.inputs

    @property
    def weight_bits(self) -> int:
        """Number of binary weights."""
        return self.classes * self.inputs


@dataclass(frozen=True)
class Votes:
    """Global popcount: every class owns as many channels, and their bits everywhere vote for it.

    The accumulator of class k sums the bipolar bits of channels ``k * share`` to
    ``(k + 1) * share - 1`` over all pixels; then as in `Scores`.

    Attributes
    ----------
    scale, bias : int64 [classes]
    """

    kind: ClassVar[str] = "votes"
    classes: int
    fraction_bits: int
    scale: npt.NDArray[np.int64]
    bias: npt.NDArray[np.int64]


Weighted = Convolution | Dense | Scores
"""Layers that have weights."""
Branching = Sum | Concat
"""Layers that are made of branches."""
Layer = Convolution | Dense | Sum | Threshold | MaxPool | Shuffle | Concat | Scores | Votes

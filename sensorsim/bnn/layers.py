"""Layers of a binary network. Accumulators are integers; activations are single bits.

Weights are packed like channels in `sensorsim.core.bits`, in the order (ky, kx, channel) for a
convolution and (row, column, channel) for a dense layer, so that the weights of one output are one
sequence of bits.

Convolution, dense layer and sum give integers, which a threshold turns into bits again; pool,
shuffle and concatenation read and give bits; scores or votes end a network.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from sensorsim.core.bits import WordArray


@dataclass(frozen=True)
class Convolution:
    """Binary convolution from bits to integer accumulators; padding is -1.

    Attributes
    ----------
    inputs : int
        Input channels.
    outputs : int
        Output channels.
    kernel : int
        Height and width of the kernel, pixels.
    stride : int
        Distance between neighboring windows, pixels.
    padding : int
        Padding on each side of the image, pixels.
    groups : int
        Groups of channels; divides inputs and outputs.
    weights : uint64 [outputs, words]
        Packed weights, ``kernel**2 * inputs / groups`` bits per output.
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
        """Products per accumulator and bit plane.

        Returns
        -------
        int
            ``kernel**2 * inputs / groups``.
        """
        return self.kernel**2 * (self.inputs // self.groups)

    @property
    def weight_bits(self) -> int:
        """Number of binary weights.

        Returns
        -------
        int
            Weights of all outputs, bit.
        """
        return self.outputs * self.fan_in

    def output_side(self, side: int) -> int:
        """Compute a side length of the output.

        Parameters
        ----------
        side : int
            Height or width of the input, pixels.

        Returns
        -------
        int
            Height or width of the output, pixels.
        """
        return (side + 2 * self.padding - self.kernel) // self.stride + 1


@dataclass(frozen=True)
class Dense:
    """Dense layer: every output reads every bit [H, W, C]; gives accumulators [1, 1, outputs].

    Attributes
    ----------
    inputs : int
        Input bits, H * W * C.
    outputs : int
        Output channels.
    weights : uint64 [outputs, words]
        Packed weights, ``inputs`` bits per output.
    """

    kind: ClassVar[str] = "dense"
    inputs: int
    outputs: int
    weights: WordArray

    @property
    def fan_in(self) -> int:
        """Products per accumulator.

        Returns
        -------
        int
            Equal to ``inputs``.
        """
        return self.inputs

    @property
    def weight_bits(self) -> int:
        """Number of binary weights.

        Returns
        -------
        int
            Weights of all outputs, bit.
        """
        return self.outputs * self.inputs


@dataclass(frozen=True)
class Sum:
    """Integer sum of the accumulators of branches that read the same bits, before a threshold.

    Attributes
    ----------
    branches : tuple of two chains of layers
        Each chain ends with integers; the accumulators of both have the same shape.
    """

    kind: ClassVar[str] = "sum"
    branches: tuple[tuple["Layer", ...], ...]


@dataclass(frozen=True)
class Concat:
    """Concatenation of the channels of branches that read the same bits.

    An empty branch passes its input on, as a binary shortcut. The channels of branch 0 come first,
    then those of branch 1, and so on.

    Source: Huang et al., "Densely Connected Convolutional Networks", CVPR 2017; on bits, Bethge et
    al., "BinaryDenseNet", ICCV workshops 2019.

    Attributes
    ----------
    branches : tuple of two or more chains of layers
        Each chain is empty or ends with bits (threshold, pool, shuffle or concatenation); all give
        the same height and width.
    """

    kind: ClassVar[str] = "concat"
    branches: tuple[tuple["Layer", ...], ...]


@dataclass(frozen=True)
class Threshold:
    """Batch-norm and sign, folded to an integer comparison per channel.

    Attributes
    ----------
    levels : int64 [channels]
        Threshold of the accumulator. A constant channel has a level out of its reach.
    rising : bool [channels]
        True: bit = (accumulator >= level). False: bit = (accumulator <= level).
    """

    kind: ClassVar[str] = "threshold"
    levels: npt.NDArray[np.int64]
    rising: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MaxPool:
    """Maximum over ``size`` x ``size`` windows of bits, which is their OR.

    Attributes
    ----------
    size : int
        Side and stride of the window, pixels; rows and columns left over are dropped.
    """

    kind: ClassVar[str] = "max-pool"
    size: int


@dataclass(frozen=True)
class Shuffle:
    """Channel shuffle: channel ``i`` of group ``g`` becomes channel ``i * groups + g``.

    Source: Zhang et al., "ShuffleNet", CVPR 2018.

    Attributes
    ----------
    groups : int
        Number of groups; divides the number of channels.
    """

    kind: ClassVar[str] = "shuffle"
    groups: int


@dataclass(frozen=True)
class Scores:
    """Binary dense layer with a fixed-point scale and bias per class.

    ``score = scale * accumulator + bias``, in units of ``2**-fraction_bits``. The decision is the
    class with the largest score; the first one if several tie.

    Attributes
    ----------
    inputs : int
        Input bits, H * W * C.
    classes : int
        Number of classes.
    fraction_bits : int
        Fraction bits of the scores, 0 to 62.
    weights : uint64 [classes, words]
        Packed weights, ``inputs`` bits per class.
    scale : int64 [classes]
        Factor of the accumulator, in units of ``2**-fraction_bits``.
    bias : int64 [classes]
        Offset of the score, in units of ``2**-fraction_bits``.
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
        """Products per accumulator.

        Returns
        -------
        int
            Equal to ``inputs``.
        """
        return self.inputs

    @property
    def weight_bits(self) -> int:
        """Number of binary weights.

        Returns
        -------
        int
            Weights of all classes, bit.
        """
        return self.classes * self.inputs


@dataclass(frozen=True)
class Votes:
    """Global popcount: the bits of a class's own channels are its votes, over all pixels.

    The accumulator of class k sums the bipolar bits of channels ``k * share`` to
    ``(k + 1) * share - 1`` over all pixels; scale and bias follow as in `Scores`.

    Attributes
    ----------
    classes : int
        Number of classes; divides the number of channels.
    fraction_bits : int
        Fraction bits of the scores, 0 to 62.
    scale : int64 [classes]
        Factor of the accumulator, in units of ``2**-fraction_bits``.
    bias : int64 [classes]
        Offset of the score, in units of ``2**-fraction_bits``.
    """

    kind: ClassVar[str] = "votes"
    classes: int
    fraction_bits: int
    scale: npt.NDArray[np.int64]
    bias: npt.NDArray[np.int64]


Weighted = Convolution | Dense | Scores
"""Layers that have weights."""
Branching = Sum | Concat
"""Layers that consist of branches."""
Layer = Convolution | Dense | Sum | Threshold | MaxPool | Shuffle | Concat | Scores | Votes

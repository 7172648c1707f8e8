"""Tables in the block layout of the kernels: weights and limits by output, bit shuffles."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.fields import IntArray
from sensorsim.core.bits import WordArray, words_for


def blocks_of(
    values: npt.NDArray[Any], groups: int, outputs: int, spare: int = 0
) -> npt.NDArray[Any]:
    """Arrange rows of outputs in blocks; spare outputs fill the last block of every group.

    Parameters
    ----------
    values : any type [groups * share, columns]
        One row per output.
    groups : int
        Number of groups.
    outputs : int
        Outputs per block.
    spare : int
        Value of spare outputs.

    Returns
    -------
    the same type [groups, blocks, columns, outputs]
        The values, column by column within a block.
    """
    grouped = values.reshape(groups, -1, values.shape[1])
    missing = -grouped.shape[1] % outputs
    full = np.pad(grouped, ((0, 0), (0, missing), (0, 0)), constant_values=spare)
    return full.reshape(groups, -1, outputs, values.shape[1]).swapaxes(2, 3)


def first_outputs(outputs: int, groups: int, size: int) -> IntArray:
    """Find the first output of every block.

    Parameters
    ----------
    outputs : int
        Outputs of all groups.
    groups : int
        Number of groups; must divide ``outputs``.
    size : int
        Outputs per block.

    Returns
    -------
    int64 [groups * blocks]
        Index of the first output of each block.

    Examples
    --------
    >>> first_outputs(24, 2, 8).tolist()
    [0, 8, 12, 20]
    """
    share = outputs // groups
    return (share * np.arange(groups)[:, np.newaxis] + np.arange(0, share, size)).reshape(-1)


def shuffle_table(channels: int, groups: int) -> WordArray:
    """Tabulate the output words for every value of every four input channels of a shuffle.

    Parameters
    ----------
    channels : int
        Channels of a pixel.
    groups : int
        Groups of `sensorsim.bnn.layers.Shuffle`; must divide ``channels``.

    Returns
    -------
    uint64 [words, fours, 16]
        Contribution of each value of each four channels to each output word; OR over the fours.
    """
    words = words_for(channels)
    table = np.zeros((words, words * 16, 16), np.uint64)
    values = np.arange(16)
    for channel in range(channels):
        group, member = divmod(channel, channels // groups)
        word, bit = divmod(member * groups + group, 64)
        quad, place = divmod(channel, 4)
        table[word, quad, (values >> place) & 1 == 1] |= np.uint64(1 << bit)
    return table

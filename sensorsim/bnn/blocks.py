"""Tables that kernels read in blocks: weights and limits of several outputs, shuffles of bits."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.fields import IntArray
from sensorsim.core.bits import WordArray, words_for


def blocks_of(
    values: npt.NDArray[Any], groups: int, outputs: int, spare: int = 0
) -> npt.NDArray[Any]:
    """Rows of outputs in blocks of so many; spare outputs fill the last block of every group.

    Parameters
    ----------
    values : any type [groups * share, columns]
        A row for each output.
    groups : int
    outputs : int
        Outputs of a block.
    spare : int
        What spare outputs hold.

    Returns
    -------
    the same type [groups, blocks, columns, outputs]
    """
    grouped = values.reshape(groups, -1, values.shape[1])
    missing = -grouped.shape[1] % outputs
    full = np.pad(grouped, ((0, 0), (0, missing), (0, 0)), constant_values=spare)
    return full.reshape(groups, -1, outputs, values.shape[1]).swapaxes(2, 3)


def first_outputs(outputs: int, groups: int, size: int) -> IntArray:
    """First output of every block.

    Parameters
    ----------
    outputs : int
        Of all groups.
    groups : int
    size : int
        Outputs of a block.

    Returns
    -------
    int64 [groups * blocks]
    """
    share = outputs // groups
    return (share * np.arange(groups)[:, np.newaxis] + np.arange(0, share, size)).reshape(-1)


def shuffle_table(channels: int, groups: int) -> WordArray:
    """What every value of every four channels becomes in each word of a shuffled pixel.

    Parameters
    ----------
    channels, groups : int
        See `sensorsim.bnn.layers.Shuffle`.

    Returns
    -------
    uint64 [words, fours, 16]
        To be ORed over the fours.
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

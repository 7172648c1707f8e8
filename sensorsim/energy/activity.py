"""How much the input bits of a network move: counted, not guessed."""

import numpy as np

from sensorsim.bits import WordArray


def toggle_rate(words: WordArray, channels: int) -> float:
    """Transitions per bit when the samples of an image pass one after another in raster order.

    Every bit of a sample follows the same bit of the sample before it, as on the lines from a
    column-serial readout to the network.

    Parameters
    ----------
    words : uint64 [N, planes, H, W, ceil(channels / 64)]
    channels : int
        Bits of a sample and plane that are used.

    Returns
    -------
    float, 0 to 1
    """
    n, planes, height, width, size = words.shape
    raster = words.reshape(n, planes, height * width, size)
    moved = int(np.bitwise_count(raster[:, :, 1:] ^ raster[:, :, :-1]).sum())
    steps = n * planes * max(1, height * width - 1) * channels
    return moved / steps

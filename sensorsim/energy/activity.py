"""How much the bits of a network move: counted, not guessed."""

import numpy as np

from sensorsim.bits import WordArray
from sensorsim.bnn.activity import measure
from sensorsim.bnn.model import Model
from sensorsim.energy.logic import Activity


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


def activity_of_input(model: Model, words: WordArray) -> Activity:
    """Transitions of the input bits, taken for every XNOR of the network.

    A lower bound for a circuit that holds a weight still while activations pass.
    """
    products = model.binary_operations // 2
    rate = toggle_rate(words, model.input.channels)
    return Activity(products, rate * products, "activity of the input bits")


def activity_of_matches(model: Model, words: WordArray) -> Activity:
    """Transitions of XNORs that each make one product after another.

    A layer whose XNORs give 1 in a part p of its products, which is counted, moves an output with
    the probability 2 p (1 - p), two products that follow each other being independent: the circuit
    that reuses nothing.

    Parameters
    ----------
    words : uint64 [N, planes, H, W, ceil(channels / 64)]
    """
    counted = measure(model, words)
    products, match = counted["products"], counted["match_fraction"].fillna(0)
    toggles = float((products * 2 * match * (1 - match)).sum())
    return Activity(model.binary_operations // 2, toggles, "matches counted in every layer")

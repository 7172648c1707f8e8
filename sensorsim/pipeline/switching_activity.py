"""How much the bits of a network move: counted, not guessed."""

import numpy as np

from sensorsim.bnn import layerwise
from sensorsim.bnn.activity import measure
from sensorsim.bnn.model import Model
from sensorsim.bnn.shapes import products
from sensorsim.circuits.logic import Activity
from sensorsim.core.bits import WordArray


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


def activity_of_layers(model: Model, words: WordArray) -> Activity:
    """Transitions of the bits that each layer reads, for the XNORs of that layer.

    A circuit that holds a weight still while the positions of a map pass in raster order: an XNOR
    moves when its bit does. Bits of a map of one position follow those of the image before.
    """
    toggles, total = 0.0, 0
    for seen in layerwise.observe(model, words):
        count = products(seen.step)
        if not count:
            continue
        assert seen.inputs is not None
        bits = seen.inputs
        if bits.shape[2] * bits.shape[3] == 1:
            bits = np.moveaxis(bits, 0, 2)[np.newaxis, :, :, :, 0]
        toggles += count * toggle_rate(bits, seen.step.before.channels)
        total += count
    return Activity(total, toggles, "input bits of every layer, counted")


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
    made, match = counted["products"], counted["match_fraction"].fillna(0)
    toggles = float((made * 2 * match * (1 - match)).sum())
    return Activity(model.binary_operations // 2, toggles, "matches counted in every layer")

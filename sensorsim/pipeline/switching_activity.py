"""Switching activity of a network, counted on the bits of test images."""

import numpy as np

from sensorsim.bnn import layerwise
from sensorsim.bnn.activity import measure
from sensorsim.bnn.model import Model
from sensorsim.bnn.shapes import products
from sensorsim.circuits.logic import Activity
from sensorsim.core.bits import WordArray


def toggle_rate(words: WordArray, channels: int) -> float:
    """Transitions per bit when the samples of an image follow one another in raster order.

    Each bit is compared with the same bit of the sample before, as on the lines from a
    column-serial readout to the network.

    Parameters
    ----------
    words : uint64 [N, planes, H, W, ceil(channels / 64)]
        Packed bits.
    channels : int
        Bits in use per sample and plane.

    Returns
    -------
    float
        Transitions per bit, 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> toggle_rate(np.array([0, 1, 0], np.uint64).reshape(1, 1, 1, 3, 1), 1)
    1.0
    """
    n, planes, height, width, size = words.shape
    raster = words.reshape(n, planes, height * width, size)
    moved = int(np.bitwise_count(raster[:, :, 1:] ^ raster[:, :, :-1]).sum())
    steps = n * planes * max(1, height * width - 1) * channels
    return moved / steps


def activity_of_layers(model: Model, words: WordArray) -> Activity:
    """Activity of XNORs whose weight stays constant: transitions of the bits that each layer reads.

    The positions of a map follow one another in raster order, and an XNOR toggles when its input
    bit does. In a map of one position, a bit follows that of the image before.

    Parameters
    ----------
    model : Model
        The network.
    words : uint64 [N, planes, H, W, ceil(channels / 64)]
        Packed bits of N images.

    Returns
    -------
    Activity
        Products of one decision, and their transitions.
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
    """Activity of XNORs that compute one product after another, without reuse of a bit.

    If the XNORs of a layer give 1 in a counted fraction p of its products, an output toggles with
    the probability 2 p (1 - p), since consecutive products are taken as independent.

    Parameters
    ----------
    model : Model
        The network.
    words : uint64 [N, planes, H, W, ceil(channels / 64)]
        Packed bits of N images.

    Returns
    -------
    Activity
        Products of one decision, and their transitions.
    """
    counted = measure(model, words)
    made, match = counted["products"], counted["match_fraction"].fillna(0)
    toggles = float((made * 2 * match * (1 - match)).sum())
    return Activity(model.binary_operations // 2, toggles, "matches counted in every layer")

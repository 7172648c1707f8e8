"""Size of a model in bits: all trained parameters; derived numbers do not count.

Shapes, kernel sizes and the other whole numbers of a header are the structure of a network and do
not count. docs/model_file.md states the same rules.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.layers import Scores, Threshold, Votes, Weighted
from sensorsim.bnn.shapes import Step
from sensorsim.readout import Readout


class Stored(NamedTuple):
    """Bits that are stored, by what they are.

    Attributes
    ----------
    weight_bits : int
        One for each binary weight.
    level_bits : int
        Levels of the thresholds, each at `level_bits` of its accumulator.
    direction_bits : int
        One for each channel of a threshold: whether it rises.
    scale_bits, bias_bits : int
        Of the class scores, each array at its `signed_bits`.
    readout_bits : int
        Of the readout: its `stored_bits`.
    """

    weight_bits: int = 0
    level_bits: int = 0
    direction_bits: int = 0
    scale_bits: int = 0
    bias_bits: int = 0
    readout_bits: int = 0

    @property
    def total(self) -> int:
        """Stored bits of all kinds.

        Returns
        -------
        int
            Sum of the fields, bit.
        """
        return sum(self)


def stored(steps: Iterable[Step], readout: Readout) -> Stored:
    """What a model stores: the sum over its layers and its readout.

    Parameters
    ----------
    steps : iterable of Step
        `Model.steps`.
    readout : Readout
        `Model.readout`.

    Returns
    -------
    Stored
        Bits of the whole model, by kind.

    Examples
    --------
    >>> stored(model.steps, model.readout).total == model.stored_bits
    True
    """
    parts = [*map(of_layer, steps), Stored(readout_bits=readout.stored_bits)]
    return Stored(*map(sum, zip(*parts, strict=True)))


def of_layer(step: Step) -> Stored:
    """Count the bits that one layer stores; 0 for a sum or concatenation (their layers are steps).

    Parameters
    ----------
    step : Step
        Any layer.

    Returns
    -------
    Stored
        Bits by purpose.
    """
    layer, channels = step.layer, step.after.channels
    weights = layer.weight_bits if isinstance(layer, Weighted) else 0
    if isinstance(layer, Threshold):
        return Stored(
            level_bits=channels * level_bits(step.before.max_accumulator), direction_bits=channels
        )
    if isinstance(layer, Scores | Votes):
        scale, bias = (channels * signed_bits(values) for values in (layer.scale, layer.bias))
        return Stored(weights, scale_bits=scale, bias_bits=bias)
    return Stored(weights)


def level_bits(max_accumulator: int) -> int:
    """Width of one threshold level: ``ceil(log2(max_accumulator + 2))``.

    An accumulator of reach R takes one of the R + 1 values -R, -R + 2, ..., R, whatever its planes
    and branches: ``R - 2 m`` with m mismatches. A comparison in one direction splits these in R + 2
    ways, from none to all, so R + 2 different levels are enough.

    Parameters
    ----------
    max_accumulator : int
        R, the largest magnitude of the accumulator.

    Returns
    -------
    int
        Width of a level, bit.

    Examples
    --------
    >>> level_bits(14), level_bits(15)
    (4, 5)
    """
    return (max_accumulator + 1).bit_length()


def signed_bits(values: npt.NDArray[np.int64]) -> int:
    """Width of an array in two's complement: the fewest bits that hold each of its numbers.

    Parameters
    ----------
    values : int64 [N]
        Numbers to store; at least one.

    Returns
    -------
    int
        At least 1, for zeros alone; b bits hold ``-2**(b - 1)`` to ``2**(b - 1) - 1``.

    Examples
    --------
    >>> signed_bits(np.array([-128, 127])), signed_bits(np.array([128]))
    (8, 9)
    """
    return 1 + max(int(v if v >= 0 else ~v).bit_length() for v in values)

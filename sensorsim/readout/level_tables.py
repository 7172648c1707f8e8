"""Tables of equal steps, by which a kernel finds the levels near a sample without a search."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_STEPS_PER_LEVEL = 4
_MOST_STEPS = 1 << 14
"""Size of the table of guesses: finer steps guess better, a small table stays in the cache."""
_MOST_DOUBT = 0.02


class StepTable(NamedTuple):
    """Equal steps over a range of volts.

    Attributes
    ----------
    edges : float64 [steps + 1]
        Volts; step k lies between edges k and k + 1, and the end steps reach to infinity.
    lowest, steps_per_v : float32
        ``step = (volts - lowest) * steps_per_v``, clipped to the table.
    """

    edges: npt.NDArray[np.float64]
    lowest: np.float32
    steps_per_v: np.float32


def step_table(lowest_v: float, highest_v: float, steps: int) -> StepTable:
    """Equal steps between two voltages."""
    span = highest_v - lowest_v if highest_v > lowest_v else 1.0  # a single level: any will do
    edges = lowest_v + span * np.arange(steps + 1) / steps
    edges[0], edges[-1] = -np.inf, np.inf
    return StepTable(edges, np.float32(lowest_v), np.float32(steps / span))


class Guesses(NamedTuple):
    """How a quantizer finds the code of a sample, as `sensorsim.readout.adc.kernel` takes it."""

    codes: npt.NDArray[np.uint16]
    lowest: np.float32
    steps_per_v: np.float32
    doubt: np.float32


def guesses(levels: npt.NDArray[np.float64]) -> Guesses:
    """Arithmetic if all levels are the same equal steps; else a code for each step of a table.

    Parameters
    ----------
    levels : float64 [D, K, L], volts, ascending along the last axis
    """
    one = levels[0, 0]
    count = one.size
    if count > 1 and one[-1] > one[0] and levels.shape[1] == 1:
        per_v = np.float32((count - 1) / (one[-1] - one[0]))
        lowest = np.float32(one[0])
        place = (levels - float(lowest)) * float(per_v)
        bend = np.abs(place - np.arange(count)).max()
        doubt = bend + count * 8 * np.finfo(np.float32).eps
        if doubt < _MOST_DOUBT:
            return Guesses(np.empty(0, np.uint16), lowest, per_v, np.float32(doubt))
    steps = min(_STEPS_PER_LEVEL * count + 2, _MOST_STEPS)
    table = step_table(float(one[0]), float(one[-1]), steps)
    codes = np.searchsorted(one, table.edges[:-1]).astype(np.uint16)
    return Guesses(codes, table.lowest, table.steps_per_v, np.float32(0))


def ended(levels: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Levels [..., L] as float32 [..., L + 1] that end with infinity.

    Each is the smallest float32 at or above it, which a float32 sample reaches if and only if it
    reaches the level itself.
    """
    rounded = levels.astype(np.float32)
    up = np.nextafter(rounded, np.float32(np.inf))
    end = np.full((*levels.shape[:-1], 1), np.inf, np.float32)
    return np.concatenate([np.where(rounded < levels, up, rounded), end], axis=-1)


class CloseLevels(NamedTuple):
    """Which levels a sample in a step may or may not reach, once offset and noise are known.

    Attributes
    ----------
    sure : uint32 [D, steps]
        Bit field of the levels reached in any case, without those to compare.
    first, last : uint8 [D, steps]
        Levels ``first`` to ``last - 1`` are to be compared.
    """

    sure: npt.NDArray[np.uint32]
    first: npt.NDArray[np.uint8]
    last: npt.NDArray[np.uint8]


def close_levels(levels: npt.NDArray[np.float64], reach_v: float, table: StepTable) -> CloseLevels:
    """Levels near each step of a table.

    Parameters
    ----------
    levels : float64 [D, M], volts, in any order
    reach_v : float
        Largest possible sum of offset and noise.
    """
    count = levels.shape[1]
    # A step's edges are known to float32 only: widen them by a part of a step.
    slack = reach_v + 1e-2 / float(table.steps_per_v)
    low, high = table.edges[:-1] - slack, table.edges[1:] + slack
    reached = levels[:, np.newaxis] <= low[:, np.newaxis]
    possible = levels[:, np.newaxis] <= high[:, np.newaxis]
    open_ = possible & ~reached
    numbers = np.arange(count)
    first = np.where(open_, numbers, count).min(-1)
    last = np.where(open_, numbers + 1, 0).max(-1)
    first = np.minimum(first, last)
    outside = (numbers < first[..., np.newaxis]) | (numbers >= last[..., np.newaxis])
    bits = np.uint64(1) << numbers.astype(np.uint64)
    sure = (reached & outside) @ bits
    return CloseLevels(sure.astype(np.uint32), first.astype(np.uint8), last.astype(np.uint8))

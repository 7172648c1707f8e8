"""Tables of equal voltage steps, with which a kernel finds the levels near a sample quickly."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

_STEPS_PER_LEVEL = 4
_MOST_STEPS = 1 << 14
"""Largest table of guesses: more steps guess better, but the table must fit into the cache."""
_MOST_DOUBT = 0.02
_LEAST_SPAN = 1e-6
"""Least range of a table, relative to its ends."""
_SLACK_STEPS = 1e-2
"""Margin for the rounding of a step's number to float32, which is below steps * 2**-22."""


class StepTable(NamedTuple):
    """Equal steps over a range of volts.

    Attributes
    ----------
    edges : float64 [steps + 1]
        Edges, V; step k lies between edges k and k + 1. The outer edges are infinite.
    lowest : float32
        Start of the first step, V.
    steps_per_v : float32
        Steps per volt: ``step = (volts - lowest) * steps_per_v``, clipped to the table.
    """

    edges: npt.NDArray[np.float64]
    lowest: np.float32
    steps_per_v: np.float32


def step_table(lowest_v: float, highest_v: float, steps: int) -> StepTable:
    """Divide a range of volts into equal steps.

    Parameters
    ----------
    lowest_v, highest_v : float
        Ends of the range, V.
    steps : int
        Number of steps.

    Returns
    -------
    StepTable
        The steps; the end steps also cover what lies outside the range.
    """
    # Steps far below the spacing of float32 numbers tell no more, and their edges would coincide.
    span = max(highest_v - lowest_v, _LEAST_SPAN * max(abs(lowest_v), abs(highest_v), 1e-9))
    lowest, steps_per_v = np.float32(lowest_v), np.float32(steps / span)
    # The edges are those of the numbers that the kernel uses, rounded to float32.
    edges = float(lowest) + np.arange(steps + 1) / float(steps_per_v)
    edges[0], edges[-1] = -np.inf, np.inf
    return StepTable(edges, lowest, steps_per_v)


class Guesses(NamedTuple):
    """Table or arithmetic with which `sensorsim.readout.adc.kernel.quantize` finds codes.

    Attributes
    ----------
    codes : uint16 [steps]
        First guess of the code in each step; empty if the levels are equally spaced.
    lowest : float32
        Start of the first step, V.
    steps_per_v : float32
        Steps per volt.
    doubt : float32
        Largest deviation of equally spaced levels from ``lowest + k / steps_per_v``, steps.
    """

    codes: npt.NDArray[np.uint16]
    lowest: np.float32
    steps_per_v: np.float32
    doubt: np.float32


def guesses(levels: npt.NDArray[np.float64]) -> Guesses:
    """Choose how to find codes: arithmetic for equally spaced levels, else a table of guesses.

    Parameters
    ----------
    levels : float64 [D, K, L]
        Transition levels, V, ascending along the last axis.

    Returns
    -------
    Guesses
        Arithmetic if all dies and columns share levels in equal steps, else a table that is made
        from the first die and column.
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
    """Round levels up to float32 and append infinity.

    A float32 sample reaches the rounded level if and only if it reaches the level itself.

    Parameters
    ----------
    levels : float64 [..., L]
        Levels, V.

    Returns
    -------
    float32 [..., L + 1]
        Smallest float32 at or above each level, V, then infinity.
    """
    rounded = levels.astype(np.float32)
    up = np.nextafter(rounded, np.float32(np.inf))
    end = np.full((*levels.shape[:-1], 1), np.inf, np.float32)
    return np.concatenate([np.where(rounded < levels, up, rounded), end], axis=-1)


class CloseLevels(NamedTuple):
    """Levels that a sample in a step reaches for any offset and noise, and levels to compare.

    Attributes
    ----------
    sure : uint32 [D, steps]
        Bit field of the levels reached for any offset and noise, without those to compare.
    first, last : uint8 [D, steps]
        Levels ``first`` to ``last - 1`` must be compared.
    """

    sure: npt.NDArray[np.uint32]
    first: npt.NDArray[np.uint8]
    last: npt.NDArray[np.uint8]


def close_levels(levels: npt.NDArray[np.float64], reach_v: float, table: StepTable) -> CloseLevels:
    """Find the levels near each step of a table.

    Parameters
    ----------
    levels : float64 [D, M]
        Reference levels of each die, V, in any order.
    reach_v : float
        Largest possible sum of offset and noise, V.
    table : StepTable
        The steps.

    Returns
    -------
    CloseLevels
        Levels that are surely reached, and levels to compare.
    """
    count = levels.shape[1]
    slack = reach_v + _SLACK_STEPS / float(table.steps_per_v)
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

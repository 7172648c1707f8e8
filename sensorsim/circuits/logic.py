"""Digital logic at gate level: flip-flops, counters, adders, XNOR and popcount."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from sensorsim.circuits.constant import Estimate, FloatArray
from sensorsim.circuits.figures import Process
from sensorsim.circuits.ledger import Row
from sensorsim.core.errors import InputError

IntegerArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Activity:
    """Operations of a network's arithmetic in one decision: measured counts.

    Attributes
    ----------
    products : float
        Binary products: an XNOR each.
    toggles : float
        Output transitions of the XNORs, at most one per product.
    source : str
        Where the counts come from.
    """

    products: float
    toggles: float
    source: str

    def __post_init__(self) -> None:
        if not 0 <= self.toggles <= self.products:
            raise InputError(
                f"toggles {self.toggles:g}: expected 0 to the {self.products:g} products"
            )


def clocked_bit(process: Process, clocks: float = 1, toggles: float = 1) -> Estimate:
    """A flip-flop over so many clock cycles and output transitions, pJ.

    Parameters
    ----------
    process : Process
        Figures of the technology.
    clocks : float
        Clock cycles.
    toggles : float
        Output transitions.

    Returns
    -------
    Estimate
        Energy, pJ.
    """
    c = process.logic
    return Estimate(
        (c.flip_flop_clock_fj, c.flip_flop_toggle_fj),
        lambda clock, toggle: 1e-3 * (clocks * clock + toggles * toggle),
    )


def counter_toggles(count: int) -> int:
    """Transitions of a ripple counter that counts from zero.

    Stage k toggles once every ``2**k`` counts: ``sum(count // 2**k) = 2 * count - ones(count)``.
    Each transition is also the clock edge of the next stage.

    Parameters
    ----------
    count : int
        Where the counter stops.

    Returns
    -------
    int
        Transitions of all stages.
    """
    return 2 * count - count.bit_count()


def popcount_adders(inputs: int) -> int:
    """Adders that count the ones among so many bits; a half adder counts as one.

    Parameters
    ----------
    inputs : int
        Bits that are counted.

    Returns
    -------
    int
        Full adders and half adders.
    """
    return inputs - inputs.bit_count()


def register_bits(largest: int) -> int:
    """Bits that hold 0 to ``largest``.

    Parameters
    ----------
    largest : int
        The largest number.

    Returns
    -------
    int
        Bits.
    """
    return largest.bit_length()


@lru_cache(maxsize=64)
def popcount_transitions(inputs: int, rate: float) -> float:
    """Transitions of all sums and carries of a carry-save tree per step.

    Its inputs are 0 or 1 with equal chance and move with the probability ``rate``. Every wire
    has a chance of 1 and one of moving; those of an adder's outputs follow from its inputs' by
    enumeration, as if they were independent. Glitches within a step are not counted.

    Parameters
    ----------
    inputs : int
        Number of one-bit inputs of the tree.
    rate : float, 0 to 1
        Probability that an input changes in a step.

    Returns
    -------
    float
        Transitions per step.
    """
    moved = 0.0
    column = [_joint(0.5, rate)] * inputs
    while column:
        carries = []
        while len(column) > 1:
            taken, column = column[:3], column[3:]
            total, carry = _added(*taken)
            moved += 2 * (total[1] + carry[1])
            column.append(total)
            carries.append(carry)
        column = carries
    return moved


def _joint(ones: float, rate: float) -> FloatArray:
    """Chances of a wire's bit before and after a step: 00, 01, 10, 11."""
    return np.array([1 - ones - rate / 2, rate / 2, rate / 2, ones - rate / 2])


def _added(
    a: FloatArray, b: FloatArray, c: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Sum and carry of a full adder, or of a half adder whose third input is 0."""
    third = _joint(0.0, 0.0) if c is None else c
    chance = (a[:, np.newaxis, np.newaxis] * b[:, np.newaxis] * third).ravel()
    total, carry = np.zeros(4), np.zeros(4)
    np.add.at(total, _SUM, chance)
    np.add.at(carry, _CARRY, chance)
    return total, carry


def _outputs() -> tuple[IntegerArray, IntegerArray]:
    """Index of a sum's and a carry's bits before and after, for those of three inputs."""
    before, after = (
        sum(np.indices((4, 4, 4)).reshape(3, -1) >> shift & 1) for shift in (1, 0)
    )  # fmt: skip
    return 2 * (before & 1) + (after & 1), 2 * (before >> 1) + (after >> 1)


_SUM, _CARRY = _outputs()


def xnor_popcount_rows(
    process: Process,
    activity: Activity,
    cycles: float,
    max_accumulator: int,
    parallel_products: int,
) -> list[Row]:
    """Arithmetic of a network at gate level, without its memories.

    An XNOR costs when its output moves, an adder of the popcount trees when its sum or its carry
    does. A tree takes as many products as an accumulator has, and no more than are made at once;
    the accumulator of every tree is clocked in every cycle.

    Parameters
    ----------
    process : Process
        Figures of the technology.
    activity : Activity
        Measured; there is no default.
    cycles : float
        Clock cycles of one decision.
    max_accumulator : int
        Products of the largest accumulator, which sets its width.
    parallel_products : int
        Products that are made in one cycle.

    Returns
    -------
    list of Row
        Of stage "network", pJ.
    """
    inputs = min(max_accumulator, parallel_products)
    rate = round(activity.toggles / activity.products, 4)
    adders = activity.products / inputs * popcount_transitions(inputs, rate)
    trees = -(-parallel_products // inputs)
    c = process.logic
    width = register_bits(max_accumulator)
    return [
        Row("network", f"XNOR transition ({activity.source})", activity.toggles,
            Estimate((c.xnor_fj,), lambda fj: 1e-3 * fj)),
        Row("network", "popcount sum or carry transition", adders,
            Estimate((c.full_adder_fj,), lambda fj: 1e-3 * fj)),
        Row("network", f"accumulator of {width} bits, clocked", cycles * trees * width,
            clocked_bit(process)),
    ]  # fmt: skip

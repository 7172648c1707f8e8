"""Digital logic at gate level: flip-flops, counters, adders, XNOR and popcount."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensorsim.description import Description
from sensorsim.energy.constant import Constant, Estimate
from sensorsim.energy.ledger import Row
from sensorsim.errors import InputError

if TYPE_CHECKING:
    from sensorsim.energy.technology import Process


class LogicConstants(Description):
    """Energies of cells: per output transition, and per clock cycle of a flip-flop."""

    xnor_fj: Constant
    full_adder_fj: Constant
    flip_flop_clock_fj: Constant
    flip_flop_toggle_fj: Constant
    pin_ff: Constant
    wire_ff_per_mm: Constant


@dataclass(frozen=True)
class Activity:
    """What a network's arithmetic did in one decision: counts, never guesses.

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


def clocked_bit(process: "Process", clocks: float = 1, toggles: float = 1) -> Estimate:
    """A flip-flop over so many clock cycles and output transitions, pJ."""
    c = process.logic
    return Estimate(
        (c.flip_flop_clock_fj, c.flip_flop_toggle_fj),
        lambda clock, toggle: 1e-3 * (clocks * clock + toggles * toggle),
    )


def counter_toggles(count: int) -> int:
    """Transitions of a ripple counter that counts from zero.

    Stage k toggles once every ``2**k`` counts: ``sum(count // 2**k) = 2 * count - ones(count)``.
    Each transition is also the clock edge of the next stage.
    """
    return 2 * count - count.bit_count()


def popcount_adders(inputs: int) -> int:
    """Adders that count the ones among so many bits; a half adder counts as one."""
    return inputs - inputs.bit_count()


def register_bits(largest: int) -> int:
    """Bits that hold 0 to ``largest``."""
    return largest.bit_length()


def xnor_popcount_rows(
    process: "Process", activity: Activity, cycles: float, largest_fan_in: int
) -> list[Row]:
    """Arithmetic of a network at gate level, without its memories.

    An XNOR costs when its output moves, and that moves one full adder's worth of the popcount
    tree, which has about one adder per product. The accumulator is clocked in every cycle.

    Parameters
    ----------
    activity : Activity
        Measured; there is no default.
    cycles : float
        Clock cycles of one decision.
    largest_fan_in : int
        Products of the largest accumulator, which sets its width.
    """
    c = process.logic
    width = register_bits(largest_fan_in)
    return [
        Row("network", f"XNOR transition ({activity.source})", activity.toggles,
            Estimate((c.xnor_fj,), lambda fj: 1e-3 * fj)),
        Row("network", "popcount adder transition", activity.toggles,
            Estimate((c.full_adder_fj,), lambda fj: 1e-3 * fj)),
        Row("network", f"accumulator of {width} bits, clocked", cycles * width,
            clocked_bit(process)),
    ]  # fmt: skip

"""ADCs that the studies compare: linear and logarithmic."""

from collections.abc import Callable
from typing import Any

from sensorsim.circuits.comparator import Comparator
from sensorsim.readout.protocol import Family, Readout, Samples
from sensorsim.tonemap import Curve, Linear, Log

BITS = (1, 2, 4, 6, 8)


def families(make: Callable[..., Readout]) -> tuple[Family, ...]:
    """List the families of a class of ADCs.

    A 1-bit ADC has the level of a thermometer with one threshold, and shares its network.

    Parameters
    ----------
    make : callable
        ``make(bits=, tone_curve=, comparator=)`` returns a readout.

    Returns
    -------
    tuple of Family
        Linear and logarithmic ADCs.
    """

    def by_curve(curve: Curve) -> Callable[[int, Comparator, Samples | None], Readout]:
        def made(bits: int, comparator: Comparator, _: Any) -> Readout:
            return make(bits=bits, tone_curve=curve, comparator=comparator)

        return made

    return (
        Family("adc-linear", "b", BITS, by_curve(Linear()), networks={1: "thermometer-uniform"}),
        Family("adc-log", "b", BITS, by_curve(Log()), networks={1: "thermometer-log"}),
    )

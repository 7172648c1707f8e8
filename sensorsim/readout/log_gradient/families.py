"""Choose the ratios of a log-gradient readout."""

from collections.abc import Callable
from typing import Any

from sensorsim.circuits.comparator import Comparator
from sensorsim.readout.protocol import Family, Readout

STEP = 1.25
"""Ratio between neighboring levels, and between the innermost levels and 1."""
RATIOS = (2, 6)
"""Published codes: 3 levels (1.5 bits) and 7 levels (2.75 bits)."""


def families(make: Callable[..., Readout]) -> tuple[Family, ...]:
    """List the families of a class of log-gradient readouts.

    Parameters
    ----------
    make : callable
        ``make(ratios=, comparator=)`` returns a readout.

    Returns
    -------
    tuple of Family
        Fixed ratios, and learned ratios that start from them.
    """

    def made(levels: int, comparator: Comparator, _: Any) -> Readout:
        return make(ratios=spaced_ratios(levels), comparator=comparator)

    return (
        Family("log-gradient", "M", RATIOS, made),
        Family("log-gradient-learned", "M", RATIOS, made, learned=True),
    )


def spaced_ratios(levels: int) -> tuple[float, ...]:
    """Ratios in equal logarithmic steps around 1; 1 is one of them if their number is odd.

    Parameters
    ----------
    levels : int
        Number of ratios.

    Returns
    -------
    tuple of float
        Ratios, ascending.

    Examples
    --------
    >>> spaced_ratios(2)
    (0.8, 1.25)
    """
    half = levels // 2
    powers = [p for p in range(-half, half + 1) if p or levels % 2]
    return tuple(STEP**p for p in powers)

"""Ways to choose the ratios of a log-gradient readout, which the studies compare."""

from collections.abc import Callable
from typing import Any

from sensorsim.circuits.comparator import Comparator
from sensorsim.readout.protocol import Family, Readout

STEP = 1.25
"""Ratio of neighboring levels, and of the innermost ones to 1."""
RATIOS = (2, 6)
"""Published codes: 3 levels (1.5 bits) and 7 levels (2.75 bits)."""


def families(make: Callable[..., Readout]) -> tuple[Family, ...]:
    """Families of a class of log-gradient readouts.

    Parameters
    ----------
    make : callable
        ``make(ratios=, comparator=)`` gives a readout.

    Returns
    -------
    tuple of Family
        Fixed ratios, and those that learning starts from them.
    """

    def made(levels: int, comparator: Comparator, _: Any) -> Readout:
        return make(ratios=spaced_ratios(levels), comparator=comparator)

    return (
        Family("log-gradient", "M", RATIOS, made),
        Family("log-gradient-learned", "M", RATIOS, made, learned=True),
    )


def spaced_ratios(levels: int) -> tuple[float, ...]:
    """Ratios in equal steps of the logarithm around 1, which none of them is if M is even.

    Parameters
    ----------
    levels : int
        M.

    Returns
    -------
    tuple of float
        Ascending.

    Examples
    --------
    >>> spaced_ratios(2)
    (0.8, 1.25)
    """
    half = levels // 2
    powers = [p for p in range(-half, half + 1) if p or levels % 2]
    return tuple(STEP**p for p in powers)

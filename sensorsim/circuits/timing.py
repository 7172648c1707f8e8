"""Times of circuits: a row of the columns, and the network's clock cycles."""

from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.figures import TimingConstants


def ramp_steps(bits: int) -> int:
    """Clock cycles of a single-slope conversion: ``2**bits``.

    Parameters
    ----------
    bits : int
        Resolution of the converter.

    Returns
    -------
    int
        Cycles.
    """
    return 2**bits


def row_us(timing: TimingConstants, conversion: Estimate, reads: int) -> Estimate:
    """Time that a row holds the columns: settling of every read, then the conversion.

    Parameters
    ----------
    timing : TimingConstants
        The process's times; used is ``settling_us``.
    conversion : Estimate
        From a settled column to the last decision, us.
    reads : int
        Samples that the column takes of one pixel.

    Returns
    -------
    Estimate
        Time, us.
    """
    return Estimate(
        (timing.settling_us, *conversion.constants),
        lambda settling, *rest: reads * settling + conversion.formula(*rest),
    )


def network_cycles(products: list[int], parallel_products: int) -> int:
    """Clock cycles of a network that makes so many products of one layer at once.

    Parameters
    ----------
    products : list of int
        Of every layer.
    parallel_products : int
        Of one cycle.

    Returns
    -------
    int
        Cycles.
    """
    return sum(-(-count // parallel_products) for count in products)


def network_us(
    timing: TimingConstants, products: list[int], parallel_products: int | None
) -> Estimate:
    """Time for which a network computes.

    Parameters
    ----------
    timing : TimingConstants
        The process's times; used is ``network_period_ns``.
    products : list of int
        Of every layer.
    parallel_products : int or None
        Of one cycle.

    Returns
    -------
    Estimate
        Time, us; 0 where the parallelism is not stated.
    """
    if parallel_products is None:
        return Estimate((), lambda: 0.0)
    cycles = network_cycles(products, parallel_products)
    return Estimate((timing.network_period_ns,), lambda ns: 1e-3 * ns * cycles)

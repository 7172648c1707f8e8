"""Uncertainty of an energy: Monte Carlo over low, typical and high of every constant.

A constant is drawn from a triangular law with its mode at typical and its ends at low and high. It
is triangular in the logarithm, unless the constant says otherwise: spreads of published energies
are ratios ("half or twice"), and a law in the plain value would put most of its weight on the
upper end of a decade. What a survey found is drawn by its percentiles.

A constant's draws have the address (seed, its id), so it takes the same quantile wherever it
occurs: in the difference of two ledgers what they share cancels.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from sensorsim.circuits.constant import Constant, FloatArray
from sensorsim.circuits.ledger import Ledger
from sensorsim.core import streams
from sensorsim.core.errors import InputError
from sensorsim.kernels.philox import fill_uniform

DRAWS = 4000
INTERVAL = (2.5, 97.5)
"""Percentiles of the draws between which 95 % of them lie."""

Draws = Mapping[str, FloatArray]


def triangular_quantile(p: FloatArray, low: float, mode: float, high: float) -> FloatArray:
    """Quantile of the triangular law; all at ``mode`` if ``low`` is ``high``.

    Parameters
    ----------
    p : float64 [draws]
        Probabilities, 0 to 1.
    low : float
        Lower end.
    mode : float
        Where the density is largest.
    high : float
        Upper end.

    Returns
    -------
    float64 [draws]
        Values between the ends.
    """
    if low == high:
        return np.full_like(p, mode)
    rising = low + np.sqrt(p * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - p) * (high - low) * (high - mode))
    return np.where(p < (mode - low) / (high - low), rising, falling)


def quantile(constant: Constant, p: FloatArray) -> FloatArray:
    """Values of a constant at quantiles of its law.

    Parameters
    ----------
    constant : Constant
        The figure.
    p : float64 [draws]
        Probabilities, 0 to 1.

    Returns
    -------
    float64 [draws]
        In the unit of the constant.
    """
    if constant.law == "empirical":
        return np.exp(np.interp(100 * p, constant.percentiles, np.log(constant.values)))
    bounds = (constant.low, constant.typical, constant.high)
    if constant.law == "triangular":
        return triangular_quantile(p, *bounds)
    return np.exp(triangular_quantile(p, *(float(np.log(b)) for b in bounds)))


def draw(constants: Iterable[Constant], draws: int = DRAWS, seed: int = 0) -> Draws:
    """Values of constants by id: float64 [draws] each.

    Parameters
    ----------
    constants : iterable of Constant
        What is drawn, by name.
    draws : int
        Number of draws.
    seed : int, 0 to 2**32 - 1
        Seed of the draws.

    Returns
    -------
    dict of str to float64 [draws]
        By id, in the unit of each constant.

    Raises
    ------
    InputError
        If there are no draws, or the seed does not fit 32 bits.
    """
    if draws < 1:
        raise InputError(f"draws {draws}: expected at least 1")
    if not 0 <= seed <= streams.MAX_SEED:
        raise InputError(f"seed {seed}: expected 0 to {streams.MAX_SEED}")
    values = {}
    for constant in constants:
        p = np.empty(draws)
        fill_uniform(p, zlib.crc32(constant.id.encode()), seed, streams.ENERGY_CONSTANTS)
        values[constant.id] = quantile(constant, p)
    return values


def interval(draws: FloatArray) -> tuple[float, float]:
    """The interval that holds 95 % of the draws.

    Parameters
    ----------
    draws : float64 [draws]
        Drawn values.

    Returns
    -------
    low, high : float
        In the unit of the values.
    """
    low, high = np.percentile(draws, INTERVAL)
    return float(low), float(high)


@dataclass(frozen=True)
class Spread:
    """A quantity over the draws: its mean, median and 95 % interval."""

    mean: float
    median: float
    low: float
    high: float

    @classmethod
    def of(cls, draws: FloatArray) -> "Spread":
        """Of drawn values.

        Parameters
        ----------
        draws : float64 [draws]
            Drawn values.

        Returns
        -------
        Spread
            In the unit of the values.
        """
        return cls(float(draws.mean()), float(np.median(draws)), *interval(draws))


def total_spread(ledger: Ledger, *stages: str, draws: int = DRAWS, seed: int = 0) -> Spread:
    """Spread of a frame's energy, or of some stages of it, pJ.

    Parameters
    ----------
    ledger : Ledger
        Of one frame.
    *stages : str
        Stages of the ledger; all if left out.
    draws : int
        Number of draws.
    seed : int, 0 to 2**32 - 1
        Seed of the draws.

    Returns
    -------
    Spread
        Energy, pJ.
    """
    values = draw(ledger.constants(), draws, seed)
    return Spread.of(_array(ledger.draws_pj(values, *stages), draws))


@dataclass(frozen=True)
class Difference:
    """The first ledger less the second, pJ, and how sure its sign is."""

    spread: Spread
    probability_first_cheaper: float


def paired_draws(
    first: Ledger, second: Ledger, draws: int = DRAWS, seed: int = 0
) -> tuple[Draws, Draws]:
    """Draws of both ledgers' constants; a constant of both has the same quantile in both.

    Their values differ where two technologies give the constant different bounds.

    Parameters
    ----------
    first : Ledger
        Of one frame.
    second : Ledger
        Of another chain.
    draws : int
        Number of draws.
    seed : int, 0 to 2**32 - 1
        Seed of the draws.

    Returns
    -------
    tuple of dict
        Values by id for each ledger.
    """
    return draw(first.constants(), draws, seed), draw(second.constants(), draws, seed)


def difference(
    first: Ledger, second: Ledger, *stages: str, draws: int = DRAWS, seed: int = 0
) -> Difference:
    """Difference of two frames' energies under common random numbers.

    Parameters
    ----------
    first : Ledger
        Of one frame.
    second : Ledger
        Of another chain.
    *stages : str
        Stages of the ledger; all if left out.
    draws : int
        Number of draws.
    seed : int, 0 to 2**32 - 1
        Seed of the draws.

    Returns
    -------
    Difference
        First minus second, pJ.
    """
    a, b = paired_draws(first, second, draws, seed)
    change = _array(first.draws_pj(a, *stages) - second.draws_pj(b, *stages), draws)
    return Difference(Spread.of(change), float((change < 0).mean()))


def _array(value: FloatArray | float, draws: int) -> FloatArray:
    """A total that no drawn constant enters is one number for all draws."""
    return np.broadcast_to(np.asarray(value, np.float64), draws)

"""Where a thermometer and an ADC cost the same: ADC percentile, link price, number of thresholds.

Every answer is a distribution over the draws of all constants, not a single number. The functions
take plain arrays of draws, so a study may ask them of any quantity in pJ.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sensorsim.circuits.constant import FloatArray
from sensorsim.circuits.uncertainty import Spread

PERCENTILES = (0, 10, 25, 50, 75, 90, 100)
"""At which the probability of winning is tabulated."""
_FINE = np.arange(0, 100.5, 0.5)


@dataclass(frozen=True)
class BreakEven:
    """Where the first becomes the cheaper one.

    Attributes
    ----------
    axis : FloatArray
        Values of the swept quantity.
    probability : FloatArray
        Part of the draws in which the thermometer is cheaper there.
    at : Spread or None
        The value from which on (ADC percentile), or up to which (thresholds), it is cheaper; or
        that at which both cost the same (link price); over the draws that have one.
    exists : float
        Part of the draws in which there is such a value.
    always : float
        Part of the draws in which it is cheaper on the whole axis.
        ADC percentile: ``at`` is then the start of the axis; never cheaper in ``1 - exists``.
        Thresholds: ``at`` is then the end of the axis; never cheaper in ``1 - exists``.
        Link price: there is then no break-even; never cheaper in ``1 - exists - always``.
    more_favors : bool
        Whether more of the quantity favors the thermometer.
    """

    axis: FloatArray
    probability: FloatArray
    at: Spread | None
    exists: float
    always: float
    more_favors: bool


def first_percentile(
    thermometer_pj: FloatArray, adc_pj_at: Callable[[float], FloatArray | float]
) -> FloatArray:
    """First percentile of published ADCs, in steps of a half, at which the thermometer is cheaper.

    Parameters
    ----------
    thermometer_pj : float64 [draws]
        Energy with the thermometer, pJ.
    adc_pj_at : callable
        Energy with the ADC at a percentile, ascending in it: float64 [draws], or one for all.

    Returns
    -------
    float64 [draws]
        NaN where even the dearest published ADC is cheaper.
    """
    wins = np.stack([thermometer_pj < adc_pj_at(float(p)) for p in _FINE])
    return np.where(wins.any(0), _FINE[wins.argmax(0)], np.nan)


def adc_percentile(
    thermometer_pj: FloatArray, adc_pj_at: Callable[[float], FloatArray]
) -> BreakEven:
    """From which percentile of published ADCs on the thermometer is cheaper.

    Parameters
    ----------
    thermometer_pj : float64 [draws]
        Energy with the readout, pJ.
    adc_pj_at : callable
        Energy with the ADC at a percentile, ascending in it: float64 [draws], pJ.

    Returns
    -------
    BreakEven
        Over `PERCENTILES`.
    """
    first = first_percentile(thermometer_pj, adc_pj_at)
    some = ~np.isnan(first)
    axis = np.array(PERCENTILES, np.float64)
    return BreakEven(
        axis,
        (first <= axis[:, np.newaxis]).mean(1),
        Spread.of(first[some]) if some.any() else None,
        float(some.mean()),
        float((first == _FINE[0]).mean()),
        more_favors=True,
    )


def link_price(
    free_difference_pj: FloatArray, more_bits: float, prices_pj: FloatArray
) -> BreakEven:
    """Price per bit at which both cost the same.

    Parameters
    ----------
    free_difference_pj : float64 [draws]
        Thermometer minus ADC with a link of 0 pJ per bit.
    more_bits : float
        Bits per frame that the thermometer sends more than the ADC; negative if fewer.
    prices_pj : float64 [P]
        Prices at which to compute the probability that the thermometer takes less energy.

    Returns
    -------
    BreakEven
        Over ``prices_pj``.
    """
    wins = free_difference_pj + more_bits * prices_pj[:, np.newaxis] < 0
    free_wins = free_difference_pj < 0
    if more_bits == 0:
        return BreakEven(prices_pj, wins.mean(1), None, 0.0, float(free_wins.mean()), False)
    price = -free_difference_pj / more_bits
    meaningful = price >= 0
    at = Spread.of(price[meaningful]) if meaningful.any() else None
    always = float((free_wins & ~meaningful).mean())
    exists = float(meaningful.mean())
    return BreakEven(prices_pj, wins.mean(1), at, exists, always, more_favors=more_bits < 0)


def thresholds(adc_pj: FloatArray, thermometer_pj: FloatArray) -> BreakEven:
    """Up to how many thresholds the thermometer is cheaper.

    Parameters
    ----------
    adc_pj : float64 [draws]
        Energy with the ADC, pJ.
    thermometer_pj : float64 [M, draws]
        Energy with 1 to M thresholds, ascending.

    Returns
    -------
    BreakEven
        Over 1 to M thresholds.
    """
    wins = thermometer_pj < adc_pj
    most = wins.sum(0).astype(np.float64)
    some = most > 0
    return BreakEven(
        np.arange(1.0, len(thermometer_pj) + 1),
        wins.mean(1),
        Spread.of(most[some]) if some.any() else None,
        float(some.mean()),
        float((most == len(wins)).mean()),
        more_favors=False,
    )

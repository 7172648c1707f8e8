"""Energy of an ADC's conversion: capacitors, switching, published converters.

A published converter is priced by its effective number of bits, never by its nominal bits.
"""

from typing import Any, Literal

from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.survey import SurveyPrices, flash_comparators
from sensorsim.optics.spectrum import BOLTZMANN_J_PER_K

Switching = Literal["conventional", "monotonic"]
SurveyForm = Literal["survey", "walden", "schreier"]


def switching_units(bits: int, switching: Switching) -> float:
    """Mean energy of a differential pair of capacitor arrays over all codes.

    Conventional, two arrays of ``2**b`` units: ``sum(2**(b + 1 - 2 i) * (2**i - 1), i = 1..b)``.
    Monotonic, two of ``2**(b - 1)``: ``sum(2**(b - 2 - i), i = 1..b - 1)``.

    Source: Liu et al., "A 10-bit 50-MS/s SAR ADC with a monotonic capacitor switching procedure",
    JSSC 45 (2010) 731, who compare 255.5 with 1363.3 units at 10 bits; the first is twice that of
    the single array of Ginsburg and Chandrakasan, ISCAS 2005.

    Parameters
    ----------
    bits : int
        Resolution of the SAR ADC.
    switching : "conventional" or "monotonic"
        Order in which the capacitors are switched.

    Returns
    -------
    float
        In units of ``C V**2``, C the unit capacitor.

    Examples
    --------
    >>> switching_units(10, "monotonic")
    255.5
    """
    if switching == "conventional":
        return sum(2.0 ** (bits + 1 - 2 * i) * (2**i - 1) for i in range(1, bits + 1))
    return sum(2.0 ** (bits - 2 - i) for i in range(1, bits))


def thermal_capacitance_ff(bits: int, array: PixelArray) -> float:
    """Capacitance of each side whose kT/C noise equals the noise of quantization.

    Both sides of a pair sample, ``2 k T / C``, and differ by up to full scale either way, so a step
    is ``2 V / 2**b``: ``2 k T / C = (2 V / 2**b)**2 / 12`` gives ``C = 6 k T 4**b / V**2``.

    Parameters
    ----------
    bits : int
        Resolution of the converter.
    array : PixelArray
        Gives temperature and full scale.

    Returns
    -------
    float
        Capacitance, fF.
    """
    noise = BOLTZMANN_J_PER_K * array.temperature_k
    return 1e15 * 6 * noise * 4.0**bits / array.full_scale_v**2


def walden_pj(fj_per_step: Any, enob: float) -> Any:
    """Energy of a conversion by Walden's figure of merit ``P / (f 2**ENOB)``.

    Parameters
    ----------
    fj_per_step : float or float64 [draws]
        Figure of merit, fJ.
    enob : float
        Effective number of bits.

    Returns
    -------
    float or float64 [draws]
        Energy, pJ.
    """
    return 1e-3 * fj_per_step * 2.0**enob


def schreier_pj(aj_at_0_db: Any, enob: float) -> Any:
    """Energy of a conversion by Schreier's figure of merit.

    ``FoM = SNDR + 10 log10(f / (2 P))`` in dB, so ``P / f = 10**(-FoM / 10) / 2 * 10**(SNDR / 10)``
    and ``aj_at_0_db`` is the first factor in aJ: 5 aJ for 170 dB.

    Parameters
    ----------
    aj_at_0_db : float or float64 [draws]
        Energy at 0 dB, aJ.
    enob : float
        Effective number of bits.

    Returns
    -------
    float or float64 [draws]
        Energy, pJ.
    """
    sndr_db = 6.02 * enob + 1.76
    return 1e-6 * aj_at_0_db * 10 ** (sndr_db / 10)


def published_prices(
    survey: SurveyPrices, levels: int, enob: float, form: SurveyForm = "survey"
) -> dict[str, Estimate]:
    """One conversion of so many effective bits by class of published converters.

    A flash needs ``2**ceil(enob + 0.3) - 1`` comparators, the count by which their price was found,
    and never more than the converter has levels: a 1-bit ADC costs what one comparator costs.

    Parameters
    ----------
    survey : SurveyPrices
        Energies of published converters.
    levels : int
        Transition levels of the converter.
    enob : float
        Effective number of bits.
    form : "survey", "walden" or "schreier"
        How a SAR is priced.

    Returns
    -------
    dict of str to Estimate
        Energy, pJ, of "SAR" and "flash".
    """
    count = min(flash_comparators(enob), levels)
    flash = Estimate.over(lambda one: count * one, survey.comparator.decision)
    return {"SAR": _published(survey, enob, form), "flash": flash}


def cheaper_class(prices: dict[str, Estimate]) -> str:
    """The class whose median is lower: a designer chooses once, not anew for every draw.

    Parameters
    ----------
    prices : dict of str to Estimate
        Energy by class, pJ, as `published_prices` gives it; at least one class.

    Returns
    -------
    str
        A key of ``prices``.

    Raises
    ------
    ValueError
        If ``prices`` is empty.
    """
    if not prices:
        raise ValueError("prices: expected at least one class of converters, got none")
    return min(prices, key=lambda name: prices[name].range.typical)


def published_row(
    prices: dict[str, Estimate], name: str, bits: int, enob: float, samples: int
) -> Row:
    """Conversions of a frame by one class of published converters.

    Parameters
    ----------
    prices : dict of str to Estimate
        Of `published_prices`, pJ.
    name : str
        One of their keys.
    bits : int
        Nominal bits, for the row's name.
    enob : float
        Effective number of bits, for the row's name.
    samples : int
        Conversions of a frame.

    Returns
    -------
    Row
        Of stage "readout", pJ.
    """
    component = f"{bits}-bit conversion of {enob:.2f} effective bits by a {name}"
    return Row("readout", component, samples, prices[name])


def _published(survey: SurveyPrices, enob: float, form: SurveyForm) -> Estimate:
    merit = survey.merit
    if form == "walden":
        return Estimate((merit.walden_fj_per_step,), lambda fj: walden_pj(fj, enob))
    if form == "schreier":
        return Estimate((merit.schreier_aj_at_0_db,), lambda aj: schreier_pj(aj, enob))
    return survey.adc.conversion(enob)

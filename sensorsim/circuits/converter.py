"""An ADC's conversion: from first principles by architecture, or at the price of published ones.

A survey's price is that of the converter's effective number of bits, measured on the bench of
`sensorsim.readout.ieee1241`, never of its nominal bits.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sensorsim.circuits.comparator import ComparatorKind, auto_zero_rows, decision
from sensorsim.circuits.constant import Constant, Estimate
from sensorsim.circuits.driver import line_ff, quiescent_row, ramp_rows, settling_fc
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.logic import clocked_bit
from sensorsim.circuits.memory import access
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.survey import flash_comparators
from sensorsim.circuits.timing import conversion_us, ramp_steps
from sensorsim.core.description import Description
from sensorsim.optics.spectrum import BOLTZMANN_J_PER_K
from sensorsim.readout import Adc, Cyclic, Sar, SingleSlope
from sensorsim.readout.ieee1241 import characterize_adc
from sensorsim.tonemap import Linear

if TYPE_CHECKING:
    from sensorsim.circuits.survey import SurveyPrices
    from sensorsim.circuits.technology import Process

Switching = Literal["conventional", "monotonic"]
SurveyForm = Literal["survey", "walden", "schreier"]

_FEEDBACK, _LOAD = 0.5, 2.5
"""Of an amplifier that gains two with equal capacitors: its feedback, and its load in capacitors.

It charges both capacitors of the next cycle, and its own two in series.
"""


class ConverterConstants(Description):
    """Figures of ADCs."""

    unit_capacitor_ff: Constant
    sampling_capacitor_ff: Constant


def measured_enob(adc: Adc, full_scale_v: float, die: int = 0) -> float:
    """Effective bits of column 0 of a die, by the sine test of IEEE Std 1241.

    A companded converter is tested with a straight ramp: its curve is wanted, not a distortion.
    """
    linear = adc.converter.model_copy(update={"tone_curve": Linear()})
    data = characterize_adc(linear, full_scale_v, die=die, samples_per_code=16, record_length=2**14)
    return float(data["enob_bits"])


def switching_units(bits: int, switching: Switching) -> float:
    """Mean energy of a differential pair of capacitor arrays over all codes, in ``C V**2``.

    Conventional, two arrays of ``2**b`` units: ``sum(2**(b + 1 - 2 i) * (2**i - 1), i = 1..b)``.
    Monotonic, two of ``2**(b - 1)``: ``sum(2**(b - 2 - i), i = 1..b - 1)``.

    Source: Liu et al., "A 10-bit 50-MS/s SAR ADC with a monotonic capacitor switching procedure",
    JSSC 45 (2010) 731, who compare 255.5 with 1363.3 units at 10 bits; the first is twice that of
    the single array of Ginsburg and Chandrakasan, ISCAS 2005.
    """
    if switching == "conventional":
        return sum(2.0 ** (bits + 1 - 2 * i) * (2**i - 1) for i in range(1, bits + 1))
    return sum(2.0 ** (bits - 2 - i) for i in range(1, bits))


def thermal_capacitance_ff(bits: int, array: PixelArray) -> float:
    """Capacitance of each side whose kT/C noise equals the noise of quantization.

    Both sides of a pair sample, ``2 k T / C``, and differ by up to full scale either way, so a step
    is ``2 V / 2**b``: ``2 k T / C = (2 V / 2**b)**2 / 12`` gives ``C = 6 k T 4**b / V**2``.
    """
    noise = BOLTZMANN_J_PER_K * array.temperature_k
    return 1e15 * 6 * noise * 4.0**bits / array.full_scale_v**2


def converter_rows(
    process: "Process",
    adc: Adc,
    array: PixelArray,
    switching: Switching,
    comparator: ComparatorKind,
) -> list[Row]:
    """All parts of one conversion per sample, from first principles."""
    converter = adc.converter
    if isinstance(converter.architecture, SingleSlope):
        rows = _single_slope(process, converter, array)
    elif isinstance(converter.architecture, Sar):
        rows = _sar(process, converter, array, switching, comparator)
    else:
        assert isinstance(converter.architecture, Cyclic)
        rows = _cyclic(process, converter, array, comparator)
    rows += auto_zero_rows(process, converter.comparator, array, array.converters)
    if adc.conversion_bits is not None:
        table_bits = 2**adc.conversion_bits * adc.bits
        rows.append(
            Row("readout", "tone table, bit", array.samples * adc.bits, access(process, table_bits))
        )
    return rows


def _single_slope(process: "Process", adc: Adc, array: PixelArray) -> list[Row]:
    """A comparator that is on for the whole ramp, and a ripple counter that stops at the code.

    Its clock runs along all columns and goes on for those that have not stopped.

    Where the mean code was not measured, it is the tone of the mean signal.
    """
    v, steps = process.supply.analog_v, ramp_steps(adc.bits)
    line, edge = line_ff(process, array.pitch_um), clocked_bit(process)
    signal, code = array.signal(process), _mean_code(adc, array)
    return [
        Row("readout", "comparator bias over the ramp", array.samples,
            Estimate.over(lambda ua, v, us: ua * v * us,
                          process.comparator.static_ua, v, conversion_us(process.timing, adc))),
        Row("readout", "counter up to the code", array.samples,
            Estimate.over(lambda s, cell: 2 * code(s) * steps * cell, signal, edge)),
        Row("readout", "counter's clock line", array.samples,
            Estimate.over(lambda v, ff: 1e-3 * steps * ff * v**2,
                          process.supply.digital_v, line)),
        Row("readout", "latch of a bit", array.samples * adc.bits, edge),
        *ramp_rows(process, adc, array),
    ]  # fmt: skip


def _mean_code(adc: Adc, array: PixelArray) -> Callable[[Any], Any]:
    """Part of all codes up to which the counter runs, for a mean signal."""
    if array.mean_code is not None:
        return lambda _: array.mean_code
    return adc.tone_curve.apply


def _sar(
    process: "Process",
    adc: Adc,
    array: PixelArray,
    switching: Switching,
    comparator: ComparatorKind,
) -> list[Row]:
    """A pair of capacitor arrays that switch to full scale and ground, b decisions, a register.

    Their charge comes through a buffer, from the supply.

    The register is a shift register and a code register of b bits each, clocked once to sample and
    b times to decide; the walking one moves twice a cycle, the code about once.
    """
    c, bits, span = process.converter, adc.bits, array.full_scale_v
    switched = switching_units(bits, switching)
    side = 2**bits if switching == "conventional" else 2 ** (bits - 1)
    floor_ff = thermal_capacitance_ff(bits, array) / side
    signal, v = array.signal(process), process.supply.analog_v
    unit = c.unit_capacitor_ff
    return [
        Row("readout", f"capacitor array, {switching} switching", array.samples,
            Estimate((unit, v),
                     lambda ff, v: 1e-3 * switched * np.maximum(ff, floor_ff) * span * v)),
        Row("readout", "sampling on the capacitor array", array.samples,
            Estimate((unit, v, signal),
                     lambda ff, v, s: 1e-3 * 2 * side * np.maximum(ff, floor_ff) * v * s * span)),
        Row("readout", f"{comparator} comparison with clock", array.samples * bits,
            decision(process, array, adc, comparator)),
        Row("readout", "successive-approximation register", array.samples,
            clocked_bit(process, clocks=2 * bits * (bits + 1), toggles=3 * bits)),
        quiescent_row(process, adc, array, "reference buffer"),
    ]  # fmt: skip


def _cyclic(
    process: "Process", adc: Adc, array: PixelArray, comparator: ComparatorKind
) -> list[Row]:
    """A residue amplifier that gains two and settles, b - 1 times."""
    c, v, bits, span = process.converter, process.supply.analog_v, adc.bits, array.full_scale_v
    floor_ff = thermal_capacitance_ff(bits, array)
    return [
        Row("readout", "residue amplifier", array.samples * (bits - 1),
            Estimate((c.sampling_capacitor_ff, v, process.driver.bias_per_transconductance_v),
                     lambda ff, v, ratio: 1e-3 * v / _FEEDBACK
                     * settling_fc(_LOAD * np.maximum(ff, floor_ff), ratio, bits))),
        Row("readout", "capacitors of the residue", array.samples * bits,
            Estimate((c.sampling_capacitor_ff, v),
                     lambda ff, v: 1e-3 * 2 * np.maximum(ff, floor_ff) * span * v)),
        Row("readout", f"{comparator} comparison with clock", array.samples * bits,
            decision(process, array, adc, comparator)),
        Row("readout", "code register", array.samples * bits, clocked_bit(process)),
        quiescent_row(process, adc, array, "reference buffer"),
    ]  # fmt: skip


def walden_pj(fj_per_step: Any, enob: float) -> Any:
    """Energy of a conversion by Walden's figure of merit ``P / (f 2**ENOB)``, pJ."""
    return 1e-3 * fj_per_step * 2.0**enob


def schreier_pj(aj_at_0_db: Any, enob: float) -> Any:
    """Energy of a conversion by Schreier's figure of merit, pJ.

    ``FoM = SNDR + 10 log10(f / (2 P))`` in dB, so ``P / f = 10**(-FoM / 10) / 2 * 10**(SNDR / 10)``
    and ``aj_at_0_db`` is the first factor in aJ: 5 aJ for 170 dB.
    """
    sndr_db = 6.02 * enob + 1.76
    return 1e-6 * aj_at_0_db * 10 ** (sndr_db / 10)


def published_prices(
    survey: "SurveyPrices", adc: Adc, enob: float, form: SurveyForm = "survey"
) -> dict[str, Estimate]:
    """One conversion of so many effective bits by class of published converters, pJ.

    A flash needs ``2**ceil(enob + 0.3) - 1`` comparators, the count by which their price was found,
    and never more than the converter has levels: a 1-bit ADC costs what one comparator costs.
    """
    count = min(flash_comparators(enob), adc.converter.levels)
    flash = Estimate.over(lambda one: count * one, survey.comparator.decision)
    return {"SAR": _published(survey, enob, form), "flash": flash}


def cheaper_class(prices: dict[str, Estimate]) -> str:
    """The class whose median is lower: a designer chooses once, not anew for every draw."""
    return min(prices, key=lambda name: prices[name].range.typical)


def survey_row(
    survey: "SurveyPrices", adc: Adc, enob: float, samples: int, form: SurveyForm = "survey"
) -> Row:
    """Conversions of a frame at the price of published converters of so many effective bits."""
    prices = published_prices(survey, adc, enob, form)
    return published_row(prices, cheaper_class(prices), adc, enob, samples)


def published_row(
    prices: dict[str, Estimate], name: str, adc: Adc, enob: float, samples: int
) -> Row:
    """Conversions of a frame by one class of published converters."""
    bits = adc.converter.bits
    component = f"{bits}-bit conversion of {enob:.2f} effective bits by a {name}"
    return Row("readout", component, samples, prices[name])


def _published(survey: "SurveyPrices", enob: float, form: SurveyForm) -> Estimate:
    merit = survey.merit
    if form == "walden":
        return Estimate((merit.walden_fj_per_step,), lambda fj: walden_pj(fj, enob))
    if form == "schreier":
        return Estimate((merit.schreier_aj_at_0_db,), lambda aj: schreier_pj(aj, enob))
    return survey.adc.conversion(enob)

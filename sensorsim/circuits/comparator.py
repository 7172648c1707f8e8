"""A thermometer from first principles: comparators, their clock, their reference, their latches."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from sensorsim.circuits.constant import Constant, Estimate
from sensorsim.circuits.driver import amplifier_fc, dac_rows, ladder_rows, line_ff
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.logic import clocked_bit, popcount_adders
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.survey import ComparatorPrices
from sensorsim.circuits.timing import conversion_us
from sensorsim.core.description import Description
from sensorsim.optics.spectrum import BOLTZMANN_J_PER_K
from sensorsim.readout import Adc, Comparator, Thermometer

if TYPE_CHECKING:
    from sensorsim.circuits.technology import Process

ComparatorKind = Literal["dynamic", "static"]


class ComparatorConstants(Description):
    """Figures of comparators."""

    dynamic_fj: Constant
    static_ua: Constant
    input_ff: Constant
    mismatch_mv: Constant


def decision(
    process: "Process",
    array: PixelArray,
    readout: Adc | Thermometer,
    kind: ComparatorKind = "dynamic",
) -> Estimate:
    """One decision of one comparator with its share of the clock line, pJ; no reference.

    A dynamic comparator costs per decision: ``C V**2`` at the digital supply or, if the pixel
    swings further than that, at the analog one. Its noise is at least that of what it charges, so
    it costs no less than ``k T V**2 / noise**2``. A static one draws its bias for the conversion,
    while the pixel settles it sleeps, and the decisions that it makes in that time share it.
    """
    c, shared = process.comparator, decisions_of_one(readout)
    clock = Estimate.over(
        lambda ff, v: 1e-3 * ff * v**2, line_ff(process, array.pitch_um), process.supply.digital_v
    )
    if kind == "dynamic":
        digital_v = process.supply.digital_v.typical
        supply_v = digital_v
        if array.full_scale_v > digital_v:
            supply_v = max(digital_v, process.supply.analog_v.typical)
        factor = (supply_v / digital_v) ** 2
        floor_fj = supply_v**2 * _thermal_ff(readout.comparator, array)
        return Estimate.over(
            lambda fj, clock_pj: 1e-3 * np.maximum(fj * factor, floor_fj) + clock_pj,
            c.dynamic_fj, clock,
        )  # fmt: skip
    return Estimate.over(
        lambda ua, v, us, clock_pj: ua * v * us / shared + clock_pj,
        c.static_ua, process.supply.analog_v, conversion_us(process.timing, readout), clock,
    )  # fmt: skip


def _thermal_ff(comparator: Comparator, array: PixelArray) -> float:
    """Capacitance whose kT/C noise is a comparator's noise; none where no noise is stated."""
    noise_v = 1e-3 * comparator.noise_mv
    return 1e15 * BOLTZMANN_J_PER_K * array.temperature_k / noise_v**2 if noise_v else 0.0


def decisions_of_one(readout: Adc | Thermometer) -> int:
    """Decisions that one comparator makes of one sample."""
    if isinstance(readout, Thermometer):
        return 1 if readout.mode == "parallel" else readout.levels
    return readout.converter.bits


def auto_zero_rows(
    process: "Process", comparator: Comparator, array: PixelArray, comparators: int
) -> list[Row]:
    """What brings comparators from their mismatch to the offset that is stated, once per row.

    An amplifier stores the offset on a capacitor whose kT/C noise is no more than the comparator's,
    and settles ``ln(mismatch / offset)`` time constants, at most to the accuracy of a reference.
    Comparators that are stated with their mismatch have no such thing.

    Parameters
    ----------
    comparators : int
        Of a row.
    """
    floor_ff = _thermal_ff(comparator, array)

    def price_pj(v: Any, ff: Any, ratio_v: Any, mismatch_mv: Any, bits: Any) -> Any:
        least_mv = np.maximum(comparator.offset_mv, mismatch_mv * 2.0 ** -(bits + 1))
        time_constants = np.log(np.maximum(1, mismatch_mv / least_mv))
        return 1e-3 * v * amplifier_fc(np.maximum(ff, floor_ff), ratio_v, time_constants)

    driver = process.driver
    price = Estimate(
        (process.supply.analog_v, process.converter.sampling_capacitor_ff,
         driver.bias_per_transconductance_v, process.comparator.mismatch_mv, driver.settling_bits),
        price_pj,
    )  # fmt: skip
    if price.range.high == 0:
        return []
    return [Row("readout", "auto-zero of a comparator", array.rows * comparators, price)]


def thermometer_rows(
    process: "Process", readout: Thermometer, array: PixelArray, kind: ComparatorKind
) -> list[Row]:
    """All parts of M decisions per sample."""
    decisions = array.samples * readout.levels
    sequential = readout.mode == "sequential"
    reference_rows = dac_rows if sequential else ladder_rows
    comparators = array.converters * (1 if sequential else readout.levels)
    rows = [
        Row("readout", f"{kind} comparison with clock", decisions,
            decision(process, array, readout, kind)),
        *auto_zero_rows(process, readout.comparator, array, comparators),
        *reference_rows(process, readout, array),
        Row("readout", "latch of a decision", decisions, clocked_bit(process)),
    ]  # fmt: skip
    if readout.link == "encoded":
        adder = Estimate((process.logic.full_adder_fj,), lambda fj: 1e-3 * fj)
        adders = array.samples * popcount_adders(readout.levels)
        rows.append(Row("readout", "adder of the encoder", adders, adder))
    return rows


def survey_row(prices: ComparatorPrices, readout: Thermometer, samples: int) -> Row:
    """M decisions per sample at the price of published flash converters.

    A thermometer compares M times per sample in both modes: M comparators once, or one M times.
    """
    name = "comparison with reference and clock"
    return Row("readout", name, samples * readout.levels, prices.decision)

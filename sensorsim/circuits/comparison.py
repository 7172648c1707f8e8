"""Energy of a comparison: the comparator, its share of the clock, its auto-zero."""

from typing import Any, Literal

import numpy as np

from sensorsim.circuits.comparator import Comparator
from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.driver import amplifier_fc, line_ff
from sensorsim.circuits.figures import Process
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.survey import ComparatorPrices
from sensorsim.optics.spectrum import BOLTZMANN_J_PER_K

ComparatorKind = Literal["dynamic", "static"]


def decision(
    process: Process,
    array: PixelArray,
    comparator: Comparator,
    conversion: Estimate,
    shared: int,
    kind: ComparatorKind = "dynamic",
) -> Estimate:
    """One decision of one comparator with its share of the clock line; no reference.

    A dynamic comparator costs per decision: ``C V**2`` at the digital supply or, if the pixel
    swings further than that, at the analog one. Its noise is at least that of what it charges, so
    it costs no less than ``k T V**2 / noise**2``. A static one draws its bias during the
    conversion, which the decisions of that time share; it is off while the pixel settles.

    Parameters
    ----------
    process : Process
        Figures of the process.
    array : PixelArray
        Rows, columns, pitch and full scale of the pixel array.
    comparator : Comparator
        Its noise sets the least energy.
    conversion : Estimate
        Time of a row's conversion, us.
    shared : int
        Decisions that one comparator makes in that time.
    kind : "dynamic" or "static"
        Whether it is clocked, or draws a bias current.

    Returns
    -------
    Estimate
        Energy of a decision, pJ.
    """
    c = process.comparator
    clock = Estimate.over(
        lambda ff, v: 1e-3 * ff * v**2,
        line_ff(process, array.column_pitch_um),
        process.supply.digital_v,
    )
    if kind == "dynamic":
        digital_v = process.supply.digital_v.typical
        supply_v = digital_v
        if array.full_scale_v > digital_v:
            supply_v = max(digital_v, process.supply.analog_v.typical)
        factor = (supply_v / digital_v) ** 2
        floor_fj = supply_v**2 * _thermal_ff(comparator, array)
        return Estimate.over(
            lambda fj, clock_pj: 1e-3 * np.maximum(fj * factor, floor_fj) + clock_pj,
            c.dynamic_fj, clock,
        )  # fmt: skip
    return Estimate.over(
        lambda ua, v, us, clock_pj: ua * v * us / shared + clock_pj,
        c.static_ua, process.supply.analog_v, conversion, clock,
    )  # fmt: skip


def _thermal_ff(comparator: Comparator, array: PixelArray) -> float:
    """Capacitance whose kT/C noise is a comparator's noise; none where no noise is stated."""
    noise_v = 1e-3 * comparator.noise_mv
    return 1e15 * BOLTZMANN_J_PER_K * array.temperature_k / noise_v**2 if noise_v else 0.0


def auto_zero_rows(
    process: Process, comparator: Comparator, array: PixelArray, comparators: int
) -> list[Row]:
    """Energy of auto-zeroing: reduces the offset from the mismatch to the stated one, once per row.

    An amplifier stores the offset on a capacitor whose kT/C noise is no more than the comparator's,
    and settles ``ln(mismatch / offset)`` time constants, at most to the accuracy of a reference.
    There is no row if the stated offset equals the mismatch.

    Parameters
    ----------
    process : Process
        Figures of the process.
    comparator : Comparator
        Its offset, mV, is what auto-zero leaves; its noise sets the least capacitor.
    array : PixelArray
        Rows, columns, pitch and full scale of the pixel array.
    comparators : int
        Of a row.

    Returns
    -------
    list of Row
        One row, or none without auto-zero.
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


def survey_row(prices: ComparatorPrices, comparisons: int) -> Row:
    """Comparisons of a frame at the price of published flash converters.

    Parameters
    ----------
    prices : ComparatorPrices
        Energy of a decision of published flash converters, pJ.
    comparisons : int
        Of a frame.

    Returns
    -------
    Row
        Of stage "readout", pJ.
    """
    return Row("readout", "comparison with reference and clock", comparisons, prices.decision)

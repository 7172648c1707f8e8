"""Energy of a conversion, part by part, and its time, for each architecture."""

from collections.abc import Callable
from typing import Any

import numpy as np

from sensorsim.circuits.comparison import ComparatorKind, auto_zero_rows, decision
from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.converter import Switching, switching_units, thermal_capacitance_ff
from sensorsim.circuits.driver import line_ff, quiescent_row, ramp_rows, settling_fc
from sensorsim.circuits.figures import Process, TimingConstants
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.logic import clocked_bit
from sensorsim.circuits.memory import access
from sensorsim.circuits.pixel import PixelArray, hold_row
from sensorsim.circuits.timing import ramp_steps
from sensorsim.readout.adc.architecture import Cyclic, Sar, SingleSlope
from sensorsim.readout.adc.conversion import Conversion
from sensorsim.tonemap import Linear

_FEEDBACK, _LOAD = 0.5, 2.5
"""Feedback factor and load, in capacitors, of an amplifier of gain two with equal capacitors.

It charges both capacitors of the next cycle, and its own two in series.
"""


def conversion_us(timing: TimingConstants, adc: Conversion) -> Estimate:
    """Time from a settled column to the last decision.

    Single slope: the ramp that the pipeline states, or ``2**bits`` periods of the counter. SAR and
    cyclic: one step to sample and one per bit.

    Parameters
    ----------
    timing : TimingConstants
        Time constants of the technology's circuits.
    adc : Conversion
        The conversion.

    Returns
    -------
    Estimate
        Time, us.
    """
    converter = adc.converter
    if isinstance(converter.architecture, SingleSlope):
        ramp_us = converter.architecture.conversion_time_us
        if ramp_us is not None:
            return Estimate((), lambda: ramp_us)
        cycles = ramp_steps(converter.bits)
        return Estimate((timing.counter_period_ns,), lambda ns: 1e-3 * ns * cycles)
    steps = converter.bits + 1
    return Estimate((timing.step_ns,), lambda ns: 1e-3 * ns * steps)


def ramp_clock_ratio(timing: TimingConstants, adc: Conversion) -> float | None:
    """Clock of a single-slope converter's counter relative to a typical counter.

    Parameters
    ----------
    timing : TimingConstants
        Time constants of the technology's circuits.
    adc : Conversion
        The conversion.

    Returns
    -------
    float or None
        Ratio; None for other architectures.
    """
    converter = adc.converter
    if not isinstance(converter.architecture, SingleSlope):
        return None
    ramp_us = converter.architecture.conversion_time_us
    if ramp_us is None:
        return 1.0
    period_ns = 1e3 * ramp_us / ramp_steps(converter.bits)
    return timing.counter_period_ns.typical / period_ns


def converter_rows(
    process: Process,
    adc: Conversion,
    array: PixelArray,
    switching: Switching,
    comparator: ComparatorKind,
) -> list[Row]:
    """Price all parts of one conversion per sample.

    Parameters
    ----------
    process : Process
        Figures of the process.
    adc : Conversion
        The conversion.
    array : PixelArray
        The pixel array.
    switching : "conventional" or "monotonic"
        Switching scheme of a SAR's capacitors.
    comparator : "dynamic" or "static"
        Comparator of a SAR or cyclic converter.

    Returns
    -------
    list of Row
        Energy rows of stage "readout", pJ each.
    """
    converter = adc.converter
    conversion = conversion_us(process.timing, adc)
    if isinstance(converter.architecture, SingleSlope):
        rows = _single_slope(process, converter, array, conversion)
    elif isinstance(converter.architecture, Sar):
        rows = _sar(process, converter, array, conversion, switching, comparator)
    else:
        assert isinstance(converter.architecture, Cyclic)
        rows = _cyclic(process, converter, array, conversion, comparator)
    rows += auto_zero_rows(process, converter.comparator, array, array.converters)
    if adc.conversion_bits is not None:
        table_bits = 2**adc.conversion_bits * adc.bits
        rows.append(
            Row("readout", "tone table, bit", array.samples * adc.bits, access(process, table_bits))
        )
    if isinstance(converter.architecture, SingleSlope):  # the others sample the column
        rows.append(hold_row(process, array, conversion))
    return rows


def _single_slope(
    process: Process, adc: Conversion, array: PixelArray, conversion: Estimate
) -> list[Row]:
    """A comparator that is on for the whole ramp, and a ripple counter that stops at the code.

    The clock line along all columns toggles for the whole ramp. Without measured signals the mean
    code is the tone curve's value at the mean signal.
    """
    v, steps = process.supply.analog_v, ramp_steps(adc.bits)
    line, edge = line_ff(process, array.column_pitch_um), clocked_bit(process)
    signal, code = array.signal(process), _mean_code(adc, array)
    bent = None
    if not isinstance(adc.tone_curve, Linear):
        bent = Estimate.over(lambda factor: factor, process.driver.nonlinear_ramp)
    return [
        Row("readout", "comparator bias over the ramp", array.samples,
            Estimate.over(lambda ua, v, us: ua * v * us,
                          process.comparator.static_ua, v, conversion)),
        Row("readout", "counter up to the code", array.samples,
            Estimate.over(lambda s, cell: 2 * code(s) * steps * cell, signal, edge)),
        Row("readout", "counter's clock line", array.samples,
            Estimate.over(lambda v, ff: 1e-3 * steps * ff * v**2,
                          process.supply.digital_v, line)),
        Row("readout", "latch of a bit", array.samples * adc.bits, edge),
        *ramp_rows(process, array, conversion, steps, bent),
    ]  # fmt: skip


def _mean_code(adc: Conversion, array: PixelArray) -> Callable[[Any], Any]:
    """Mean code as a fraction of all codes, as a function of the mean signal."""
    if array.signals is None:
        return adc.tone_curve.apply
    mean = float(np.mean(adc.tone_curve.apply(array.signals)))
    return lambda _: mean


def _sar(
    process: Process,
    adc: Conversion,
    array: PixelArray,
    conversion: Estimate,
    switching: Switching,
    comparator: ComparatorKind,
) -> list[Row]:
    """A pair of capacitor arrays that switch to full scale and ground, b decisions, a register.

    A buffer takes their charge from the supply.

    The register is a shift register and a code register of b bits each, clocked once to sample and
    b times to decide; per cycle, two bits of the shift register and about one code bit toggle.
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
            decision(process, array, adc.comparator, conversion, bits, comparator)),
        Row("readout", "successive-approximation register", array.samples,
            clocked_bit(process, clocks=2 * bits * (bits + 1), toggles=3 * bits)),
        quiescent_row(process, array, conversion, "reference buffer"),
    ]  # fmt: skip


def _cyclic(
    process: Process,
    adc: Conversion,
    array: PixelArray,
    conversion: Estimate,
    comparator: ComparatorKind,
) -> list[Row]:
    """A residue amplifier of gain two that settles b - 1 times."""
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
            decision(process, array, adc.comparator, conversion, bits, comparator)),
        Row("readout", "code register", array.samples * bits, clocked_bit(process)),
        quiescent_row(process, array, conversion, "reference buffer"),
    ]  # fmt: skip

"""A thermometer from first principles: comparators, their clock, their reference, their latches."""

from typing import TYPE_CHECKING, Literal

from sensorsim.description import Description
from sensorsim.energy.constant import Constant, Estimate
from sensorsim.energy.ledger import Row
from sensorsim.energy.logic import clocked_bit, popcount_adders
from sensorsim.energy.pixel import PixelArray
from sensorsim.energy.survey import ComparatorPrices
from sensorsim.energy.timing import conversion_us
from sensorsim.readout import Adc, Thermometer

if TYPE_CHECKING:
    from sensorsim.energy.technology import Process

ComparatorKind = Literal["dynamic", "static"]


class ComparatorConstants(Description):
    """Figures of comparators and of the reference that they compare with."""

    dynamic_fj: Constant
    static_ua: Constant
    reference_ua: Constant
    mismatch_mv: Constant


def line_ff(process: "Process", pitch_um: float) -> Estimate:
    """One column's part of a line that runs along the columns: wire and one gate, fF."""
    c = process.logic
    return Estimate((c.wire_ff_per_mm, c.pin_ff), lambda wire, pin: wire * pitch_um * 1e-3 + pin)


def decision(
    process: "Process",
    pitch_um: float,
    readout: Adc | Thermometer,
    kind: ComparatorKind = "dynamic",
) -> Estimate:
    """One decision of one comparator with its share of the clock line, pJ; no reference.

    A dynamic comparator costs per decision. A static one draws its bias from settling to the row's
    last decision, and the decisions that it makes in that time share it.
    """
    c, line = process.comparator, line_ff(process, pitch_um)
    clock = (*line.constants, process.supply.digital_v)

    def clock_pj(wire: float, pin: float, v: float) -> float:
        return 1e-3 * line.formula(wire, pin) * v**2

    if kind == "dynamic":
        return Estimate((c.dynamic_fj, *clock), lambda fj, *line: 1e-3 * fj + clock_pj(*line))
    time, shared = conversion_us(process.timing, readout), decisions_of_one(readout)

    def biased_pj(ua: float, v: float, settling_us: float, *rest: float) -> float:
        times, line = rest[: len(time.constants)], rest[len(time.constants) :]
        return ua * v * (settling_us + time.formula(*times)) / shared + clock_pj(*line)

    bias = (c.static_ua, process.supply.analog_v, process.timing.settling_us)
    return Estimate((*bias, *time.constants, *clock), biased_pj)


def decisions_of_one(readout: Adc | Thermometer) -> int:
    """Decisions that one comparator makes of one sample."""
    if isinstance(readout, Thermometer):
        return 1 if readout.mode == "parallel" else readout.levels
    return readout.converter.bits


def reference_row(process: "Process", readout: Adc | Thermometer, array: PixelArray) -> Row:
    """Ladder, DAC or buffer that all columns share, on from settling to the row's last decision."""
    time = conversion_us(process.timing, readout)
    settling = process.timing.settling_us
    held = Estimate(
        (process.comparator.reference_ua, process.supply.analog_v, settling, *time.constants),
        lambda ua, v, settle, *rest: ua * v * (settle + time.formula(*rest)),
    )
    name = (
        "reference buffer" if isinstance(readout, Adc)
        else "reference ladder" if readout.mode == "parallel" else "reference DAC"
    )  # fmt: skip
    return Row("readout", f"{name}, a row", array.rows, held)


def thermometer_rows(
    process: "Process", readout: Thermometer, array: PixelArray, kind: ComparatorKind
) -> list[Row]:
    """All parts of M decisions per sample.

    A sequential reference swings the line of all columns from zero to the largest threshold and
    back once per row, in whatever steps: ``C V dV`` with the sum of its rising steps. The taps of a
    parallel ladder stand still, but every decision kicks charge back into its tap: at most that of
    its part of the tap's line over full scale.
    """
    decisions = array.samples * readout.levels
    rows = [
        Row("readout", f"{kind} comparison with clock", decisions,
            decision(process, array.pitch_um, readout, kind)),
        reference_row(process, readout, array),
        Row("readout", "latch of a decision", decisions, clocked_bit(process)),
    ]  # fmt: skip
    lines, swing = (
        (1, float(readout.transitions()[-1])) if readout.mode == "sequential"
        else (readout.levels, 1.0)
    )  # fmt: skip
    line, swing_v = line_ff(process, array.pitch_um), swing * array.full_scale_v
    load = Estimate(
        (process.supply.analog_v, *line.constants),
        lambda v, *parts: 1e-3 * array.converters * line.formula(*parts) * v * swing_v,
    )
    name = "reference line, a row" if readout.mode == "sequential" else "ladder tap's line, a row"
    rows.append(Row("readout", name, array.rows * lines, load))
    if readout.link == "encoded":
        adder = Estimate((process.logic.full_adder_fj,), lambda fj: 1e-3 * fj)
        adders = array.samples * popcount_adders(readout.levels)
        rows.append(Row("readout", "adder of the encoder", adders, adder))
    return rows


def survey_row(prices: ComparatorPrices, readout: Thermometer, samples: int) -> Row:
    """M decisions per sample at the price of published flash converters.

    A thermometer compares M times per sample in both modes: M comparators once, or one M times.
    """
    price = Estimate((prices.percentile,), prices.at)
    name = "comparison with reference and clock"
    return Row("readout", name, samples * readout.levels, price)

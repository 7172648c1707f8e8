"""A thermometer from first principles: comparators, their clock, their reference, their latches."""

from typing import TYPE_CHECKING, Literal

from sensorsim.description import Description
from sensorsim.energy.constant import Constant, Estimate
from sensorsim.energy.driver import dac_rows, ladder_rows, line_ff
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
    """Figures of comparators."""

    dynamic_fj: Constant
    static_ua: Constant
    input_ff: Constant
    mismatch_mv: Constant


def decision(
    process: "Process",
    pitch_um: float,
    readout: Adc | Thermometer,
    kind: ComparatorKind = "dynamic",
) -> Estimate:
    """One decision of one comparator with its share of the clock line, pJ; no reference.

    A dynamic comparator costs per decision. A static one draws its bias for the conversion, while
    the pixel settles it sleeps, and the decisions that it makes in that time share it.
    """
    c, shared = process.comparator, decisions_of_one(readout)
    clock = Estimate.over(
        lambda ff, v: 1e-3 * ff * v**2, line_ff(process, pitch_um), process.supply.digital_v
    )
    if kind == "dynamic":
        return Estimate.over(lambda fj, clock_pj: 1e-3 * fj + clock_pj, c.dynamic_fj, clock)
    return Estimate.over(
        lambda ua, v, us, clock_pj: ua * v * us / shared + clock_pj,
        c.static_ua, process.supply.analog_v, conversion_us(process.timing, readout), clock,
    )  # fmt: skip


def decisions_of_one(readout: Adc | Thermometer) -> int:
    """Decisions that one comparator makes of one sample."""
    if isinstance(readout, Thermometer):
        return 1 if readout.mode == "parallel" else readout.levels
    return readout.converter.bits


def thermometer_rows(
    process: "Process", readout: Thermometer, array: PixelArray, kind: ComparatorKind
) -> list[Row]:
    """All parts of M decisions per sample."""
    decisions = array.samples * readout.levels
    reference_rows = dac_rows if readout.mode == "sequential" else ladder_rows
    rows = [
        Row("readout", f"{kind} comparison with clock", decisions,
            decision(process, array.pitch_um, readout, kind)),
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

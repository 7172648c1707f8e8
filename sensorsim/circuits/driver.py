"""Lines along the columns, and what drives a reference that all columns share.

A ladder, a reference DAC or a ramp charges a line of as many gates as there are columns, and must
settle on it. The faster it must, the more current it takes for the shorter time: a settling costs a
charge that depends on load and accuracy alone.

* An amplifier of one pole and of class A settles to half a step of ``n`` bits after
  ``(n + 1) ln 2`` time constants ``C / gm``, and biases two branches with ``(I / gm) gm`` each:
  ``2 (I / gm) C (n + 1) ln 2``.
* Behind a ramp its lag is one step, a time constant per step: ``2 (I / gm) C 2**b``.
* A ladder's taps see at most a quarter of its resistance ``R``, and what a decision kicks into them
  has a row's time to vanish, in which ``V_fs / R`` flows: ``V_fs C (n + 1) ln 2 / 4``.

The buffer of a SAR or cyclic converter holds a voltage that a capacitor keeps: it gives the charge
that the converter takes, at its own supply. On top comes a quiescent current that no load moves.
"""

import math
from typing import TYPE_CHECKING, Any

from sensorsim.circuits.constant import Constant, Estimate
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.timing import conversion_us, ramp_steps
from sensorsim.core.description import Description
from sensorsim.readout import Adc, Thermometer
from sensorsim.tonemap import Linear

if TYPE_CHECKING:
    from sensorsim.circuits.technology import Process

BRANCHES = 2
"""A differential amplifier biases two."""


class DriverConstants(Description):
    """Figures of what all columns share."""

    quiescent_ua: Constant
    bias_per_transconductance_v: Constant
    settling_bits: Constant
    nonlinear_ramp: Constant


def line_ff(process: "Process", pitch_um: float, gate: Constant | None = None) -> Estimate:
    """One column's part of a line that runs along the columns, fF: wire and one gate.

    The gate is a logic cell's, or what is given.
    """
    c = process.logic
    return Estimate(
        (c.wire_ff_per_mm, gate or c.pin_ff), lambda wire, pin: wire * pitch_um * 1e-3 + pin
    )


def reference_line_ff(process: "Process", array: PixelArray) -> Estimate:
    """A line with a comparator's input at every column, whole, fF."""
    one = line_ff(process, array.pitch_um, process.comparator.input_ff)
    return Estimate.over(lambda ff: array.converters * ff, one)


def amplifier_fc(load_ff: Any, bias_per_transconductance_v: Any, time_constants: Any) -> Any:
    """Charge that an amplifier takes in so many time constants of its load, fC."""
    return BRANCHES * bias_per_transconductance_v * load_ff * time_constants


def settling_fc(load_ff: Any, bias_per_transconductance_v: Any, bits: Any) -> Any:
    """Charge that an amplifier takes to settle once to half a step of so many bits, fC."""
    return amplifier_fc(load_ff, bias_per_transconductance_v, (bits + 1) * math.log(2))


def held_us(process: "Process", readout: Adc | Thermometer) -> Estimate:
    """From the start of settling to a row's last decision, us: as long as a reference is on."""
    return Estimate.over(
        lambda settling, conversion: settling + conversion,
        process.timing.settling_us, conversion_us(process.timing, readout),
    )  # fmt: skip


def quiescent_row(
    process: "Process", readout: Adc | Thermometer, array: PixelArray, name: str
) -> Row:
    """What a driver takes whatever its load, once per row."""
    price = Estimate.over(
        lambda ua, v, us, factor: ua * v * us * factor,
        process.driver.quiescent_ua, process.supply.analog_v, held_us(process, readout),
        _bent(process, readout),
    )  # fmt: skip
    return Row("readout", f"{name}, quiescent, a row", array.rows, price)


def ladder_rows(process: "Process", readout: Thermometer, array: PixelArray) -> list[Row]:
    """A resistor ladder with a tap for each of M comparators per column.

    Its taps stand still, but every decision kicks charge back into its tap: at most that of its
    part of the tap's line over full scale.
    """
    span, taps, supply = array.full_scale_v, readout.levels, process.supply.analog_v
    line = reference_line_ff(process, array)
    settling = Estimate.over(
        lambda ff, v, bits: 1e-3 * v * span * taps * ff * (bits + 1) * math.log(2) / 4,
        line, supply, _accuracy_bits(process, readout),
    )  # fmt: skip
    load = Estimate.over(lambda ff, v: 1e-3 * ff * v * span, line, supply)
    return [
        quiescent_row(process, readout, array, "reference ladder"),
        Row("readout", "reference ladder, settling, a row", array.rows, settling),
        Row("readout", "ladder tap's line, a row", array.rows * taps, load),
    ]


def dac_rows(process: "Process", readout: Thermometer, array: PixelArray) -> list[Row]:
    """A reference DAC that shows one line of all columns M thresholds, one after another.

    It swings the line from zero to the largest threshold and back once per row, in whatever steps:
    ``C V dV`` with the sum of its rising steps. It settles M times, and once more on the way back.
    """
    swing_v = float(readout.transitions()[-1]) * array.full_scale_v
    line, supply = reference_line_ff(process, array), process.supply.analog_v
    settling = Estimate.over(
        lambda v, ff, ratio, bits: 1e-3 * v * settling_fc(ff, ratio, bits) * (readout.levels + 1),
        supply, line, process.driver.bias_per_transconductance_v,
        _accuracy_bits(process, readout),
    )  # fmt: skip
    load = Estimate.over(lambda ff, v: 1e-3 * ff * v * swing_v, line, supply)
    return [
        quiescent_row(process, readout, array, "reference DAC"),
        Row("readout", "reference DAC, settling, a row", array.rows, settling),
        Row("readout", "reference line, a row", array.rows, load),
    ]


def ramp_rows(process: "Process", readout: Adc, array: PixelArray) -> list[Row]:
    """A ramp that runs through full scale once per row."""
    steps, span = ramp_steps(readout.converter.bits), array.full_scale_v
    line, supply = reference_line_ff(process, array), process.supply.analog_v
    following = Estimate.over(
        lambda v, ff, ratio, factor: 1e-3 * v * amplifier_fc(ff, ratio, steps) * factor,
        supply, line, process.driver.bias_per_transconductance_v, _bent(process, readout),
    )  # fmt: skip
    load = Estimate.over(lambda ff, v: 1e-3 * ff * v * span, line, supply)
    name = f"{'' if _is_straight(readout) else 'nonlinear '}ramp generator"
    return [
        quiescent_row(process, readout, array, name),
        Row("readout", f"{name}, following, a row", array.rows, following),
        Row("readout", "ramp line, a row", array.rows, load),
    ]


def _accuracy_bits(process: "Process", readout: Thermometer) -> Estimate:
    """Bits of the reference: its DAC's, or the technology's where none is stated."""
    stated = readout.reference_bits
    if stated is not None:
        return Estimate((), lambda: stated)
    return Estimate.over(lambda bits: bits, process.driver.settling_bits)


def _is_straight(readout: Adc | Thermometer) -> bool:
    return isinstance(readout, Thermometer) or isinstance(readout.converter.tone_curve, Linear)


def _bent(process: "Process", readout: Adc | Thermometer) -> Estimate:
    """How much dearer a generator is than that of a straight ramp."""
    if _is_straight(readout):
        return Estimate((), lambda: 1.0)
    return Estimate.over(lambda factor: factor, process.driver.nonlinear_ramp)

"""Lines along the columns, and what drives a reference that all columns share.

A ladder, a reference DAC or a ramp charges a line of as many gates as there are columns, and must
settle on it. Faster settling takes more current for a shorter time: the charge of a settling
depends on load and accuracy only.

* An amplifier of one pole and of class A settles to half a step of ``n`` bits after
  ``(n + 1) ln 2`` time constants ``C / gm``, and biases two branches with ``(I / gm) gm`` each:
  ``2 (I / gm) C (n + 1) ln 2``.
* Behind a ramp its lag is one step, a time constant per step: ``2 (I / gm) C 2**b``.
* The source resistance of a ladder's tap is at most ``R / 4``, and the kickback of a decision must
  settle within a row's time, in which ``V_fs / R`` flows: ``V_fs C (n + 1) ln 2 / 4``.

The buffer of a SAR or cyclic converter holds a voltage that a capacitor keeps: it gives the charge
that the converter takes, at its own supply. A quiescent current, independent of the load, is added.

``held`` is what a readout states: how long a row's conversion lasts, us.
"""

import math
from typing import Any

from sensorsim.circuits.constant import Constant, Estimate
from sensorsim.circuits.figures import Process
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.pixel import PixelArray

BRANCHES = 2
"""A differential amplifier biases two."""
ONE = Estimate((), lambda: 1.0)
"""A factor that changes nothing."""


def line_ff(process: Process, pitch_um: float, gate: Constant | None = None) -> Estimate:
    """One column's part of a line that runs along the columns: wire and one gate.

    Parameters
    ----------
    process : Process
        Figures of the process.
    pitch_um : float
        Of a column, um.
    gate : Constant, optional
        Capacitance of the gate, fF; a logic cell's if left out.

    Returns
    -------
    Estimate
        Capacitance, fF.
    """
    c = process.logic
    return Estimate(
        (c.wire_ff_per_mm, gate or c.pin_ff), lambda wire, pin: wire * pitch_um * 1e-3 + pin
    )


def reference_line_ff(process: Process, array: PixelArray) -> Estimate:
    """A whole line with a comparator's input at every column.

    Parameters
    ----------
    process : Process
        Figures of the process.
    array : PixelArray
        Rows, columns, pitch and full scale of the pixel array.

    Returns
    -------
    Estimate
        Capacitance, fF.
    """
    one = line_ff(process, array.column_pitch_um, process.comparator.input_ff)
    return Estimate.over(lambda ff: array.converters * ff, one)


def amplifier_fc(load_ff: Any, bias_per_transconductance_v: Any, time_constants: Any) -> Any:
    """Charge that an amplifier takes in so many time constants of its load.

    Parameters
    ----------
    load_ff : float or float64 [draws], fF
        Capacitance of the load.
    bias_per_transconductance_v : float or float64 [draws], V
        Bias current over transconductance, I / gm.
    time_constants : float or float64 [draws]
        Number of time constants, ``C / gm``.

    Returns
    -------
    float or float64 [draws]
        Charge, fC.
    """
    return BRANCHES * bias_per_transconductance_v * load_ff * time_constants


def settling_fc(load_ff: Any, bias_per_transconductance_v: Any, bits: Any) -> Any:
    """Charge that an amplifier takes to settle once to half a step of so many bits.

    Parameters
    ----------
    load_ff : float or float64 [draws], fF
        Capacitance of the load.
    bias_per_transconductance_v : float or float64 [draws], V
        Bias current over transconductance, I / gm.
    bits : float or float64 [draws]
        Accuracy to which the load settles.

    Returns
    -------
    float or float64 [draws]
        Charge, fC.
    """
    return amplifier_fc(load_ff, bias_per_transconductance_v, (bits + 1) * math.log(2))


def quiescent_row(
    process: Process, array: PixelArray, conversion: Estimate, name: str, factor: Estimate = ONE
) -> Row:
    """Quiescent energy of a driver, once per row; it does not depend on the load.

    The driver is on from the start of settling to the last decision of the row.

    Parameters
    ----------
    process : Process
        Figures of the process.
    array : PixelArray
        Rows, columns, pitch and full scale of the pixel array.
    conversion : Estimate
        Time of a row's conversion, us.
    name : str
        What to call the driver.
    factor : Estimate
        Energy over that of a plain driver.

    Returns
    -------
    Row
        Of stage "readout", pJ.
    """
    price = Estimate.over(
        lambda ua, v, settling_us, conversion_us, factor: (
            ua * v * (settling_us + conversion_us) * factor
        ),
        process.driver.quiescent_ua, process.supply.analog_v, process.timing.settling_us,
        conversion, factor,
    )  # fmt: skip
    return Row("readout", f"{name}, quiescent, a row", array.rows, price)


def reference_bits(process: Process, stated: int | None) -> Estimate:
    """Accuracy that a reference settles to.

    Parameters
    ----------
    process : Process
        Figures of the process.
    stated : int or None
        Bits of the reference DAC; the technology's ``driver.settling_bits`` if None.

    Returns
    -------
    Estimate
        Bits.
    """
    if stated is not None:
        return Estimate((), lambda: stated)
    return Estimate.over(lambda bits: bits, process.driver.settling_bits)


def ladder_rows(
    process: Process, array: PixelArray, conversion: Estimate, taps: int, accuracy_bits: Estimate
) -> list[Row]:
    """Energy of a resistor ladder with a tap for each of some comparators per column.

    The taps are constant, but every decision kicks charge back into its tap: at most that of its
    part of the tap's line over full scale.

    Parameters
    ----------
    process : Process
        Figures of the process.
    array : PixelArray
        Rows, columns, pitch and full scale of the pixel array.
    conversion : Estimate
        Time of a row's conversion, us.
    taps : int
        Number of comparators per column, each with its tap.
    accuracy_bits : Estimate
        To which a tap settles; see `reference_bits`.

    Returns
    -------
    list of Row
        Of stage "readout", pJ.
    """
    span, supply = array.full_scale_v, process.supply.analog_v
    line = reference_line_ff(process, array)
    settling = Estimate.over(
        lambda ff, v, bits: 1e-3 * v * span * taps * ff * (bits + 1) * math.log(2) / 4,
        line, supply, accuracy_bits,
    )  # fmt: skip
    load = Estimate.over(lambda ff, v: 1e-3 * ff * v * span, line, supply)
    return [
        quiescent_row(process, array, conversion, "reference ladder"),
        Row("readout", "reference ladder, settling, a row", array.rows, settling),
        Row("readout", "ladder tap's line, a row", array.rows * taps, load),
    ]


def dac_rows(
    process: Process,
    array: PixelArray,
    conversion: Estimate,
    steps: int,
    largest: float,
    accuracy_bits: Estimate,
) -> list[Row]:
    """Energy of a reference DAC that drives one line of all columns to some levels in turn.

    It swings the line from zero to the largest level and back once per row, in any number of steps:
    ``C V dV`` with the sum of its rising steps. It settles once per step, and once on the way back.

    Parameters
    ----------
    process : Process
        Figures of the process.
    array : PixelArray
        Rows, columns, pitch and full scale of the pixel array.
    conversion : Estimate
        Time of a row's conversion, us.
    steps : int
        Levels that are shown.
    largest : float
        The highest level, as a part of full scale.
    accuracy_bits : Estimate
        To which the line settles; see `reference_bits`.

    Returns
    -------
    list of Row
        Of stage "readout", pJ.
    """
    swing_v = largest * array.full_scale_v
    line, supply = reference_line_ff(process, array), process.supply.analog_v
    settling = Estimate.over(
        lambda v, ff, ratio, bits: 1e-3 * v * settling_fc(ff, ratio, bits) * (steps + 1),
        supply, line, process.driver.bias_per_transconductance_v, accuracy_bits,
    )  # fmt: skip
    load = Estimate.over(lambda ff, v: 1e-3 * ff * v * swing_v, line, supply)
    return [
        quiescent_row(process, array, conversion, "reference DAC"),
        Row("readout", "reference DAC, settling, a row", array.rows, settling),
        Row("readout", "reference line, a row", array.rows, load),
    ]


def ramp_rows(
    process: Process,
    array: PixelArray,
    conversion: Estimate,
    steps: int,
    nonlinear: Estimate | None = None,
) -> list[Row]:
    """A ramp that runs through full scale once per row.

    Parameters
    ----------
    process : Process
        Figures of the process.
    array : PixelArray
        Rows, columns, pitch and full scale of the pixel array.
    conversion : Estimate
        Time of a row's conversion, us.
    steps : int
        Clock cycles of the ramp.
    nonlinear : Estimate, optional
        Energy of a nonlinear ramp's generator over a linear one's; a linear ramp if left out.

    Returns
    -------
    list of Row
        Of stage "readout", pJ.
    """
    span, factor = array.full_scale_v, ONE if nonlinear is None else nonlinear
    line, supply = reference_line_ff(process, array), process.supply.analog_v
    following = Estimate.over(
        lambda v, ff, ratio, factor: 1e-3 * v * amplifier_fc(ff, ratio, steps) * factor,
        supply, line, process.driver.bias_per_transconductance_v, factor,
    )  # fmt: skip
    load = Estimate.over(lambda ff, v: 1e-3 * ff * v * span, line, supply)
    name = f"{'' if nonlinear is None else 'nonlinear '}ramp generator"
    return [
        quiescent_row(process, array, conversion, name, factor),
        Row("readout", f"{name}, following, a row", array.rows, following),
        Row("readout", "ramp line, a row", array.rows, load),
    ]

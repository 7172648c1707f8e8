"""Energy and time of a thermometer: comparators, references and latches."""

from sensorsim.circuits.comparator import Comparator
from sensorsim.circuits.comparison import ComparatorKind, auto_zero_rows, decision
from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.driver import dac_rows, ladder_rows, reference_bits
from sensorsim.circuits.figures import Process, TimingConstants
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.logic import clocked_bit, popcount_adders
from sensorsim.circuits.pixel import PixelArray, hold_row
from sensorsim.readout.thermometer.circuit import ThermometerCircuit


def conversion_us(timing: TimingConstants, mode: str, thresholds: int) -> Estimate:
    """Time of a row's decisions: one comparison in parallel, or M reference steps in sequence.

    Parameters
    ----------
    timing : TimingConstants
        Time constants of the technology's circuits.
    mode : "parallel" or "sequential"
        M comparators per column, or one that makes M decisions.
    thresholds : int
        Number of thresholds M.

    Returns
    -------
    Estimate
        Time, us.
    """
    if mode == "parallel":
        return Estimate((timing.comparison_ns,), lambda ns: 1e-3 * ns)
    return Estimate((timing.step_ns,), lambda ns: 1e-3 * ns * thresholds)


def thermometer_rows(
    process: Process,
    array: PixelArray,
    circuit: ThermometerCircuit,
    comparator: Comparator,
    thresholds: int,
    largest: float,
    kind: ComparatorKind,
) -> list[Row]:
    """Price all parts of M decisions per sample.

    Parameters
    ----------
    process : Process
        Figures of the process.
    array : PixelArray
        The pixel array.
    circuit : ThermometerCircuit
        Circuit of the thermometer.
    comparator : Comparator
        Errors of the comparators.
    thresholds : int
        Number of thresholds M.
    largest : float
        Highest level as a fraction of full scale.
    kind : "dynamic" or "static"
        Type of the comparators.

    Returns
    -------
    list of Row
        Energy rows of stage "readout", pJ each.
    """
    decisions = array.samples * thresholds
    sequential = circuit.mode == "sequential"
    conversion = conversion_us(process.timing, circuit.mode, thresholds)
    bits = reference_bits(process, circuit.reference_bits)
    if sequential:
        reference = dac_rows(process, array, conversion, thresholds, largest, bits)
    else:
        reference = ladder_rows(process, array, conversion, thresholds, bits)
    shared = thresholds if sequential else 1
    rows = [
        Row("readout", f"{kind} comparison with clock", decisions,
            decision(process, array, comparator, conversion, shared, kind)),
        *auto_zero_rows(process, comparator, array, array.converters * thresholds // shared),
        *reference,
        Row("readout", "latch of a decision", decisions, clocked_bit(process)),
    ]  # fmt: skip
    if circuit.link == "encoded":
        adder = Estimate((process.logic.full_adder_fj,), lambda fj: 1e-3 * fj)
        adders = array.samples * popcount_adders(thresholds)
        rows.append(Row("readout", "adder of the encoder", adders, adder))
    return [*rows, hold_row(process, array, conversion)]

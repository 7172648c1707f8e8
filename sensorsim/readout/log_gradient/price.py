"""Energy and time of log gradients: dividers, comparators and the analog row buffer."""

import numpy as np

from sensorsim.circuits.comparator import Comparator
from sensorsim.circuits.comparison import ComparatorKind, auto_zero_rows, decision
from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.driver import settling_fc
from sensorsim.circuits.figures import Process, TimingConstants
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.logic import clocked_bit, popcount_adders
from sensorsim.circuits.pixel import PixelArray, hold_row
from sensorsim.optics.spectrum import BOLTZMANN_J_PER_K


def conversion_us(timing: TimingConstants, decisions: int) -> Estimate:
    """Time of a row's decisions, one after another, since both directions share a comparator.

    Parameters
    ----------
    timing : TimingConstants
        Time constants of the technology's circuits.
    decisions : int
        Decisions per sample.

    Returns
    -------
    Estimate
        Time, us.
    """
    return Estimate((timing.step_ns,), lambda ns: 1e-3 * ns * decisions)


def gradient_rows(
    process: Process,
    array: PixelArray,
    comparator: Comparator,
    ratios: int,
    directions: int,
    buffer_noise_mv: float,
    kind: ComparatorKind,
) -> list[Row]:
    """Price all parts of the gradients of every sample.

    Each decision charges the divider from both samples: ``2 C V s V_fs`` from the analog supply V,
    with the mean signal s and full scale V_fs. The pixel's source follower drives the column and
    the dividers on it until the last decision. Each sample is written once to the row buffer,
    ``C V s V_fs``, whose capacitor is at least ``kT / noise**2``; an amplifier drives the divider
    of every vertical decision from there, since sharing the capacitor's charge would change the
    ratio, and settles to the accuracy of a reference.

    Not priced: drivers of the switches, and whatever keeps the row buffer from drooping.

    Parameters
    ----------
    process : Process
        Figures of the process.
    array : PixelArray
        The pixel array.
    comparator : Comparator
        Errors of the comparators.
    ratios : int
        Number of ratios per direction.
    directions : int
        Gradients per sample.
    buffer_noise_mv : float
        Noise of the row buffer, mV rms; 0 sets no lower limit on its capacitor.
    kind : "dynamic" or "static"
        Type of the comparators.

    Returns
    -------
    list of Row
        Energy rows of stage "readout", pJ each.
    """
    each = directions * ratios
    conversion = conversion_us(process.timing, each)
    span, signal = array.full_scale_v, array.signal(process)
    capacitor, supply = process.converter.sampling_capacitor_ff, process.supply.analog_v
    least_ff = _thermal_ff(buffer_noise_mv, array.temperature_k)
    divider = Estimate.over(
        lambda ff, v, s: 1e-3 * 2 * ff * v * s * span, capacitor, supply, signal
    )
    buffer = Estimate.over(
        lambda ff, v, s: 1e-3 * np.maximum(ff, least_ff) * v * s * span, capacitor, supply, signal
    )
    driver = process.driver
    amplifier = Estimate.over(
        lambda ff, v, ratio_v, bits: 1e-3 * v * settling_fc(ff, ratio_v, bits),
        capacitor, supply, driver.bias_per_transconductance_v, driver.settling_bits,
    )  # fmt: skip
    adder = Estimate((process.logic.full_adder_fj,), lambda fj: 1e-3 * fj)
    return [
        Row("readout", "analog row buffer, write", array.samples, buffer),
        Row("readout", "analog row buffer, amplifier", array.samples * ratios, amplifier),
        Row("readout", "capacitors of a ratio", array.samples * each, divider),
        Row("readout", f"{kind} comparison with clock", array.samples * each,
            decision(process, array, comparator, conversion, each, kind)),
        *auto_zero_rows(process, comparator, array, array.converters),
        Row("readout", "latch of a decision", array.samples * each, clocked_bit(process)),
        Row("readout", "adder of the encoder",
            array.samples * directions * popcount_adders(ratios), adder),
        hold_row(process, array, conversion),
    ]  # fmt: skip


def _thermal_ff(noise_mv: float, temperature_k: float) -> float:
    """Capacitance with the given kT/C noise, fF; 0 for no noise."""
    noise_v = 1e-3 * noise_mv
    return 1e15 * BOLTZMANN_J_PER_K * temperature_k / noise_v**2 if noise_v else 0.0

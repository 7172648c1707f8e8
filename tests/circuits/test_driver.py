"""Drivers of lines along the columns: closed forms, and a simulated line that settles."""

import math

import numpy as np
import pytest

from sensorsim.circuits import driver
from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.technology import Process
from sensorsim.circuits.timing import ramp_steps
from sensorsim.readout import Adc, Cyclic, Sar, SingleSlope, Thermometer
from sensorsim.tonemap import Linear, Log

M3 = (0.2, 0.4, 0.8)
LINE_FF = 8 * (300 * 5e-3 + 2.4)
"""Eight columns of 5 um, each with wire and a comparator's input at 65 nm."""


def ramp_rows(process: Process, adc: Adc, array: PixelArray) -> list[Row]:
    """The ramp of an ADC."""
    bent = None if adc.tone_curve == Linear() else Estimate((process.driver.nonlinear_ramp,), float)
    conversion = adc.conversion_us(process.timing)
    return driver.ramp_rows(process, array, conversion, ramp_steps(adc.bits), bent)


def ladder_rows(process: Process, readout: Thermometer, array: PixelArray) -> list[Row]:
    """The ladder of a thermometer."""
    bits = driver.reference_bits(process, readout.reference_bits)
    conversion = readout.conversion_us(process.timing)
    return driver.ladder_rows(process, array, conversion, readout.levels, bits)


def dac_rows(process: Process, readout: Thermometer, array: PixelArray) -> list[Row]:
    """The reference DAC of a thermometer."""
    bits = driver.reference_bits(process, readout.reference_bits)
    conversion, largest = readout.conversion_us(process.timing), float(readout.transitions()[-1])
    return driver.dac_rows(process, array, conversion, readout.levels, largest, bits)


def typical(rows: list[Row]) -> dict[str, float]:
    return {r.component: r.each_pj.typical for r in rows}


@pytest.mark.parametrize("bits", [6, 10])
def test_amplifier_settles_to_half_a_step(bits: int) -> None:
    """A pole driven by the charge's own transconductance, integrated step by step."""
    load_f, ratio_v, time_s = 3e-12, 0.0625, 1e-7
    charge_c = 1e-15 * driver.settling_fc(load_f * 1e15, ratio_v, bits)
    gm = charge_c / time_s / driver.BRANCHES / ratio_v
    steps, error = 20_000, 1.0
    for _ in range(steps):
        error -= gm / load_f * error * time_s / steps
    assert error == pytest.approx(2.0 ** -(bits + 1), rel=0.01)


def test_lag_behind_a_ramp_is_one_step(process: Process, array: PixelArray) -> None:
    bits, time_s = 8, 2e-6
    adc = Adc(bits=bits, architecture=SingleSlope(conversion_time_us=2))
    row = typical(ramp_rows(process, adc, array))["ramp generator, following, a row"]
    bias_a = row * 1e-12 / 1.8 / time_s / driver.BRANCHES
    tau_s = LINE_FF * 1e-15 / (bias_a / 0.0625)
    fine = 200
    out, dt = 0.0, time_s / 2**bits / fine
    for step in range(2**bits * fine):
        out += (step / fine - out) * dt / tau_s
    assert 2**bits - out == pytest.approx(1, abs=0.01)


def test_taps_of_a_ladder_recover_within_a_row(process: Process, array: PixelArray) -> None:
    """All lines at the middle of the ladder, where its resistance is a quarter of the whole."""
    rows = typical(ladder_rows(process, Thermometer(thresholds=M3), array))
    row_s = (5 + 0.025) * 1e-6
    current_a = rows["reference ladder, settling, a row"] * 1e-12 / 1.8 / row_s
    tau_s = array.full_scale_v / current_a / 4 * 3 * LINE_FF * 1e-15
    assert math.exp(-row_s / tau_s) == pytest.approx(2.0**-11)
    assert rows["ladder tap's line, a row"] == pytest.approx(1e-3 * LINE_FF * 1.8)
    assert rows["reference ladder, quiescent, a row"] == pytest.approx(1 * 1.8 * (5 + 0.025))


def test_dac_settles_for_every_threshold_and_on_its_way_back(
    process: Process, array: PixelArray
) -> None:
    rows = typical(dac_rows(process, Thermometer(thresholds=M3, mode="sequential"), array))
    once = 1e-3 * 1.8 * driver.settling_fc(LINE_FF, 0.0625, 10)
    assert rows["reference DAC, settling, a row"] == pytest.approx(4 * once)
    assert rows["reference line, a row"] == pytest.approx(1e-3 * LINE_FF * 1.8 * 0.8)
    assert rows["reference DAC, quiescent, a row"] == pytest.approx(1 * 1.8 * (5 + 3 * 0.1))


def test_reference_of_few_bits_settles_sooner(process: Process, array: PixelArray) -> None:
    for make, mode in ((ladder_rows, "parallel"), (dac_rows, "sequential")):
        plain = Thermometer(thresholds=M3, mode=mode)
        coarse = plain.model_copy(update={"reference_bits": 4})
        (fine_pj,) = (v for k, v in typical(make(process, plain, array)).items() if "settl" in k)
        (pj,) = (v for k, v in typical(make(process, coarse, array)).items() if "settl" in k)
        assert pj == pytest.approx(fine_pj * 5 / 11)


@pytest.mark.parametrize("architecture", [Sar(), Cyclic()])
def test_buffer_that_a_capacitor_helps_is_quiescent(
    process: Process, array: PixelArray, architecture: Sar | Cyclic
) -> None:
    adc = Adc(bits=7, architecture=architecture)
    row = driver.quiescent_row(
        process, array, adc.conversion_us(process.timing), "reference buffer"
    )
    assert row.count == array.rows
    assert row.each_pj.typical == pytest.approx(1 * 1.8 * (5 + 8 * 0.1))


def test_load_follows_the_columns_and_quiescent_does_not(process: Process) -> None:
    small, large = (PixelArray(10, n, 1, 5.0, 1.0, 2, 300.0) for n in (8, 800))
    sequential = Thermometer(thresholds=M3, mode="sequential")
    for make, readout in (
        (ladder_rows, Thermometer(thresholds=M3)),
        (dac_rows, sequential),
        (ramp_rows, Adc(bits=8)),
        (ramp_rows, Adc(bits=8, tone_curve=Log())),
    ):
        few, many = (typical(make(process, readout, a)) for a in (small, large))
        for name, energy in few.items():
            factor = 1 if "quiescent" in name else 100
            assert many[name] == pytest.approx(factor * energy), name


def test_no_time_moves_what_settling_costs(process: Process, array: PixelArray) -> None:
    """Twice as fast takes twice the current for half the time."""
    timing = process.timing
    slow = {f: c.times(3, "; slower") for f, c in timing}
    later = process.model_copy(update={"timing": timing.model_copy(update=slow)})
    for readout, make in (
        (Thermometer(thresholds=M3), ladder_rows),
        (Thermometer(thresholds=M3, mode="sequential"), dac_rows),
        (Adc(bits=8), ramp_rows),
    ):
        before, after = typical(make(process, readout, array)), typical(make(later, readout, array))
        for name, energy in before.items():
            assert after[name] == pytest.approx(energy * (3 if "quiescent" in name else 1)), name


def test_a_megapixel_ramp_takes_milliwatts(process: Process) -> None:
    """A sanity bound: 12 bits, 4000 columns, rows of 25 us."""
    array = PixelArray(3000, 4000, 1, 1.4, 1.0, 2, 300.0)
    adc = Adc(bits=12, architecture=SingleSlope(conversion_time_us=20))
    rows = typical(ramp_rows(process, adc, array))
    power_mw = sum(rows.values()) * 1e-12 / 25e-6 * 1e3
    assert 0.1 < power_mw < 10
    assert np.argmax(list(rows.values())) == 1, "most of it follows the ramp"

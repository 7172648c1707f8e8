"""ADCs: closed forms, a charge-level reference of the capacitor array, measured ENOB, surveys."""

import math

import numpy as np
import pytest

from sensorsim.circuits.converter import (
    cheaper_class,
    published_prices,
    schreier_pj,
    switching_units,
    thermal_capacitance_ff,
    walden_pj,
)
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.logic import clocked_bit, counter_toggles
from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.settings import EnergySettings
from sensorsim.circuits.technology import Process, Survey
from sensorsim.circuits.timing import ramp_steps
from sensorsim.readout import Adc, Comparator, Cyclic, Sar, SingleSlope
from sensorsim.readout.adc.price import converter_rows
from sensorsim.tonemap import Log

QUIET = Comparator(noise_mv=0, offset_mv=0)


def survey_row(survey: Survey, adc: Adc, enob: float, samples: int, form: str = "survey") -> Row:
    """Conversions of a frame at a survey's price."""
    settings = EnergySettings(
        technology="survey", converter=form, link_pj_per_bit=0, frame_rate_hz=30, static_power_uw=0
    )
    (row,) = adc.rows(settings, survey, PixelArray(1, samples, 1, 5.0, 1.0, 1, 300.0), enob)
    return row


def rows_of(process: Process, adc: Adc, array: PixelArray) -> dict[str, Row]:
    return {r.component: r for r in converter_rows(process, adc, array, "conventional", "dynamic")}


def conventional_energy(bits: int, code: int) -> float:
    """Charge that the reference gives a single-ended array, capacitor by capacitor, in C V**2.

    All bottom plates start at ground; step i lifts capacitor i, and lowers capacitor i - 1 again if
    its trial was too high. The reference pays for what is connected to it.
    """
    sizes = [2.0 ** (bits - 1 - i) for i in range(bits)]
    total = 2.0**bits
    on = np.zeros(bits)
    energy, top = 0.0, 0.0
    for i in range(bits):
        before, top_before = on.copy(), top
        if i and not (code >> (bits - i)) & 1:
            on[i - 1] = 0
        on[i] = 1
        top = float(np.dot(on, sizes)) / total
        for k in range(bits):
            if on[k]:  # charge that flows onto the plate from the reference
                energy += sizes[k] * ((on[k] - top) - (before[k] - top_before))
    return energy


def monotonic_energy(bits: int, code: int) -> float:
    """The same of a differential pair whose plates all start at the reference.

    Each decision but the last lowers one capacitor of the side that was higher; what is still
    connected on that side takes charge as its top plate falls.
    """
    sizes = [2.0 ** (bits - 2 - i) for i in range(bits - 1)]
    total = 2.0 ** (bits - 1)
    connected = [total, total]
    energy = 0.0
    for i, size in enumerate(sizes):
        side = (code >> i) & 1
        connected[side] -= size
        energy += connected[side] * size / total
    return energy


@pytest.mark.parametrize("bits", [1, 2, 3, 5, 8])
def test_switching_is_the_mean_charge_over_all_codes(bits: int) -> None:
    single = np.mean([conventional_energy(bits, code) for code in range(2**bits)])
    assert switching_units(bits, "conventional") == pytest.approx(2 * single)
    pair = np.mean([monotonic_energy(bits, code) for code in range(2 ** (bits - 1))])
    assert switching_units(bits, "monotonic") == pytest.approx(pair)


def test_switching_of_ten_bits_is_as_published() -> None:
    assert switching_units(10, "conventional") == pytest.approx(1363.3, abs=0.05)
    assert switching_units(10, "monotonic") == pytest.approx(255.5)
    saving = 1 - switching_units(10, "monotonic") / switching_units(10, "conventional")
    assert saving == pytest.approx(0.812, abs=0.001), "81.2 % in the literature"


def test_thermal_noise_of_a_pair_is_that_of_its_quantization(array: PixelArray) -> None:
    """Both sides of a pair sample noise, and its steps divide full scale either way."""
    farad = thermal_capacitance_ff(8, array) * 1e-15
    sides = np.random.default_rng(0).normal(0, math.sqrt(1.380649e-23 * 300 / farad), (2, 200_000))
    step = 2 * array.full_scale_v / 256
    assert (sides[0] - sides[1]).std() == pytest.approx(step / math.sqrt(12), rel=0.01)


def test_sar_rows_are_closed_forms(process: Process, array: PixelArray) -> None:
    rows = rows_of(process, Adc(bits=8, architecture=Sar()), array)
    switched = switching_units(8, "conventional") * 2e-15 * 1.0 * 1.8 * 1e12
    assert rows["capacitor array, conventional switching"].each_pj.typical == pytest.approx(
        switched
    )
    sampled = 2 * 256 * 2e-15 * 1.8 * 0.3 * 1e12
    assert rows["sampling on the capacitor array"].each_pj.typical == pytest.approx(sampled)
    assert rows["dynamic comparison with clock"].count == 80 * 8
    register = clocked_bit(process, clocks=2 * 8 * 9, toggles=24).range.typical
    assert rows["successive-approximation register"].each_pj.typical == pytest.approx(register)
    buffer = rows["reference buffer, quiescent, a row"]
    assert buffer.count == 10
    assert buffer.each_pj.typical == pytest.approx(1 * 1.8 * (5 + 9 * 0.1))


def small_capacitors(process: Process) -> Process:
    """Units of a hundredth of a femtofarad at least, below any thermal size."""
    unit = process.converter.unit_capacitor_ff.model_copy(update={"low": 0.01})
    table = process.converter.model_copy(update={"unit_capacitor_ff": unit})
    return process.model_copy(update={"converter": table})


def test_many_bits_need_capacitors_of_thermal_size(process: Process, array: PixelArray) -> None:
    name = "capacitor array, conventional switching"
    process = small_capacitors(process)
    row = rows_of(process, Adc(bits=14, architecture=Sar()), array)[name]
    unit_ff = thermal_capacitance_ff(14, array) / 2**14
    assert unit_ff > process.converter.unit_capacitor_ff.low
    expected = 1e-3 * switching_units(14, "conventional") * unit_ff * 1.62
    assert row.each_pj.low == pytest.approx(expected)


def test_single_slope_rows_are_closed_forms(process: Process, array: PixelArray) -> None:
    adc = Adc(bits=8, architecture=SingleSlope(conversion_time_us=20))
    rows = {k: r.each_pj.typical for k, r in rows_of(process, adc, array).items()}
    assert ramp_steps(8) == 256
    assert rows["comparator bias over the ramp"] == pytest.approx(10 * 1.8 * 20)
    edge = clocked_bit(process).range.typical
    assert rows["counter up to the code"] == pytest.approx(2 * 0.3 * 256 * edge)
    line_pj = 1e-3 * (300 * 5e-3 + 2.25) * 1.2**2
    assert rows["counter's clock line"] == pytest.approx(256 * line_pj), "for all that count on"
    assert rows["latch of a bit"] == pytest.approx(edge)
    assert rows["ramp generator, quiescent, a row"] == pytest.approx(1 * 1.8 * (5 + 20))
    line_ff = 8 * (300 * 5e-3 + 2.4)
    assert rows["ramp line, a row"] == pytest.approx(1e-3 * line_ff * 1.8)
    # A lag of one step: gm = C / step, two branches of (I / gm) gm for 256 steps, however long.
    step_s = 20e-6 / 256
    bias_a = 2 * 0.0625 * line_ff * 1e-15 / step_s
    following = rows["ramp generator, following, a row"]
    assert following == pytest.approx(1.8 * bias_a * 20e-6 * 1e12)


def test_ramp_that_is_not_stated_takes_a_clock_cycle_per_code(
    process: Process, array: PixelArray
) -> None:
    few, many = (rows_of(process, Adc(bits=b), array) for b in (2, 8))
    name = "comparator bias over the ramp"
    for rows, steps in ((few, 4), (many, 256)):
        assert rows[name].each_pj.typical == pytest.approx(10 * 1.8 * steps * 5e-3)


def test_two_edges_per_count_is_what_a_ripple_counter_makes() -> None:
    for count in (76, 200, 255):
        assert 2 * count == pytest.approx(counter_toggles(count), rel=0.05)


def test_bent_ramp_costs_more_and_counts_to_the_tone(process: Process, array: PixelArray) -> None:
    straight = rows_of(process, Adc(bits=8), array)
    bent = rows_of(process, Adc(bits=8, tone_curve=Log()), array)
    for part in ("quiescent", "following"):
        dearer = bent[f"nonlinear ramp generator, {part}, a row"].each_pj.typical
        cheaper = straight[f"ramp generator, {part}, a row"].each_pj.typical
        assert dearer == pytest.approx(1.5 * cheaper)
    ratio = (
        bent["counter up to the code"].each_pj.typical
        / straight["counter up to the code"].each_pj.typical
    )
    assert ratio == pytest.approx(float(Log().apply(0.3)) / 0.3)


def test_cyclic_amplifier_settles_to_its_bits(process: Process, array: PixelArray) -> None:
    rows = rows_of(process, Adc(bits=6, architecture=Cyclic()), array)
    # It charges both capacitors of the next cycle, and its own two in series.
    # gm = C (b + 1) ln 2 / (feedback t); E = 2 branches V (I / gm) gm t, whatever t is
    t = 1e-7
    gm = (50e-15 + 50e-15 + 25e-15) * 7 * math.log(2) / (0.5 * t)
    joule = 2 * 1.8 * 0.0625 * gm * t
    amplifier = rows["residue amplifier"]
    assert amplifier.each_pj.typical == pytest.approx(joule * 1e12)
    assert amplifier.count == 80 * 5
    assert rows["capacitors of the residue"].each_pj.typical == pytest.approx(2 * 50e-3 * 1.8)
    assert rows["dynamic comparison with clock"].count == 80 * 6


@pytest.mark.parametrize("architecture", [SingleSlope(), Sar(), Cyclic()])
def test_more_of_any_constant_never_costs_less(
    process: Process, array: PixelArray, architecture: SingleSlope | Sar | Cyclic
) -> None:
    rows = converter_rows(
        process, Adc(bits=8, architecture=architecture), array, "monotonic", "static"
    )
    for row in rows:
        middle = {c.id: c.typical for c in row.price.constants}
        for c in row.price.constants:
            more = row.draws_pj(middle | {c.id: c.high})
            assert more >= row.draws_pj(middle) >= row.draws_pj(middle | {c.id: c.low})


def test_digital_tone_curve_costs_a_table(process: Process, array: PixelArray) -> None:
    adc = Adc(bits=4, tone_curve=Log(), tone_domain="digital", conversion_bits=8)
    rows = rows_of(process, adc, array)
    assert rows["tone table, bit"].count == 80 * 4
    assert "ramp generator, quiescent, a row" in rows, "the ramp itself is straight"


@pytest.mark.parametrize("bits", [6, 8, 10])
def test_enob_of_a_quiet_converter_is_its_bits(bits: int) -> None:
    assert Adc(bits=bits, comparator=QUIET).enob(1.0, 0) == pytest.approx(bits, abs=0.05)


def test_measured_enob_sees_noise_and_mismatch_but_no_tone_curve() -> None:
    noisy = Adc(bits=12, comparator=Comparator(noise_mv=0.5, offset_mv=0)).enob(1.0, 0)
    assert noisy == pytest.approx((20 * math.log10(0.35355 / 0.5e-3) - 1.76) / 6.02, abs=0.1)
    rough = Sar(unit_capacitor_mismatch_percent=10)
    assert Adc(bits=10, comparator=QUIET, architecture=rough).enob(1.0, 0) < 9.5
    bent = Adc(bits=8, comparator=QUIET, tone_curve=Log())
    assert bent.enob(1.0, 0) == pytest.approx(8, abs=0.05)


def test_figures_of_merit_are_their_definitions() -> None:
    assert walden_pj(10, 8) == pytest.approx(2.56)
    # FoM_S = 170 dB at 8 ENOB: P / f = 10**((SNDR - 170) / 10) / 2
    sndr = 6.02 * 8 + 1.76
    assert schreier_pj(5, 8) == pytest.approx(1e12 * 10 ** ((sndr - 170) / 10) / 2, rel=1e-9)


@pytest.mark.parametrize("form", ["survey", "walden", "schreier"])
def test_survey_prices_enob_and_not_bits(survey: Survey, form: str) -> None:
    same = [survey_row(survey, Adc(bits=b), 7.0, 10, form).each_pj for b in (8, 10)]
    assert same[0] == same[1]
    more = survey_row(survey, Adc(bits=10), 9.0, 10, form).each_pj
    assert more.typical > same[0].typical


@pytest.mark.parametrize("bound", ["low", "typical", "high"])
def test_one_bit_costs_one_comparator(survey: Survey, bound: str) -> None:
    price = survey_row(survey, Adc(bits=1), 0.8, 784).each_pj
    one_fj = getattr(survey.survey.comparator.decision_fj, bound)
    assert getattr(price, bound) == pytest.approx(1e-3 * one_fj)


def test_survey_row_is_a_distribution_of_ratios_over_the_envelope(survey: Survey) -> None:
    row, adc = survey_row(survey, Adc(bits=8), 7.8, 10), survey.survey.adc
    middle = {c.id: c.typical for c in row.price.constants}
    ratios = np.array([1.0, 24.6, 190.0])
    drawn = row.draws_pj(middle | {"survey.adc.ratio": ratios})
    np.testing.assert_allclose(drawn, 10 * ratios * adc.envelope(7.8))
    found = row.each_pj
    assert (found.low, found.typical, found.high) == pytest.approx(ratios * adc.envelope(7.8))


def test_flash_has_the_comparators_of_its_effective_bits(survey: Survey) -> None:
    one = survey.survey.comparator.decision.range.typical
    for bits, enob, count in ((8, 3.8, 31), (8, 3.6, 15), (2, 2.0, 3), (1, 0.9, 1)):
        price = published_prices(survey.survey, 2**bits - 1, enob)["flash"].range.typical
        assert price == pytest.approx(count * one)


def test_class_is_chosen_at_the_median_and_not_anew_in_every_draw(survey: Survey) -> None:
    few, many = (survey_row(survey, Adc(bits=b), b - 0.2, 1) for b in (2, 6))
    assert few.component.endswith("by a flash") and many.component.endswith("by a SAR")
    for row, other in ((few, "SAR"), (many, "flash")):
        bits = 2 if row is few else 6
        prices = published_prices(survey.survey, 2**bits - 1, bits - 0.2)
        assert {c.id for c in row.price.constants}.isdisjoint(c.id for c in prices[other].constants)
        assert row.each_pj.typical < prices[other].range.typical


def test_no_class_of_converters_raises() -> None:
    with pytest.raises(ValueError, match="prices: expected at least one class"):
        cheaper_class({})

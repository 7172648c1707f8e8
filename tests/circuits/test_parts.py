"""Pixel, comparator, link, memory and logic against closed forms, and mutants of each."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from priced import decision_of, rows_of, stated
from pydantic import ValidationError

from sensorsim.circuits.comparison import auto_zero_rows
from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.link import OffChip, Via, Wire
from sensorsim.circuits.logic import (
    Activity,
    clocked_bit,
    counter_toggles,
    popcount_adders,
    popcount_transitions,
    xnor_popcount_rows,
)
from sensorsim.circuits.memory import access
from sensorsim.circuits.pixel import PixelArray, hold_row, pixel_rows
from sensorsim.circuits.technology import Process, Survey
from sensorsim.core.bits import pack
from sensorsim.core.errors import InputError
from sensorsim.pipeline.cost import pixel_array
from sensorsim.pipeline.switching_activity import toggle_rate
from sensorsim.readout import Adc, Comparator, Cyclic, Readout, Sar, Thermometer
from sensorsim.sensor import Photodiode

M3 = (0.2, 0.4, 0.8)


def typical(rows: list[Row]) -> dict[str, float]:
    return {r.component: r.total_pj.typical for r in rows}


def changed(process: Process, section: str, field: str, factor: float) -> Process:
    """A mutant: one constant multiplied."""
    table = getattr(process, section)
    constant = getattr(table, field)
    new = constant.model_copy(update=constant.scaled(factor).model_dump())
    return process.model_copy(update={section: table.model_copy(update={field: new})})


def test_pixel_rows_are_cv2_bias_and_column(process: Process, array: PixelArray) -> None:
    rows = typical(pixel_rows(process, array))
    assert rows["reset"] == pytest.approx(80 * 100e-15 * 2.8**2 * 1e12)
    assert rows["source follower bias"] == pytest.approx(80 * 1.5e-6 * 2.8 * 2 * 5e-6 * 1e12)
    column_f = 1000e-15 + 10 * 5 * 0.9e-15  # 1.8 fF per um at 130 nm is 0.9 at 65 nm
    assert rows["column load"] == pytest.approx(80 * column_f * 2.8 * 0.3 * 1e12)


def test_array_follows_the_photodiode() -> None:
    found = pixel_array(Photodiode(correlated_double_sampling=False), (4, 5, 3))
    assert (found.samples, found.converters, found.reads) == (60, 15, 1)
    assert found.full_scale_v == pytest.approx(1.0)
    assert found.temperature_k == pytest.approx(298.15)


def test_follower_holds_the_column_for_who_does_not_sample(
    process: Process, array: PixelArray
) -> None:
    row = hold_row(process, array, Estimate((), lambda: 20.0))
    settled = typical(pixel_rows(process, array))["source follower bias"]
    assert row.stage == "readout", "which takes the time"
    assert row.total_pj.typical / settled == pytest.approx(20 / (2 * 5))


def test_pixel_swings_no_further_than_its_supply(process: Process, array: PixelArray) -> None:
    """The lowest supply of 0.9 V is that of pixels of less swing; this one may swing a volt."""
    low = {r.component: r.each_pj.low for r in pixel_rows(process, array)}
    assert low["reset"] == pytest.approx(10e-3 * 1.0**2)


@pytest.mark.parametrize(
    ("section", "field", "component"),
    [
        ("pixel", "reset_ff", "reset"),
        ("pixel", "follower_ua", "source follower bias"),
        ("pixel", "mean_signal", "column load"),
    ],
)
def test_doubling_a_constant_doubles_its_row_alone(
    process: Process, array: PixelArray, section: str, field: str, component: str
) -> None:
    before = typical(pixel_rows(process, array))
    after = typical(pixel_rows(changed(process, section, field, 2), array))
    for name, energy in before.items():
        assert after[name] == pytest.approx(energy * (2 if name == component else 1))


def test_decision_is_comparator_and_clock_line(process: Process, array: PixelArray) -> None:
    line_fj = (300 * 5e-3 + 2.25) * 1.2**2
    parallel = Thermometer(thresholds=M3)
    assert decision_of(process, array, parallel).range.typical == pytest.approx(
        1e-3 * (67 + line_fj)
    )


@pytest.mark.parametrize(
    ("readout", "on_us", "shared"),
    [
        (Thermometer(thresholds=M3), 0.025, 1),
        (Thermometer(thresholds=M3, mode="sequential"), 3 * 0.1, 3),
        (Adc(bits=7, architecture=Sar()), 8 * 0.1, 7),
        (Adc(bits=7, architecture=Cyclic()), 8 * 0.1, 7),
    ],
)
def test_static_comparator_is_on_for_the_conversion(
    process: Process, array: PixelArray, readout: Readout, on_us: float, shared: int
) -> None:
    line_pj = 1e-3 * (300 * 5e-3 + 2.25) * 1.2**2
    found = decision_of(process, array, readout, "static").range.typical
    assert found == pytest.approx(10 * 1.8 * on_us / shared + line_pj)


def test_static_comparator_of_one_nanosecond_is_that_of_camj(
    process: Process, array: PixelArray
) -> None:
    parallel = Thermometer(thresholds=M3)
    quick = changed(process, "timing", "comparison_ns", 1 / 25)
    clock = decision_of(process, array, parallel).range.typical - 0.067
    camj = decision_of(quick, array, parallel, "static").range.typical - clock
    assert camj == pytest.approx(0.018)


def test_comparator_includes_reference_and_clock(process: Process, array: PixelArray) -> None:
    parallel = typical(rows_of(process, Thermometer(thresholds=M3), array))
    assert parallel["dynamic comparison with clock"] == pytest.approx(
        240 * decision_of(process, array, Thermometer(thresholds=M3)).range.typical
    )
    assert "reference ladder, quiescent, a row" in parallel
    latch = clocked_bit(process).range.typical
    assert parallel["latch of a decision"] == pytest.approx(240 * latch)


def at(array: PixelArray, full_scale_v: float) -> PixelArray:
    return replace(array, full_scale_v=full_scale_v)


def test_comparator_of_a_wide_swing_takes_the_analog_supply(
    process: Process, array: PixelArray
) -> None:
    readout = Thermometer(thresholds=M3, comparator=Comparator(noise_mv=0))
    low, high = (decision_of(process, at(array, v), readout).range.typical for v in (1.2, 1.3))
    clock_pj = 1e-3 * (300 * 5e-3 + 2.25) * 1.2**2
    assert low - clock_pj == pytest.approx(0.067)
    assert high - clock_pj == pytest.approx(0.067 * (1.8 / 1.2) ** 2)


def test_quiet_comparator_charges_what_its_noise_asks(process: Process, array: PixelArray) -> None:
    """The capacitance of its energy, E = C V**2, has the noise that is stated."""
    quiet = Thermometer(thresholds=M3, comparator=Comparator(noise_mv=0.1))
    clock_pj = 1e-3 * (300 * 5e-3 + 2.25) * 1.2**2
    joule = 1e-12 * (decision_of(process, array, quiet).range.typical - clock_pj)
    farad = joule / 1.2**2
    assert np.sqrt(1.380649e-23 * 300 / farad) == pytest.approx(1e-4)


def auto_zero_pj(process: Process, array: PixelArray, **stated: float) -> float:
    (row,) = auto_zero_rows(process, Comparator(**stated), array, 24)
    assert row.count == 240
    return row.each_pj.typical


def test_auto_zero_settles_from_mismatch_to_offset(process: Process, array: PixelArray) -> None:
    """An amplifier of one pole, integrated in time from 8 mV on."""
    pj = auto_zero_pj(process, array, offset_mv=0.5, noise_mv=0.5)
    time_s, load_f = 1e-6, 50e-15
    gm = 1e-12 * pj / 1.8 / time_s / 2 / 0.0625
    left_mv, steps = 8.0, 20_000
    for _ in range(steps):
        left_mv -= gm / load_f * left_mv * time_s / steps
    assert left_mv == pytest.approx(0.5, rel=0.01)


def test_auto_zero_of_little_noise_needs_a_capacitor_of_thermal_size(
    process: Process, array: PixelArray
) -> None:
    coarse = auto_zero_pj(process, array, offset_mv=1, noise_mv=1)
    fine = auto_zero_pj(process, array, offset_mv=1, noise_mv=0.1)
    assert fine / coarse == pytest.approx(1.380649e-23 * 300 / 1e-4**2 / 50e-15)
    steps = [auto_zero_pj(process, array, offset_mv=o, noise_mv=1) for o in (1, 0.1, 1e-3, 0)]
    assert steps == sorted(steps), "less offset is never cheaper"
    assert steps[-1] / coarse == pytest.approx(11 * np.log(2) / np.log(8))
    assert auto_zero_pj(process, array, offset_mv=1, noise_mv=0) == coarse, "no noise is no figure"


def test_comparator_that_keeps_its_mismatch_has_no_auto_zero(
    process: Process, array: PixelArray
) -> None:
    assert auto_zero_rows(process, Comparator(offset_mv=16), array, 24) == []


@pytest.mark.parametrize(
    ("readout", "comparators"),
    [
        (Thermometer(thresholds=M3), 3 * 8),
        (Thermometer(thresholds=M3, mode="sequential"), 8),
        (Adc(bits=7), 8),
        (Adc(bits=7, architecture=Sar()), 8),
        (Adc(bits=7, architecture=Cyclic()), 8),
    ],
)
def test_every_comparator_is_zeroed_once_per_row(
    process: Process, array: PixelArray, readout: Readout, comparators: int
) -> None:
    rows = rows_of(process, readout, array)
    (row,) = (r for r in rows if r.component == "auto-zero of a comparator")
    assert row.count == 10 * comparators


def test_encoder_costs_its_adders(process: Process, array: PixelArray) -> None:
    encoded = Thermometer(thresholds=M3, bubbles="corrected", link="encoded")
    rows = {r.component: r for r in rows_of(process, encoded, array)}
    assert rows["adder of the encoder"].count == 80, "one full adder counts three ones"
    assert "adder of the encoder" not in typical(
        rows_of(process, Thermometer(thresholds=M3), array)
    )


def test_survey_thermometer_compares_m_times_in_both_modes(survey: Survey) -> None:
    for mode in ("parallel", "sequential"):
        readout = Thermometer(thresholds=M3, mode=mode)
        (row,) = readout.rows(stated(), survey, PixelArray(8, 10, 1, 5.0, 1.0, 1, 300.0))
        assert row.count == 240
        assert row.each_pj.low == pytest.approx(0.027)
        assert row.each_pj.high == pytest.approx(1.324)


def test_links_are_half_cv2_per_transition_or_published(process: Process) -> None:
    wire = Wire(length_mm=2, toggles_per_bit=0.5).price(process).range
    assert wire.typical == pytest.approx(0.5 * 0.5 * 600e-15 * 2 * 1.2**2 * 1e12)
    via = Via(toggles_per_bit=1).price(process).range
    assert via.typical == pytest.approx(0.5 * 40e-15 * 1.2**2 * 1e12)
    assert OffChip().price(process).range.typical == 3.85, "driver and receiver"


@pytest.mark.parametrize(
    ("supply_v", "fj_per_mm_and_toggle"), [(1.8, 984), (0.9, 240)], ids=["180 nm, Ho", "40 nm"]
)
def test_repeated_wire_meets_published_ones(
    process: Process, supply_v: float, fj_per_mm_and_toggle: float
) -> None:
    digital = process.supply.digital_v
    at = changed(process, "supply", "digital_v", supply_v / digital.typical)
    found = Wire(length_mm=1, toggles_per_bit=1).price(at).range.typical
    assert found == pytest.approx(1e-3 * fj_per_mm_and_toggle, rel=0.05)


def test_link_states_its_activity() -> None:
    with pytest.raises(ValidationError, match="toggles_per_bit"):
        Wire(length_mm=1)  # type: ignore[call-arg]
    with pytest.raises(ValidationError, match="toggles_per_bit"):
        Via(toggles_per_bit=1.5)


def test_memory_grows_with_the_root_of_its_size(process: Process) -> None:
    bits = 8 * 1024 * 8
    at_8_kib = access(process, bits).range.typical
    assert at_8_kib == pytest.approx(1e-3 * process.memory.sram_fj_per_bit.typical)
    assert access(process, 4 * bits).range.typical == pytest.approx(2 * at_8_kib)
    registers = access(process, 4096, "registers").range.typical
    assert registers == pytest.approx(1e-3 * 14 * (1.2 / 0.5) ** 2)


def test_root_meets_the_three_published_sizes() -> None:
    for times_8_kib, pj in ((1, 10), (4, 20), (128, 100)):
        assert 10 * np.sqrt(times_8_kib) == pytest.approx(pj, rel=0.14)


@given(st.integers(0, 5000))
def test_ripple_counter_toggles_as_its_bits_do(count: int) -> None:
    assert counter_toggles(count) == sum((k ^ (k - 1)).bit_count() for k in range(1, count + 1))


@given(st.integers(1, 300))
def test_popcount_adders_reduce_until_one_bit_of_each_weight_is_left(inputs: int) -> None:
    adders, waiting = 0, {0: inputs}
    for weight in range(12):  # three of one weight become one of it and a carry
        bits = waiting.get(weight, 0)
        while bits > 1:
            taken = min(3, bits)
            adders, bits = adders + 1, bits - taken + 1
            waiting[weight + 1] = waiting.get(weight + 1, 0) + 1
    assert popcount_adders(inputs) == adders


def simulated_transitions(inputs: int, rate: float, steps: int = 3000) -> float:
    """Transitions of sums and carries per step of a carry-save tree, its wires simulated."""
    random = np.random.default_rng(0)
    flips = np.logical_xor.accumulate(random.random((steps, inputs)) < rate, 0)
    column = list((flips ^ (random.random(inputs) < 0.5)).T)
    moved = 0
    while column:
        carries = []
        while len(column) > 1:
            taken, column = column[:3], column[3:]
            count = sum(w.astype(int) for w in taken)
            column.append(count % 2 == 1)
            carries.append(count >= 2)
            moved += sum(int((w[1:] != w[:-1]).sum()) for w in (column[-1], carries[-1]))
        column = carries
    return moved / (steps - 1)


@pytest.mark.parametrize(
    ("inputs", "rate", "tolerance"),
    [(3, 0.3, 0.02), (64, 0.126, 0.05), (576, 0.126, 0.03), (576, 0.25, 0.03), (576, 0.5, 0.03)],
)
def test_popcount_moves_as_a_simulated_tree_does(
    inputs: int, rate: float, tolerance: float
) -> None:
    found = popcount_transitions(inputs, rate)
    assert found == pytest.approx(simulated_transitions(inputs, rate), rel=tolerance)
    assert popcount_transitions(inputs, 0) == 0


def test_gate_level_price_is_a_function_of_counts(process: Process) -> None:
    quiet, busy = (
        typical(xnor_popcount_rows(process, Activity(900, t, "counted"), 10, 90, 180))
        for t in (90, 180)
    )
    xnor, adder, register = quiet
    assert quiet[xnor] == pytest.approx(90e-3 * process.logic.xnor_fj.typical)
    transitions = 10 * popcount_transitions(90, 0.1)
    assert quiet[adder] == pytest.approx(1e-3 * transitions * process.logic.full_adder_fj.typical)
    assert register == "accumulator of 7 bits, clocked"
    trees = 2
    assert quiet[register] == pytest.approx(trees * 70 * clocked_bit(process).range.typical)
    assert busy[xnor] == pytest.approx(2 * quiet[xnor])
    assert busy[register] == quiet[register]


@pytest.mark.parametrize("toggles", [-1, 1001])
def test_more_toggles_than_products_are_refused(toggles: float) -> None:
    with pytest.raises(InputError, match="toggles"):
        Activity(1000, toggles, "wrong")


def test_toggles_of_input_bits_are_counted() -> None:
    random = np.random.default_rng(1)
    bits = random.integers(0, 2, (2, 3, 4, 5, 70)).astype(np.uint8)
    raster = bits.reshape(2, 3, 20, 70)
    expected = (raster[:, :, 1:] != raster[:, :, :-1]).mean()
    assert toggle_rate(pack(bits), 70) == pytest.approx(expected)
    assert toggle_rate(pack(np.ones_like(bits)), 70) == 0

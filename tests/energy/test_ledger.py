"""The ledger: counts, sums, and where ADC and comparators cost the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorsim.energy.ledger import (
    EnergySettings,
    Ledger,
    Row,
    adc_conversion_pj,
    break_even_percentile,
    frame_ledger,
    readout_row,
)
from sensorsim.energy.technology import Range, load_technology
from sensorsim.photodiode import Photodiode
from sensorsim.readout import Adc, Comparator, Thermometer

TECHNOLOGY = load_technology("survey")
SETTINGS = EnergySettings(
    technology="survey", link_pj_per_bit=0.5, frame_rate_hz=30, static_power_uw=6
)


def test_totals_are_count_times_price_summed_by_stage() -> None:
    book = Ledger(
        (
            Row("a", "x", 2, Range(low=1, typical=2, high=3), "s"),
            Row("a", "y", 1, Range(low=10, typical=10, high=10), "s"),
            Row("b", "z", 100, Range(low=0, typical=1, high=1), "s"),
        )
    )
    assert book.total_pj("a") == Range(low=12, typical=14, high=16)
    assert book.total_pj("b") == Range(low=0, typical=100, high=100)
    assert book.total_pj() == book.total_pj("a", "b") == Range(low=12, typical=114, high=116)
    assert book.total_pj("c") == Range(low=0, typical=0, high=0)


def test_dataset_holds_the_totals_of_the_rows_with_their_unit() -> None:
    book = frame_ledger(SETTINGS, TECHNOLOGY, Photodiode(), Adc(bits=4), (8, 8, 1), 1000)
    data = book.to_xarray()
    assert data.sizes["row"] == len(book.rows)
    assert data["energy_pj_typical"].sum() == pytest.approx(book.total_pj().typical)
    assert {data[f"energy_pj_{b}"].attrs["units"] for b in ("low", "typical", "high")} == {"pJ"}
    assert "units" not in data["count"].attrs


@pytest.mark.parametrize("readout", [Adc(bits=6), Thermometer(thresholds=(0.1, 0.2))])
def test_twice_the_rows_is_twice_the_conversions(readout: Adc | Thermometer) -> None:
    once, twice = (
        frame_ledger(SETTINGS, TECHNOLOGY, Photodiode(), readout, (rows, 28, 1), 1000)
        for rows in (28, 56)
    )
    for stage in ("pixel", "readout", "link"):
        a, b = (next(r for r in book.rows if r.stage == stage) for book in (once, twice))
        assert b.count == 2 * a.count
    assert twice.total_pj("readout").typical == pytest.approx(2 * once.total_pj("readout").typical)
    assert twice.total_pj("pixel").typical > 2 * once.total_pj("pixel").typical, "longer columns"
    assert twice.total_pj("network", "static") == once.total_pj("network", "static")


@pytest.mark.parametrize("noise_mv", [0.0, 0.5, 50.0])
@pytest.mark.parametrize("bound", ["low", "typical", "high"])
def test_one_bit_adc_costs_what_one_threshold_costs(bound: str, noise_mv: float) -> None:
    comparator = Comparator(noise_mv=noise_mv)
    adc = readout_row(TECHNOLOGY, Adc(bits=1, comparator=comparator), 1.0, 784)
    one = readout_row(TECHNOLOGY, Thermometer(thresholds=(0.5,), comparator=comparator), 1.0, 784)
    assert adc.count == one.count == 784
    assert getattr(adc.total_pj, bound) == pytest.approx(getattr(one.total_pj, bound))


@settings(deadline=None)
@given(st.integers(1, 14), st.floats(1, 99))
def test_break_even_finds_the_percentile_of_a_price(bits: int, percentile: float) -> None:
    adc = Adc(bits=bits)
    price = adc_conversion_pj(TECHNOLOGY, adc, 1.0, percentile)
    found = break_even_percentile(TECHNOLOGY, adc, 1.0, price)
    assert found is not None
    assert adc_conversion_pj(TECHNOLOGY, adc, 1.0, found) >= price * (1 - 1e-12)
    assert adc_conversion_pj(TECHNOLOGY, adc, 1.0, max(0.0, found - 0.5)) <= price * (1 + 1e-12)


def test_break_even_has_ends() -> None:
    adc = Adc(bits=8)
    cheapest, dearest = (adc_conversion_pj(TECHNOLOGY, adc, 1.0, p) for p in (0.0, 100.0))
    assert break_even_percentile(TECHNOLOGY, adc, 1.0, cheapest / 2) == 0
    assert break_even_percentile(TECHNOLOGY, adc, 1.0, dearest) == 100
    assert break_even_percentile(TECHNOLOGY, adc, 1.0, dearest * 1.01) is None


def test_static_energy_is_power_over_the_frame_rate() -> None:
    for rate in (1, 30, 1000):
        settings = SETTINGS.model_copy(update={"frame_rate_hz": rate})
        book = frame_ledger(settings, TECHNOLOGY, Photodiode(), Adc(bits=8), (8, 8, 1), 1)
        assert book.total_pj("static").typical == pytest.approx(6e-6 / rate * 1e12)


def test_link_is_priced_by_the_bits_that_cross_it() -> None:
    shape = (8, 8, 3)
    for readout, bits in ((Adc(bits=5), 5), (Thermometer(thresholds=(0.1, 0.2, 0.3)), 3)):
        book = frame_ledger(SETTINGS, TECHNOLOGY, Photodiode(), readout, shape, 1)
        assert book.total_pj("link").high == pytest.approx(np.prod(shape) * bits * 0.5)

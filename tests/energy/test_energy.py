"""Prices and the ledger."""

import csv
import tomllib
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from sensorsim import resources
from sensorsim.energy.ledger import (
    EnergySettings,
    Ledger,
    adc_conversion_pj,
    break_even_percentile,
    effective_bits,
    frame_ledger,
    readout_row,
)
from sensorsim.energy.technology import Range, load_technology
from sensorsim.errors import InputError
from sensorsim.photodiode import Photodiode
from sensorsim.readout import Adc, Comparator, Thermometer

SURVEY = Path(__file__).parents[3] / "shared" / "reference" / "adc_survey.csv"
TECHNOLOGY = load_technology("survey")
SETTINGS = EnergySettings(
    technology="survey", link_pj_per_bit=0.5, frame_rate_hz=30, static_power_uw=6
)
IDEAL = Comparator(noise_mv=0, offset_mv=0)


def ledger(readout: Adc | Thermometer, shape: tuple[int, int, int] = (28, 28, 1)) -> Ledger:
    return frame_ledger(SETTINGS, TECHNOLOGY, Photodiode(), readout, shape, 1_000_000)


@pytest.mark.parametrize(("bits", "pj"), [(8, 0.277), (10, 0.419), (12, 2.69)])
def test_envelope_is_that_of_the_survey(bits: int, pj: float) -> None:
    assert TECHNOLOGY.adc.envelope(bits) == pytest.approx(pj, rel=0.01)


@pytest.mark.skipif(not SURVEY.exists(), reason="adc_survey.csv is not here")
def test_price_percentiles_are_those_of_the_survey() -> None:
    ratios = []
    with SURVEY.open() as file:
        for row in csv.DictReader(file):
            if "SAR" not in row["architecture"] or int(row["year"]) < 2010:
                continue
            enob = (float(row["sndr_plot_db"]) - 1.76) / 6.02
            if 4 <= enob <= 10 and row["p_over_fsnyq_pj"]:
                ratios.append(float(row["p_over_fsnyq_pj"]) / TECHNOLOGY.adc.envelope(enob))
    expected = np.percentile(ratios, TECHNOLOGY.adc.ratio_percentiles)
    assert TECHNOLOGY.adc.ratio == pytest.approx(expected, rel=0.01)


def test_effective_bits_of_a_quiet_converter_are_its_bits_and_noise_costs_some() -> None:
    assert effective_bits(Adc(bits=8, comparator=IDEAL), 1.0) == pytest.approx(8, abs=0.01)
    loud = effective_bits(Adc(bits=12, comparator=Comparator(noise_mv=0.5)), 1.0)
    assert loud == pytest.approx((20 * np.log10(0.35355 / 0.5e-3) - 1.76) / 6.02, abs=0.05)


@pytest.mark.parametrize("percentile", [None, 50.0, 90.0])
def test_one_bit_costs_one_comparator(percentile: float | None) -> None:
    adc = adc_conversion_pj(TECHNOLOGY, Adc(bits=1), 1.0, percentile)
    assert adc == pytest.approx(TECHNOLOGY.comparator.at(percentile or 0))


def test_more_bits_and_higher_percentiles_cost_more() -> None:
    for percentile in (None, 10.0, 50.0, 90.0):
        prices = [adc_conversion_pj(TECHNOLOGY, Adc(bits=b), 1.0, percentile) for b in (1, 4, 8)]
        assert prices == sorted(prices)
    at = [adc_conversion_pj(TECHNOLOGY, Adc(bits=8), 1.0, p) for p in (10.0, 50.0, 90.0)]
    assert at == sorted(at)


def test_break_even_is_the_price_inverted() -> None:
    adc = Adc(bits=8)
    for percentile in (10.0, 37.0, 80.0):
        price = adc_conversion_pj(TECHNOLOGY, adc, 1.0, percentile)
        assert break_even_percentile(TECHNOLOGY, adc, 1.0, price) == pytest.approx(
            percentile, abs=1
        )
    assert break_even_percentile(TECHNOLOGY, adc, 1.0, 1e-6) == 0
    assert break_even_percentile(TECHNOLOGY, adc, 1.0, 1e6) is None


def test_pixel_arithmetic() -> None:
    one = TECHNOLOGY.pixel.energy_pj(rows=0).typical
    assert one == pytest.approx(0.1 * 1.8**2 + 1.0 * 1.8 * 1.0)
    assert TECHNOLOGY.pixel.energy_pj(100).typical - one == pytest.approx(0.9 * 1.8)


def test_ledger_sums_its_rows_and_counts_each_thing_once() -> None:
    book = ledger(Thermometer(thresholds=(0.1, 0.2, 0.3)))
    by_stage = {r.stage: r for r in book.rows}
    assert by_stage["pixel"].count == 784
    assert by_stage["readout"].count == by_stage["link"].count == 3 * 784
    assert by_stage["network"].count == 1_000_000
    assert by_stage["static"].each_pj.typical == pytest.approx(6e-6 / 30 * 1e12)
    for bound in ("low", "typical", "high"):
        total = sum(getattr(r.total_pj, bound) for r in book.rows)
        assert getattr(book.total_pj(), bound) == pytest.approx(total)
    assert book.total_pj("link", "static").low == pytest.approx(3 * 784 * 0.5 + 2e5)


def test_twice_the_columns_is_twice_the_readout() -> None:
    for readout in (Adc(bits=6), Thermometer(thresholds=(0.1, 0.2))):
        once, twice = ledger(readout), ledger(readout, (28, 56, 1))
        for stage in ("pixel", "readout", "link"):
            assert twice.total_pj(stage).typical == pytest.approx(2 * once.total_pj(stage).typical)


def test_every_row_has_a_source() -> None:
    for readout in (Adc(bits=8), Thermometer(thresholds=(0.1,))):
        assert all(len(r.source) > 10 for r in ledger(readout).rows)
    row = readout_row(TECHNOLOGY, Adc(bits=8), 1.0, 10)
    assert "survey" in row.source.lower()


def test_range_out_of_order_is_refused() -> None:
    with pytest.raises(ValidationError, match="low <= typical <= high"):
        Range(low=2, typical=1, high=3)


def edited(folder: Path, old: str, new: str) -> Path:
    text = resources.data("technologies", "survey.toml").read_text()
    assert old in text
    path = folder / "mine.toml"
    path.write_text(text.replace(old, new))
    return path


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("supply_v = 1.8", "", "pixel.supply_v"),
        ("supply_v = 1.8", "supply_v = -1.8", "pixel.supply_v"),
        ("supply_v = 1.8", "suply_v = 1.8", "suply_v"),
        ("low = 4.35", "low = 400", "low <= typical"),
        ("[pixel]", "[pixel", "not a TOML file"),
    ],
)
def test_wrong_technology_is_named(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        load_technology(edited(tmp_path, old, new))


def test_own_technology_overrides_a_price(tmp_path: Path) -> None:
    mine = load_technology(edited(tmp_path, "supply_v = 1.8", "supply_v = 0.9"))
    assert mine.pixel.energy_pj(0).typical == pytest.approx(0.1 * 0.81 + 0.9)


def test_unknown_technology_lists_those_that_ship() -> None:
    with pytest.raises(InputError, match=r"'3nm'.*survey"):
        load_technology("3nm")


def test_shipped_technologies_name_their_sources() -> None:
    for path in resources.data("technologies").glob("*.toml"):
        sections = [v for v in tomllib.loads(path.read_text()).values() if isinstance(v, dict)]
        assert all(any("source" in k for k in section) for section in sections)

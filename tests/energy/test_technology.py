"""Prices: recomputed from their sources, and refused where they make no sense."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from sensorsim import resources
from sensorsim.energy.technology import PixelPrices, Range, load_technology
from sensorsim.errors import InputError

SURVEY = Path(__file__).parents[3] / "shared" / "reference" / "adc_survey.csv"
TECHNOLOGY = load_technology("survey")
needs_survey = pytest.mark.skipif(not SURVEY.exists(), reason="adc_survey.csv is not here")


def converters() -> list[tuple[str, int, float, float]]:
    """Architecture, year, ENOB and energy per conversion in pJ of all published converters."""
    with SURVEY.open() as file:
        return [
            (
                row["architecture"],
                int(row["year"]),
                (float(row["sndr_plot_db"]) - 1.76) / 6.02,
                float(row["p_over_fsnyq_pj"]),
            )
            for row in csv.DictReader(file)
            if row["sndr_plot_db"] and row["p_over_fsnyq_pj"]
        ]


@needs_survey
def test_sar_ratios_come_from_the_rows_that_their_source_names() -> None:
    ratios = [
        pj / TECHNOLOGY.adc.envelope(enob)
        for architecture, year, enob, pj in converters()
        if "SAR" in architecture and year >= 2010 and 4 <= enob <= 10
    ]
    assert f"({len(ratios)} rows)" in TECHNOLOGY.adc.ratio_source
    percentiles = np.percentile(ratios, TECHNOLOGY.adc.ratio_percentiles)
    np.testing.assert_allclose(TECHNOLOGY.adc.ratio, percentiles, rtol=0.01)


@needs_survey
def test_as_many_converters_lie_below_the_envelope_as_its_source_says() -> None:
    below, total = map(
        int, re.search(r"(\d+) of (\d+) points", TECHNOLOGY.adc.envelope_source).groups()
    )
    found = converters()
    assert len(found) == total
    assert sum(pj < TECHNOLOGY.adc.envelope(enob) for *_, enob, pj in found) == below


@needs_survey
def test_comparator_prices_come_from_flash_converters_below_six_bits() -> None:
    fj = [
        1e3 * pj / (2 ** np.ceil(enob + 0.3) - 1)
        for architecture, _, enob, pj in converters()
        if architecture.startswith("Flash") and enob < 6
    ]
    prices = TECHNOLOGY.comparator
    assert f"{len(fj)} flash converters" in prices.source
    percentiles = np.percentile(fj, prices.energy_fj_percentiles)
    np.testing.assert_allclose(prices.energy_fj, percentiles, rtol=0.02)


@pytest.mark.parametrize(("enob", "pj"), [(8, 0.277), (10, 0.419), (12, 2.69)])
def test_envelope_is_a_floor_and_a_term_of_four_to_the_enob(enob: int, pj: float) -> None:
    assert TECHNOLOGY.adc.envelope(enob) == pytest.approx(pj, rel=0.01)


def test_prices_pass_through_their_percentiles() -> None:
    adc, comparator = TECHNOLOGY.adc, TECHNOLOGY.comparator
    for percentile, ratio in zip(adc.ratio_percentiles, adc.ratio, strict=True):
        assert adc.at(7, percentile) == pytest.approx(ratio * adc.envelope(7))
    for percentile, fj in zip(comparator.energy_fj_percentiles, comparator.energy_fj, strict=True):
        assert comparator.at(percentile) == pytest.approx(1e-3 * fj)


def test_prices_between_percentiles_are_geometric_means() -> None:
    low, high = TECHNOLOGY.comparator.energy_fj[1:3]
    assert TECHNOLOGY.comparator.at(30) == pytest.approx(1e-3 * np.sqrt(low * high))


def test_reset_of_100_ff_at_1_8_v_takes_0_324_pj() -> None:
    pixel = PixelPrices(
        photodiode_ff=100, column_load_ff=1e-9, column_parasitic_ff_per_row=0, supply_v=1.8,
        swing_v=1, spread=(0.5, 1, 2), source="arithmetic",
    )  # fmt: skip
    energy = pixel.energy_pj(rows=1000)
    assert energy.typical == pytest.approx(0.324)
    assert (energy.low, energy.high) == pytest.approx((0.162, 0.648))


@pytest.mark.parametrize("figures", [(2, 1, 3), (1, 3, 2), (3, 2, 1), (-1, 0, 1)])
def test_range_refuses_what_is_out_of_order_or_negative(figures: tuple[int, int, int]) -> None:
    low, typical, high = figures
    with pytest.raises(ValueError, match="low"):
        Range(low=low, typical=typical, high=high)


def test_scaled_range_keeps_its_spread() -> None:
    assert Range(low=1, typical=2, high=4).scaled(3) == Range(low=3, typical=6, high=12)


def edited(folder: Path, old: str, new: str) -> Path:
    text = resources.data("technologies", "survey.toml").read_text()
    assert text.count(old) == 1
    path = folder / "mine.toml"
    path.write_text(text.replace(old, new))
    return path


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("envelope_pj = 0.267", "", "adc.envelope_pj"),
        ("envelope_pj = 0.267", "envelope_pj = -0.267", "adc.envelope_pj"),
        ("envelope_pj = 0.267", "envelope_pj = nan", "adc.envelope_pj"),
        ("photodiode_ff = 100", "photodiode_ff = 0", "pixel.photodiode_ff"),
        ("parasitic_ff_per_row = 9", "parasitic_ff_per_row = -9", "parasitic_ff_per_row"),
        ("low = 4.35", "low = -4.35", "bnn.energy_fj_per_operation.low"),
        ("spread = [0.5, 1.0, 2.0]", "spread = [0.5, 1.0]", "pixel.spread"),
        ("[27, 73, 761, 8980]", '"cheap"', "comparator.energy_fj"),
    ],
)
def test_missing_or_impossible_figure_is_named(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    with pytest.raises(InputError, match=rf"mine\.toml: .*{field}"):
        load_technology(edited(tmp_path, old, new))


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("ratio = [0.615,", "ratio = [-0.615,", "adc"),
        ("ratio = [0.615, ", "ratio = [", "adc"),
        ("[0, 10, 25, 50, 75, 90, 100]", "[0, 25, 10, 50, 75, 90, 100]", "adc"),
        ("energy_fj = [27,", "energy_fj = [-27,", "comparator"),
        ("energy_fj = [27,", "energy_fj = [1e9,", "comparator"),
        ("energy_fj_percentiles = [0, 10, 50, 90]", "energy_fj_percentiles = []", "comparator"),
        ("spread = [0.5,", "spread = [-0.5,", "pixel"),
        ("spread = [0.5,", "spread = [1.5,", "pixel"),
    ],
)
def test_list_that_is_negative_unequal_or_unordered_is_named(
    tmp_path: Path, old: str, new: str, field: str
) -> None:
    with pytest.raises(InputError, match=rf"mine\.toml: .*{field}"):
        load_technology(edited(tmp_path, old, new))


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.toml.*no such file.*survey"):
        load_technology(tmp_path / "gone.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(InputError, match=r"folder\.toml"):
        load_technology(tmp_path / "folder.toml")


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"binary\.toml: not a TOML file"):
        load_technology(tmp_path / "binary.toml")

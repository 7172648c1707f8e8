"""The survey's prices: recomputed from the published converters."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest

from sensorsim.circuits.survey import flash_comparators
from sensorsim.circuits.technology import Survey

SURVEY = Path(__file__).parents[3] / "shared" / "reference" / "adc_survey.csv"
needs_survey = pytest.mark.skipif(not SURVEY.exists(), reason="adc_survey.csv is not here")


def converters() -> list[tuple[str, int, float, float, float]]:
    """Architecture, year, ENOB, SNDR and energy per conversion in pJ of all converters."""
    with SURVEY.open() as file:
        return [
            (
                row["architecture"],
                int(row["year"]),
                (float(row["sndr_plot_db"]) - 1.76) / 6.02,
                float(row["sndr_plot_db"]),
                float(row["p_over_fsnyq_pj"]),
            )
            for row in csv.DictReader(file)
            if row["sndr_plot_db"] and row["p_over_fsnyq_pj"]
        ]


def sar() -> list[tuple[float, float, float]]:
    """ENOB, SNDR and energy of the converters that the sources name."""
    return [
        (enob, sndr, pj)
        for architecture, year, enob, sndr, pj in converters()
        if "SAR" in architecture and year >= 2010 and 4 <= enob <= 10
    ]


@needs_survey
def test_sar_ratios_come_from_the_rows_that_their_source_names(survey: Survey) -> None:
    adc = survey.survey.adc
    ratios = [pj / adc.envelope(enob) for enob, _, pj in sar()]
    assert f"({len(ratios)} rows)" in adc.ratio.source
    percentiles = np.percentile(ratios, adc.ratio.percentiles)
    np.testing.assert_allclose(adc.ratio.values, percentiles, rtol=0.01)
    assert (adc.ratio.low, adc.ratio.typical, adc.ratio.high) == pytest.approx((1, 24.6, 190))


@needs_survey
def test_figures_of_merit_come_from_the_same_rows(survey: Survey) -> None:
    walden = [1e3 * pj / 2**enob for enob, _, pj in sar()]
    schreier = [1e6 * pj / 10 ** (sndr / 10) for _, sndr, pj in sar()]
    for constant, values in (
        (survey.survey.merit.walden_fj_per_step, walden),
        (survey.survey.merit.schreier_aj_at_0_db, schreier),
    ):  # fmt: skip
        found = (constant.low, constant.typical, constant.high)
        np.testing.assert_allclose(found, np.percentile(values, (10, 50, 90)), rtol=0.01)


@needs_survey
def test_as_many_converters_lie_below_the_envelope_as_its_source_says(survey: Survey) -> None:
    words = re.search(r"(\d+) of (\d+) points", survey.survey.adc.envelope_pj.source)
    assert words
    below, total = map(int, words.groups())
    found = converters()
    assert len(found) == total
    assert sum(pj < survey.survey.adc.envelope(enob) for *_, enob, _, pj in found) == below


@pytest.mark.parametrize(
    ("enob", "count"), [(-5.0, 1), (-0.5, 1), (0.0, 1), (0.6, 1), (0.8, 3), (3.6, 15), (3.8, 31)]
)
def test_a_flash_of_few_effective_bits_compares_once(enob: float, count: int) -> None:
    """A converter drowned in noise was one of no comparators, which costs nothing."""
    assert flash_comparators(enob) == count


@needs_survey
def test_comparator_prices_come_from_flash_converters_of_the_same_years(survey: Survey) -> None:
    fj = {
        since: [
            1e3 * pj / flash_comparators(enob)
            for architecture, year, enob, _, pj in converters()
            if architecture.startswith("Flash") and enob < 6 and year >= since
        ]
        for since in (1997, 2010)
    }
    prices = survey.survey.comparator.decision_fj
    assert f"{len(fj[2010])} flash converters since 2010" in prices.source
    assert prices.percentiles == survey.survey.adc.ratio.percentiles
    percentiles = np.percentile(fj[2010], prices.percentiles)
    np.testing.assert_allclose(prices.values, percentiles, rtol=0.01)
    assert len(fj[1997]) == 32
    everything = np.percentile(fj[1997], (0, 10, 50, 90, 100))
    np.testing.assert_allclose((27, 73, 761, 8980, 21290), everything, rtol=0.01)


@pytest.mark.parametrize(("enob", "pj"), [(8, 0.277), (10, 0.419), (12, 2.69)])
def test_envelope_is_a_floor_and_a_term_of_four_to_the_enob(
    survey: Survey, enob: int, pj: float
) -> None:
    assert survey.survey.adc.envelope(enob) == pytest.approx(pj, rel=0.01)


@pytest.mark.parametrize("enob", [3.0, 7.9, 11.0])
def test_low_median_and_high_of_an_adc_are_envelope_and_percentiles(
    survey: Survey, enob: float
) -> None:
    adc = survey.survey.adc
    found = adc.conversion(enob).range
    assert found.low == pytest.approx(adc.envelope(enob))
    assert found.typical == pytest.approx(24.6 * adc.envelope(enob))
    assert found.high == pytest.approx(190 * adc.envelope(enob))


def test_pixel_arithmetic(survey: Survey) -> None:
    pixel = survey.survey.pixel
    one = pixel.energy(rows=0, swing_v=1.0).range
    assert one.typical == pytest.approx(0.1 * 1.8**2 + 1.0 * 1.8 * 1.0)
    assert (one.low, one.high) == pytest.approx((one.typical / 2, one.typical * 2))
    assert pixel.energy(100, 1.0).range.typical - one.typical == pytest.approx(0.9 * 1.8)
    assert pixel.energy(0, 0.5).range.typical == pytest.approx(0.1 * 1.8**2 + 1.0 * 1.8 * 0.5)

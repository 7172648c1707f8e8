"""Two pipelines' energies: common numbers, and break-even points that hold when tried."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sensorsim as ss
from sensorsim.circuits.uncertainty import Spread, draw
from sensorsim.experiments.energy_comparison import LINK_PRICES_PJ, SCOPES, compare_energy
from sensorsim.pipeline.pipeline import Pipeline


def chains(**changes: Any) -> tuple[Pipeline, Pipeline]:
    settings = {f"energy.{k}": v for k, v in changes.items()}
    return ss.load_pipeline("glt2", settings), ss.load_pipeline("adc4", settings)


def test_what_both_share_cancels() -> None:
    glt, adc = chains(technology="cmos65")
    found = compare_energy(glt, adc)
    assert found.rival_first
    a, b = glt.cost.ledger(), adc.cost.ledger()
    one = a.draws_pj(draw(a.constants(), seed=0), "pixel", "readout", "link")
    other = b.draws_pj(draw(b.constants(), seed=1), "pixel", "readout", "link")
    independent, common = Spread.of(one - other), found.differences["readout and link"].spread
    assert common.high - common.low < independent.high - independent.low


def test_swapped_pipelines_swap_the_sign_and_nothing_else() -> None:
    glt, adc = chains()
    forth, back = compare_energy(glt, adc), compare_energy(adc, glt)
    assert not back.rival_first
    for scope in SCOPES:
        a, b = forth.differences[scope], back.differences[scope]
        assert a.spread.median == pytest.approx(-b.spread.median)
        assert a.probability_first_cheaper == pytest.approx(1 - b.probability_first_cheaper)
        np.testing.assert_array_equal(
            forth.percentile[scope].probability, back.percentile[scope].probability
        )


def test_same_seed_same_answer() -> None:
    glt, adc = chains()
    once, twice = (compare_energy(glt, adc, draws=500, seed=3) for _ in range(2))
    assert once.differences == twice.differences
    assert compare_energy(glt, adc, draws=500, seed=4).differences != once.differences


def test_probabilities_rise_with_the_percentile_and_fall_with_the_thresholds() -> None:
    found = compare_energy(*chains())
    for even in found.percentile.values():
        assert (np.diff(even.probability) >= 0).all()
    assert found.thresholds is not None
    assert (np.diff(found.thresholds.probability) <= 0).all()
    assert found.thresholds.axis[-1] == 32


def test_break_even_percentile_is_where_both_cost_the_same(tmp_path: Path) -> None:
    """ADCs ten times dearer every 50 percentiles, and a comparator that meets them at 60."""
    adc = ss.load_pipeline("adc8")
    enob = adc.cost.enob
    assert enob is not None
    sar_pj = adc.cost.technology.survey.adc.envelope(enob) * 10 ** (60 / 50)
    path = tmp_path / "mine.toml"
    path.write_text(
        'base = "survey"\nname = "mine"\n[survey.adc]\nratio = { percentiles = [0, 50, 100], '
        'values = [1, 10, 100], basis = "stated", source = "made up for a test" }\n'
        f"[survey.comparator]\ndecision_fj = {0.9999e3 * sar_pj / 4}\n"
    )
    settings = {"energy.technology": str(path), "energy.link_pj_per_bit": 0.0}
    found = compare_energy(ss.load_pipeline("glt4", settings), ss.load_pipeline("adc8", settings))
    even = found.percentile["readout and link"]
    assert even.at is not None
    assert (even.at.low, even.at.median, even.at.high) == (60, 60, 60)
    np.testing.assert_array_equal(even.probability, even.axis >= 60)


def test_link_price_at_break_even_makes_the_difference_vanish() -> None:
    settings = {"readout.bubbles": "corrected", "readout.mode": "sequential"}
    glt = ss.load_pipeline("glt8", {"energy.technology": "survey", **settings})
    adc = ss.load_pipeline("adc4", {"energy.technology": "survey"})
    even = compare_energy(glt, adc).link["readout and link"]
    assert even.at is not None
    assert even.exists > 0.05
    np.testing.assert_allclose(even.axis, LINK_PRICES_PJ)
    price = even.at.median
    tried = [
        compare_energy(*(c.replace({"energy.link_pj_per_bit": p}) for c in (glt, adc)))
        .differences["readout and link"].probability_first_cheaper
        for p in (price / 10, price, price * 10)
    ]  # fmt: skip
    assert tried[0] > tried[1] > tried[2], "eight bits lose against four as the link gets dear"
    assert tried[1] == pytest.approx(even.exists / 2, abs=0.01), "half of those that have one"


def test_two_of_a_kind_have_a_difference_alone() -> None:
    found = compare_energy(ss.load_pipeline("adc4"), ss.load_pipeline("adc8"))
    assert found.thresholds is None
    assert found.percentile == found.link == found.published_adc_pj == found.architectures == {}
    assert found.differences["readout and link"].probability_first_cheaper > 0.5


def test_published_adcs_are_shown_whatever_prices_the_parts() -> None:
    by_survey = compare_energy(*chains()).published_adc_pj
    by_parts = compare_energy(*chains(technology="cmos65")).published_adc_pj
    assert by_survey == by_parts
    assert by_survey.keys() == {"SAR", "flash"}
    for prices in by_survey.values():
        assert prices.low < prices.typical < prices.high


def test_a_process_tries_every_way_to_build_the_adc() -> None:
    assert compare_energy(*chains()).architectures == {}
    glt, adc = chains(technology="cmos65")
    found = compare_energy(glt, adc)
    assert list(found.architectures) == ["single-slope", "sar", "cyclic"]
    assert found.architectures["single-slope"] == found.differences["readout and link"]
    sar = adc.replace({"readout.architecture": {"kind": "sar"}})
    again = compare_energy(glt, sar).differences["readout and link"]
    assert again == found.architectures["sar"]


def test_a_bent_ramp_has_no_other_architecture() -> None:
    glt, adc = chains(technology="cmos65")
    bent = adc.replace({"readout.tone_curve": {"kind": "log"}})
    assert list(compare_energy(glt, bent).architectures) == ["single-slope"]


def test_always_between_and_never_are_all_draws() -> None:
    found = compare_energy(*chains())
    for even in found.percentile.values():
        assert 0 <= even.always <= even.exists <= 1
        assert even.always == pytest.approx(even.probability[0])
        assert even.exists == pytest.approx(even.probability[-1])
    assert found.thresholds is not None
    assert found.thresholds.always == pytest.approx(found.thresholds.probability[-1])


def test_more_thresholds_than_the_reference_has_levels_are_not_tried() -> None:
    coarse = ss.load_pipeline("thermometer4_uniform", {"readout.reference_bits": 4})
    found = compare_energy(coarse, ss.load_pipeline("adc4")).thresholds
    assert found is not None
    assert found.axis[-1] == 16

"""The price of a chain under settings that are not its own."""

import pytest
import xarray as xr

import sensorsim as ss

GATES = {
    "kind": "gates", "toggles_per_product": "layers", "weight_reuse": 16, "activation_reuse": 8,
}  # fmt: skip


@pytest.mark.parametrize(
    "settings",
    [
        {"energy.network": GATES | {"toggles_per_product": "matches"}},
        {"energy.network": GATES | {"toggles_per_product": 0.25}},
        {"energy.technology": "cmos130"},
        {"energy.network": {"kind": "chip"}},
    ],
)
def test_other_settings_are_priced_as_a_pipeline_that_states_them(settings: dict) -> None:
    base = {"energy.technology": "cmos65", "energy.network": GATES, "energy.parallel_products": 64}
    pipe = ss.load_pipeline("glt2", base)
    other = pipe.replace(settings)
    expected = other.cost.ledger().to_xarray()
    priced = pipe.cost.ledger(other.description.energy).to_xarray()
    xr.testing.assert_identical(priced, expected)
    own = pipe.cost.ledger().to_xarray()
    assert own["energy_pj_typical"].sum() != expected["energy_pj_typical"].sum()
    xr.testing.assert_identical(pipe.cost.ledger(pipe.description.energy).to_xarray(), own)


def test_an_array_of_another_size_is_priced_and_timed() -> None:
    """Survey prices count samples; rows take their time; the network stays the model's."""
    plain = ss.load_pipeline("glt4", {"energy.frame_rate_hz": 10})
    large = plain.replace({"energy.array": [240, 320]})
    assert large.cost.array_shape == (240, 320, 1)
    book, small = large.cost.ledger(), plain.cost.ledger()
    for stage in ("readout", "link"):
        ratio = book.total_pj(stage).typical / small.total_pj(stage).typical
        assert ratio == pytest.approx(240 * 320 / 28**2)
    assert book.total_pj("network") == small.total_pj("network")
    budget = large.cost.time_budget()
    assert budget.readout_us.typical == pytest.approx(240 * budget.row_us.typical)
    assert large.run(images=5)["accuracy"] == plain.run(images=5)["accuracy"]


@pytest.mark.parametrize("name", ["glt4", "adc8"])
def test_a_wider_column_pitch_lengthens_lines_along_rows(name: str) -> None:
    """As long as the pixels' pitch, nothing changes; the column's own line does not change."""
    settings = {"energy.technology": "cmos65", "energy.link_pj_per_bit": 0.5}
    plain = ss.load_pipeline(name, settings)
    same, wide = (plain.replace({"energy.column_pitch_um": um}) for um in (5.0, 50.0))
    assert same.cost.ledger().total_pj() == plain.cost.ledger().total_pj()
    assert wide.cost.ledger().total_pj("readout").low > plain.cost.ledger().total_pj("readout").low
    assert wide.cost.ledger().total_pj("pixel") == plain.cost.ledger().total_pj("pixel")


def test_a_wrong_array_is_named() -> None:
    with pytest.raises(ss.InputError, match=r"energy\.array\.0 0: expected a whole number from 1"):
        ss.load_pipeline("glt4", {"energy.array": [0, 320]})
    with pytest.raises(ss.InputError, match=r"energy\.array .*expected a list of"):
        ss.load_pipeline("glt4", {"energy.array": 320})

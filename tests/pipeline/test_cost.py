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

"""Units by the ends of names."""

import itertools

import pytest

from sensorsim.core.units import _UNITS, unit_of


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("conversion_gain_uv_per_e", "uV/e-"), ("read_noise_e", "e-"), ("rows", "pixel"),
        ("energy_pj_typical", "pJ"), ("energy_pj_per_correct_decision_low", "pJ"),
        ("average_power_uw_high", "uW"), ("frame_rate_limit_hz", "Hz"), ("reset_ff", "fF"),
        ("dark_current_e_per_s_error", "e-/s"), ("link_bits_per_sample", "bit"),
        ("exposure_stops", "stop"), ("photons", "photon"), ("temperature_c", "C"),
        ("accuracy_low", "1"), ("fill_factor", "1"), ("response", "1"), ("arc", "1"),
        ("dark_current_e_per_s", "e-/s"), ("system_gain_dn_per_e", "DN/e-"),
        ("dark_current_activation_ev", "eV"), ("integration_time_ms", "ms"),
    ],
)  # fmt: skip
def test_units_by_name(name: str, unit: str) -> None:
    assert unit_of(name) == unit


def test_no_end_hides_a_longer_one() -> None:
    for first, later in itertools.combinations(_UNITS, 2):
        assert not later.endswith(first), f"{first} is found before {later}"

"""A pixel's description: what follows from it, and what it refuses."""

from typing import Any

import pytest
from pydantic import ValidationError

from sensorsim.sensor import Photodiode, dark_current_e_per_s


def test_dark_current_follows_arrhenius() -> None:
    assert dark_current_e_per_s(10, 25, 0.63) == 10
    assert dark_current_e_per_s(10, 25 + 8.39, 0.633) == pytest.approx(20, rel=0.02)
    assert dark_current_e_per_s(10, 0, 0.63) < 1.2


def test_full_scale_follows_the_response() -> None:
    assert Photodiode().full_scale_v == pytest.approx(1.0)
    log = Photodiode(response={"kind": "logarithmic", "slope_mv_per_decade": 60, "knee_e": 10})
    assert log.full_scale_v == pytest.approx(0.06 * 3.000434, rel=1e-6)


def test_a_pixel_that_is_never_reset_has_no_reset_noise() -> None:
    linear = Photodiode(correlated_double_sampling=False)
    assert linear.reset_noise_e == pytest.approx(16.03, abs=0.01)
    log = {"kind": "logarithmic"}
    assert Photodiode(correlated_double_sampling=False, response=log).reset_noise_e == 0


@pytest.mark.parametrize(
    "impossible",
    [
        {"quantum_efficiency": 1.01},
        {"quantum_efficiency": 0.0},
        {"quantum_efficiency": {"wavelength_nm": [400, 700], "value": [0.5, 1.2]}},
        {"quantum_efficiency": {"wavelength_nm": [700, 400], "value": [0.5, 0.2]}},
        {"sense_node_capacitance_ff": -1.0},
        {"sense_node_capacitance_ff": 0.0},
        {"full_well_e": 0},
        {"full_well_e": float("nan")},
        {"read_noise_e": -1},
        {"fill_factor": 2},
        {"rts_pixel_fraction": 1.5},
        {"noise": "some"},
        {"saturation": {"kind": "soft", "knee_fraction": 1.0}},
        {"response": {"kind": "logarithmic", "knee_e": 0}},
        {"temperature_c": -300},
    ],
)
def test_impossible_pixels_are_refused(impossible: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(impossible))):
        Photodiode(**impossible)


@pytest.mark.parametrize("response", [
    {"kind": "linear"}, {"kind": "logarithmic", "knee_e": 30}, {"kind": "linlog", "knee_e": 900},
])  # fmt: skip
def test_electrons_are_the_inverse_of_volts(response: dict[str, Any]) -> None:
    found = Photodiode(response=response)
    electrons = [0.0, 10.0, 899.0, 901.0, 9000.0]
    volts = found.response.volts(electrons, found.volts_per_e)
    assert found.response.electrons(volts, found.volts_per_e) == pytest.approx(electrons)

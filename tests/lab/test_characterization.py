"""What went in comes out, within the standard errors that are claimed."""

from typing import Any

import numpy as np
import pytest

from sensorsim.core.errors import InputError
from sensorsim.lab import characterize, expected, set_up
from sensorsim.lab.device_under_test import ideal_adc
from sensorsim.lab.procedure import DARK_STEPS, measure_dark, schedule
from sensorsim.readout import Comparator, SingleSlope
from sensorsim.sensor import Photodiode, SoftSaturation

MEASURED = (
    "system_gain_dn_per_e", "quantum_efficiency_percent", "temporal_dark_noise_e", "dsnu_e",
    "prnu_percent", "dark_current_e_per_s", "dark_current_from_variance_e_per_s",
)  # fmt: skip
SMALL = {"rows": 100, "columns": 160}
NOISY = Photodiode(
    row_noise_e=1.0, row_offset_e=3.0, column_offset_e=2.0, column_gain_percent=0.5,
    correlated_double_sampling=False, sense_node_capacitance_ff=0.5, rts_pixel_fraction=0.2,
    rts_amplitude_e=3.0, dark_current_spread_percent=30, dark_current_e_per_s=50,
)  # fmt: skip


@pytest.mark.parametrize("vary", ["light", "time"])
def test_what_went_in_comes_out(camera: Any, vary: Any) -> None:
    bench = camera("imx477", **SMALL)
    data, put_in = characterize(bench, steps=20, stack=8, vary=vary), expected(bench, vary)
    for name in MEASURED:
        error = data[f"{name}_error"].item()
        assert abs(data[name].item() - put_in[name]) < 4 * error, name
        assert error < 0.03 * put_in[name], name
    # The variance peaks a few standard deviations of the shot noise, or a step, below the clip.
    lack = 1 - data["saturation_e"].item() / put_in["saturation_e"]
    assert 0 < lack < 3 / np.sqrt(put_in["saturation_e"]) + 1.1 / 20
    assert data["linearity_error_max_percent"] < 0.05


def test_noise_of_every_kind_is_expected() -> None:
    adc = ideal_adc(12).model_copy(
        update={
            "comparator": Comparator(noise_mv=0.3, offset_mv=0.2), "gain_error_percent": 2.0,
            "column_gain_percent": 0.4,
        }
    )  # fmt: skip
    bench = set_up(NOISY, adc, rows=120, columns=160)
    data, put_in = characterize(bench, steps=20), expected(bench)
    # Row noise is common to a row: fewer numbers tell of it than there are pixels.
    assert data["temporal_dark_noise_e"] == pytest.approx(put_in["temporal_dark_noise_e"], rel=0.03)
    assert data["system_gain_dn_per_e"] == pytest.approx(put_in["system_gain_dn_per_e"], rel=0.01)
    for name in ("dsnu_e", "prnu_percent"):
        assert abs(data[name].item() - put_in[name]) < 4 * data[f"{name}_error"].item(), name
    assert data["dsnu_row_e"] == pytest.approx(3.0, rel=4 / np.sqrt(2 * 120))
    # 0.2 mV of column offset are 2 e-.
    assert data["dsnu_column_e"] == pytest.approx(np.hypot(2, 2), rel=4 / np.sqrt(2 * 160))
    column_gain = np.hypot(0.5, 0.4)
    assert data["prnu_column_percent"] == pytest.approx(column_gain, rel=4 / np.sqrt(2 * 160))


def test_without_fixed_patterns_there_is_no_nonuniformity() -> None:
    bench = set_up(Photodiode(noise="temporal"), ideal_adc(12), **SMALL)
    data = characterize(bench, steps=12, stack=8)
    assert data["dsnu_e"] < 0.3
    assert data["prnu_percent"] < 0.15
    for name in ("dsnu_e", "prnu_percent"):
        assert (data[name] > 0) == np.isfinite(data[f"{name}_error"])
        assert data[f"{name}_error"] != 0
    assert expected(bench)["dsnu_e"] == expected(bench)["prnu_percent"] == 0


def test_soft_well_saturates_at_its_knee() -> None:
    """Above the knee the charge, and with it the variance, grows ever more slowly."""
    pixel = Photodiode(saturation=SoftSaturation(knee_fraction=0.5))
    bench = set_up(pixel, ideal_adc(12), **SMALL)
    data = characterize(bench, steps=20, stack=2)
    assert expected(bench)["saturation_e"] == 0.5 * pixel.full_well_e
    assert data["saturation_e"] == pytest.approx(0.5 * pixel.full_well_e, rel=0.15)


def test_early_knee_saturates_along_its_bend_and_a_fit_that_would_bend_is_refused() -> None:
    early, bent = (Photodiode(saturation=SoftSaturation(knee_fraction=k)) for k in (0.28, 0.2))
    bench = set_up(early, ideal_adc(12), **SMALL)
    assert expected(bench)["saturation_e"] == pytest.approx(0.36 * early.full_well_e)
    with pytest.raises(InputError, match=r"knee_fraction 0.2: .* 70 % of saturation"):
        set_up(bent, ideal_adc(12), **SMALL)


def test_dark_spread_is_expected_at_the_time_of_saturation() -> None:
    pixel = Photodiode(
        dark_current_e_per_s=1000, dark_current_spread_percent=50, dsnu_e=0, prnu_percent=0
    )
    bench = set_up(pixel, ideal_adc(12), **SMALL)
    data = characterize(bench, steps=40, stack=4, vary="time")
    assert expected(bench, "time")["dsnu_e"] == pytest.approx(data["dsnu_e"].item(), rel=0.06)
    assert expected(bench)["dsnu_e"] > 1.1 * data["dsnu_e"].item()


def test_expected_dark_spread_follows_the_measured_time_of_saturation() -> None:
    """PRNU moves the largest variance to a shorter time than that of the mean signal."""
    pixel = Photodiode(
        dark_current_e_per_s=1000, dark_current_spread_percent=50, dsnu_e=0, prnu_percent=5
    )
    bench = set_up(pixel, ideal_adc(12), **SMALL)
    data = characterize(bench, steps=10, stack=4, vary="time")
    measured_ms = data["saturation_ms"].item()
    assert measured_ms == data["time_ms"][data.attrs["saturation_index"]]
    spread_e = 0.5 * pixel.dark_e * measured_ms / pixel.integration_time_ms
    put_in = expected(bench, "time", measured_ms)["dsnu_e"]
    assert put_in == pytest.approx(spread_e)
    assert abs(data["dsnu_e"].item() - put_in) < 4 * data["dsnu_e_error"].item()
    assert expected(bench, "light", measured_ms) == expected(bench, "light")
    with pytest.raises(InputError, match=r"saturation_ms 0: expected a finite time"):
        expected(bench, "time", 0)


def test_bent_ramp_is_found_nonlinear() -> None:
    ramp = SingleSlope(ramp_curvature_percent=1.0)
    adc = ideal_adc(12)
    bent, straight = (
        characterize(set_up(Photodiode(), a, **SMALL), steps=20, stack=2)
        for a in (adc.model_copy(update={"architecture": ramp}), adc)
    )
    # x + 4 c x (1 - x) bends the levels down the range: codes fall short in the middle.
    assert bent["linearity_error_percent"] > 20 * straight["linearity_error_percent"]
    assert bent["linearity_error_max_percent"] - bent["linearity_error_min_percent"] < 4


def test_schedule_varies_light_or_time(camera: Any) -> None:
    bench = camera("imx250", **SMALL)
    light, time = schedule(bench, 10, "light"), schedule(bench, 10, "time")
    assert [e.photons for e in light.bright] == [e.photons for e in time.bright]
    assert {e.time_ms for e in light.bright} == {33.3}
    assert len(light.dark) == 1
    assert [e.time_ms for e in time.dark] == [e.time_ms for e in time.bright]
    numbers = [e.first_frame for e in (*time.bright, *time.dark)]
    assert len(set(numbers)) == len(numbers)


def test_dark_exposures_are_as_long_as_the_dark_current_needs(camera: Any) -> None:
    series = measure_dark(camera("imx250", **SMALL))
    assert series.time_ms.size == DARK_STEPS >= 6
    assert np.allclose(np.diff(series.time_ms), series.time_ms[0])
    assert 3.5 < series.variance_dn2[-1] / series.variance_dn2[0] < 10
    none = Photodiode(dark_current_e_per_s=0)
    assert 30_000 < measure_dark(set_up(none, ideal_adc(12), **SMALL)).time_ms[-1] <= 60_000


def test_units_stand_beside_every_result(camera: Any) -> None:
    data = characterize(camera("imx250", rows=16, columns=16), steps=20, stack=2)
    units = {name: data[name].attrs["units"] for name in data.data_vars}
    assert units["system_gain_dn_per_e_error"] == "DN/e-"
    assert units["mean_dn"] == units["black_level_dn"] == "DN"
    assert units["dark_variance_dn2"] == "DN2"
    assert units["photons"] == units["saturation_photons"] == "photon"
    assert units["dark_series_time_ms"] == "ms"
    assert "1" not in units.values()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 9}, "steps 9: expected 10 to 1000"),
        ({"stack": 1}, "stack 1: expected 2 to 1000"),
    ],
)
def test_too_little_is_refused(camera: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        characterize(camera("imx250", rows=16, columns=16), **options)


def test_step_that_hides_the_dark_noise_is_refused() -> None:
    coarse = set_up(Photodiode(), ideal_adc(8), **SMALL)
    with pytest.raises(InputError, match=r"readout.bits 8: a step of 39.1 e- hides.*more bits"):
        characterize(coarse)


def test_noise_that_only_the_dark_current_makes_is_refused_where_time_varies() -> None:
    dark = Photodiode(read_noise_e=0.2, dark_current_e_per_s=1000, integration_time_ms=100)
    bench = set_up(dark, ideal_adc(12), **SMALL)
    characterize(bench, steps=12, stack=2)
    with pytest.raises(InputError, match="hides the temporal dark noise"):
        characterize(bench, steps=12, stack=2, vary="time")

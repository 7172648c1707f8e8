"""The bench: where codes turn, how the black level is set, and what it refuses."""

from typing import Any

import numpy as np
import pytest

from sensorsim.core import streams
from sensorsim.core.errors import InputError
from sensorsim.lab import Exposure, set_up
from sensorsim.lab.bench import shifted
from sensorsim.lab.device_under_test import ideal_adc
from sensorsim.optics.spectrum import SpectralCurve
from sensorsim.readout import Adc
from sensorsim.sensor import Linlog, Logarithmic, Photodiode, sense
from sensorsim.tonemap import Log

PIXEL = Photodiode(prnu_percent=0, dsnu_e=0, dark_current_e_per_s=0)

BLUE = SpectralCurve(wavelength_nm=(400, 500), value=(0.5, 0.5))


def codes_of(electrons: np.ndarray, adc: Adc, pixel: Photodiode) -> np.ndarray:
    """Codes of one row of pixels, each with electrons of its own."""
    light = electrons[np.newaxis, np.newaxis, :, np.newaxis]
    key = streams.Key.of(0, [0])
    volts = sense(light, pixel, 1.0, key)
    return adc.convert(volts, pixel.full_scale_v, key).ravel()


def turns_where_a_truncating_converter_turns(adc: Adc) -> bool:
    """Code k begins at k steps, neither half a step earlier (rounding) nor later."""
    quiet = PIXEL.model_copy(update={"noise": "none", "full_well_e": 8192.0})
    step_e = quiet.full_well_e / 2**adc.bits
    k = np.array([1, 2, 3, 100, 2047, 2048, 4095])
    below = codes_of((k - 0.01) * step_e, adc, quiet)
    above = codes_of((k + 0.01) * step_e, adc, quiet)
    return bool((below == k - 1).all() and (above == k).all())


def test_code_k_begins_at_k_steps() -> None:
    adc = ideal_adc(12)
    assert turns_where_a_truncating_converter_turns(adc)
    half_a_step_mv = 1e3 * 8192 * PIXEL.volts_per_e / 2**12 / 2
    rounding = adc.model_copy(update={"offset_mv": half_a_step_mv})
    assert not turns_where_a_truncating_converter_turns(rounding)
    stretched = adc.model_copy(update={"gain_error_percent": -0.05})  # 4095 codes in the range
    assert not turns_where_a_truncating_converter_turns(stretched)


def test_pyxels_closed_form() -> None:
    """3020 electrons of 100 uV into 12 bits over 1 V, truncated: 3020 x 0.4096 - 1/2.

    That is Pyxel's SAR converter (1236.49 DN). Its simple one multiplies by 2**12 - 1 and
    truncates: 1236.19 DN.
    """
    pixel = PIXEL.model_copy(
        update={
            "quantum_efficiency": 0.6, "read_noise_e": 4.0, "dark_current_e_per_s": 20.0,
            "integration_time_ms": 1000.0, "full_well_e": 1e6,
        }
    )  # fmt: skip
    light = np.ones((1, 500, 500, 1), np.float32)
    key = streams.Key.of(0, [0])
    volts = sense(light, pixel, 5000 * 0.6, key)
    codes = ideal_adc(12).convert(volts, 1.0, key).astype(float)
    sd = np.sqrt(0.4096**2 * (3020 + 16) + 1 / 12)
    assert codes.mean() == pytest.approx(1236.492, abs=4 * sd / 500)
    assert codes.std() == pytest.approx(sd, rel=4 / np.sqrt(2 * 250_000))
    assert sd == pytest.approx(22.57, abs=0.005)


def test_black_level_lifts_dark_frames_and_keeps_the_range(camera: Any) -> None:
    bench = camera("hm01b0", rows=100, columns=100)
    dark = bench.expose(Exposure(0.0, 16.67, 7))
    assert dark.min() > 0
    assert bench.black_level_dn == pytest.approx(6 * dark.std() + 1, abs=2)
    assert bench.expose(Exposure(1e6, 16.67, 9)).min() == bench.adc.levels


def test_black_level_keeps_what_the_converter_has_of_its_own() -> None:
    adc = ideal_adc(12).model_copy(update={"offset_mv": 20.0})
    bench = set_up(Photodiode(), adc, rows=50, columns=50)
    assert bench.adc.offset_mv == 20.0
    sunk = set_up(Photodiode(), adc.model_copy(update={"offset_mv": -20.0}), rows=50, columns=50)
    assert sunk.expose(Exposure(0.0, 33.0, 3)).min() > 0


def test_dark_level_on_the_edge_of_a_code_does_not_pass_for_noise() -> None:
    bench = set_up(PIXEL, ideal_adc(6), rows=64, columns=64)
    variances = [
        shifted(bench, dn).moments(Exposure(0.0, 33.0, 1)).variance_dn2 for dn in (0, 0.25, 0.5)
    ]
    assert max(variances) > 0.24
    assert bench.dark_variance_dn2() < 0.01


def test_frames_have_addresses(camera: Any) -> None:
    bench = camera("imx250", rows=32, columns=48)
    pair = bench.expose(Exposure(5000.0, 10.0, 40, 2))
    assert pair.shape == (2, 32, 48)
    np.testing.assert_array_equal(bench.expose(Exposure(5000.0, 10.0, 41, 1))[0], pair[1])
    assert (pair[0] != pair[1]).mean() > 0.9
    other = camera("imx250", rows=32, columns=48, die=1)
    assert (other.expose(Exposure(5000.0, 10.0, 41, 1))[0] != pair[1]).mean() > 0.7


@pytest.mark.parametrize(
    ("pixel", "adc", "options", "message"),
    [
        ({"response": Logarithmic()}, {}, {}, "'logarithmic'.*does not apply"),
        ({"response": Linlog()}, {}, {}, "'linlog'.*does not apply"),
        ({"noise": "shot"}, {}, {}, "noise 'shot'.*'temporal' or 'all'"),
        ({}, {"tone_curve": Log()}, {}, "tone curve is 'log'"),
        ({}, {"tone_domain": "digital"}, {}, "linear digital numbers"),
        ({"quantum_efficiency": BLUE}, {}, {"wavelength_nm": 600.0}, "makes no electrons"),
        ({}, {}, {"rows": 15}, "rows 15: expected 16 to 8192"),
        ({}, {}, {"columns": 9000}, "columns 9000"),
        ({}, {}, {"wavelength_nm": 1000.0}, "wavelength_nm 1000: expected 380 to 780"),
    ],
)
def test_what_the_linear_model_does_not_fit_is_refused(
    pixel: dict[str, Any], adc: dict[str, Any], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        set_up(
            PIXEL.model_copy(update=pixel), ideal_adc(12).model_copy(update=adc), **options
        )  # fmt: skip


@pytest.mark.parametrize("light", [(-1.0, 1.0), (np.nan, 1.0), (np.inf, 1.0)])
@pytest.mark.parametrize("place", ["photons", "time_ms"])
def test_exposures_that_are_none_are_refused(light: tuple[float, float], place: str) -> None:
    photons, time_ms = light if place == "photons" else light[::-1]
    with pytest.raises(InputError, match=place):
        Exposure(photons, time_ms, 0)


@pytest.mark.parametrize(
    "options",
    [
        {"full_scale_v": 0.0}, {"full_scale_v": -1.0}, {"full_scale_v": np.nan}, {"die": -1},
        {"seed": -1}, {"seed": 2**32},
    ],
)  # fmt: skip
def test_arguments_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=next(iter(options))):
        set_up(PIXEL, ideal_adc(12), **options)


@pytest.mark.parametrize("offset_mv", [1000.0, -900.0])
def test_black_level_beyond_the_range_is_refused(offset_mv: float) -> None:
    adc = ideal_adc(12).model_copy(update={"offset_mv": offset_mv})
    with pytest.raises(InputError, match=r"black level -?\d+ DN: .* range of 0 to 4095 DN"):
        set_up(PIXEL, adc, rows=32, columns=32)

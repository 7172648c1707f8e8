"""The bench: ideal converters read ideal, and each one broken on purpose is found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import xarray as xr

from sensorsim.core import streams
from sensorsim.core.errors import InputError
from sensorsim.readout import Adc, Comparator, Cyclic, Sar, SingleSlope, Thermometer
from sensorsim.readout.adc.levels import transition_levels_v
from sensorsim.readout.ieee1241 import ColumnUnderTest, characterize_adc, power_spectrum

IDEAL = Comparator(noise_mv=0, offset_mv=0)


@dataclass
class Broken:
    """A converter whose codes come out of any function of volts."""

    levels: int
    code: Callable[[np.ndarray], np.ndarray]

    def convert(self, volts: np.ndarray, full_scale_v: float, key: streams.Key) -> Any:
        return np.clip(self.code(volts.astype(float)), 0, self.levels).astype(np.uint16)

    def digital_numbers(self, codes: np.ndarray) -> np.ndarray:
        return codes.astype(np.int64)


@pytest.mark.parametrize("bits", range(4, 15))
def test_ideal_converter_has_its_textbook_ratio_and_no_errors(bits: int) -> None:
    data = characterize_adc(Adc(bits=bits, comparator=IDEAL), 0.8)
    assert data["sndr_db"] == pytest.approx(6.02 * bits + 1.76, abs=0.1)
    assert data["enob_bits"] == pytest.approx(bits, abs=0.02)
    assert data["snr_db"] >= data["sndr_db"]
    assert data["sfdr_db"] > data["sndr_db"]
    ideal = np.arange(1, 2**bits) * 0.8 / 2**bits
    np.testing.assert_allclose(data["transition_v"], ideal, rtol=0, atol=1e-6 * 0.8)
    for name in ("dnl_lsb", "inl_lsb", "offset_mv", "gain_error_percent"):
        assert np.abs(data[name]).max() < 0.02, name
    assert data["missing_codes"] == 0


@pytest.mark.parametrize(("bits", "lack_db"), [(1, 1.47), (2, 0.85), (3, 0.33)])
def test_few_bits_fall_short_of_the_formula(bits: int, lack_db: float) -> None:
    data = characterize_adc(Adc(bits=bits, comparator=IDEAL))
    assert data["sndr_db"] == pytest.approx(6.02 * bits + 1.76 - lack_db, abs=0.01)


def test_one_bit_makes_a_square_wave_and_has_no_gain() -> None:
    data = characterize_adc(Adc(bits=1, comparator=IDEAL))
    assert data["sndr_db"] == pytest.approx(10 * np.log10(8 / (np.pi**2 - 8)), abs=0.01)
    assert data["sfdr_db"] == pytest.approx(20 * np.log10(3), abs=0.02)
    harmonics = 10 * np.log10(1 / 9 + 1 / 25 + 1 / 49 + 1 / 81)
    assert data["thd_db"] == pytest.approx(harmonics, abs=0.02)
    assert np.isnan(data["gain_error_percent"])
    assert data["offset_mv"] == pytest.approx(0)
    assert data["dnl_lsb"].size == 0


@pytest.mark.parametrize("sigma_lsb", [0.3, 1.0, 2.0])
def test_noise_lowers_the_ratio_by_its_power(sigma_lsb: float) -> None:
    noisy = Comparator(noise_mv=sigma_lsb * 1e3 / 2**12, offset_mv=0)
    data = characterize_adc(Adc(bits=12, comparator=noisy))
    signal = (2**12) ** 2 / 8
    expected = 10 * np.log10(signal) - 10 * np.log10(1 / 12 + sigma_lsb**2)
    assert data["sndr_db"] == pytest.approx(expected, abs=0.12)
    assert data["thd_db"] < -data["sndr_db"] - 15, "noise is not distortion"


def test_static_errors_are_those_of_the_converters_levels() -> None:
    adc = Adc(
        bits=8, architecture=Sar(unit_capacitor_mismatch_percent=4), comparator=IDEAL,
        gain_error_percent=3, offset_mv=-20, column_gain_percent=2,
    )  # fmt: skip
    data = characterize_adc(adc, column=5, die=7, seed=2)
    own = transition_levels_v(adc, 1.0, 6, 7, 2)[0, 5]
    resolution = 1 / 64 / 256
    np.testing.assert_allclose(data["transition_v"], own, atol=resolution)
    step = (own[-1] - own[0]) / 254
    np.testing.assert_allclose(data["dnl_lsb"], np.diff(own) / step - 1, atol=3 / 64)
    np.testing.assert_allclose(data["inl_lsb"], (own - own[0]) / step - np.arange(255), atol=3 / 64)
    assert data["inl_lsb"][0] == data["inl_lsb"][-1] == 0, "an end-point fit"
    assert data["gain_error_percent"] == pytest.approx(100 / 256 / step - 100, abs=0.02)


@pytest.mark.parametrize(("gain", "offset_mv"), [(4.0, 15.0), (-3.0, -25.0), (0.0, 300.0)])
def test_gain_and_offset_are_found(gain: float, offset_mv: float) -> None:
    adc = Adc(bits=10, comparator=IDEAL, gain_error_percent=gain, offset_mv=offset_mv)
    data = characterize_adc(adc)
    assert data["gain_error_percent"] == pytest.approx(gain, abs=0.005)
    assert data["offset_mv"] == pytest.approx(offset_mv, abs=0.03)
    assert data["sndr_db"] == pytest.approx(61.96, abs=0.1), "the sine fits the converter's range"


def test_residual_offset_of_the_tested_column_is_found() -> None:
    adc = Adc(bits=10, comparator=Comparator(noise_mv=0, offset_mv=5))
    offsets = [float(characterize_adc(adc, column=c)["offset_mv"]) for c in range(3)]
    volts = np.full((1, 1, 3, 1), 0.5, np.float32)
    codes = adc.convert(volts, 1.0, streams.Key.of(0, [0])).ravel().astype(int) - 512
    np.testing.assert_allclose(offsets, codes, atol=1)
    assert np.std(offsets) > 1


def test_bow_of_a_ramp_is_inl_and_second_harmonic() -> None:
    data = characterize_adc(
        Adc(bits=12, architecture=SingleSlope(ramp_curvature_percent=1), comparator=IDEAL)
    )
    assert data["inl_lsb"].max() == pytest.approx(0.01 * 4096, rel=0.01)
    # v = x + 4 c x (1 - x): to first order a second harmonic of c / 2 beside 1 / 2.
    assert data["thd_db"] == pytest.approx(20 * np.log10(0.01), abs=0.2)
    assert data["sfdr_db"] == pytest.approx(-float(data["thd_db"]), abs=0.1)


def test_delay_of_a_comparator_is_offset() -> None:
    ramp = SingleSlope(conversion_time_us=10, comparator_delay_ns=100)
    data = characterize_adc(Adc(bits=10, architecture=ramp, comparator=IDEAL))
    assert data["offset_mv"] == pytest.approx(10.0, abs=0.03), "a hundredth of the ramp"


def test_gain_error_of_a_cyclic_converter_is_found_at_mid_code() -> None:
    wide = characterize_adc(
        Adc(bits=10, architecture=Cyclic(gain_error_percent=0.5), comparator=IDEAL)
    )
    assert wide["dnl_lsb"].idxmax() == 511
    lost = characterize_adc(
        Adc(bits=10, architecture=Cyclic(gain_error_percent=-0.5), comparator=IDEAL)
    )
    assert lost["missing"].sel(code=511)
    assert lost["missing_codes"] == lost["missing"].sum() > 0


def test_injected_missing_code_is_found() -> None:
    def code(volts: np.ndarray) -> np.ndarray:
        ideal = np.floor(volts * 64)
        return np.where(ideal == 37, 38, ideal)

    data = characterize_adc(Broken(63, code))
    assert data["missing"].sel(code=37)
    assert data["missing_codes"] == 1
    assert data["dnl_lsb"].sel(code=37) == -1
    assert data["dnl_lsb"].sel(code=38) == pytest.approx(1, abs=0.05)
    assert data["sndr_db"] < 6.02 * 6 + 1.76 - 0.1


def test_converter_that_rounds_instead_of_truncating_is_half_a_step_off() -> None:
    data = characterize_adc(Broken(255, lambda v: np.floor(v * 256 + 0.5)))
    assert data["offset_mv"] == pytest.approx(0.5e3 / 256, abs=0.05)
    good = characterize_adc(Broken(255, lambda v: np.floor(v * 256)))
    assert abs(good["offset_mv"]) < 0.05


def test_converter_of_twice_the_step_has_half_the_gain() -> None:
    data = characterize_adc(Broken(255, lambda v: np.floor(v * 128)))
    assert data["gain_error_percent"] == pytest.approx(-50, abs=0.02)


def test_converter_that_drops_its_lowest_bit_loses_a_bit_and_every_second_code() -> None:
    data = characterize_adc(Broken(255, lambda v: np.floor(v * 128) * 2 + (v > 1)))
    assert data["missing_codes"] == 127
    assert data["enob_bits"] == pytest.approx(7, abs=0.05)


def test_thermometer_is_read_by_its_count_of_ones() -> None:
    thresholds = tuple(np.arange(1, 16) / 16)
    one = characterize_adc(Thermometer(thresholds=thresholds, comparator=IDEAL), column=2)
    adc = characterize_adc(Adc(bits=4, comparator=IDEAL), column=2)
    for name in ("transition_v", "dnl_lsb", "sndr_db", "thd_db"):
        np.testing.assert_allclose(one[name], adc[name], atol=1e-12)


def test_same_arguments_give_the_same_result_and_seeds_differ() -> None:
    adc = Adc(bits=8, architecture=Sar(unit_capacitor_mismatch_percent=2))
    data = [characterize_adc(adc, seed=seed, die=3) for seed in (1, 1, 2)]
    xr.testing.assert_identical(data[0], data[1])
    assert (data[0]["inl_lsb"] != data[2]["inl_lsb"]).any()


def test_samples_have_noise_of_their_own_over_all_frames() -> None:
    """A wide image holds 1024 rows, so that the samples are spread over several frames."""
    noisy = Adc(bits=10, comparator=Comparator(noise_mv=20, offset_mv=0))
    codes = ColumnUnderTest(noisy, 1.0, 1023, 0, 0).codes(np.full(6144, 0.5), 0).reshape(6, 1024)
    assert np.abs(np.corrcoef(codes) - np.eye(6)).max() < 5 / np.sqrt(1024)
    assert codes.std() == pytest.approx(20.48, rel=0.05)


def test_results_carry_units_and_provenance() -> None:
    data = characterize_adc(Adc(bits=4))
    assert all(data[name].attrs["units"] for name in data.data_vars)
    assert data.attrs["cycles"] == 1021
    assert "bits=4" in data.attrs["readout"]


def test_power_spectrum_sums_to_the_mean_square() -> None:
    codes = np.random.default_rng(0).integers(0, 100, 256)
    assert power_spectrum(codes).sum() == pytest.approx((codes**2).mean())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"full_scale_v": 0.0}, "full_scale_v 0.0: expected volts above 0"),
        ({"full_scale_v": float("nan")}, "full_scale_v nan"),
        ({"column": -1}, "column -1"),
        ({"die": streams.MAX_DIE + 1}, "die"),
        ({"seed": -1}, "seed -1"),
        ({"samples_per_code": 3}, "samples_per_code 3: expected 4 to 1024"),
        ({"record_length": 1000}, r"record_length 1000: .*take 1024"),
        ({"cycles": 1022}, "cycles 1022: expected an odd number below 32768"),
        ({"cycles": 32769}, "cycles 32769"),
    ],
)
def test_impossible_tests_are_refused(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        characterize_adc(Adc(bits=4), **arguments)


@pytest.mark.parametrize(
    ("levels", "code", "words"),
    [
        (15, lambda v: np.zeros_like(v), "does not settle on code 15"),
        (15, lambda v: np.full_like(v, 15), "does not settle on code 0"),
        (15, lambda v: np.where(v > 0.3, 15, 0), "all its 15 transitions lie at 0.299"),
    ],
)
def test_what_is_no_converter_is_refused(
    levels: int, code: Callable[[np.ndarray], np.ndarray], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        characterize_adc(Broken(levels, code))


def test_codes_beyond_the_stated_levels_are_refused() -> None:
    class Liar(Broken):
        def convert(self, volts: np.ndarray, full_scale_v: float, key: streams.Key) -> Any:
            return np.clip(np.floor(volts * 32), 0, 31).astype(np.uint16)

    with pytest.raises(InputError, match="made code 31, expected at most"):
        characterize_adc(Liar(15, np.floor))

"""The photodiode against closed forms."""

import numba
import numpy as np
import pytest

from sensorsim import streams
from sensorsim.errors import InputError
from sensorsim.photodiode import Photodiode, dark_current_e_per_s, fixed_pattern, sense
from sensorsim.readout import Adc, Comparator

QUIET = {
    "shot_noise": False, "read_noise_e": 0, "dark_current_e_per_s": 0, "dsnu_e": 0,
    "prnu_percent": 0,
}  # fmt: skip


def flat(electrons: float, images: int = 40, **settings: float) -> np.ndarray:
    """Electrons of flat images of 50 x 50 pixels that would hold so many on average."""
    pixel = Photodiode(**(QUIET | settings))
    key = streams.Key.of(1, np.arange(images))
    volts = sense(np.ones((images, 50, 50, 1)), pixel, electrons, key)
    return volts.astype(float) / (pixel.conversion_gain_uv_per_e * 1e-6)


def test_without_noise_volts_are_light_times_gain() -> None:
    np.testing.assert_allclose(flat(1234, conversion_gain_uv_per_e=50.0), 1234, rtol=1e-6)


def photon_transfer_holds(electrons: np.ndarray, mean: float, read_noise_e: float) -> bool:
    """Mean and variance within four standard errors of mean + read_noise**2."""
    variance = mean + read_noise_e**2
    n = electrons.size
    return bool(
        abs(electrons.mean() - mean) < 4 * np.sqrt(variance / n)
        and abs(electrons.var() / variance - 1) < 4 * np.sqrt((2 + 1 / mean) / n)
    )


@pytest.mark.parametrize("mean", [0.5, 20.0, 3000.0])
def test_photon_transfer(mean: float) -> None:
    assert photon_transfer_holds(flat(mean, shot_noise=True, read_noise_e=4.0), mean, 4.0)


@pytest.mark.parametrize(
    "mutant",
    [
        {"shot_noise": False, "read_noise_e": 4.0},
        {"shot_noise": True, "read_noise_e": 0.0},
        {"shot_noise": True, "read_noise_e": 4.0, "dark_current_e_per_s": 60.0},
    ],
)
def test_photon_transfer_catches_a_broken_pixel(mutant: dict[str, float]) -> None:
    assert not photon_transfer_holds(flat(20.0, **mutant), 20.0, 4.0)


def test_full_well_clips_before_read_noise() -> None:
    electrons = flat(20_000, shot_noise=True, read_noise_e=4.0)
    assert abs(electrons.mean() - 10_000) < 0.1
    assert abs(electrons.std() - 4.0) < 0.1


def test_dark_signal_adds_and_follows_time() -> None:
    electrons = flat(0, dark_current_e_per_s=100.0, integration_time_ms=50.0)
    np.testing.assert_allclose(electrons, 5.0, rtol=1e-6)


def test_fixed_patterns_have_their_spread_and_belong_to_a_die() -> None:
    pixel = Photodiode(prnu_percent=2.0, dsnu_e=3.0, dark_current_e_per_s=1e4)
    gain, dark_e = fixed_pattern(pixel, 40_000, [0, 1], seed=0)
    assert gain.std(1) == pytest.approx([0.02, 0.02], rel=0.02)
    assert dark_e.std(1) == pytest.approx([3.0, 3.0], rel=0.02)
    assert dark_e.mean() == pytest.approx(330, rel=1e-3)
    assert abs(np.corrcoef(gain)[0, 1]) < 0.02
    assert abs(np.corrcoef(gain[0], dark_e[0])[0, 1]) < 0.02


def test_dark_current_follows_arrhenius() -> None:
    assert dark_current_e_per_s(10, 25, 0.63) == 10
    assert dark_current_e_per_s(10, 25 + 8.39, 0.633) == pytest.approx(20, rel=0.02)
    assert dark_current_e_per_s(10, 0, 0.63) < 1.2


def test_one_noise_does_not_move_another() -> None:
    light = np.full((2, 9, 9, 1), 0.3)
    key = streams.Key.of(0, [3, 4])

    def volts(**settings: float) -> np.ndarray:
        return sense(light, Photodiode(**(QUIET | settings)), 5000, key)

    shot, read, both = (
        volts(shot_noise=True), volts(read_noise_e=4.0), volts(shot_noise=True, read_noise_e=4.0)
    )  # fmt: skip
    np.testing.assert_allclose(both - shot, read - volts(), atol=2e-7)


def test_noise_does_not_depend_on_batch_or_threads() -> None:
    light = np.random.default_rng(0).random((6, 8, 8, 3))
    pixel = Photodiode()
    whole = sense(light, pixel, 9000, streams.Key.of(0, np.arange(6), [0, 1, 2, 0, 1, 2]))
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        single = [
            sense(light[i : i + 1], pixel, 9000, streams.Key.of(0, [i], i % 3)) for i in range(6)
        ]
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(np.concatenate(single), whole)


def test_pyxel_cross_check() -> None:
    """5000 photons, QE 0.6, dark 20 e-, 100 uV/e-, read 4 e-, 12 bits over 1 V: closed form."""
    pixel = Photodiode(dark_current_e_per_s=20, integration_time_ms=1000, prnu_percent=0, dsnu_e=0)
    key = streams.Key.of(0, np.arange(40))
    volts = sense(np.ones((40, 50, 50, 1)), pixel, 5000 * 0.6, key)
    ideal = Adc(bits=12, comparator=Comparator(noise_mv=0, offset_mv=0))
    codes = ideal.convert(volts, 1.0, key)
    assert codes.mean() == pytest.approx(3020 * 1e-4 * 4096 - 0.5, abs=0.3)
    assert codes.std() == pytest.approx(np.sqrt(3020 + 16) * 1e-4 * 4096, abs=0.15)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1e-3])
def test_light_that_is_none_is_refused(value: float) -> None:
    light = np.ones((1, 4, 4, 1))
    light[0, 1, 2, 0] = value
    with pytest.raises(InputError, match="light"):
        sense(light, Photodiode(), 1000, streams.Key.of(0, [0]))


def test_missing_axis_is_explained() -> None:
    with pytest.raises(InputError, match=r"shape \(4, 4\), expected 4 axes"):
        sense(np.ones((4, 4)), Photodiode(), 1000, streams.Key.of(0, [0]))

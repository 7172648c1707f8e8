"""The photodiode against closed forms, one effect at a time."""

import math
from typing import Any

import numba
import numpy as np
import pytest
from scipy import stats

from sensorsim.core import streams
from sensorsim.core.errors import InputError
from sensorsim.sensor import Photodiode, fixed_pattern, sense

QUIET: dict[str, Any] = {
    "noise": "all", "read_noise_e": 0, "dark_current_e_per_s": 0, "dsnu_e": 0, "prnu_percent": 0,
}  # fmt: skip
SILENT = QUIET | {"noise": "none"}


def volts(electrons: float, images: int = 40, side: int = 50, **settings: Any) -> np.ndarray:
    """Volts of flat images of ``side`` x ``side`` pixels, float64 [N, H, W]."""
    key = streams.Key.of(1, np.arange(images))
    light = np.ones((images, side, side, 1))
    return sense(light, Photodiode(**settings), electrons, key)[..., 0].astype(float)


def flat(electrons: float, images: int = 40, **settings: Any) -> np.ndarray:
    """The same as electrons of a linear pixel of 100 uV/e-."""
    return volts(electrons, images, **settings) / 100e-6


def test_without_noise_volts_are_light_times_gain() -> None:
    signal = volts(1234, conversion_gain_uv_per_e=50.0, **SILENT)
    np.testing.assert_allclose(signal, 1234 * 50e-6, rtol=1e-6)


def photon_transfer_holds(electrons: np.ndarray, mean: float, read_noise_e: float) -> bool:
    """Mean and variance within four standard errors of mean + read_noise**2."""
    variance = mean + read_noise_e**2
    n = electrons.size
    return bool(
        abs(electrons.mean() - mean) < 4 * np.sqrt(variance / n)
        and abs(electrons.var() / variance - 1) < 4 * np.sqrt((2 + 1 / mean) / n)
    )


@pytest.mark.parametrize("mean", [0.5, 8.0, 20.0, 3000.0])
def test_photon_transfer(mean: float) -> None:
    assert photon_transfer_holds(flat(mean, **QUIET | {"read_noise_e": 4.0}), mean, 4.0)


@pytest.mark.parametrize(
    "mutant",
    [
        {"noise": "none", "read_noise_e": 4.0},
        {"noise": "shot", "read_noise_e": 4.0},
        {"read_noise_e": 0.0},
        {"read_noise_e": 4.0, "dark_current_e_per_s": 60.0},
    ],
)
def test_photon_transfer_catches_a_broken_pixel(mutant: dict[str, Any]) -> None:
    assert not photon_transfer_holds(flat(20.0, **QUIET | mutant), 20.0, 4.0)


def test_one_segment_may_hold_dark_and_bright_pixels() -> None:
    light = np.tile([0.0, 1e-4, 0.5, 1.0], 250).reshape(1, 1000, 1, 1).repeat(400, 0)
    pixel = Photodiode(**QUIET)
    signal = sense(light, pixel, 8000, streams.Key.of(0, np.arange(400))) / 100e-6
    for place, mean in enumerate([0.0, 0.8, 4000.0, 8000.0]):
        part = signal[:, place::4].astype(float)
        assert abs(part.mean() - mean) <= 4 * np.sqrt(mean / part.size)
        if mean:
            assert stats.poisson.cdf(0, mean) == pytest.approx((part < 0.5).mean(), abs=5e-3)
            assert part.var() == pytest.approx(mean, rel=0.02)


def test_full_well_clips_before_read_noise() -> None:
    electrons = flat(20_000, **QUIET | {"read_noise_e": 4.0})
    assert abs(electrons.mean() - 10_000) < 0.1
    assert abs(electrons.std() - 4.0) < 0.1


def test_soft_saturation_is_its_formula_and_smooth_at_the_knee() -> None:
    soft = {"kind": "soft", "knee_fraction": 0.6}
    for made in (100.0, 5999.0, 6001.0, 9000.0, 20_000.0, 1e6):
        held = volts(made, 1, 4, saturation=soft, **SILENT) / 100e-6
        room = 4000.0
        over = max(made - 6000.0, 0.0)
        expected = min(made, 6000.0) + room * (1 - math.exp(-over / room)) * (over > 0)
        np.testing.assert_allclose(held, expected, rtol=2e-6)
    around = [volts(made, 1, 4, saturation=soft, **SILENT).item(0) for made in (5990, 6000, 6010)]
    steps = np.diff(np.array(around, np.float64)) / 100e-6
    np.testing.assert_allclose(steps, [10, 10 - 10**2 / (2 * room)], atol=2e-3)


def test_responses_are_their_formulas() -> None:
    made = np.array([0.0, 3.0, 50.0, 1000.0, 9000.0])
    light = made.reshape(1, -1, 1, 1) / 9000
    key = streams.Key.of(0, [0])

    def respond(**response: Any) -> np.ndarray:
        pixel = Photodiode(response=response, **SILENT)
        return sense(light, pixel, 9000, key).ravel(), pixel.full_scale_v

    log, log_full = respond(kind="logarithmic", slope_mv_per_decade=55.0, knee_e=20.0)
    np.testing.assert_allclose(log, 0.055 * np.log10(1 + made / 20), rtol=2e-6, atol=1e-8)
    assert log_full == pytest.approx(0.055 * math.log10(501))
    linlog, linlog_full = respond(kind="linlog", knee_e=100.0)
    above = 100 * (1 + np.log(np.maximum(made, 100) / 100))
    expected = 100e-6 * np.where(made <= 100, made, above)
    np.testing.assert_allclose(linlog, expected, rtol=2e-6)
    assert linlog_full == pytest.approx(100e-6 * 100 * (1 + math.log(100)))


def test_dark_signal_adds_and_follows_time() -> None:
    settings = SILENT | {"dark_current_e_per_s": 100.0}
    np.testing.assert_allclose(flat(0, integration_time_ms=50.0, **settings), 5.0, rtol=1e-6)


def test_reset_noise_is_ktc_unless_sampled_twice() -> None:
    settings = QUIET | {"correlated_double_sampling": False}
    expected = math.sqrt(1.380649e-23 * 298.15 * 1.602176634e-19 / 100e-6) / 1.602176634e-19
    assert expected == pytest.approx(16.03, abs=0.01)
    assert flat(0, **settings).std() == pytest.approx(expected, rel=0.01)
    larger = flat(0, sense_node_capacitance_ff=4 * 1.602176634, **settings)
    assert larger.std() == pytest.approx(2 * expected, rel=0.01)
    assert flat(0, **QUIET).std() == 0


@pytest.mark.parametrize("twice", [False, True])
def test_telegraph_noise_has_its_levels(twice: bool) -> None:
    settings = QUIET | {
        "rts_pixel_fraction": 0.1, "rts_amplitude_e": 20.0, "correlated_double_sampling": twice,
        "sense_node_capacitance_ff": 1e-4,
    }  # fmt: skip
    electrons = flat(0, 400, **settings)
    pixel = Photodiode(**settings)
    steps = fixed_pattern(pixel, (50, 50, 1), [0], 1).rts_e.reshape(50, 50)
    assert (steps > 0).mean() == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / 2500))
    assert steps[steps > 0].mean() == pytest.approx(20, rel=4 / math.sqrt(250))
    row, column = np.unravel_index(np.argmax(steps), steps.shape)
    state = electrons[:, row, column] / steps[row, column]
    levels, shares = ([-1, 0, 1], [0.25, 0.5, 0.25]) if twice else ([-0.5, 0.5], [0.5, 0.5])
    for level, share in zip(levels, shares, strict=True):
        found = (abs(state - level) < 0.05).mean()
        assert found == pytest.approx(share, abs=4 * math.sqrt(0.25 / 400))
    quiet = electrons[:, steps == 0]
    assert quiet.std() < (1e-9 if twice else 1.0)


def test_row_noise_is_common_to_a_row_and_new_in_every_frame() -> None:
    electrons = flat(0, 200, **QUIET | {"row_noise_e": 5.0})
    rows = electrons[:, :, 0]
    np.testing.assert_allclose(electrons, np.broadcast_to(rows[..., None], electrons.shape))
    assert rows.std() == pytest.approx(5.0, rel=4 / math.sqrt(2 * rows.size))
    assert abs(np.corrcoef(rows[0], rows[1])[0, 1]) < 4 / math.sqrt(50)


def test_column_gain_acts_on_the_volts() -> None:
    light, key = np.ones((2, 400, 500, 1)), streams.Key.of(0, [0, 1])
    pixel = Photodiode(**QUIET | {"column_gain_percent": 2.0, "noise": "all"})
    signal = sense(light, pixel.model_copy(update={"noise": "all"}), 1e6, key)[..., 0]
    columns = signal[0, 0] / pixel.full_scale_v  # full wells, so that nothing else varies
    np.testing.assert_array_equal(signal[1], np.broadcast_to(signal[0, 0], (400, 500)))
    assert columns.std() == pytest.approx(0.02, rel=4 / math.sqrt(1000))


def test_the_ladder_switches_noise_off_from_the_top() -> None:
    loud = {
        "read_noise_e": 4.0, "prnu_percent": 2.0, "dsnu_e": 9.0, "row_noise_e": 3.0,
        "dark_current_e_per_s": 0.0,
    }  # fmt: skip
    spread = {n: flat(500, noise=n, **loud).std() for n in ("none", "shot", "temporal", "all")}
    assert spread["none"] == 0
    assert spread["shot"] == pytest.approx(math.sqrt(500), rel=0.01)
    assert spread["temporal"] == pytest.approx(math.sqrt(500 + 16 + 9), rel=0.02)
    assert spread["all"] == pytest.approx(math.sqrt(500 + 25 + 81 + 100), rel=0.03)


def test_one_noise_does_not_move_another() -> None:
    light = np.full((2, 9, 9, 1), 0.3)
    key = streams.Key.of(0, [3, 4])

    def signal(**settings: Any) -> np.ndarray:
        return sense(light, Photodiode(**(QUIET | settings)), 5000, key)

    read = signal(read_noise_e=4.0) - signal()
    row = signal(row_noise_e=4.0) - signal()
    both = signal(read_noise_e=4.0, row_noise_e=4.0) - signal()
    np.testing.assert_allclose(both, read + row, atol=3e-7)
    silent = signal(noise="none", read_noise_e=4.0, row_noise_e=2.0)
    np.testing.assert_allclose(silent, 0.15, rtol=1e-6)


def test_frames_dies_and_seeds_are_separate_addresses() -> None:
    light = np.full((1, 40, 40, 1), 0.3)
    pixel = Photodiode(prnu_percent=3.0)

    def signal(seed: int, frame: int, die: int) -> np.ndarray:
        return sense(light, pixel, 9000, streams.Key.of(seed, [frame], die)).ravel()

    first = signal(0, 0, 0)
    np.testing.assert_array_equal(signal(0, 0, 0), first)  # replay
    for other in (signal(0, 1, 0), signal(0, 0, 1), signal(1, 0, 0)):
        assert (other != first).mean() > 0.99
    quiet = {"noise": "all", "read_noise_e": 0}
    still = Photodiode(prnu_percent=3.0, **quiet)
    mean = [
        sense(np.repeat(light, 400, 0), still, 9000, streams.Key.of(0, np.arange(400), die)).mean(0)
        for die in (0, 0, 1)
    ]
    np.testing.assert_array_equal(mean[0], mean[1])
    assert abs(np.corrcoef(mean[0].ravel(), mean[2].ravel())[0, 1]) < 0.1


def test_noise_does_not_depend_on_batch_threads_or_who_draws_the_pattern() -> None:
    light = np.random.default_rng(0).random((6, 81, 130, 3)) ** 8
    pixel = Photodiode(
        row_noise_e=2.0, rts_pixel_fraction=0.05, rts_amplitude_e=9.0, column_gain_percent=1.0,
        row_offset_e=3.0, column_offset_e=2.0, dark_current_spread_percent=50.0,
        correlated_double_sampling=False,
    )  # fmt: skip
    dies = [0, 1, 2, 0, 1, 2]
    whole = sense(light, pixel, 9000, streams.Key.of(0, np.arange(6), dies))
    threads = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        single = [
            sense(light[i : i + 1], pixel, 9000, streams.Key.of(0, [i], dies[i])) for i in range(6)
        ]
    finally:
        numba.set_num_threads(threads)
    np.testing.assert_array_equal(np.concatenate(single), whole)
    pattern = fixed_pattern(pixel, (81, 130, 3), [0, 1, 2], 0)
    given = sense(light, pixel, 9000, streams.Key.of(0, np.arange(6), dies), pattern)
    np.testing.assert_array_equal(given, whole)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -1e-3])
@pytest.mark.parametrize("place", [0, 700, 39_999])
def test_light_that_is_none_is_refused(value: float, place: int) -> None:
    light = np.ones((2, 200, 200, 1))
    light[1].flat[place] = value
    with pytest.raises(InputError, match="light"):
        sense(light, Photodiode(), 1000, streams.Key.of(0, [0, 1]))


def test_negative_zero_is_dark() -> None:
    light = np.full((1, 4, 4, 1), -0.0)
    assert not sense(light, Photodiode(**SILENT), 1000, streams.Key.of(0, [0])).any()


def test_missing_axis_is_explained() -> None:
    with pytest.raises(InputError, match=r"shape \(4, 4\), expected 4 axes"):
        sense(np.ones((4, 4)), Photodiode(), 1000, streams.Key.of(0, [0]))


@pytest.mark.parametrize("frames", [[0], [0, 1, 2]])
def test_a_key_of_another_number_of_images_is_refused(frames: list[int]) -> None:
    with pytest.raises(InputError, match=f"key: {len(frames)} frames .* for 2 images"):
        sense(np.ones((2, 4, 4, 1)), Photodiode(), 1000, streams.Key.of(0, frames))


@pytest.mark.parametrize("electrons", [np.nan, np.inf, -1.0, 1e39, [1.0, -1.0], [1.0, 2.0, 3.0]])
def test_electrons_that_are_none_are_refused(electrons: Any) -> None:
    with pytest.raises(InputError, match="electrons_at_white"):
        sense(np.ones((2, 4, 4, 1)), Photodiode(), electrons, streams.Key.of(0, [0, 1]))


@pytest.mark.parametrize(("shape", "dies"), [((4, 3, 1), [0, 1]), ((4, 4, 1), [0])])
@pytest.mark.parametrize("varies", ["dsnu_e", "column_gain_percent"])
def test_a_pattern_of_another_array_is_refused(
    shape: tuple[int, int, int], dies: list[int], varies: str
) -> None:
    pixel = Photodiode(**QUIET | {varies: 1.0})
    pattern = fixed_pattern(pixel, shape, dies, 0)
    with pytest.raises(InputError, match=r"pattern\.(offset_e|column_gain): shape"):
        sense(np.ones((2, 4, 4, 1)), pixel, 1000, streams.Key.of(0, [0, 1], [0, 1]), pattern)

"""Fits of exact curves."""

import numpy as np
import pytest

from sensorsim.core.errors import InputError
from sensorsim.lab import parameters as fit
from sensorsim.lab.parameters import Curve, Estimate

GAIN, EFFICIENCY, DARK_DN2, DARK_DN = 0.4, 0.6, 2.5, 30.0


def curve(photons: np.ndarray, times: np.ndarray | float = 10.0, bend: float = 0.0) -> Curve:
    """An ideal camera that clips at 4000 DN; ``bend`` raises the middle of its response."""
    electrons = EFFICIENCY * photons
    signal = GAIN * electrons * (1 + bend * electrons / 10_000)
    clipped = signal > 4000
    mean = DARK_DN + np.minimum(signal, 4000)
    variance = np.where(clipped, 0.0, DARK_DN2 + GAIN * signal)
    times = np.broadcast_to(np.float64(times), photons.shape)
    dark = np.full(photons.shape, DARK_DN)
    return Curve(photons, times, mean, variance, dark, DARK_DN2 + 0 * dark)


PHOTONS = np.arange(1, 41) * 450.0


def test_gain_and_responsivity_of_an_ideal_camera() -> None:
    exact = curve(PHOTONS)
    saturation = fit.saturation_index(exact)
    assert exact.signal_dn[saturation] <= 4000 < 1.03 * exact.signal_dn[saturation + 1]
    assert fit.system_gain(exact, saturation, 1000).value == pytest.approx(GAIN)
    assert fit.responsivity(exact, saturation) == pytest.approx(GAIN * EFFICIENCY)
    straight = fit.linearity(exact, saturation)
    assert np.abs(straight.deviation_percent[straight.fitted]).max() < 1e-9


def test_bent_response_deviates_as_far_as_it_bends() -> None:
    bent = curve(PHOTONS, bend=-0.02)
    straight = fit.linearity(bent, fit.saturation_index(bent))
    deviation = straight.deviation_percent[straight.fitted]
    assert 0.1 < np.ptp(deviation) < 2.0
    inner = deviation[1:-1]
    assert inner.max() > max(deviation[0], deviation[-1])  # a parabola that opens downward


def test_gain_error_covers_the_scatter_of_drawn_curves() -> None:
    random, pixels = np.random.default_rng(0), 500
    exact, gains = curve(PHOTONS), []
    for _ in range(400):
        scale = 1 + np.sqrt(2 / pixels) * random.standard_normal((2, PHOTONS.size))
        dark = np.broadcast_to(DARK_DN2 * scale[1, 0], PHOTONS.shape)
        drawn = exact._replace(variance_dn2=exact.variance_dn2 * scale[0], dark_variance_dn2=dark)
        gains.append(fit.system_gain(drawn, 36, pixels))
    errors = np.array(gains)[:, 1]
    assert np.std([g.value for g in gains]) == pytest.approx(errors.mean(), rel=0.12)


def test_dark_variance_is_that_of_no_exposure_where_time_varies() -> None:
    times = np.linspace(1, 20, PHOTONS.size)
    varied = curve(PHOTONS, times)._replace(dark_variance_dn2=DARK_DN2 + 0.3 * times)
    assert fit.dark_variance_dn2(varied, 1000).value == pytest.approx(DARK_DN2)
    assert fit.dark_variance_dn2(varied, 1000).error == pytest.approx(0, abs=1e-9)
    constant = fit.dark_variance_dn2(curve(PHOTONS), 800)
    assert constant == (DARK_DN2, pytest.approx(DARK_DN2 / 20))


def test_noise_in_electrons_is_without_the_quantizer() -> None:
    noise = fit.dark_noise_e(Estimate(1 + 1 / 12, 0.1), Estimate(0.5, 0.0))
    assert noise.value == pytest.approx(2.0)
    assert noise.error == pytest.approx(2.0 * 0.1 / 2)


def test_signal_equals_noise_at_the_threshold() -> None:
    threshold = fit.threshold_e(9 * 0.25, 0.5)
    assert fit.snr(threshold, 9.0) == pytest.approx(1.0)
    assert fit.snr(1e9, 9.0) == pytest.approx(np.sqrt(1e9))


def test_straight_line_knows_its_errors() -> None:
    random, x = np.random.default_rng(1), np.arange(8.0)
    lines = [fit.straight_line(x, 3 + 2 * x + random.standard_normal(8)) for _ in range(3000)]
    assert np.mean([line.slope.value for line in lines]) == pytest.approx(2, abs=0.02)
    for part in ("slope", "intercept"):
        values, errors = np.array([getattr(line, part) for line in lines]).T
        assert np.std(values) == pytest.approx(np.sqrt(np.mean(errors**2)), rel=0.05)


def test_curve_that_does_not_saturate_is_refused() -> None:
    with pytest.raises(InputError, match=r"no saturation up to 4500 photons"):
        fit.saturation_index(curve(PHOTONS[:10]))


def test_too_few_exposures_are_refused() -> None:
    with pytest.raises(InputError, match=r"2 exposures from 0 to 70 %.*take more steps"):
        fit.system_gain(curve(np.array([5000.0, 10_000.0, 16_000.0, 18_000.0])), 2, 1000)

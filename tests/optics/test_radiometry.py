"""Lux to photons."""

import pytest

from sensorsim.optics.lens import Lens
from sensorsim.optics.radiometry import (
    photons_per_pixel,
    scene_lux_for_electrons,
    sensor_illuminance_lux,
)
from sensorsim.optics.spectrum import (
    EqualEnergy,
    IlluminantA,
    SpectralCurve,
    mean_quantum_efficiency,
)


def test_one_lux_at_555_nm() -> None:
    assert photons_per_pixel(1.0, 1.0, 1000.0) == pytest.approx(4090.67, rel=1e-4)


def test_photons_grow_with_area_and_time() -> None:
    assert photons_per_pixel(3.0, 2.0, 500.0) == pytest.approx(6 * photons_per_pixel(1, 1, 1000))


def test_illuminance_behind_a_lens() -> None:
    lens = Lens(f_number=2.0, transmission=0.8, magnification=0.5)
    assert sensor_illuminance_lux(1000, 0.5, lens) == pytest.approx(400 / (16 * 2.25))


def test_scene_that_makes_so_many_electrons_makes_them() -> None:
    lens = Lens()
    lux = scene_lux_for_electrons(9000, 0.9, lens, 5.0, 33.0, 0.6, 0.5)
    photons = photons_per_pixel(sensor_illuminance_lux(lux, 0.9, lens), 5.0, 33.0)
    assert photons * 0.6 * 0.5 == pytest.approx(9000)


def test_incandescent_light_brings_more_photons_per_lux() -> None:
    assert photons_per_pixel(1, 1, 1000, IlluminantA()) > 5 * photons_per_pixel(1, 1, 1000)


def test_scene_under_a_spectrum_makes_the_electrons_too() -> None:
    lens, light = Lens(), EqualEnergy()
    curve = SpectralCurve(wavelength_nm=(400, 550, 1000), value=(0.3, 0.8, 0.1))
    lux = scene_lux_for_electrons(9000, 0.9, lens, 5.0, 33.0, curve, 0.5, light)
    photons = photons_per_pixel(sensor_illuminance_lux(lux, 0.9, lens), 5.0, 33.0, light)
    assert photons * mean_quantum_efficiency(curve, light) * 0.5 == pytest.approx(9000)

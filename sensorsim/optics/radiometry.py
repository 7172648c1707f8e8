"""Illuminance to photons: what reaches one pixel in one exposure."""

from sensorsim.optics.lens import Lens
from sensorsim.optics.spectrum import (
    PEAK_OF_THE_EYE,
    LightSpectrum,
    SpectralCurve,
    mean_quantum_efficiency,
    photons_per_lux_um2_s,
)


def sensor_illuminance_lux(scene_lux: float, reflectance: float, lens: Lens) -> float:
    """Illuminance of a Lambertian scene on the array, on the lens's axis.

    ``E = E_scene * reflectance * transmission / (4 N**2 (1 + m)**2)``
    """
    return (
        scene_lux
        * reflectance
        * lens.transmission
        / (4 * lens.f_number**2 * (1 + lens.magnification) ** 2)
    )


def photons_per_pixel(
    sensor_lux: float, pixel_pitch_um: float, integration_time_ms: float,
    spectrum: LightSpectrum = PEAK_OF_THE_EYE,
) -> float:  # fmt: skip
    """Photons of 380 to 780 nm on a pixel during one exposure."""
    um2_s = pixel_pitch_um**2 * integration_time_ms * 1e-3
    return sensor_lux * um2_s * photons_per_lux_um2_s(spectrum)


def scene_lux_for_electrons(
    electrons: float, reflectance: float, lens: Lens, pixel_pitch_um: float,
    integration_time_ms: float, quantum_efficiency: float | SpectralCurve, fill_factor: float,
    spectrum: LightSpectrum = PEAK_OF_THE_EYE,
) -> float:  # fmt: skip
    """Scene illuminance that makes so many electrons: the chain above, inverted.

    Raises
    ------
    InputError
        If the quantum efficiency is a curve that is zero wherever there is light.
    """
    one_lux = sensor_illuminance_lux(1.0, reflectance, lens)
    per_lux = photons_per_pixel(one_lux, pixel_pitch_um, integration_time_ms, spectrum)
    per_lux *= mean_quantum_efficiency(quantum_efficiency, spectrum) * fill_factor
    return electrons / per_lux

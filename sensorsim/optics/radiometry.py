"""Photons that reach one pixel in one exposure, from the illuminance of the scene."""

from sensorsim.optics.lens import Lens
from sensorsim.optics.spectrum import (
    MONOCHROMATIC_555NM,
    LightSpectrum,
    SpectralCurve,
    mean_quantum_efficiency,
    photons_per_lux_um2_s,
)


def sensor_illuminance_lux(scene_lux: float, reflectance: float, lens: Lens) -> float:
    """Illuminance of the array on the lens's axis, for a Lambertian scene.

    ``E = E_scene * reflectance * transmission / (4 N**2 (1 + m)**2)``

    Parameters
    ----------
    scene_lux : float
        Illuminance of the scene, lux.
    reflectance : float
        Reflectance of the scene, 0 to 1.
    lens : Lens
        Transmission, f-number N and magnification m.

    Returns
    -------
    float
        Illuminance of the array, lux.
    """
    return (
        scene_lux
        * reflectance
        * lens.transmission
        / (4 * lens.f_number**2 * (1 + lens.magnification) ** 2)
    )


def photons_per_pixel(
    sensor_lux: float, pixel_pitch_um: float, integration_time_ms: float,
    spectrum: LightSpectrum = MONOCHROMATIC_555NM,
) -> float:  # fmt: skip
    """Photons of 380 to 780 nm on a pixel during one exposure.

    Parameters
    ----------
    sensor_lux : float
        Illuminance of the array, lux.
    pixel_pitch_um : float
        Pitch of the square pixel, um.
    integration_time_ms : float
        Exposure time, ms.
    spectrum : LightSpectrum
        Spectrum of the light.

    Returns
    -------
    float
        Mean number of photons on the whole pixel area; fill factor not applied.
    """
    um2_s = pixel_pitch_um**2 * integration_time_ms * 1e-3
    return sensor_lux * um2_s * photons_per_lux_um2_s(spectrum)


def scene_lux_for_electrons(
    electrons: float, reflectance: float, lens: Lens, pixel_pitch_um: float,
    integration_time_ms: float, quantum_efficiency: float | SpectralCurve, fill_factor: float,
    spectrum: LightSpectrum = MONOCHROMATIC_555NM,
) -> float:  # fmt: skip
    """Scene illuminance that makes a given mean number of electrons in a pixel on the axis.

    Parameters
    ----------
    electrons : float
        Mean photoelectrons per exposure, e-.
    reflectance : float
        Reflectance of the scene, above 0 to 1.
    lens : Lens
        Transmission, f-number and magnification.
    pixel_pitch_um : float
        Pitch of the square pixel, um.
    integration_time_ms : float
        Exposure time, ms.
    quantum_efficiency : float or SpectralCurve
        Electrons per photon on the photodiode.
    fill_factor : float
        Light-sensitive fraction of the pixel, above 0 to 1.
    spectrum : LightSpectrum
        Spectrum of the light.

    Returns
    -------
    float
        Illuminance of the scene, lux.

    Raises
    ------
    InputError
        If the quantum efficiency is a curve that is zero wherever there is light.
    """
    one_lux = sensor_illuminance_lux(1.0, reflectance, lens)
    per_lux = photons_per_pixel(one_lux, pixel_pitch_um, integration_time_ms, spectrum)
    per_lux *= mean_quantum_efficiency(quantum_efficiency, spectrum) * fill_factor
    return electrons / per_lux

"""Illuminance to photons: what reaches one pixel in one exposure."""

from pydantic import Field

from sensorsim.description import Description

LUMENS_PER_WATT_555NM = 683.002
"""Maximum luminous efficacy, lm/W (CIE e-ILV 845, 2019 SI: K_cd = 683 lm/W at 540 THz)."""
_PLANCK_J_S = 6.62607015e-34
_LIGHT_M_PER_S = 299_792_458.0


class Lens(Description):
    """A lens in front of the array."""

    f_number: float = Field(2.8, gt=0, le=64, description="Focal length over aperture.")
    transmission: float = Field(0.9, gt=0, le=1, description="Light that passes the lens.")
    magnification: float = Field(0.0, ge=0, le=10, description="Image size over object size.")


def sensor_illuminance_lux(scene_lux: float, reflectance: float, lens: Lens) -> float:
    """Illuminance on the array of a Lambertian scene.

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
    wavelength_nm: float = 555.0,
) -> float:  # fmt: skip
    """Photons on a pixel during one exposure, for monochromatic light at the eye's peak.

    Parameters
    ----------
    wavelength_nm : float
        Wavelength that sets the energy of a photon; the luminous efficacy is that of 555 nm.
    """
    watt_per_m2 = sensor_lux / LUMENS_PER_WATT_555NM
    joule = watt_per_m2 * (pixel_pitch_um * 1e-6) ** 2 * integration_time_ms * 1e-3
    return joule * wavelength_nm * 1e-9 / (_PLANCK_J_S * _LIGHT_M_PER_S)


def scene_lux_for_electrons(
    electrons: float, reflectance: float, lens: Lens, pixel_pitch_um: float,
    integration_time_ms: float, quantum_efficiency: float, fill_factor: float,
) -> float:  # fmt: skip
    """Scene illuminance (555 nm) that makes so many electrons: the chain above, inverted."""
    one_lux = sensor_illuminance_lux(1.0, reflectance, lens)
    per_lux = photons_per_pixel(one_lux, pixel_pitch_um, integration_time_ms)
    per_lux *= quantum_efficiency * fill_factor
    return electrons / per_lux

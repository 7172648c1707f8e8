"""Spectra of light, of the eye's sensitivity, and of a pixel's quantum efficiency."""

from typing import Annotated, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from sensorsim.core import resources
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError

LUMENS_PER_WATT_555NM = 683.002
"""Maximum luminous efficacy, lm/W (CIE e-ILV 17-21-095; K_cd = 683 lm/W at 540 THz)."""
PLANCK_J_S = 6.62607015e-34
LIGHT_M_PER_S = 299_792_458.0
BOLTZMANN_J_PER_K = 1.380649e-23
VISIBLE_NM = (380.0, 780.0)
"""Range of all integrals, nm: that of the CIE tables. It acts like an infrared-cut filter."""

FloatArray = npt.NDArray[np.float64]


class SpectralCurve(Description):
    """Quantum efficiency over wavelength: linear between its points, zero outside.

    Raises
    ------
    ValidationError
        If the lists differ in length, the wavelengths are not positive and ascending, or a value is
        outside 0 to 1 or all are 0.
    """

    wavelength_nm: tuple[float, ...] = Field(min_length=2, description="Ascending, nm.")
    value: tuple[float, ...] = Field(description="Electrons per photon, 0 to 1.")

    @model_validator(mode="after")
    def _is_a_curve(self) -> Self:
        if len(self.value) != len(self.wavelength_nm):
            raise ValueError(
                f"value: {len(self.value)} numbers for {len(self.wavelength_nm)} wavelengths; "
                "expected one value per wavelength"
            )
        if self.wavelength_nm[0] <= 0:
            raise ValueError(f"wavelength_nm starts at {self.wavelength_nm[0]:g}; expected > 0")
        for left, right in zip(self.wavelength_nm, self.wavelength_nm[1:], strict=False):
            if right <= left:
                raise ValueError(f"wavelength_nm: {right:g} after {left:g}; expected ascending")
        for wavelength, value in zip(self.wavelength_nm, self.value, strict=True):
            if not 0 <= value <= 1:
                raise ValueError(f"value: {value:g} at {wavelength:g} nm; expected 0 to 1")
        if not any(self.value):
            raise ValueError("value: 0 everywhere; expected some efficiency above 0")
        return self

    def at(self, wavelength_nm: npt.ArrayLike) -> FloatArray:
        """Efficiency at some wavelengths.

        Parameters
        ----------
        wavelength_nm : array_like
            Wavelengths, nm, any shape.

        Returns
        -------
        float64, the shape of ``wavelength_nm``
            Electrons per photon.

        Examples
        --------
        >>> curve = SpectralCurve(wavelength_nm=(400, 600), value=(0.2, 0.6))
        >>> curve.at([500, 700]).tolist()
        [0.4, 0.0]
        """
        return np.interp(
            np.asarray(wavelength_nm, np.float64), self.wavelength_nm, self.value, left=0, right=0
        )


class Monochromatic(Description):
    """Light of one wavelength."""

    kind: Literal["monochromatic"] = "monochromatic"
    wavelength_nm: float = Field(555.0, ge=380, le=780, description="Wavelength in vacuum, nm.")


class Planck(Description):
    """Black-body light, like that of a lamp's filament."""

    kind: Literal["planck"] = "planck"
    temperature_k: float = Field(gt=500, le=50_000, description="Temperature of the body, K.")


class IlluminantA(Description):
    """CIE standard illuminant A: incandescent light."""

    kind: Literal["a"] = "a"


class IlluminantD65(Description):
    """CIE standard illuminant D65: average daylight."""

    kind: Literal["d65"] = "d65"


class EqualEnergy(Description):
    """CIE illuminant E: the same power in every nanometer."""

    kind: Literal["e"] = "e"


LightSpectrum = Annotated[
    Monochromatic | Planck | IlluminantA | IlluminantD65 | EqualEnergy,
    Field(discriminator="kind"),
]

MONOCHROMATIC_555NM = Monochromatic()
"""Light of 555 nm, where a lumen takes the least power."""


def photopic_efficiency(wavelength_nm: npt.ArrayLike) -> FloatArray:
    """Luminous efficiency V(lambda) of the CIE 1924 2-degree observer (CIE 018:2019).

    Linear between its 5-nm values, zero outside 380 to 780 nm.

    Parameters
    ----------
    wavelength_nm : array_like
        Wavelengths, nm, any shape.

    Returns
    -------
    float64, the shape of ``wavelength_nm``
        Efficiency relative to its maximum, 0 to 1.
    """
    table = _cie_table()
    return np.interp(
        np.asarray(wavelength_nm, np.float64), table[:, 0], table[:, 1], left=0, right=0
    )


def relative_power(
    spectrum: Planck | IlluminantA | IlluminantD65 | EqualEnergy, wavelength_nm: npt.ArrayLike
) -> FloatArray:
    """Relative spectral power of a continuous spectrum.

    Sources: Planck's law with the exact constants of the SI (2019); illuminant A by its defining
    formula and D65 by its 5-nm table, linear in between (both CIE 15:2018). The scale is arbitrary,
    because only ratios of integrals are used.

    Parameters
    ----------
    spectrum : Planck, IlluminantA, IlluminantD65 or EqualEnergy
        Spectrum of the light.
    wavelength_nm : array_like
        Wavelengths, nm, any shape; 380 to 780 for D65.

    Returns
    -------
    float64, the shape of ``wavelength_nm``
        Power per wavelength, arbitrary unit.
    """
    nm = np.asarray(wavelength_nm, np.float64)
    match spectrum:
        case Planck(temperature_k=kelvin):
            c2_nm_k = PLANCK_J_S * LIGHT_M_PER_S / BOLTZMANN_J_PER_K * 1e9
            return (560 / nm) ** 5 / np.expm1(c2_nm_k / (nm * kelvin))
        case IlluminantA():
            at_560 = np.expm1(1.435e7 / (2848 * 560))
            return 100 * (560 / nm) ** 5 * at_560 / np.expm1(1.435e7 / (2848 * nm))
        case IlluminantD65():
            table = _cie_table()
            return np.interp(nm, table[:, 0], table[:, 2])
        case EqualEnergy():
            return np.ones_like(nm)


def photons_per_lux_um2_s(spectrum: LightSpectrum) -> float:
    """Photons of 380 to 780 nm per second and square micrometer at an illuminance of one lux.

    ``int S lambda / (h c) dlambda / (683.002 lm/W * int S V dlambda)``

    Parameters
    ----------
    spectrum : LightSpectrum
        Spectrum of the light.

    Returns
    -------
    float
        Photons per (lux um^2 s).

    Examples
    --------
    >>> round(photons_per_lux_um2_s(Monochromatic(wavelength_nm=555.0)))
    4091
    """
    if isinstance(spectrum, Monochromatic):
        flux = _photons_per_joule(spectrum.wavelength_nm)
        lumens_per_watt = LUMENS_PER_WATT_555NM * photopic_efficiency(spectrum.wavelength_nm)
        return float(1e-12 * flux / lumens_per_watt)
    nm = _grid(*VISIBLE_NM)
    power = relative_power(spectrum, nm)
    photons = np.trapezoid(power * _photons_per_joule(nm), nm)
    lumens = LUMENS_PER_WATT_555NM * np.trapezoid(power * photopic_efficiency(nm), nm)
    return float(1e-12 * photons / lumens)


def mean_quantum_efficiency(
    quantum_efficiency: float | SpectralCurve, spectrum: LightSpectrum
) -> float:
    """Mean electrons per photon of 380 to 780 nm, weighted by the photons of a spectrum.

    Parameters
    ----------
    quantum_efficiency : float or SpectralCurve
        Electrons per photon; a number is returned as it is.
    spectrum : LightSpectrum
        Spectrum of the light.

    Returns
    -------
    float
        Electrons per photon, 0 to 1.

    Raises
    ------
    InputError
        If the curve is zero wherever there is light.
    """
    if not isinstance(quantum_efficiency, SpectralCurve):
        return quantum_efficiency
    if isinstance(spectrum, Monochromatic):
        mean = float(quantum_efficiency.at(spectrum.wavelength_nm))
        light_nm = (spectrum.wavelength_nm, spectrum.wavelength_nm)
    else:
        mean = _photon_weighted(quantum_efficiency, spectrum)
        light_nm = VISIBLE_NM
    if mean <= 0:
        first, last = quantum_efficiency.wavelength_nm[0], quantum_efficiency.wavelength_nm[-1]
        raise InputError(
            f"quantum_efficiency: its curve of {first:g} to {last:g} nm makes no electrons from "
            f"light of {light_nm[0]:g} to {light_nm[1]:g} nm (kind {spectrum.kind!r}); expected "
            "ranges that overlap: extend the curve or choose another spectrum"
        )
    return mean


def _photon_weighted(
    curve: SpectralCurve, spectrum: Planck | IlluminantA | IlluminantD65 | EqualEnergy
) -> float:
    first = max(VISIBLE_NM[0], curve.wavelength_nm[0])
    last = min(VISIBLE_NM[1], curve.wavelength_nm[-1])
    if first >= last:
        return 0.0
    # The curve jumps to zero at its ends: integrate only inside it, with nodes at all its corners.
    corners = [nm for nm in curve.wavelength_nm if first < nm < last]
    seen = np.union1d(_grid(first, last), corners)
    everything = _grid(*VISIBLE_NM)
    electrons = np.trapezoid(curve.at(seen) * seen * relative_power(spectrum, seen), seen)
    photons = np.trapezoid(everything * relative_power(spectrum, everything), everything)
    return float(electrons / photons)


def _photons_per_joule(wavelength_nm: npt.ArrayLike) -> FloatArray:
    return np.asarray(wavelength_nm, np.float64) * 1e-9 / (PLANCK_J_S * LIGHT_M_PER_S)


def _grid(first_nm: float, last_nm: float) -> FloatArray:
    """Points at most 1 nm apart: a fifth of the tables' spacing."""
    return np.linspace(first_nm, last_nm, int(np.ceil(last_nm - first_nm)) + 1)


def _cie_table() -> FloatArray:
    """Columns wavelength_nm, photopic_v, d65."""
    return np.loadtxt(
        resources.data("photometry", "cie.csv"), np.float64, delimiter=",", skiprows=4,
        encoding="utf-8",
    )  # fmt: skip

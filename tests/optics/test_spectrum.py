"""Spectra, judged by closed forms and by colour-science."""

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from sensorsim.core import resources
from sensorsim.core.errors import InputError
from sensorsim.optics.spectrum import (
    EqualEnergy,
    IlluminantA,
    IlluminantD65,
    LightSpectrum,
    Monochromatic,
    Planck,
    SpectralCurve,
    mean_quantum_efficiency,
    photons_per_lux_um2_s,
    photopic_efficiency,
    relative_power,
)

HC_J_M = 6.62607015e-34 * 299_792_458
NM = np.arange(380, 781)


def judged(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """An illuminant and V(lambda) of colour-science at 1 nm, 380 to 780 nm."""
    colour = pytest.importorskip("colour")
    shape = colour.SpectralShape(380, 780, 1)
    power = colour.SDS_ILLUMINANTS[kind].copy().align(shape).values
    return power, colour.SDS_LEFS["CIE 1924 Photopic Standard Observer"].copy().align(shape).values


def test_one_lux_at_the_peak_of_the_eye() -> None:
    expected = 555e-9 / HC_J_M / 683.002 * 1e-12
    assert photons_per_lux_um2_s(Monochromatic()) == pytest.approx(expected, rel=1e-12)
    assert expected == pytest.approx(4090.67, rel=1e-5)


def test_monochromatic_light_off_the_peak_takes_more_photons() -> None:
    expected = 650e-9 / HC_J_M / (683.002 * 0.107) * 1e-12
    assert photons_per_lux_um2_s(Monochromatic(wavelength_nm=650)) == pytest.approx(expected)


def test_equal_energy_has_a_closed_form() -> None:
    # int V = 106.857 nm (CIE), int lambda = 580 nm * 400 nm
    expected = 580e-9 * 400 / HC_J_M / (683.002 * 106.857) * 1e-12
    assert photons_per_lux_um2_s(EqualEnergy()) == pytest.approx(expected, rel=2e-5)


@pytest.mark.parametrize(("kind", "spectrum"), [("A", IlluminantA()), ("D65", IlluminantD65())])
def test_photons_per_lux_agree_with_colour_science(kind: str, spectrum: LightSpectrum) -> None:
    power, v = judged(kind)
    lumens = 683.002 * np.trapezoid(power * v, NM)
    expected = np.trapezoid(power * NM * 1e-9 / HC_J_M, NM) / lumens * 1e-12
    assert photons_per_lux_um2_s(spectrum) == pytest.approx(expected, rel=1e-4)


def test_the_table_is_that_of_colour_science() -> None:
    colour = pytest.importorskip("colour")
    table = np.loadtxt(resources.data("photometry", "cie.csv"), delimiter=",", skiprows=4)
    np.testing.assert_array_equal(table[:, 0], np.arange(380, 781, 5))
    v = colour.SDS_LEFS["CIE 1924 Photopic Standard Observer"]
    np.testing.assert_allclose(table[:, 1], [v[nm] for nm in table[:, 0]], rtol=1e-9)
    d65 = colour.SDS_ILLUMINANTS["D65"]
    np.testing.assert_allclose(table[:, 2], [d65[nm] for nm in table[:, 0]], rtol=1e-9)


def test_illuminant_a_is_the_black_body_of_2855_kelvin() -> None:
    a, planck = relative_power(IlluminantA(), NM), relative_power(Planck(temperature_k=2855.5), NM)
    np.testing.assert_allclose(a / a[180], planck / planck[180], rtol=1e-4)
    assert photons_per_lux_um2_s(Planck(temperature_k=2855.5)) == pytest.approx(
        photons_per_lux_um2_s(IlluminantA()), rel=1e-4
    )


def test_black_body_follows_wiens_displacement() -> None:
    nm = np.linspace(400, 700, 30_001)
    brightest = nm[relative_power(Planck(temperature_k=5000), nm).argmax()]
    assert brightest == pytest.approx(2.897771955e6 / 5000, abs=0.02)


def test_the_eye_peaks_at_555_and_sees_nothing_outside() -> None:
    np.testing.assert_array_equal(photopic_efficiency([379, 555, 781]), [0, 1, 0])


def test_constant_efficiency_is_its_own_mean() -> None:
    assert mean_quantum_efficiency(0.6, IlluminantD65()) == 0.6
    flat = SpectralCurve(wavelength_nm=(300, 1000), value=(0.6, 0.6))
    for spectrum in (Monochromatic(), IlluminantD65(), IlluminantA(), EqualEnergy()):
        assert mean_quantum_efficiency(flat, spectrum) == pytest.approx(0.6, rel=1e-12)


def test_mean_efficiency_weighs_photons_and_not_watts() -> None:
    # QE 1 from 600 nm on: photons go with lambda under equal energy
    step = SpectralCurve(wavelength_nm=(600, 800), value=(1, 1))
    expected = (780**2 - 600**2) / (780**2 - 380**2)
    assert mean_quantum_efficiency(step, EqualEnergy()) == pytest.approx(expected, rel=1e-12)


def test_efficiency_narrower_than_the_grid_is_not_lost() -> None:
    spike = SpectralCurve(wavelength_nm=(555.2, 555.3, 555.4), value=(0, 1, 0))
    expected = 555.3 * 0.1 / ((780**2 - 380**2) / 2)
    assert mean_quantum_efficiency(spike, EqualEnergy()) == pytest.approx(expected, rel=1e-6)


def test_monochromatic_light_reads_the_curve() -> None:
    curve = SpectralCurve(wavelength_nm=(500, 600), value=(0.2, 0.6))
    assert mean_quantum_efficiency(curve, Monochromatic(wavelength_nm=550)) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("spectrum", "light"), [(Monochromatic(), "555 to 555"), (IlluminantA(), "380 to 780")]
)
def test_curve_in_the_dark_is_refused(spectrum: LightSpectrum, light: str) -> None:
    infrared = SpectralCurve(wavelength_nm=(850, 1000), value=(0.5, 0.5))
    with pytest.raises(InputError, match=f"850 to 1000 nm.*{light} nm"):
        mean_quantum_efficiency(infrared, spectrum)


@pytest.mark.parametrize(
    ("wavelength_nm", "value", "offender"),
    [
        ((500, 400), (0.1, 0.2), "400 after 500"),
        ((400, 400), (0.1, 0.2), "400 after 400"),
        ((400, 500), (0.1, 1.2), "1.2 at 500 nm"),
        ((400, 500), (-0.1, 0.2), "-0.1 at 400 nm"),
        ((400, 500), (0.1,), "1 numbers for 2"),
        ((-1, 500), (0.1, 0.1), "starts at -1"),
        ((400, 500), (0, 0), "0 everywhere"),
    ],
)
def test_curve_that_is_none_is_refused(
    wavelength_nm: tuple[float, ...], value: tuple[float, ...], offender: str
) -> None:
    with pytest.raises(ValidationError, match=offender):
        SpectralCurve(wavelength_nm=wavelength_nm, value=value)


def test_spectra_are_told_apart_by_kind() -> None:
    read = TypeAdapter(LightSpectrum).validate_python
    assert read({"kind": "monochromatic"}) == Monochromatic(wavelength_nm=555)
    assert read({"kind": "planck", "temperature_k": 3000}) == Planck(temperature_k=3000)
    assert [type(read({"kind": k})) for k in ("a", "d65", "e")] == [
        IlluminantA, IlluminantD65, EqualEnergy,
    ]  # fmt: skip
    with pytest.raises(ValidationError, match="f11"):
        read({"kind": "f11"})

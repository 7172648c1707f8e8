"""Shading and blur, judged by closed forms."""

import numpy as np
import pytest
from scipy.special import j0, j1

from sensorsim.core.errors import InputError
from sensorsim.optics.lens import (
    Diffraction,
    Gaussian,
    Lens,
    airy,
    blur,
    psf_kernel,
    relative_illumination_map,
    through_lens,
)

FIRST_ZERO = 1.2196699


def radius(kernel: np.ndarray) -> np.ndarray:
    """Distance of every pixel of a kernel from its center, pixels."""
    line = np.arange(len(kernel)) - len(kernel) // 2
    return np.hypot(line[:, np.newaxis], line)


def encircled(x: float) -> float:
    """Energy of an Airy pattern within x = pi r / (lambda N) (Rayleigh 1881)."""
    return 1 - j0(x) ** 2 - j1(x) ** 2


def test_corner_gets_the_fourth_power_of_the_cosine() -> None:
    shading = relative_illumination_map(31, 41, 30)
    assert shading.dtype == np.float32
    assert shading[15, 20] == 1
    corners = shading[[0, 0, -1, -1], [0, -1, 0, -1]]
    np.testing.assert_allclose(corners, np.cos(np.radians(30)) ** 4, rtol=1e-6)


def test_shading_between_goes_with_the_tangent() -> None:
    shading = relative_illumination_map(3, 5, 40)
    tan = np.tan(np.radians(40)) * 2 / np.hypot(1, 2)
    assert shading[1, 0] == pytest.approx(np.cos(np.arctan(tan)) ** 4, rel=1e-6)


def test_single_pixel_lies_on_the_axis() -> None:
    np.testing.assert_array_equal(relative_illumination_map(1, 1, 60), [[1]])
    np.testing.assert_array_equal(relative_illumination_map(4, 4, 0), np.ones((4, 4)))


@pytest.mark.parametrize("psf", [None, Gaussian(sigma_um=3), Diffraction(wavelength_nm=600)])
@pytest.mark.parametrize("pitch", [0.7, 5.0, 20.0])
def test_kernels_are_odd_symmetric_and_sum_to_one(
    psf: Gaussian | Diffraction | None, pitch: float
) -> None:
    kernel = psf_kernel(psf, 4.0, pitch)
    assert kernel.dtype == np.float32
    assert len(kernel) % 2 == 1
    assert kernel.sum(dtype=float) == pytest.approx(1, abs=1e-6)
    assert (kernel >= 0).all()
    np.testing.assert_array_equal(kernel, kernel[::-1])
    np.testing.assert_allclose(kernel, kernel.T, rtol=1e-5)


def test_variance_of_a_gaussian_is_its_own_and_the_pixels() -> None:
    kernel = psf_kernel(Gaussian(sigma_um=6), 2.8, 2.0).astype(float)
    line = np.arange(len(kernel)) - len(kernel) // 2
    variance = (kernel.sum(0) * line**2).sum() * 2.0**2
    # Integration over a pixel adds pitch**2 / 12; cutting at 4 sigma takes 0.1 % off.
    assert variance == pytest.approx(6**2 + 2**2 / 12, rel=2e-3)


def test_airy_pattern_is_dark_at_1_22_lambda_n() -> None:
    r = np.linspace(0, 2, 20_001)
    intensity = airy(r * 0.5 * 4, 0.5, 4.0)
    assert intensity[0] == 1
    dark = r[(r > 0.5) & (r < 1.5)][intensity[(r > 0.5) & (r < 1.5)].argmin()]
    assert dark == pytest.approx(FIRST_ZERO, abs=2e-4)


def test_dark_ring_of_the_kernel_lies_where_it_should() -> None:
    # lambda N = 20 pixels
    kernel = psf_kernel(Diffraction(wavelength_nm=500), 4.0, 0.1)
    middle = kernel[len(kernel) // 2, len(kernel) // 2 :]
    assert middle[10:35].argmin() + 10 == pytest.approx(FIRST_ZERO * 20, abs=0.6)


def test_84_percent_of_the_light_fall_inside_the_first_dark_ring() -> None:
    assert encircled(np.pi * FIRST_ZERO) == pytest.approx(0.838, abs=5e-4)
    scale = 20  # lambda N in pixels
    kernel = psf_kernel(Diffraction(wavelength_nm=500), 4.0, 0.1).astype(float)
    r = radius(kernel)
    inside = kernel[r < FIRST_ZERO * scale].sum() / kernel[r < 8 * scale].sum()
    expected = encircled(np.pi * FIRST_ZERO) / encircled(np.pi * 8)
    assert inside == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("pitch", [1.0, 5.0])
def test_coarse_kernel_is_the_sum_of_a_fine_one(pitch: float) -> None:
    psf, fold = Diffraction(wavelength_nm=550), 9
    coarse = psf_kernel(psf, 2.8, pitch).astype(float)
    fine = psf_kernel(psf, 2.8, pitch / fold).astype(float)
    size = min(len(coarse), (len(fine) // fold - 1) | 1)
    start = (len(fine) - size * fold) // 2
    part = fine[start : start + size * fold, start : start + size * fold]
    binned = part.reshape(size, fold, size, fold).sum((1, 3))
    cut = (len(coarse) - size) // 2
    window = slice(cut, cut + size)
    expected = coarse[window, window] / coarse[window, window].sum()
    np.testing.assert_allclose(binned / binned.sum(), expected, rtol=1e-5, atol=1e-7)


def test_large_pixels_keep_all_light() -> None:
    kernel = psf_kernel(Gaussian(sigma_um=0.1), 2.8, 20)
    np.testing.assert_allclose(kernel, [[0, 0, 0], [0, 1, 0], [0, 0, 0]], atol=1e-7)
    np.testing.assert_array_equal(psf_kernel(None, 2.8, 5), [[1]])


def test_blur_of_a_point_is_the_kernel() -> None:
    kernel = psf_kernel(Gaussian(sigma_um=5), 2.8, 5)
    light = np.zeros((2, 15, 17, 3), np.float32)
    light[1, 7, 8, 2] = 3
    out = blur(light, kernel)
    assert out.shape == light.shape and out.dtype == np.float32
    half = len(kernel) // 2
    np.testing.assert_allclose(
        out[1, 7 - half : 8 + half, 8 - half : 9 + half, 2], 3 * kernel, rtol=1e-5
    )
    assert out[0].sum() == 0 and out[..., :2].sum() == 0


def test_reflecting_edges_keep_the_energy() -> None:
    light = np.random.default_rng(1).random((2, 12, 13, 2)).astype(np.float32)
    out = blur(light, psf_kernel(Gaussian(sigma_um=6), 2.8, 5))
    np.testing.assert_allclose(out.sum((1, 2)), light.sum((1, 2)), rtol=1e-5)
    assert not np.allclose(out, light, atol=0.05)


def test_frame_smaller_than_the_kernel_is_refused() -> None:
    kernel = psf_kernel(Gaussian(sigma_um=10), 2.8, 5)
    with pytest.raises(InputError, match="17 x 17 pixels, the frame only 20 x 16"):
        blur(np.ones((1, 20, 16, 1)), kernel)
    with pytest.raises(InputError, match="4 axes"):
        blur(np.ones((20, 20)), kernel)
    with pytest.raises(InputError, match="4 axes"):
        through_lens(np.ones((20, 20)), Lens(chief_ray_angle_deg=20), 5.0)


def test_light_through_a_lens_is_blurred_and_shaded() -> None:
    light = np.random.default_rng(2).random((1, 20, 20, 1)).astype(np.float32)
    np.testing.assert_array_equal(through_lens(light, Lens(), 5.0), light)
    lens = Lens(psf=Gaussian(sigma_um=5), chief_ray_angle_deg=20)
    expected = blur(light, psf_kernel(lens.psf, 2.8, 5))[0, :, :, 0]
    expected = expected * relative_illumination_map(20, 20, 20)
    np.testing.assert_allclose(through_lens(light, lens, 5.0)[0, :, :, 0], expected, rtol=1e-6)

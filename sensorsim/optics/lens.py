"""Effect of a lens on relative light: blur and corner shading."""

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field
from scipy.ndimage import convolve
from scipy.special import j1, ndtr

from sensorsim.core.description import Description
from sensorsim.core.errors import InputError

_GAUSSIAN_REACH_SIGMA = 4.0
_AIRY_REACH = 10.0
"""Half width of the Airy kernel in units of wavelength x f-number; holds 98 % of the light."""

FloatArray = npt.NDArray[np.float32]


class Gaussian(Description):
    """Gaussian blur of a stated width."""

    kind: Literal["gaussian"] = "gaussian"
    sigma_um: float = Field(gt=0, le=1000, description="Standard deviation along an axis, um.")


class Diffraction(Description):
    """The Airy pattern of a perfect lens with a round aperture."""

    kind: Literal["diffraction"] = "diffraction"
    wavelength_nm: float = Field(555.0, ge=200, le=1200, description="Wavelength, nm.")


Psf = Annotated[Gaussian | Diffraction, Field(discriminator="kind")]


class Lens(Description):
    """A lens in front of the array."""

    # A lens in air that obeys the sine condition has at least f/0.5: 1 / (2 sin 90 deg).
    f_number: float = Field(2.8, ge=0.5, le=64, description="Focal length over aperture.")
    transmission: float = Field(0.9, gt=0, le=1, description="Light that passes the lens.")
    magnification: float = Field(0.0, ge=0, le=10, description="Image size over object size.")
    chief_ray_angle_deg: float = Field(
        0.0, ge=0, lt=90, description="Angle of the chief ray in the array's corner, degrees."
    )
    psf: Psf | None = Field(None, description="Blur of a point; none if left out.")


def relative_illumination_map(height: int, width: int, angle_deg: float) -> FloatArray:
    """Illuminance of every pixel relative to the optical axis, by the cos^4 law.

    ``cos(theta)**4 = (1 + tan(theta)**2)**-2``, where ``tan(theta)`` grows in proportion to the
    distance from the array's center and reaches ``angle_deg`` at the centers of the corner pixels.

    Parameters
    ----------
    height, width : int
        Size of the array, pixels.
    angle_deg : float
        Angle of the chief ray in the corner, degrees, 0 to below 90.

    Returns
    -------
    float32 [H, W]
        1 on the axis, ``cos(angle_deg)**4`` in the corners.

    Examples
    --------
    >>> relative_illumination_map(3, 3, 30.0)[0, 0].round(4).item()
    0.5625
    """
    rows = np.arange(height) - (height - 1) / 2
    columns = np.arange(width) - (width - 1) / 2
    squared = rows[:, np.newaxis] ** 2 + columns**2
    corner = max(squared[0, 0], np.finfo(float).tiny)
    tan_squared = squared / corner * np.tan(np.radians(angle_deg)) ** 2
    return ((1 + tan_squared) ** -2).astype(np.float32)


def airy(
    radius_um: npt.ArrayLike, wavelength_um: float, f_number: float
) -> npt.NDArray[np.float64]:
    """Intensity of the Airy pattern, 1 at the center.

    ``(2 J1(x) / x)**2`` with ``x = pi r / (lambda N)``; first dark ring at ``1.22 lambda N``.
    Source: Born & Wolf, Principles of Optics, 8.5.2.

    Parameters
    ----------
    radius_um : array_like
        Distance from the center, um, any shape.
    wavelength_um : float
        Wavelength, um.
    f_number : float
        F-number N of the lens.

    Returns
    -------
    float64, the shape of ``radius_um``
        Intensity relative to the center.
    """
    x = np.pi * np.asarray(radius_um, np.float64) / (wavelength_um * f_number)
    safe = np.where(x > 1e-6, x, 1.0)
    return np.where(x > 1e-6, (2 * j1(safe) / safe) ** 2, 1.0)


def psf_kernel(psf: Psf | None, f_number: float, pixel_pitch_um: float) -> FloatArray:
    """Point spread function, integrated over pixels.

    The point lies on the center of the middle pixel. A Gaussian is integrated in closed form (4
    sigma to each side), an Airy pattern by Gauss-Legendre quadrature (10 lambda N to each side, 98
    % of the light). Normalizing the sum to 1 distributes the light outside over the kernel.

    Parameters
    ----------
    psf : Psf or None
        Shape of the blur; None gives a single pixel.
    f_number : float
        F-number N of the lens; used by the Airy pattern only.
    pixel_pitch_um : float
        Pixel pitch, um.

    Returns
    -------
    float32 [K, K]
        Fraction of the light on each pixel; K is odd, the sum is 1.
    """
    if psf is None:
        return np.ones((1, 1), np.float32)
    if isinstance(psf, Gaussian):
        kernel = _gaussian_kernel(psf.sigma_um / pixel_pitch_um)
    else:
        kernel = _airy_kernel(psf.wavelength_nm * 1e-3, f_number, pixel_pitch_um)
    return (kernel / kernel.sum()).astype(np.float32)


def blur(light: npt.ArrayLike, kernel: npt.ArrayLike) -> FloatArray:
    """Convolve every image with a kernel; edges reflect, so that no light is lost.

    Parameters
    ----------
    light : array_like [N, H, W, C]
        Relative light; converted to float32.
    kernel : array_like [K, K]
        Symmetric, sum 1, as from `psf_kernel`.

    Returns
    -------
    float32 [N, H, W, C]
        Blurred light.

    Raises
    ------
    InputError
        If the light does not have four axes, or H or W is smaller than the kernel.
    """
    array = _images(light)
    weights = np.asarray(kernel, np.float32)
    height, width = array.shape[1:3]
    if height < weights.shape[0] or width < weights.shape[1]:
        raise InputError(
            f"lens.psf: its kernel spans {weights.shape[0]} x {weights.shape[1]} pixels, the frame "
            f"only {height} x {width}; expected a frame at least as large: take larger pixels, "
            "a smaller f-number or a smaller blur"
        )
    if weights.size == 1:
        return array * weights[0, 0]
    # A direct sum, not an FFT, whose rounding noise would spread from a bright spot over the frame.
    return convolve(array, weights[np.newaxis, :, :, np.newaxis], mode="reflect")


def through_lens(light: npt.ArrayLike, lens: Lens, pixel_pitch_um: float) -> FloatArray:
    """Apply the lens's blur and corner shading.

    Transmission and f-number set the absolute level, in `sensorsim.optics.radiometry`.

    Parameters
    ----------
    light : array_like [N, H, W, C]
        Relative light of the scene; converted to float32.
    lens : Lens
        Blur and chief ray angle.
    pixel_pitch_um : float
        Pixel pitch, um.

    Returns
    -------
    float32 [N, H, W, C]
        Relative light on the array.

    Raises
    ------
    InputError
        As for `blur`.
    """
    array = _images(light)
    if lens.psf is not None:
        array = blur(array, psf_kernel(lens.psf, lens.f_number, pixel_pitch_um))
    if lens.chief_ray_angle_deg > 0:
        height, width = array.shape[1:3]
        shading = relative_illumination_map(height, width, lens.chief_ray_angle_deg)
        array = array * shading[:, :, np.newaxis]
    return array


def _images(light: npt.ArrayLike) -> FloatArray:
    array = np.asarray(light, np.float32)
    if array.ndim != 4:
        raise InputError(
            f"light: shape {array.shape}, expected 4 axes [image, row, column, color]; "
            "add the missing axes with numpy.newaxis"
        )
    return array


def _gaussian_kernel(sigma: float) -> npt.NDArray[np.float64]:
    half = int(np.ceil(_GAUSSIAN_REACH_SIGMA * sigma))
    edges = np.arange(-half - 0.5, half + 1)
    line = np.diff(ndtr(edges / sigma))
    return np.outer(line, line)


def _airy_kernel(
    wavelength_um: float, f_number: float, pixel_pitch_um: float
) -> npt.NDArray[np.float64]:
    scale = wavelength_um * f_number
    half = int(np.ceil(_AIRY_REACH * scale / pixel_pitch_um))
    # The pattern oscillates with a period of lambda N: four nodes per period, and six more.
    nodes = int(np.ceil(4 * pixel_pitch_um / scale)) + 6
    at, weight = np.polynomial.legendre.leggauss(nodes)
    x_um = pixel_pitch_um * (np.arange(half + 1)[:, np.newaxis] + at / 2)
    quadrant = np.empty((half + 1, half + 1))
    for row in range(half + 1):
        radius = np.hypot(x_um[row][:, np.newaxis, np.newaxis], x_um)
        intensity = airy(radius, wavelength_um, f_number)
        quadrant[row] = weight @ (intensity @ weight)
    right = np.concatenate([quadrant[:, :0:-1], quadrant], axis=1)
    return np.concatenate([right[:0:-1], right])

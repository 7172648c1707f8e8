"""Fits of EMVA 1288: parameters from moments.

Equation numbers are those of Release 4.0 Linear. Where that differs from Release 3.1, which the
EMVA's reference program follows, the docstring says so.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sensorsim.core.errors import InputError

FloatArray = npt.NDArray[np.float64]

QUANTIZATION_DN2 = 1 / 12
"""Variance of the rounding error of an ideal quantizer, DN**2."""
SENSITIVITY_PART = 0.7
"""Gain and responsivity are fitted up to this fraction of saturation (6.6)."""
LINEARITY_PART = (0.05, 0.95)
"""Linearity is fitted between these fractions of saturation (6.7)."""
LEAST_FIT_POINTS = 3


class Estimate(NamedTuple):
    """A value and its standard error.

    Attributes
    ----------
    value : float
        The estimate.
    error : float
        Its standard error, in the same unit.
    """

    value: float
    error: float


class Curve(NamedTuple):
    """Moments of all exposures in ascending order of light; float64 [steps] each.

    Attributes
    ----------
    photons : float64 [steps]
        Mean number of photons per pixel.
    time_ms : float64 [steps]
        Exposure time, ms.
    mean_dn, variance_dn2 : float64 [steps]
        Mean, DN, and temporal variance, DN**2, under light.
    dark_mean_dn, dark_variance_dn2 : float64 [steps]
        The same in the dark, at the same exposure time.
    """

    photons: FloatArray
    time_ms: FloatArray
    mean_dn: FloatArray
    variance_dn2: FloatArray
    dark_mean_dn: FloatArray
    dark_variance_dn2: FloatArray

    @property
    def signal_dn(self) -> FloatArray:
        """Mean minus dark mean.

        Returns
        -------
        float64 [steps]
            Signal, DN.
        """
        return self.mean_dn - self.dark_mean_dn


class Line(NamedTuple):
    """A fitted straight line.

    Attributes
    ----------
    slope, intercept : Estimate
        Coefficients with their standard errors.
    """

    slope: Estimate
    intercept: Estimate


class Linearity(NamedTuple):
    """Deviation from the line with the least relative squares.

    Attributes
    ----------
    deviation_percent : float64 [steps]
        Deviation of every exposure (62), %.
    fitted : bool [steps]
        Exposures within the range of the fit.
    """

    deviation_percent: FloatArray
    fitted: npt.NDArray[np.bool_]


def saturation_index(curve: Curve) -> int:
    """Exposure of the largest temporal variance: beyond it, clipping reduces the noise (6.6).

    Parameters
    ----------
    curve : Curve
        The photon transfer curve.

    Returns
    -------
    int
        Index into the curve.

    Raises
    ------
    InputError
        If the variance still rises at the brightest exposure.
    """
    index = int(np.argmax(curve.variance_dn2))
    if index == len(curve.variance_dn2) - 1:
        raise InputError(
            f"no saturation up to {curve.photons[-1]:.4g} photons per pixel: the temporal variance "
            "still rises; expected it to fall once the well or the converter is full: check "
            "full_well_e, or take more steps"
        )
    return index


def system_gain(curve: Curve, saturation: int, pixels: int) -> Estimate:
    """System gain K: slope of variance over mean, both minus their dark values (50).

    The line passes through the origin, as in Release 3.1; Release 4.0 also fits an intercept.

    Parameters
    ----------
    curve : Curve
        The photon transfer curve.
    saturation : int
        Index of the exposure that saturates.
    pixels : int
        Pixels per frame; a pair's variance has the relative standard error ``sqrt(2 / pixels)``.

    Returns
    -------
    Estimate
        Gain, DN per electron.

    Raises
    ------
    InputError
        If fewer than three exposures lie in the range of the fit.
    """
    used = _sensitivity_range(curve, saturation)
    x = curve.signal_dn[used]
    y = (curve.variance_dn2 - curve.dark_variance_dn2)[used]
    noise = np.sum((x * curve.variance_dn2[used]) ** 2)
    dark = curve.dark_variance_dn2[used]
    # All exposures share one dark pair if their times are equal, else each has its own.
    noise += (x.sum() * dark[0]) ** 2 if _one_time(curve) else np.sum((x * dark) ** 2)
    error = np.sqrt(2 / pixels * noise) / np.sum(x**2)
    return Estimate(_slope_through_origin(x, y), float(error))


def responsivity(curve: Curve, saturation: int) -> float:
    """Responsivity: slope of the signal over photons, through the origin (49).

    Parameters
    ----------
    curve : Curve
        The photon transfer curve.
    saturation : int
        Index of the exposure that saturates.

    Returns
    -------
    float
        Responsivity, DN per photon.

    Raises
    ------
    InputError
        If fewer than three exposures lie in the range of the fit.
    """
    used = _sensitivity_range(curve, saturation)
    return _slope_through_origin(curve.photons[used], curve.signal_dn[used])


def dark_variance_dn2(curve: Curve, pixels: int) -> Estimate:
    """Temporal dark variance: of the dark pair or, where time varies, extrapolated to zero time.

    Parameters
    ----------
    curve : Curve
        The photon transfer curve.
    pixels : int
        Pixels per frame.

    Returns
    -------
    Estimate
        Variance, DN**2.
    """
    if _one_time(curve):
        variance = float(curve.dark_variance_dn2[0])
        return Estimate(variance, variance * float(np.sqrt(2 / pixels)))
    return straight_line(curve.time_ms, curve.dark_variance_dn2).intercept


def dark_noise_e(variance_dn2: Estimate, gain_dn_per_e: Estimate) -> Estimate:
    """Temporal dark noise sigma_d without quantization noise (53).

    Parameters
    ----------
    variance_dn2 : Estimate
        Temporal dark variance, DN**2; above `QUANTIZATION_DN2`.
    gain_dn_per_e : Estimate
        System gain, DN per electron.

    Returns
    -------
    Estimate
        Noise, electrons rms.
    """
    rest = variance_dn2.value - QUANTIZATION_DN2
    noise = float(np.sqrt(rest) / gain_dn_per_e.value)
    relative = np.hypot(variance_dn2.error / (2 * rest), relative_error(gain_dn_per_e))
    return Estimate(noise, noise * float(relative))


def relative_error(estimate: Estimate) -> float:
    """Standard error divided by the value.

    Parameters
    ----------
    estimate : Estimate
        A value other than 0.

    Returns
    -------
    float
        Relative standard error.
    """
    return estimate.error / estimate.value


def threshold_e(variance_dn2: float, gain_dn_per_e: float) -> float:
    """Sensitivity threshold: the signal that equals its temporal noise (26, 27).

    Exact, as in Release 4.0; the EMVA's reference program omits the 1/4.

    Parameters
    ----------
    variance_dn2 : float
        Temporal dark variance, DN**2.
    gain_dn_per_e : float
        System gain, DN per electron.

    Returns
    -------
    float
        Threshold, electrons.

    Examples
    --------
    >>> threshold_e(0.0, 0.5)
    1.0
    """
    return float(np.sqrt(variance_dn2 / gain_dn_per_e**2 + 0.25) + 0.5)


def linearity(curve: Curve, saturation: int) -> Linearity:
    """Deviation from a line fitted with weights 1 / signal**2 (59 to 62).

    Parameters
    ----------
    curve : Curve
        The photon transfer curve.
    saturation : int
        Index of the exposure that saturates.

    Returns
    -------
    Linearity
        Deviation, %, of every exposure, and which exposures the fit used.

    Raises
    ------
    InputError
        If fewer than three exposures lie in the range of the fit.
    """
    y = curve.signal_dn
    low, high = (part * y[saturation] for part in LINEARITY_PART)
    fitted = (y >= low) & (y <= high) & (np.arange(y.size) <= saturation)
    _enough(fitted, LINEARITY_PART)
    offset, slope = np.polynomial.polynomial.polyfit(
        curve.photons[fitted], y[fitted], 1, w=1 / y[fitted]
    )
    line = offset + slope * curve.photons
    return Linearity(100 * (y - line) / line, fitted)


def snr(electrons: npt.ArrayLike, dark_variance_e2: float) -> FloatArray:
    """Signal-to-noise ratio of the linear model (21).

    Parameters
    ----------
    electrons : array-like of float
        Signal, electrons.
    dark_variance_e2 : float
        Temporal dark variance with quantization noise, electrons squared.

    Returns
    -------
    float64
        Ratio, in the shape of ``electrons``.

    Examples
    --------
    >>> snr([100, 400], 0)
    array([10., 20.])
    """
    e = np.asarray(electrons, np.float64)
    return e / np.sqrt(dark_variance_e2 + e)


def straight_line(x: FloatArray, y: FloatArray) -> Line:
    """Least-squares line, with standard errors from the residuals.

    Parameters
    ----------
    x, y : float64 [N]
        Coordinates of at least three points.

    Returns
    -------
    Line
        Slope and intercept.
    """
    centered = x - x.mean()
    spread = np.sum(centered**2)
    slope = float(np.sum(centered * y) / spread)
    intercept = float(y.mean() - slope * x.mean())
    scatter = np.sum((y - intercept - slope * x) ** 2) / (x.size - 2)
    return Line(
        Estimate(slope, float(np.sqrt(scatter / spread))),
        Estimate(intercept, float(np.sqrt(scatter * (1 / x.size + x.mean() ** 2 / spread)))),
    )


def _one_time(curve: Curve) -> bool:
    return bool(np.all(curve.time_ms == curve.time_ms[0]))


def _sensitivity_range(curve: Curve, saturation: int) -> npt.NDArray[np.bool_]:
    used = curve.signal_dn <= SENSITIVITY_PART * curve.signal_dn[saturation]
    _enough(used, (0, SENSITIVITY_PART))
    return used


def _enough(used: npt.NDArray[np.bool_], parts: tuple[float, float]) -> None:
    if used.sum() < LEAST_FIT_POINTS:
        raise InputError(
            f"steps: {used.sum()} exposures from {100 * parts[0]:g} to {100 * parts[1]:g} % of "
            f"saturation, expected at least {LEAST_FIT_POINTS}; take more steps"
        )


def _slope_through_origin(x: FloatArray, y: FloatArray) -> float:
    return float(np.sum(x * y) / np.sum(x**2))

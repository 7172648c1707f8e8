"""Light to electrons to volts: one pixel array, its noise and its fixed patterns."""

import numpy as np
import numpy.typing as npt
from pydantic import Field

from sensorsim import streams
from sensorsim.description import Description
from sensorsim.errors import InputError
from sensorsim.kernels.philox import fill_standard_normal
from sensorsim.kernels.photodiode import expose

BOLTZMANN_EV_PER_K = 8.617333262e-5
"""CODATA 2018, exact to the digits given."""
_ZERO_CELSIUS_K = 273.15
_DARK_REFERENCE_C = 25.0

FloatArray = npt.NDArray[np.float32]


class Photodiode(Description):
    """A linear pixel: photons in, volts out."""

    pixel_pitch_um: float = Field(5.0, gt=0, le=100, description="Pitch of the square pixel, um.")
    quantum_efficiency: float = Field(
        0.6, gt=0, le=1, description="Electrons per photon that falls on the photodiode."
    )
    fill_factor: float = Field(1.0, gt=0, le=1, description="Light-sensitive part of the pixel.")
    full_well_e: float = Field(10_000, gt=0, le=1e7, description="Saturation charge, electrons.")
    conversion_gain_uv_per_e: float = Field(
        100.0, gt=0, le=1e4, description="Volts at the pixel's output per electron, uV/e-."
    )
    integration_time_ms: float = Field(33.0, gt=0, le=1e6, description="Exposure time, ms.")
    shot_noise: bool = Field(True, description="Draw electrons from a Poisson distribution.")
    read_noise_e: float = Field(
        4.0, ge=0, le=1e4, description="Noise of pixel and source follower, electrons rms."
    )
    dark_current_e_per_s: float = Field(
        10.0, ge=0, le=1e7, description="Mean dark current of a pixel at 25 C, electrons/s."
    )
    dark_current_activation_ev: float = Field(
        0.63, gt=0, le=1.2, description="Activation energy of the dark current, eV."
    )
    temperature_c: float = Field(25.0, ge=-60, le=150, description="Temperature of the die, C.")
    dsnu_e: float = Field(
        1.0, ge=0, le=1e5, description="Spread of the dark signal over pixels, electrons rms."
    )
    prnu_percent: float = Field(
        1.0, ge=0, le=50, description="Spread of the response over pixels, percent rms."
    )

    @property
    def full_scale_v(self) -> float:
        """Volts at full well."""
        return self.full_well_e * self.conversion_gain_uv_per_e * 1e-6

    @property
    def dark_e(self) -> float:
        """Mean dark electrons of one exposure at the die's temperature."""
        per_s = dark_current_e_per_s(
            self.dark_current_e_per_s, self.temperature_c, self.dark_current_activation_ev
        )
        return per_s * self.integration_time_ms * 1e-3


def dark_current_e_per_s(
    at_25c_e_per_s: float, temperature_c: float, activation_ev: float
) -> float:
    """Arrhenius law of the dark current.

    ``I(T) = I(25 C) * exp(-(Ea / k) * (1 / T - 1 / 298.15 K))``.
    """
    inverse_k = 1 / (temperature_c + _ZERO_CELSIUS_K) - 1 / (_DARK_REFERENCE_C + _ZERO_CELSIUS_K)
    return float(at_25c_e_per_s * np.exp(-activation_ev / BOLTZMANN_EV_PER_K * inverse_k))


def fixed_pattern(
    photodiode: Photodiode, pixels: int, dies: npt.ArrayLike, seed: int
) -> tuple[FloatArray, FloatArray]:
    """Response factor and mean dark electrons of every pixel of some dies.

    Parameters
    ----------
    pixels : int
        H * W * C.
    dies : int [D]
        Die numbers.
    seed : int

    Returns
    -------
    gain, dark_e : float32 [D, pixels]
        Both are clipped at zero: a pixel neither answers negatively nor has negative dark current.
    """
    dies = np.atleast_1d(np.asarray(dies, np.int64))
    gain = np.ones((dies.size, pixels))
    dark_e = np.full((dies.size, pixels), photodiode.dark_e)
    unit = np.empty(pixels)
    for row, die in enumerate(dies):
        fill_standard_normal(unit, 0, seed, streams.of_die(streams.PRNU, int(die)))
        gain[row] += photodiode.prnu_percent / 100 * unit
        fill_standard_normal(unit, 0, seed, streams.of_die(streams.DSNU, int(die)))
        dark_e[row] += photodiode.dsnu_e * unit
    return np.maximum(gain, 0).astype(np.float32), np.maximum(dark_e, 0).astype(np.float32)


def check_light(light: npt.ArrayLike) -> FloatArray:
    """Return ``light`` as a contiguous float32 array [N, H, W, C].

    Raises
    ------
    InputError
        If it has another number of axes, or holds NaN, infinite or negative values.
    """
    array = np.ascontiguousarray(light, np.float32)
    if array.ndim != 4:
        raise InputError(
            f"light: shape {array.shape}, expected 4 axes [image, row, column, color]; "
            "add the missing axes with numpy.newaxis"
        )
    if not np.isfinite(array).all():
        raise InputError("light: holds NaN or infinite values; expected finite relative light >= 0")
    if array.size and array.min() < 0:
        raise InputError(
            f"light: smallest value {array.min():g}; expected relative light >= 0 "
            "(subtract the black level and clip before simulating)"
        )
    return array


def sense(
    light: npt.ArrayLike,
    photodiode: Photodiode,
    electrons_at_white: npt.ArrayLike,
    key: streams.Key,
) -> FloatArray:
    """Volts at the output of every pixel.

    Parameters
    ----------
    light : [N, H, W, C]
        Relative linear light; 1.0 is white.
    electrons_at_white : float or [N]
        Mean electrons that light 1.0 makes in each image.
    key : Key
        Frames, dies and seed of the N images.

    Returns
    -------
    float32 [N, H, W, C], volts

    Raises
    ------
    InputError
        If the light is not finite and non-negative.
    """
    array = check_light(light)
    n = array.shape[0]
    pixels = int(np.prod(array.shape[1:]))
    seen, rows = key.distinct_dies()
    gain, dark_e = fixed_pattern(photodiode, pixels, seen, key.seed)
    out = np.empty((n, pixels), np.float32)
    expose(
        array.reshape(n, pixels),
        np.ascontiguousarray(np.broadcast_to(np.asarray(electrons_at_white, np.float64), n)),
        key.frames,
        rows,
        gain,
        dark_e,
        photodiode.full_well_e,
        photodiode.read_noise_e,
        photodiode.conversion_gain_uv_per_e * 1e-6,
        photodiode.shot_noise,
        key.seed,
        streams.SHOT_NOISE,
        streams.READ_NOISE,
        out,
    )
    return out.reshape(array.shape)

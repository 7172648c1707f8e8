"""EMVA 1288 setup: pixel array and ADC under uniform monochromatic light, without a lens."""

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sensorsim.core import streams
from sensorsim.core.errors import InputError
from sensorsim.lab.frame_statistics import Moments, pair_moments
from sensorsim.lab.parameters import SENSITIVITY_PART
from sensorsim.optics.spectrum import Monochromatic, mean_quantum_efficiency
from sensorsim.readout import Adc
from sensorsim.sensor import FixedPattern, Linear, Photodiode, fixed_pattern, sense

LEAST_DARK_VARIANCE_DN2 = 0.24
"""Least temporal dark variance, DN**2: below it quantization hides the noise.

Source: EMVA 1288 Release 4.0 Linear, eq. 53 and 54.
"""
MIN_SIDE = 16
MAX_SIDE = 8192
_BLACK_SIGMAS = 6.0
_BLACK_FRAMES = 0
"""First frame number for setting the black level; `procedure` uses higher numbers."""


@dataclass(frozen=True)
class Exposure:
    """Light, time and number of the frames of one exposure.

    Attributes
    ----------
    photons : float
        Mean number of photons per pixel and frame.
    time_ms : float
        Exposure time, ms.
    first_frame : int
        Frame number of the first frame, which addresses its temporal noise; the frames that follow
        have consecutive numbers.
    frames : int
        Number of frames.

    Raises
    ------
    InputError
        If ``photons`` is negative or not finite, ``time_ms`` is not positive or not finite, or
        ``frames`` is below 1.
    """

    photons: float
    time_ms: float
    first_frame: int
    frames: int = 2

    def __post_init__(self) -> None:
        if not 0 <= self.photons < math.inf:
            raise InputError(f"photons {self.photons}: expected a finite number >= 0")
        if not 0 < self.time_ms < math.inf:
            raise InputError(f"time_ms {self.time_ms}: expected a finite time > 0")
        if self.frames < 1:
            raise InputError(f"frames {self.frames}: expected at least 1")


@dataclass(frozen=True)
class Bench:
    """One die of a camera in the measurement setup.

    Attributes
    ----------
    photodiode : Photodiode
        The pixel.
    adc : Adc
        The converter; its ``offset_mv`` includes the black level.
    full_scale_v : float
        Voltage at which an ideal converter's code range ends, V.
    light : Monochromatic
        Spectrum of the light.
    pattern : FixedPattern
        Fixed pattern of the die, for the region that is read.
    rows, columns : int
        Size of that region, pixels.
    die, seed : int
        Die number, and seed of all noise.
    """

    photodiode: Photodiode
    adc: Adc
    full_scale_v: float
    light: Monochromatic
    pattern: FixedPattern
    rows: int
    columns: int
    die: int
    seed: int

    @property
    def electrons_per_photon(self) -> float:
        """Quantum efficiency times fill factor: EMVA 1288 counts photons on the whole pixel.

        Returns
        -------
        float
            Electrons per photon.
        """
        efficiency = mean_quantum_efficiency(self.photodiode.quantum_efficiency, self.light)
        return efficiency * self.photodiode.fill_factor

    @property
    def step_v(self) -> float:
        """Code width of the ideal converter.

        Returns
        -------
        float
            Code width, V.
        """
        return self.full_scale_v / 2**self.adc.bits

    @property
    def black_level_dn(self) -> float:
        """Black level that the ADC's offset adds to the signal.

        Returns
        -------
        float
            Black level, DN.
        """
        return self.adc.offset_mv * 1e-3 / self.step_v

    @property
    def gain_dn_per_e(self) -> float:
        """System gain, including the converter's gain error.

        Returns
        -------
        float
            Gain, DN per electron.
        """
        volts_per_e = (1 + self.adc.gain_error_percent / 100) * self.photodiode.volts_per_e
        return volts_per_e / self.step_v

    @property
    def clip_e(self) -> float:
        """Signal at which the well or the converter clips, whichever is less.

        Returns
        -------
        float
            Signal, electrons.
        """
        dn = self.adc.levels - self.black_level_dn
        return min(self.photodiode.full_well_e, dn / self.gain_dn_per_e)

    @property
    def saturation_e(self) -> float:
        """Signal of the largest temporal variance (6.6), ignoring how clipping rounds the peak.

        A soft well passes the fraction exp(-(x - knee) / room) of a change at x electrons, so the
        variance is x exp(-2 (x - knee) / room). It falls from the knee on, or from room / 2 if that
        is larger.

        Returns
        -------
        float
            Signal, electrons.
        """
        full, part = self.photodiode.full_well_e, self.photodiode.saturation.knee_fraction
        return min(self.clip_e, max(part * full, (1 - part) * full / 2))

    def expose(self, exposure: Exposure) -> npt.NDArray[np.int64]:
        """Expose frames and convert them.

        Parameters
        ----------
        exposure : Exposure
            Light, time and frame numbers.

        Returns
        -------
        int64 [frames, rows, columns]
            Digital numbers, DN.
        """
        pixel = self.photodiode.model_copy(update={"integration_time_ms": exposure.time_ms})
        frames = exposure.first_frame + np.arange(exposure.frames)
        key = streams.Key.of(self.seed, frames, self.die)
        light = np.ones((exposure.frames, self.rows, self.columns, 1), np.float32)
        electrons = exposure.photons * self.electrons_per_photon
        volts = sense(light, pixel, electrons, key, self.pattern)
        codes = self.adc.convert(volts, self.full_scale_v, key)
        return self.adc.digital_numbers(codes)[..., 0]

    def moments(self, exposure: Exposure) -> Moments:
        """Mean and temporal variance of a pair of frames.

        Parameters
        ----------
        exposure : Exposure
            Light, time and frame numbers of two frames.

        Returns
        -------
        Moments
            Mean, DN, and temporal variance, DN**2.
        """
        return pair_moments(*self.expose(exposure))

    def dark_variance_dn2(self) -> float:
        """Temporal variance of a dark pair at the pixel's own exposure time.

        The lesser of two, taken half a code apart. A dark level at the edge of a code alternates
        between two codes with a variance of 1/4 however small the noise is; half a code away the
        variance is 0.

        Returns
        -------
        float
            Temporal variance, DN**2.
        """
        dark = Exposure(0.0, self.photodiode.integration_time_ms, _BLACK_FRAMES)
        return min(shifted(self, dn).moments(dark).variance_dn2 for dn in (0.0, 0.5))

    def hidden_noise(self, dark_variance_dn2: float) -> str:
        """Why the converter's code width hides the temporal dark noise.

        Parameters
        ----------
        dark_variance_dn2 : float
            Temporal dark variance, DN**2.

        Returns
        -------
        str
            The reason; empty if the variance is at least `LEAST_DARK_VARIANCE_DN2`.
        """
        if dark_variance_dn2 >= LEAST_DARK_VARIANCE_DN2:
            return ""
        return (
            f"a step of {1 / self.gain_dn_per_e:.3g} e- hides the temporal dark noise (variance "
            f"{dark_variance_dn2:.3f} DN2, where EMVA 1288 needs {LEAST_DARK_VARIANCE_DN2}, some "
            "0.5 DN rms)"
        )

    def check_dark_variance(self, dark_variance_dn2: float) -> None:
        """Raise if the converter's code width hides the temporal dark noise.

        Parameters
        ----------
        dark_variance_dn2 : float
            Temporal dark variance, DN**2.

        Raises
        ------
        InputError
            If the variance is below `LEAST_DARK_VARIANCE_DN2`.
        """
        if why := self.hidden_noise(dark_variance_dn2):
            raise InputError(
                f"readout.bits {self.adc.bits}: {why}; expected more bits (--adc-bits), or fewer "
                "electrons at full scale"
            )


def set_up(
    photodiode: Photodiode, adc: Adc, *, full_scale_v: float | None = None,
    wavelength_nm: float = 555.0, rows: int = 240, columns: int = 320, die: int = 0, seed: int = 0,
) -> Bench:  # fmt: skip
    """Set up a camera for measurement and set its black level.

    The black level is raised until a dark frame lies six standard deviations above the lowest
    code: EMVA 1288 asks for an offset at which dark frames do not underflow (6.5).

    Parameters
    ----------
    photodiode : Photodiode
        The pixel; its response must be linear.
    adc : Adc
        A linear converter. The black level is added to its own offset.
    full_scale_v : float, optional
        Voltage at which an ideal converter's code range ends, V; that of a full well if left out.
    wavelength_nm : float, 380 to 780
        Wavelength of the light, nm.
    rows, columns : int, 16 to 8192
        Size of the region that is read, pixels.
    die : int, 0 to `streams.MAX_DIE`
        Die number, which selects the fixed pattern.
    seed : int, 0 to 2**32 - 1
        Seed of all noise.

    Returns
    -------
    Bench
        The camera in the setup.

    Raises
    ------
    InputError
        If EMVA 1288's linear model does not apply to the camera, it has no temporal noise, its
        black level is outside the converter's range, or an argument is out of range.
    """
    _check(photodiode, adc, rows, columns, wavelength_nm)
    streams.Key.of(seed, [_BLACK_FRAMES], die)  # checks seed and die
    pattern = fixed_pattern(photodiode, (rows, columns, 1), die, seed)
    full_scale_v = photodiode.full_scale_v if full_scale_v is None else full_scale_v
    if not 0 < full_scale_v < math.inf:
        raise InputError(f"full_scale_v {full_scale_v}: expected finite volts > 0")
    light = Monochromatic(wavelength_nm=wavelength_nm)
    bench = Bench(photodiode, adc, full_scale_v, light, pattern, rows, columns, die, seed)
    _check_knee(bench)
    bench = shifted(bench, _black_offset_dn(bench))
    _check_black_level(bench)
    return bench


def shifted(bench: Bench, more_dn: float) -> Bench:
    """Copy a bench with a higher black level.

    Parameters
    ----------
    bench : Bench
        The bench to copy.
    more_dn : float
        Increase of the black level, DN.

    Returns
    -------
    Bench
        The copy.
    """
    offset_mv = bench.adc.offset_mv + more_dn * bench.step_v * 1e3
    return replace(bench, adc=bench.adc.model_copy(update={"offset_mv": offset_mv}))


def _black_offset_dn(bench: Bench) -> float:
    """Offset that lifts a dark frame above the lowest code, from dark frames."""
    lift_dn = 2.0 ** (bench.adc.bits - 2)
    lifted = shifted(bench, lift_dn)
    dark = lifted.expose(Exposure(0.0, bench.photodiode.integration_time_ms, _BLACK_FRAMES))
    level_dn = float(dark.mean()) - lift_dn
    return max(0.0, math.ceil(_BLACK_SIGMAS * float(dark.std()) + 1 - level_dn))


def _check_knee(bench: Bench) -> None:
    """Raise if a soft well bends where gain and responsivity are fitted."""
    part = bench.photodiode.saturation.knee_fraction
    if SENSITIVITY_PART * bench.saturation_e > part * bench.photodiode.full_well_e:
        raise InputError(
            f"photodiode.saturation.knee_fraction {part:g}: the well bends below "
            f"{100 * SENSITIVITY_PART:g} % of saturation ({bench.saturation_e:.0f} e-), up to "
            "which EMVA 1288 fits gain and responsivity; expected 0.26 or more"
        )


def _check_black_level(bench: Bench) -> None:
    """Raise if a dark frame lies at an end of the converter's range."""
    dark = bench.expose(Exposure(0.0, bench.photodiode.integration_time_ms, _BLACK_FRAMES))
    level_dn = float(np.median(dark))
    if not 0 < level_dn < bench.adc.levels:
        raise InputError(
            f"black level {bench.black_level_dn:.0f} DN: dark frames read {level_dn:.0f} DN, at an "
            f"end of the converter's range of 0 to {bench.adc.levels} DN; expected them inside: "
            f"check readout.offset_mv, the dark current and full_scale_v {bench.full_scale_v:g}"
        )


def _check(p: Photodiode, adc: Adc, rows: int, columns: int, wavelength_nm: float) -> None:
    if not isinstance(p.response, Linear):
        raise InputError(
            f"photodiode.response {p.response.kind!r}: EMVA 1288's linear model does not apply, "
            "because gain and noise vary with the signal; expected 'linear'"
        )
    if not p.draws("temporal"):
        raise InputError(
            f"photodiode.noise {p.noise!r}: without temporal noise there is no gain to measure; "
            "expected 'temporal' or 'all'"
        )
    if adc.linear_adc() is None:
        raise InputError(
            f"readout: its tone curve is {adc.tone_curve.kind!r}; EMVA 1288 needs linear digital "
            "numbers: expected tone_curve.kind 'linear', acting in the analog domain"
        )
    for name, side in (("rows", rows), ("columns", columns)):
        if not MIN_SIDE <= side <= MAX_SIDE:
            raise InputError(
                f"{name} {side}: expected {MIN_SIDE} to {MAX_SIDE}; fewer pixels do not show "
                "their spread"
            )
    if not 380 <= wavelength_nm <= 780:
        raise InputError(f"wavelength_nm {wavelength_nm:g}: expected 380 to 780")

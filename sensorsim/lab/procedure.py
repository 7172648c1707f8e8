"""Choose the exposures of EMVA 1288 and measure their moments.

Clauses and equations are those of EMVA 1288 Release 4.0 Linear.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from sensorsim.core.errors import InputError
from sensorsim.lab import parameters as fit
from sensorsim.lab.bench import Bench, Exposure
from sensorsim.lab.frame_statistics import SpatialMoments, spatial_moments

Vary = Literal["light", "time"]
FloatArray = npt.NDArray[np.float64]

MIN_STEPS, MAX_STEPS = 10, 1000
MIN_STACK, MAX_STACK = 2, 1000
DARK_STEPS = 8
"""Exposure times of the dark series; the standard asks for at least six (7.1)."""
LONGEST_DARK_MS = 60_000.0
_CURVE, _DARK_CURVE, _DARK_SEARCH, _DARK_SERIES, _DARK_STACK, _BRIGHT_STACK = (
    n << 24 for n in range(1, 7)
)
"""First frame number of each part of the procedure, so that no two parts share noise."""


def vary_of(text: str) -> Vary:
    """Check the name of the quantity that varies between exposures.

    Parameters
    ----------
    text : str
        "light" or "time".

    Returns
    -------
    "light" or "time"
        The same text.

    Raises
    ------
    InputError
        If it is neither.
    """
    for name in get_args(Vary):
        if text == name:
            return name
    raise InputError(f"vary {text!r}: expected 'light' or 'time'")


class Schedule(NamedTuple):
    """Frame pairs of the photon transfer curve.

    Attributes
    ----------
    bright : list of Exposure
        In ascending order of light.
    dark : list of Exposure
        Their dark pairs: one for each exposure time.
    """

    bright: list[Exposure]
    dark: list[Exposure]


class DarkSeries(NamedTuple):
    """Moments in the dark over exposure time.

    Attributes
    ----------
    time_ms : float64 [times]
        Exposure time, ms.
    mean_dn : float64 [times]
        Mean, DN.
    variance_dn2 : float64 [times]
        Temporal variance, DN**2.
    """

    time_ms: FloatArray
    mean_dn: FloatArray
    variance_dn2: FloatArray


class Measurement(NamedTuple):
    """All measured moments.

    Attributes
    ----------
    curve : Curve
        The photon transfer curve.
    saturation : int
        Index of the exposure of the curve that saturates.
    dark_series : DarkSeries
        Moments in the dark over exposure time.
    dark, bright : SpatialMoments
        Moments of the dark stack and of the stack at half saturation.
    """

    curve: fit.Curve
    saturation: int
    dark_series: DarkSeries
    dark: SpatialMoments
    bright: SpatialMoments


def schedule(bench: Bench, steps: int, vary: Vary) -> Schedule:
    """Exposures of the photon transfer curve: equal steps, up to a little beyond saturation (6.5).

    ``light``: at the pixel's own exposure time, with one dark pair. ``time``: under constant
    irradiance, up to the pixel's own exposure time, with a dark pair for every time.

    Parameters
    ----------
    bench : Bench
        The camera in the setup.
    steps : int
        Number of bright exposures.
    vary : "light" or "time"
        Whether irradiance or exposure time varies.

    Returns
    -------
    Schedule
        Bright and dark exposures.
    """
    clip_e, own_ms = bench.clip_e, bench.photodiode.integration_time_ms
    part = np.arange(1, steps + 1) / steps
    photons = beyond_saturation(bench) * clip_e / bench.electrons_per_photon * part
    times_ms = own_ms * (part if vary == "time" else np.ones(steps))
    bright = [
        Exposure(float(p), float(t), _CURVE + 2 * i)
        for i, (p, t) in enumerate(zip(photons, times_ms, strict=True))
    ]
    dark_times = times_ms if vary == "time" else times_ms[:1]
    dark = [Exposure(0.0, float(t), _DARK_CURVE + 2 * i) for i, t in enumerate(dark_times)]
    return Schedule(bright, dark)


def beyond_saturation(bench: Bench) -> float:
    """Light of the last exposure, relative to the light at which well or converter clips.

    All pixels must clip; they differ by shot noise and by PRNU.

    Parameters
    ----------
    bench : Bench
        The camera in the setup.

    Returns
    -------
    float
        Ratio, above 1.
    """
    spread = 3 * bench.photodiode.prnu_percent / 100
    return float(1.05 + 3 / np.sqrt(bench.clip_e) + spread)


def stacks(saturation: Exposure, stack: int) -> tuple[Exposure, Exposure]:
    """Exposures for the spatial variance: dark, and at half the light of saturation (8).

    Parameters
    ----------
    saturation : Exposure
        The exposure that saturates; both stacks have its exposure time.
    stack : int
        Frames per stack.

    Returns
    -------
    dark, bright : Exposure
        The two stacks.
    """
    half, time_ms = saturation.photons / 2, saturation.time_ms
    return Exposure(0.0, time_ms, _DARK_STACK, stack), Exposure(half, time_ms, _BRIGHT_STACK, stack)


def measure(bench: Bench, steps: int, stack: int, vary: Vary) -> Measurement:
    """Make all exposures and compute their moments.

    Parameters
    ----------
    bench : Bench
        The camera in the setup.
    steps : int, 10 to 1000
        Exposures of the photon transfer curve.
    stack : int, 2 to 1000
        Frames per stack.
    vary : "light" or "time"
        Whether irradiance or exposure time varies.

    Returns
    -------
    Measurement
        All measured moments.

    Raises
    ------
    InputError
        If ``steps`` or ``stack`` is out of range, the converter's code width hides the dark noise,
        or no exposure saturates.
    """
    _check(steps, stack)
    bench.check_dark_variance(bench.dark_variance_dn2())
    plan = schedule(bench, steps, vary)
    curve = measure_curve(bench, plan)
    saturation = fit.saturation_index(curve)
    dark, bright = (
        spatial_moments(_one_by_one(bench, e)) for e in stacks(plan.bright[saturation], stack)
    )
    return Measurement(curve, saturation, measure_dark(bench), dark, bright)


def measure_curve(bench: Bench, plan: Schedule) -> fit.Curve:
    """Moments of all pairs of a schedule.

    Parameters
    ----------
    bench : Bench
        The camera in the setup.
    plan : Schedule
        Bright and dark exposures.

    Returns
    -------
    Curve
        The photon transfer curve.
    """
    mean, variance = np.array([bench.moments(e) for e in plan.bright]).T
    dark = np.array([bench.moments(e) for e in plan.dark])
    dark_mean, dark_variance = np.broadcast_to(dark, (mean.size, 2)).T
    photons = np.array([e.photons for e in plan.bright])
    time_ms = np.array([e.time_ms for e in plan.bright])
    return fit.Curve(photons, time_ms, mean, variance, dark_mean, dark_variance)


def measure_dark(bench: Bench) -> DarkSeries:
    """Dark pairs at equally spaced exposure times, long enough to show the dark current (7.1).

    The longest time is found by doubling until the dark current's shot noise makes three quarters
    of the variance. Doubling stops earlier if the next mean would exceed half the converter's range
    or the next time `LONGEST_DARK_MS`.

    Parameters
    ----------
    bench : Bench
        The camera in the setup.

    Returns
    -------
    DarkSeries
        Mean and temporal variance over exposure time.
    """
    longest = own = bench.photodiode.integration_time_ms
    start = now = bench.moments(Exposure(0.0, own, _DARK_SEARCH))
    doublings = 0
    while (
        2 * longest <= LONGEST_DARK_MS
        and now.variance_dn2 < 4 * start.variance_dn2
        and now.mean_dn < bench.adc.levels / 4
    ):
        longest, doublings = 2 * longest, doublings + 1
        now = bench.moments(Exposure(0.0, longest, _DARK_SEARCH + 2 * doublings))
    times = longest * np.arange(1, DARK_STEPS + 1) / DARK_STEPS
    pairs = [
        bench.moments(Exposure(0.0, float(t), _DARK_SERIES + 2 * i)) for i, t in enumerate(times)
    ]
    mean, variance = np.array(pairs).T
    return DarkSeries(times, mean, variance)


def _one_by_one(bench: Bench, stack: Exposure) -> Iterator[npt.NDArray[np.int64]]:
    for number in range(stack.first_frame, stack.first_frame + stack.frames):
        yield bench.expose(Exposure(stack.photons, stack.time_ms, number, 1))[0]


def _check(steps: int, stack: int) -> None:
    for name, value, low, high in (
        ("steps", steps, MIN_STEPS, MAX_STEPS),
        ("stack", stack, MIN_STACK, MAX_STACK),
    ):
        if not low <= value <= high:
            raise InputError(f"{name} {value}: expected {low} to {high}")

"""The procedure: which exposures are made, and what is found from them.

Clauses and equations are those of EMVA 1288 Release 4.0 Linear.
"""

from importlib.metadata import version
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import xarray as xr

from sensorsim.emva import parameters as fit
from sensorsim.emva.bench import LEAST_DARK_VARIANCE_DN2, Bench, Exposure
from sensorsim.emva.statistics import SpatialMoments, spatial_moments
from sensorsim.errors import InputError

Vary = Literal["light", "time"]
FloatArray = npt.NDArray[np.float64]

MIN_STEPS, MAX_STEPS = 10, 1000
MIN_STACK, MAX_STACK = 2, 1000
DARK_STEPS = 8
"""Exposure times of the dark current; the standard asks for six or more (7.1)."""
LONGEST_DARK_MS = 60_000.0
_CURVE, _DARK_CURVE, _DARK_SEARCH, _DARK_SERIES, _DARK_STACK, _BRIGHT_STACK = (
    n << 24 for n in range(1, 7)
)
"""First frame of each part of the procedure, so that no two parts share a noise draw."""


class Schedule(NamedTuple):
    """Pairs of the photon transfer curve: exposures in ascending light, and their dark pairs."""

    bright: list[Exposure]
    dark: list[Exposure]


class DarkSeries(NamedTuple):
    """Moments in the dark over exposure time; float64 [times] each."""

    time_ms: FloatArray
    mean_dn: FloatArray
    variance_dn2: FloatArray


def schedule(bench: Bench, steps: int, vary: Vary) -> Schedule:
    """Exposures of the photon transfer curve: equal steps, a little beyond saturation (6.5).

    ``light``: at the pixel's own exposure time, with one dark pair. ``time``: under constant
    light, up to the pixel's own exposure time, with a dark pair for every time.
    """
    clip_e, own_ms = bench.clip_e, bench.photodiode.integration_time_ms
    # All pixels must clip: they differ by shot noise and by their response.
    beyond = 1.05 + 3 / np.sqrt(clip_e) + 3 * bench.photodiode.prnu_percent / 100
    part = np.arange(1, steps + 1) / steps
    photons = beyond * clip_e / bench.electrons_per_photon * part
    times_ms = own_ms * (part if vary == "time" else np.ones(steps))
    bright = [
        Exposure(float(p), float(t), _CURVE + 2 * i)
        for i, (p, t) in enumerate(zip(photons, times_ms, strict=True))
    ]
    dark_times = times_ms if vary == "time" else times_ms[:1]
    dark = [Exposure(0.0, float(t), _DARK_CURVE + 2 * i) for i, t in enumerate(dark_times)]
    return Schedule(bright, dark)


def stacks(saturation_photons: Exposure, stack: int) -> tuple[Exposure, Exposure]:
    """A dark stack, and one at half of saturation, both at its exposure time (8)."""
    half, time_ms = saturation_photons.photons / 2, saturation_photons.time_ms
    return Exposure(0.0, time_ms, _DARK_STACK, stack), Exposure(half, time_ms, _BRIGHT_STACK, stack)


def characterize(
    bench: Bench, *, steps: int = 50, stack: int = 16, vary: Vary = "light"
) -> xr.Dataset:
    """Measure everything.

    Parameters
    ----------
    bench : Bench
    steps : int, 10 to 1000
        Exposures of the photon transfer curve; the standard asks for 50.
    stack : int, 2 to 1000
        Frames of each stack that fixed patterns are averaged from.
    vary : "light" or "time"
        What makes the exposures differ.

    Returns
    -------
    Dataset
        Parameters with units, and ``NAME_error``, the standard error, where it has a closed form;
        the curves they come from over ``exposure`` and ``dark_exposure``.

    Raises
    ------
    InputError
        If an argument is out of range, the converter's step hides the dark noise, or nothing
        saturates.
    """
    _check(steps, stack, vary)
    _check_dark_noise(bench)
    plan = schedule(bench, steps, vary)
    curve = measure_curve(bench, plan)
    saturation = fit.saturation_index(curve)
    dark, bright = (
        spatial_moments(_one_by_one(bench, e)) for e in stacks(plan.bright[saturation], stack)
    )
    series = measure_dark(bench)
    gain = fit.system_gain(curve, saturation, bench.rows * bench.columns)
    values = _sensitivity(bench, curve, saturation, gain)
    values |= _dark_current(series, gain)
    values |= _nonuniformity(dark, bright, gain)
    straight = fit.linearity(curve, saturation)
    values |= _linearity_error(straight)
    values["black_level_dn"] = bench.black_level_dn
    data = _dataset(values, curve, series, straight)
    data.attrs = {
        "program": f"sensorsim {version('sensorsim')}",
        "method": "EMVA 1288 Release 4.0 Linear; gain through the origin (3.1)",
        "photodiode": bench.photodiode.model_dump_json(), "adc": bench.adc.model_dump_json(),
        "full_scale_v": bench.full_scale_v, "wavelength_nm": bench.light.wavelength_nm,
        "rows": bench.rows, "columns": bench.columns, "die": bench.die, "seed": bench.seed,
        "steps": steps, "stack": stack, "vary": vary, "saturation_index": saturation,
    }  # fmt: skip
    return data


def measure_curve(bench: Bench, plan: Schedule) -> fit.Curve:
    """Moments of all pairs of a schedule."""
    mean, variance = np.array([bench.moments(e) for e in plan.bright]).T
    dark = np.array([bench.moments(e) for e in plan.dark])
    dark_mean, dark_variance = np.broadcast_to(dark, (mean.size, 2)).T
    photons = np.array([e.photons for e in plan.bright])
    time_ms = np.array([e.time_ms for e in plan.bright])
    return fit.Curve(photons, time_ms, mean, variance, dark_mean, dark_variance)


def measure_dark(bench: Bench) -> DarkSeries:
    """Dark pairs at equally spaced exposure times, long enough for the dark current to show (7.1).

    The longest is found by doubling: there the dark current's shot noise makes three quarters of
    the variance, unless half the converter's range or `LONGEST_DARK_MS` come first.
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


def _one_by_one(bench: Bench, stack: Exposure) -> "map[npt.NDArray[np.int64]]":
    numbers = range(stack.first_frame, stack.first_frame + stack.frames)
    return map(
        lambda n: bench.expose(Exposure(stack.photons, stack.time_ms, n, 1))[0],
        numbers,
    )


def _sensitivity(
    bench: Bench, curve: fit.Curve, saturation: int, gain: fit.Estimate
) -> dict[str, float]:
    """Gain, efficiency, noise, saturation and what follows from them (21 to 28, 49 to 54)."""
    k = gain.value
    efficiency = fit.responsivity(curve, saturation) / k
    dark_dn2 = fit.dark_variance_dn2(curve, bench.rows * bench.columns)
    noise_e = fit.dark_noise_e(dark_dn2, gain)
    photons = float(curve.photons[saturation])
    electrons, threshold = efficiency * photons, fit.threshold_e(dark_dn2.value, k)
    return {
        "system_gain_dn_per_e": k,
        "system_gain_dn_per_e_error": gain.error,
        "quantum_efficiency_percent": 100 * efficiency,
        "quantum_efficiency_percent_error": 100 * efficiency * fit.relative_error(gain),
        "temporal_dark_noise_e": noise_e.value,
        "temporal_dark_noise_e_error": noise_e.error,
        "temporal_dark_noise_dn": float(np.sqrt(dark_dn2.value)),
        "saturation_e": electrons,
        "saturation_photons": photons,
        "threshold_e": threshold,
        "threshold_photons": threshold / efficiency,
        "snr_max_db": 10 * float(np.log10(electrons)),
        "dynamic_range_db": 20 * float(np.log10(electrons / threshold)),
    }


def _dark_current(series: DarkSeries, gain: fit.Estimate) -> dict[str, float]:
    """From the rise of the mean (29) and, doubly scaled, of the variance (30)."""
    seconds = series.time_ms * 1e-3
    values = {}
    for name, moments, power in (
        ("dark_current_e_per_s", series.mean_dn, 1),
        ("dark_current_from_variance_e_per_s", series.variance_dn2, 2),
    ):
        slope = fit.straight_line(seconds, moments).slope
        scale = gain.value**power
        values[name] = slope.value / scale
        of_gain = power * fit.relative_error(gain) * slope.value
        values[f"{name}_error"] = float(np.hypot(slope.error, of_gain)) / scale
    return values


def _nonuniformity(
    dark: SpatialMoments, bright: SpatialMoments, gain: fit.Estimate
) -> dict[str, float]:
    """DSNU (66) and PRNU (67), and their parts by row, column and pixel."""
    signal = bright.mean_dn - dark.mean_dn
    values = {}
    for part in ("", "_row", "_column", "_pixel"):
        field = f"{part[1:] or 'variance'}_dn2"
        dark_dn2, bright_dn2 = getattr(dark, field), getattr(bright, field)
        values[f"dsnu{part}_e"] = _root(dark_dn2) / gain.value
        values[f"prnu{part}_percent"] = 100 * _root(bright_dn2 - dark_dn2) / signal
    dsnu, prnu = values["dsnu_e"], values["prnu_percent"]
    relative = np.hypot(dark.relative_error / 2, fit.relative_error(gain))
    values["dsnu_e_error"] = dsnu * float(relative)
    errors = np.hypot(
        bright.variance_dn2 * bright.relative_error, dark.variance_dn2 * dark.relative_error
    )
    rest = bright.variance_dn2 - dark.variance_dn2
    values["prnu_percent_error"] = prnu * float(errors / (2 * rest)) if rest > 0 else 0.0
    return values


def _root(variance: float) -> float:
    """Square root; 0 where an estimate of no variance came out below it."""
    return float(np.sqrt(max(variance, 0.0)))


def _linearity_error(straight: fit.Linearity) -> dict[str, float]:
    """Least and largest deviation (Release 3.1), and the mean of its absolute value (63)."""
    deviation = straight.deviation_percent[straight.fitted]
    return {
        "linearity_error_min_percent": float(deviation.min()),
        "linearity_error_max_percent": float(deviation.max()),
        "linearity_error_percent": float(np.abs(deviation).mean()),
    }


UNITS = {
    "_dn_per_e": "DN/e-", "_e_per_s": "e-/s", "_percent": "%", "_photons": "photon", "_db": "dB",
    "_dn2": "DN2", "_dn": "DN", "_ms": "ms", "_e": "e-", "photons": "photon",
}  # fmt: skip
"""Unit by the end of a name, longest first."""


def unit_of(name: str) -> str:
    """Unit of a result by its name, like "e-" of ``dsnu_e`` and of ``dsnu_e_error``."""
    name = name.removesuffix("_error")
    return next((unit for end, unit in UNITS.items() if name.endswith(end)), "1")


def _dataset(
    values: dict[str, float], curve: fit.Curve, series: DarkSeries, straight: fit.Linearity
) -> xr.Dataset:
    arrays = {name: ("exposure", value) for name, value in curve._asdict().items()}
    arrays["linearity_deviation_percent"] = ("exposure", straight.deviation_percent)
    arrays |= {
        f"dark_series_{name}": ("dark_exposure", value) for name, value in series._asdict().items()
    }
    data = xr.Dataset({**values, **arrays})
    for name in data.data_vars:
        data[name].attrs["units"] = unit_of(str(name))
    return data


def _check(steps: int, stack: int, vary: str) -> None:
    for name, value, low, high in (
        ("steps", steps, MIN_STEPS, MAX_STEPS),
        ("stack", stack, MIN_STACK, MAX_STACK),
    ):
        if not low <= value <= high:
            raise InputError(f"{name} {value}: expected {low} to {high}")
    if vary not in ("light", "time"):
        raise InputError(f"vary {vary!r}: expected 'light' or 'time'")


def _check_dark_noise(bench: Bench) -> None:
    variance = bench.dark_variance_dn2()
    if variance < LEAST_DARK_VARIANCE_DN2:
        step_e = bench.step_v / bench.photodiode.volts_per_e
        raise InputError(
            f"readout.bits {bench.adc.bits}: its step of {step_e:.3g} e- hides the temporal dark "
            f"noise (variance {variance:.2g} DN2, EMVA 1288 needs {LEAST_DARK_VARIANCE_DN2} DN2, "
            "some 0.5 DN rms); expected more bits or a smaller full scale"
        )

"""Measure the EMVA 1288 parameters of a camera.

Clauses and equations are those of EMVA 1288 Release 4.0 Linear.
"""

from importlib.metadata import version

import numpy as np
import xarray as xr

from sensorsim.core.units import unit_of
from sensorsim.lab import parameters as fit
from sensorsim.lab.bench import Bench
from sensorsim.lab.frame_statistics import SpatialMoments
from sensorsim.lab.procedure import DarkSeries, Measurement, Vary, measure


def characterize(
    bench: Bench, *, steps: int = 50, stack: int = 16, vary: Vary = "light"
) -> xr.Dataset:
    """Measure all parameters of a camera.

    Parameters
    ----------
    bench : Bench
        The camera in the setup, from `set_up`.
    steps : int, 10 to 1000
        Exposures of the photon transfer curve; the standard asks for 50.
    stack : int, 2 to 1000
        Frames per stack for the fixed patterns.
    vary : "light" or "time"
        Whether irradiance or exposure time varies.

    Returns
    -------
    Dataset
        Scalar parameters, each with its unit in ``attrs["units"]``, and ``NAME_error``, the
        standard error, where it has a closed form (NaN for a non-uniformity estimated as zero);
        the measured curves over ``exposure`` and ``dark_exposure``.

    Raises
    ------
    InputError
        If ``steps`` or ``stack`` is out of range, the converter's code width hides the dark noise,
        or no exposure saturates.

    Examples
    --------
    >>> from sensorsim.lab import characterize, set_up
    >>> from sensorsim.readout import Adc
    >>> from sensorsim.sensor import Photodiode
    >>> bench = set_up(Photodiode(), Adc(bits=12), rows=64, columns=64)
    >>> data = characterize(bench, steps=20)
    >>> round(data["system_gain_dn_per_e"].item(), 2)
    0.41
    """
    made = measure(bench, steps, stack, vary)
    gain = fit.system_gain(made.curve, made.saturation, bench.rows * bench.columns)
    straight = fit.linearity(made.curve, made.saturation)
    values = {
        **_sensitivity(bench, made, gain),
        **_dark_current(made.dark_series, gain),
        **_nonuniformity(made.dark, made.bright, gain),
        **_linearity_error(straight),
        "black_level_dn": bench.black_level_dn,
    }
    data = _dataset(values, made, straight)
    data.attrs = {
        "program": f"sensorsim {version('sensorsim')}",
        "method": "EMVA 1288 Release 4.0 Linear; gain through the origin (3.1)",
        "photodiode": bench.photodiode.model_dump_json(), "adc": bench.adc.model_dump_json(),
        "full_scale_v": bench.full_scale_v, "wavelength_nm": bench.light.wavelength_nm,
        "rows": bench.rows, "columns": bench.columns, "die": bench.die, "seed": bench.seed,
        "steps": steps, "stack": stack, "vary": vary, "saturation_index": made.saturation,
        "sensitivity_part": fit.SENSITIVITY_PART,
        "linearity_exposures": np.flatnonzero(straight.fitted),
    }  # fmt: skip
    return data


def _sensitivity(bench: Bench, made: Measurement, gain: fit.Estimate) -> dict[str, float]:
    """Gain, quantum efficiency, dark noise, saturation, SNR, range (21 to 28, 49 to 54)."""
    k, curve = gain.value, made.curve
    efficiency = fit.responsivity(curve, made.saturation) / k
    dark_dn2 = fit.dark_variance_dn2(curve, bench.rows * bench.columns)
    bench.check_dark_variance(dark_dn2.value)  # may be less than at the pixel's time
    noise_e = fit.dark_noise_e(dark_dn2, gain)
    photons = float(curve.photons[made.saturation])
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
        "saturation_ms": float(curve.time_ms[made.saturation]),
        "threshold_e": threshold,
        "threshold_photons": threshold / efficiency,
        "snr_max_db": 10 * float(np.log10(electrons)),
        "dynamic_range_db": 20 * float(np.log10(electrons / threshold)),
    }


def _dark_current(series: DarkSeries, gain: fit.Estimate) -> dict[str, float]:
    """Dark current from the slopes of the mean (29) and of the variance (30).

    The slope of the variance is divided by the gain squared.
    """
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
    """DSNU (66) and PRNU (67), and their row, column and pixel parts."""
    signal = bright.mean_dn - dark.mean_dn
    values = {}
    for part in ("", "_row", "_column", "_pixel"):
        field = f"{part[1:] or 'variance'}_dn2"
        dark_dn2, bright_dn2 = getattr(dark, field), getattr(bright, field)
        values[f"dsnu{part}_e"] = _root(dark_dn2) / gain.value
        values[f"prnu{part}_percent"] = 100 * _root(bright_dn2 - dark_dn2) / signal
    dsnu, prnu = values["dsnu_e"], values["prnu_percent"]
    relative = np.hypot(dark.relative_error / 2, fit.relative_error(gain))
    # To first order, a variance estimated as zero has no error.
    values["dsnu_e_error"] = dsnu * float(relative) if dsnu > 0 else float("nan")
    errors = np.hypot(
        bright.variance_dn2 * bright.relative_error, dark.variance_dn2 * dark.relative_error
    )
    rest = bright.variance_dn2 - dark.variance_dn2
    values["prnu_percent_error"] = prnu * float(errors / (2 * rest)) if rest > 0 else float("nan")
    return values


def _root(variance: float) -> float:
    """Square root; 0 where the estimate of a zero variance is negative."""
    return float(np.sqrt(max(variance, 0.0)))


def _linearity_error(straight: fit.Linearity) -> dict[str, float]:
    """Least and greatest deviation (Release 3.1), and the mean absolute one (63)."""
    deviation = straight.deviation_percent[straight.fitted]
    return {
        "linearity_error_min_percent": float(deviation.min()),
        "linearity_error_max_percent": float(deviation.max()),
        "linearity_error_percent": float(np.abs(deviation).mean()),
    }


def _dataset(values: dict[str, float], made: Measurement, straight: fit.Linearity) -> xr.Dataset:
    arrays = {name: ("exposure", value) for name, value in made.curve._asdict().items()}
    arrays["linearity_deviation_percent"] = ("exposure", straight.deviation_percent)
    arrays |= {
        f"dark_series_{name}": ("dark_exposure", value)
        for name, value in made.dark_series._asdict().items()
    }
    data = xr.Dataset({**values, **arrays})
    for name in data.data_vars:
        data[name].attrs["units"] = unit_of(str(name))
    return data

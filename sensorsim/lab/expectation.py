"""Closed-form values that a characterization should find."""

import math

import numpy as np

from sensorsim.core.errors import InputError
from sensorsim.lab import parameters as fit
from sensorsim.lab.bench import Bench
from sensorsim.lab.procedure import Vary, beyond_saturation
from sensorsim.sensor import Photodiode, dark_current_e_per_s


def expected(
    bench: Bench, vary: Vary = "light", saturation_ms: float | None = None
) -> dict[str, float]:
    """Expected values of a characterization, from the descriptions of pixel and ADC.

    Dark noise and non-uniformity are those at the pixel's own exposure time. Where time varies,
    dark noise is that at zero exposure time, and non-uniformity that at the exposure time of
    saturation, which depends on the steps: state the measured one. Saturation is where the well or
    the converter is full, or where a soft well begins to reduce the noise; a measured value is a
    few standard deviations of the shot noise lower, where clipping begins.

    Parameters
    ----------
    bench : Bench
        The camera in the setup.
    vary : "light" or "time"
        Whether irradiance or exposure time varies.
    saturation_ms : float, optional
        Exposure time at which saturation was measured, ms: ``saturation_ms`` of `characterize`. If
        left out, the time at which the mean signal reaches saturation. Used only where time varies.

    Returns
    -------
    dict of float
        Values by the names and in the units of the results of `characterize`.

    Raises
    ------
    InputError
        If ``saturation_ms`` is not a finite time above 0.
    """
    if saturation_ms is not None and not 0 < saturation_ms < math.inf:
        raise InputError(f"saturation_ms {saturation_ms}: expected a finite time > 0")
    p, adc = bench.photodiode, bench.adc
    dark_current = dark_current_e_per_s(
        p.dark_current_e_per_s, p.temperature_c, p.dark_current_activation_ev
    )
    gain = bench.gain_dn_per_e
    comparator_e = 1e-3 / p.volts_per_e
    noise_e = _root_sum(
        _temporal_e(p, p.dark_e if vary == "light" else 0.0), comparator_e * adc.comparator.noise_mv
    )
    variance_dn2 = (gain * noise_e) ** 2 + fit.QUANTIZATION_DN2
    threshold = fit.threshold_e(variance_dn2, gain)
    dark_e = p.dark_e
    if vary == "time" and saturation_ms is not None:
        dark_e *= saturation_ms / p.integration_time_ms
    elif vary == "time":
        dark_e *= bench.saturation_e / bench.clip_e / beyond_saturation(bench)
    dsnu_e, prnu_percent = comparator_e * adc.comparator.offset_mv, adc.column_gain_percent
    if p.draws("all"):
        spread_e = p.dark_current_spread_percent / 100 * dark_e
        dsnu_e = _root_sum(dsnu_e, p.dsnu_e, p.row_offset_e, p.column_offset_e, spread_e)
        prnu_percent = _root_sum(prnu_percent, p.prnu_percent, p.column_gain_percent)
    return {
        "system_gain_dn_per_e": gain,
        "quantum_efficiency_percent": 100 * bench.electrons_per_photon,
        "temporal_dark_noise_e": noise_e,
        "temporal_dark_noise_dn": float(np.sqrt(variance_dn2)),
        "dark_current_e_per_s": dark_current,
        "dark_current_from_variance_e_per_s": dark_current,
        "dsnu_e": dsnu_e,
        "prnu_percent": prnu_percent,
        "saturation_e": bench.saturation_e,
        "saturation_photons": bench.saturation_e / bench.electrons_per_photon,
        "threshold_e": threshold,
        "threshold_photons": threshold / bench.electrons_per_photon,
        "snr_max_db": 10 * float(np.log10(bench.saturation_e)),
        "dynamic_range_db": 20 * float(np.log10(bench.saturation_e / threshold)),
    }


def _temporal_e(p: Photodiode, dark_e: float) -> float:
    """Temporal dark noise of a pixel, electrons: reset, read, row, telegraph and dark shot noise.

    Exponentially distributed telegraph amplitudes of mean a have the mean square 2 a**2. The
    variance of a trap's state is 1/4, that of the difference of two samples 1/2.
    """
    state = 0.5 if p.correlated_double_sampling else 0.25
    telegraph = p.rts_pixel_fraction * 2 * p.rts_amplitude_e**2 * state
    return _root_sum(
        p.read_noise_e, p.reset_noise_e, p.row_noise_e, np.sqrt(telegraph), np.sqrt(dark_e)
    )


def _root_sum(*values: float) -> float:
    return float(np.sqrt(np.sum(np.square(values))))

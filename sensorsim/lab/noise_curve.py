"""Temporal noise over the signal of a camera on the bench, from the dark to saturation."""

import numpy as np
import numpy.typing as npt

from sensorsim.lab.bench import Bench, Exposure

_FIRST_FRAME = 1 << 28
"""Of the exposures that the curve is drawn from."""
FloatArray = npt.NDArray[np.float64]


def noise_curve(bench: Bench, gain_dn_per_e: float, points: int) -> tuple[FloatArray, FloatArray]:
    """Signal and temporal noise in electrons, by the measured gain.

    Parameters
    ----------
    bench : Bench
        The camera.
    gain_dn_per_e : float
        Its measured system gain, DN/e-.
    points : int
        Exposures below 85 % of saturation; ten more lie around it.

    Returns
    -------
    signal, noise : float64 [points + 10]
        e- above dark, and e- rms.
    """
    own_ms = bench.photodiode.integration_time_ms
    dim = np.geomspace(1, 0.85 * bench.clip_e, points)
    electrons = np.concatenate([dim, bench.clip_e * np.arange(0.9, 1.1, 0.02)])
    dark = bench.moments(Exposure(0.0, own_ms, _FIRST_FRAME))
    pairs = [
        bench.moments(Exposure(e / bench.electrons_per_photon, own_ms, _FIRST_FRAME + 2 * i))
        for i, e in enumerate(electrons, 1)
    ]
    signal = np.array([p.mean_dn - dark.mean_dn for p in pairs]) / gain_dn_per_e
    noise = np.sqrt([p.variance_dn2 for p in pairs]) / gain_dn_per_e
    return signal, noise

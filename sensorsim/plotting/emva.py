"""Figures of an EMVA 1288 characterization."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sensorsim.plotting.styles import BLUE, GREEN, VERMILION

_MEASURED: dict[str, Any] = {
    "marker": ".",
    "linestyle": "none",
    "color": BLUE,
    "label": "measured",
}
_FIT: dict[str, Any] = {"color": "black", "linewidth": 1}


def photon_transfer(data: xr.Dataset) -> Figure:
    """Photon transfer curve, signal-to-noise ratio and linearity of one camera.

    Parameters
    ----------
    data : Dataset
        Result of `sensorsim.lab.characterize`.

    Returns
    -------
    Figure
        Three panels.
    """
    figure = Figure(figsize=(13.5, 4.4), layout="constrained")
    transfer, ratio, straight = figure.subplots(1, 3)
    variance_over_mean(transfer, data)
    snr_over_photons(ratio, data)
    linearity(straight, data)
    figure.suptitle(
        f"{data.attrs.get('camera', 'camera')} by EMVA 1288, exposure varied by "
        f"{data.attrs['vary']}",
        fontsize=11,
    )
    return figure


def variance_over_mean(axes: Axes, data: xr.Dataset) -> None:
    """Plot temporal variance over mean, both minus the dark, and the fit with slope K.

    Parameters
    ----------
    axes : Axes
        Axes to draw on.
    data : Dataset
        Result of `sensorsim.lab.characterize`.
    """
    signal = (data["mean_dn"] - data["dark_mean_dn"]).to_numpy()
    variance = (data["variance_dn2"] - data["dark_variance_dn2"]).to_numpy()
    gain = data["system_gain_dn_per_e"].item()
    saturation = signal[data.attrs["saturation_index"]]
    axes.plot(signal, variance, **_MEASURED)
    axes.plot([0, saturation], [0, gain * saturation], ":", **_FIT)
    end = data.attrs["sensitivity_part"] * saturation
    axes.plot([0, end], [0, gain * end], **_FIT, label=f"fit to 70 %, K = {gain:.4g} DN/e-")
    axes.axvline(saturation, color=VERMILION, linewidth=1, label="saturation")
    axes.set(xlabel="mean - dark mean (DN)", ylabel="temporal variance - dark variance (DN²)")
    _finish(axes, "photon transfer")


def snr_over_photons(axes: Axes, data: xr.Dataset) -> None:
    """Plot the signal-to-noise ratio as measured, of the linear model and of an ideal sensor.

    Parameters
    ----------
    axes : Axes
        Axes to draw on.
    data : Dataset
        Result of `sensorsim.lab.characterize`.
    """
    used = data.isel(exposure=slice(data.attrs["saturation_index"] + 1))
    measured = (used["mean_dn"] - used["dark_mean_dn"]) / np.sqrt(used["variance_dn2"])
    axes.loglog(used["photons"], measured, **_MEASURED)
    threshold, saturation = data["threshold_photons"].item(), data["saturation_photons"].item()
    range_photons = np.geomspace(threshold / 2, saturation, 200)
    efficiency = data["quantum_efficiency_percent"].item() / 100
    dark_e2 = (data["temporal_dark_noise_dn"] / data["system_gain_dn_per_e"]).item() ** 2
    electrons = efficiency * range_photons
    model = electrons / np.sqrt(dark_e2 + electrons)  # EMVA 1288, eq. 21
    axes.loglog(range_photons, model, **_FIT, label="linear model")
    axes.loglog(range_photons, np.sqrt(range_photons), "--", color="gray", linewidth=1,
                label="ideal sensor")  # fmt: skip
    axes.axvline(threshold, color=GREEN, linestyle="--", linewidth=1,
                 label="sensitivity threshold")  # fmt: skip
    axes.axvline(saturation, color=VERMILION, linewidth=1, label="saturation")
    axes.set(xlabel="photons per pixel", ylabel="signal-to-noise ratio")
    _finish(axes, "signal-to-noise ratio")


def linearity(axes: Axes, data: xr.Dataset) -> None:
    """Plot the deviation from the straight line over the range of its fit.

    Parameters
    ----------
    axes : Axes
        Axes to draw on.
    data : Dataset
        Result of `sensorsim.lab.characterize`.
    """
    used = data.attrs["linearity_exposures"]
    deviation = data["linearity_deviation_percent"].to_numpy()
    axes.plot(data["photons"].to_numpy()[used], deviation[used], **_MEASURED)
    axes.axhline(0, **_FIT)
    largest = 1.3 * np.abs(deviation[used]).max()
    axes.set(xlabel="photons per pixel", ylabel="deviation from the fit (%)",
             ylim=(-largest, largest))  # fmt: skip
    _finish(axes, "linearity, 5 to 95 % of saturation")


def _finish(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)

"""What the figure of a characterization draws."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes

from sensorsim.plotting import emva

GAIN, EFFICIENCY, DARK_DN2, FULL_DN = 0.5, 0.8, 2.0, 400.0
PHOTONS = np.array([100.0, 400.0, 700.0, 1000.0, 1100.0])


@pytest.fixture
def data() -> xr.Dataset:
    """A camera of 0.5 DN per electron, 80 % and 10 DN of dark mean; the fourth step saturates."""
    signal = np.minimum(GAIN * EFFICIENCY * PHOTONS, FULL_DN)
    variance = np.where(signal < FULL_DN, GAIN * signal, [0, 0, 0, 200, 0]) + DARK_DN2
    curves = {
        "photons": PHOTONS, "mean_dn": signal + 10, "dark_mean_dn": np.full(5, 10.0),
        "variance_dn2": variance, "dark_variance_dn2": np.full(5, DARK_DN2),
        "linearity_deviation_percent": [0.1, -0.2, 0.05, np.nan, np.nan],
    }  # fmt: skip
    values = {
        "system_gain_dn_per_e": GAIN, "threshold_photons": 5.0, "saturation_photons": 1000.0,
        "quantum_efficiency_percent": 100 * EFFICIENCY, "temporal_dark_noise_dn": DARK_DN2**0.5,
    }  # fmt: skip
    attrs = {
        "saturation_index": 3, "sensitivity_part": 0.7, "linearity_exposures": [0, 1, 2],
        "vary": "light", "camera": "toy",
    }  # fmt: skip
    return xr.Dataset({k: ("exposure", v) for k, v in curves.items()} | values, attrs=attrs)


def line(axes: Axes, name: str) -> tuple[np.ndarray, np.ndarray]:
    (found,) = (x for x in axes.lines if x.get_label() == name)
    return np.asarray(found.get_xdata(), float), np.asarray(found.get_ydata(), float)


def test_variance_is_drawn_over_mean_both_without_the_dark(data: xr.Dataset) -> None:
    axes, *_ = emva.photon_transfer(data).axes
    x, y = line(axes, "measured")
    np.testing.assert_allclose(x, [40, 160, 280, 400, 400])
    np.testing.assert_allclose(y, [20, 80, 140, 200, 0])
    x, y = line(axes, "fit to 70 %, K = 0.5 DN/e-")
    np.testing.assert_allclose((x[-1], y[-1]), (280, 140))
    np.testing.assert_allclose(line(axes, "saturation")[0], FULL_DN)
    assert axes.get_xlabel() == "mean - dark mean (DN)"
    assert axes.get_ylabel() == "temporal variance - dark variance (DN²)"


def test_ratio_is_that_of_the_linear_model_up_to_saturation(data: xr.Dataset) -> None:
    _, axes, _ = emva.photon_transfer(data).axes
    x, y = line(axes, "measured")
    np.testing.assert_allclose(x, PHOTONS[:4])
    np.testing.assert_allclose(y[0], 40 / np.sqrt(22))
    x, y = line(axes, "linear model")
    electrons = EFFICIENCY * x
    np.testing.assert_allclose(y, electrons / np.sqrt(DARK_DN2 / GAIN**2 + electrons))
    np.testing.assert_allclose((x[0], x[-1]), (2.5, 1000))
    assert (line(axes, "ideal sensor")[1] >= y).all()
    np.testing.assert_allclose(line(axes, "sensitivity threshold")[0], 5)
    assert axes.get_xlabel() == "photons per pixel"
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")


def test_linearity_shows_the_exposures_of_its_fit(data: xr.Dataset) -> None:
    figure = emva.photon_transfer(data)
    axes = figure.axes[2]
    x, y = line(axes, "measured")
    np.testing.assert_allclose(x, PHOTONS[:3])
    np.testing.assert_allclose(y, [0.1, -0.2, 0.05])
    assert axes.get_ylabel() == "deviation from the fit (%)"
    assert axes.get_ylim()[0] == -axes.get_ylim()[1]
    assert figure.get_suptitle() == "toy by EMVA 1288, exposure varied by light"

"""Choose the thresholds of a thermometer: uniform, logarithmic or quantiles of samples."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from sensorsim.circuits.comparator import Comparator
from sensorsim.core.errors import InputError
from sensorsim.readout.protocol import Family, Readout, Samples
from sensorsim.tonemap import Curve, Linear, Log, thresholds_of

THRESHOLDS = (1, 2, 4, 8)
Maker = Callable[..., Readout]


def families(make: Maker) -> tuple[Family, ...]:
    """List the families of a class of thermometers.

    Parameters
    ----------
    make : callable
        ``make(thresholds=, comparator=)`` returns a readout.

    Returns
    -------
    tuple of Family
        Uniform, logarithmic and quantile thresholds, and learned ones that start from quantiles.
    """

    def by_curve(curve: Curve) -> Callable[[int, Comparator, Samples | None], Readout]:
        def made(levels: int, comparator: Comparator, _: Any) -> Readout:
            return _made(make, thresholds_of(curve, levels), comparator)

        return made

    def by_quantiles(levels: int, comparator: Comparator, samples: Samples | None) -> Readout:
        assert samples is not None
        return _made(make, calibrated_thresholds(samples, levels), comparator)

    return (
        Family("thermometer-uniform", "M", THRESHOLDS, by_curve(Linear())),
        Family("thermometer-log", "M", THRESHOLDS, by_curve(Log())),
        Family("thermometer-quantile", "M", THRESHOLDS, by_quantiles, calibrated=True),
        Family("glt", "M", THRESHOLDS, by_quantiles, calibrated=True, learned=True),
    )


def _made(make: Maker, thresholds: npt.NDArray[np.float64], comparator: Comparator) -> Readout:
    return make(thresholds=tuple(map(float, thresholds)), comparator=comparator)


def quantile_thresholds(calibration: npt.ArrayLike, levels: int) -> npt.NDArray[np.float64]:
    """Thresholds that split calibration samples into groups of equal size.

    Parameters
    ----------
    calibration : float [S]
        Samples as fractions of full scale.
    levels : int
        Number of thresholds M.

    Returns
    -------
    float64 [M]
        Thresholds as fractions of full scale, ascending.

    Examples
    --------
    >>> quantile_thresholds([0.0, 0.2, 0.4], 1)
    array([0.2])
    """
    samples = np.asarray(calibration, np.float64)
    return np.quantile(samples, np.arange(1, levels + 1) / (levels + 1))


def calibrated_thresholds(calibration: npt.ArrayLike, levels: int) -> npt.NDArray[np.float64]:
    """Quantile thresholds, checked to be valid for a thermometer.

    Parameters
    ----------
    calibration : float [S]
        Samples as fractions of full scale.
    levels : int
        Number of thresholds M.

    Returns
    -------
    float64 [M]
        Thresholds as fractions of full scale, strictly ascending.

    Raises
    ------
    InputError
        If the thresholds are not distinct or not between 0 and 1.
    """
    thresholds = quantile_thresholds(calibration, levels)
    if not 0 < thresholds[0] <= thresholds[-1] < 1 or (np.diff(thresholds) <= 0).any():
        raise InputError(
            f"scene.exposure: {levels} thresholds calibrated under this light would be "
            f"{[float(f'{t:.3g}') for t in thresholds]} of full scale, expected distinct ones "
            "between 0 and 1; the images are too dark or too bright, change the exposure"
        )
    return thresholds

"""Ways to place a thermometer's thresholds, which the studies compare."""

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
    """Families of a class of thermometers.

    Parameters
    ----------
    make : callable
        ``make(thresholds=, comparator=)`` gives a readout.

    Returns
    -------
    tuple of Family
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
    """Thresholds that split calibration samples into equal shares.

    Parameters
    ----------
    calibration : float [S]
        Samples as parts of full scale.
    levels : int
        M.

    Returns
    -------
    float64 [M]
        Parts of full scale.
    """
    samples = np.asarray(calibration, np.float64)
    return np.quantile(samples, np.arange(1, levels + 1) / (levels + 1))


def calibrated_thresholds(calibration: npt.ArrayLike, levels: int) -> npt.NDArray[np.float64]:
    """Quantile thresholds that a thermometer can have.

    Parameters
    ----------
    calibration : float [S]
        Samples as parts of full scale.
    levels : int
        M.

    Returns
    -------
    float64 [M]
        Parts of full scale, strictly ascending.

    Raises
    ------
    InputError
        If they are not distinct or leave (0, 1).
    """
    thresholds = quantile_thresholds(calibration, levels)
    if not 0 < thresholds[0] <= thresholds[-1] < 1 or (np.diff(thresholds) <= 0).any():
        raise InputError(
            f"scene.exposure: {levels} thresholds calibrated under this light would be "
            f"{[float(f'{t:.3g}') for t in thresholds]} of full scale, expected distinct ones "
            "between 0 and 1; the images are too dark or too bright, change the exposure"
        )
    return thresholds

"""The readout families that the studies compare, each by name and number of levels."""

import numpy as np
import numpy.typing as npt

from sensorsim.circuits.comparator_errors import Comparator
from sensorsim.core.errors import InputError
from sensorsim.readout.adc.description import Adc
from sensorsim.readout.thermometer.description import Thermometer
from sensorsim.tonemap import Linear, Log, thresholds_of

FAMILIES = (
    "adc-linear", "adc-log", "thermometer-uniform", "thermometer-log", "thermometer-quantile",
    "glt",
)  # fmt: skip
CALIBRATED = ("thermometer-quantile", "glt")
"""Families whose thresholds come from calibration images (and are then learned, for glt)."""


def quantile_thresholds(calibration: npt.ArrayLike, levels: int) -> npt.NDArray[np.float64]:
    """Thresholds that split calibration samples (parts of full scale) into equal shares."""
    samples = np.asarray(calibration, np.float64)
    return np.quantile(samples, np.arange(1, levels + 1) / (levels + 1))


def make_readout(
    family: str,
    levels: int,
    comparator: Comparator,
    calibration: npt.ArrayLike | None = None,
) -> Adc | Thermometer:
    """A readout of a family; for "glt" the one that learning starts from.

    Parameters
    ----------
    levels : int
        Bits of an ADC, thresholds of a thermometer.
    calibration : array, optional
        Samples as parts of full scale, for the families in `CALIBRATED`.

    Raises
    ------
    ValueError
        If the family is unknown or its calibration samples are missing.
    InputError
        If calibration gives no distinct thresholds between 0 and 1.
    """
    if family == "adc-linear":
        return Adc(bits=levels, comparator=comparator)
    if family == "adc-log":
        return Adc(bits=levels, tone_curve=Log(), comparator=comparator)
    if family == "thermometer-uniform":
        thresholds = thresholds_of(Linear(), levels)
    elif family == "thermometer-log":
        thresholds = thresholds_of(Log(), levels)
    elif family in CALIBRATED:
        if calibration is None:
            raise ValueError(f"readout family {family!r} needs calibration samples")
        thresholds = quantile_thresholds(calibration, levels)
        if not 0 < thresholds[0] <= thresholds[-1] < 1 or (np.diff(thresholds) <= 0).any():
            raise InputError(
                f"scene.exposure: {levels} thresholds calibrated under this light would be "
                f"{[float(f'{t:.3g}') for t in thresholds]} of full scale, expected distinct ones "
                "between 0 and 1; the images are too dark or too bright, change the exposure"
            )
    else:
        raise ValueError(f"readout family {family!r}: expected one of {', '.join(FAMILIES)}")
    return Thermometer(thresholds=tuple(map(float, thresholds)), comparator=comparator)

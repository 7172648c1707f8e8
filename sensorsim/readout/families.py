"""The families of all readouts, each by name and number of levels."""

import numpy as np
import numpy.typing as npt

from sensorsim.circuits.comparator import Comparator
from sensorsim.readout.protocol import Family, Readout
from sensorsim.readout.registry import kinds


def families() -> dict[str, Family]:
    """All families of the readouts that are registered.

    Returns
    -------
    dict of str to Family
        By name, in the order of tables.
    """
    return {f.name: f for readout in kinds().values() for f in readout.families()}


def make_readout(
    family: str,
    levels: int,
    comparator: Comparator,
    calibration: npt.ArrayLike | None = None,
) -> Readout:
    """A readout of a family; of one that is learned, the readout that learning starts from.

    Parameters
    ----------
    family : str
        Like "adc-log" or "glt".
    levels : int
        Bits of an ADC, thresholds of a thermometer.
    comparator : Comparator
    calibration : float [S], optional
        Samples as parts of full scale, for the families that need them.

    Returns
    -------
    Readout

    Raises
    ------
    ValueError
        If the family is unknown or its calibration samples are missing.
    InputError
        If calibration gives no distinct levels.
    """
    known = families()
    if family not in known:
        raise ValueError(f"readout family {family!r}: expected one of {', '.join(known)}")
    chosen = known[family]
    if chosen.calibrated and calibration is None:
        raise ValueError(f"readout family {family!r} needs calibration samples")
    samples = None if calibration is None else np.asarray(calibration)
    return chosen.make(levels, comparator, samples)

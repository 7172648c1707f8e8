"""Make readouts by family name and number of levels."""

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from sensorsim.circuits.comparator import Comparator
from sensorsim.core.errors import InputError
from sensorsim.readout.protocol import Family, Readout
from sensorsim.readout.registry import kinds


def families() -> dict[str, Family]:
    """List all families of the registered readouts.

    Returns
    -------
    dict of str to Family
        Families by name, in the order of tables.
    """
    return {f.name: f for readout in kinds().values() for f in readout.families()}


def make_readout(
    family: str,
    levels: int,
    comparator: Comparator,
    calibration: npt.ArrayLike | None = None,
) -> Readout:
    """Make a readout of a family; for a learned one, the readout that training starts from.

    Parameters
    ----------
    family : str
        Name of the family, like "adc-log" or "glt".
    levels : int
        Number of levels or bits, in the sense of `Family.symbol`.
    comparator : Comparator
        Errors of the comparators.
    calibration : float [S], optional
        Samples as fractions of full scale, for the families that need them.

    Returns
    -------
    Readout
        The readout.

    Raises
    ------
    ValueError
        If the family is unknown or its calibration samples are missing.
    InputError
        If the family has no readout of so many levels, or calibration gives no distinct levels.

    Examples
    --------
    >>> from sensorsim.circuits.comparator import Comparator
    >>> make_readout("thermometer-uniform", 3, Comparator()).thresholds
    (0.25, 0.5, 0.75)
    """
    known = families()
    if family not in known:
        raise ValueError(f"readout family {family!r}: expected one of {', '.join(known)}")
    chosen = known[family]
    if chosen.calibrated and calibration is None:
        raise ValueError(f"readout family {family!r} needs calibration samples")
    if levels < 1:
        raise InputError(f"levels {levels} of family {family!r}: expected at least 1")
    samples = None if calibration is None else np.asarray(calibration)
    try:
        return chosen.make(levels, comparator, samples)
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(
            f"levels {levels} of family {family!r}: {first['loc'][0]}: {first['msg']}; choose "
            "another number of levels"
        ) from None

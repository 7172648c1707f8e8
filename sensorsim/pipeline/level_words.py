"""Levels of a readout in the units of a pixel: millivolts, electrons, codes of a reference DAC."""

from collections.abc import Iterable

import numpy as np

from sensorsim.readout import Readout
from sensorsim.sensor import Photodiode

_MOST_LISTED = 16


def level_words(readout: Readout, photodiode: Photodiode) -> str:
    """Say at which signals a readout decides.

    Parameters
    ----------
    readout : Readout
        The readout.
    photodiode : Photodiode
        The pixel in front of it.

    Returns
    -------
    str
        Levels in mV and electrons and, if a reference DAC makes them, its codes and what they
        give; a sentence of the readout if a code depends on several samples.

    Examples
    --------
    >>> from sensorsim.readout import Thermometer
    >>> level_words(Thermometer(thresholds=(0.1, 0.5)), Photodiode())
    'levels at 100, 500 mV of 1,000 mV (1,000, 5,000 e-)'
    """
    levels = readout.stated_levels()
    if levels is None:
        return readout.level_words()
    volts = levels * photodiode.full_scale_v
    electrons = photodiode.response.electrons(volts, photodiode.volts_per_e)
    text = (
        f"levels at {_listed(1e3 * volts)} mV of {_number(1e3 * photodiode.full_scale_v)} mV "
        f"({_listed(electrons)} e-)"
    )
    made = readout.reference_codes()
    if made is None:
        return text
    codes, steps = made
    given = _listed(1e3 * codes / steps * photodiode.full_scale_v)
    return (
        f"{text}; the reference DAC of {steps} steps makes codes "
        f"{', '.join(map(str, codes))}: {given} mV"
    )


def _listed(values: Iterable[float]) -> str:
    found = [_number(v) for v in np.asarray(values, np.float64).tolist()]
    return ", ".join(found) if len(found) <= _MOST_LISTED else f"{found[0]} to {found[-1]}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 999.5 else f"{value:.3g}"

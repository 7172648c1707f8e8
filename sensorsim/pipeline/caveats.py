"""What a price does not say by itself: what it leaves out, extrapolates or ignores."""

from sensorsim.circuits.figures import Process, Survey
from sensorsim.circuits.settings import EnergySettings
from sensorsim.readout import Readout

_OF_READOUTS = ("converter", "sar_switching", "comparator")


def without_effect(
    settings: EnergySettings, technology: Survey | Process, readout: Readout
) -> list[str]:
    """Settings that were stated but price nothing of this readout.

    They are no error: pipelines that are compared or searched share their settings.

    Parameters
    ----------
    settings : EnergySettings
    technology : Survey or Process
    readout : Readout

    Returns
    -------
    list of str
        Like "energy.sar_switching 'monotonic'".
    """
    used, fields = readout.used_settings(settings, technology), EnergySettings.model_fields
    return [
        f"energy.{name} {value!r}"
        for name in _OF_READOUTS
        if name not in used and (value := getattr(settings, name)) != fields[name].default
    ]


def not_priced(
    settings: EnergySettings, technology: Survey | Process, readout: Readout
) -> list[str]:
    """What a pipeline states that no circuit gives, and no formula can price.

    Parameters
    ----------
    settings : EnergySettings
    technology : Survey or Process
    readout : Readout

    Returns
    -------
    list of str
        Sentences.
    """
    by_parts = readout.priced_by_parts(settings, technology)
    if not by_parts or readout.comparator.noise_mv > 0:
        return []
    return [
        "readout.comparator.noise_mv 0: a comparator without noise would charge without end; it is "
        "priced as if its noise did not matter"
    ]

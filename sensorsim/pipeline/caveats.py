"""Notes on a price: settings without effect, and stated values that cannot be priced."""

from sensorsim.circuits.figures import Process, Survey
from sensorsim.circuits.settings import EnergySettings
from sensorsim.readout import Readout

_OF_READOUTS = ("converter", "sar_switching", "comparator")


def without_effect(
    settings: EnergySettings, technology: Survey | Process, readout: Readout
) -> list[str]:
    """List the stated settings that do not affect the price of this readout.

    They are not an error: pipelines that are compared or searched share their settings.

    Parameters
    ----------
    settings : EnergySettings
        Price settings of the pipeline.
    technology : Survey or Process
        Prices of published circuits, or figures of a process.
    readout : Readout
        The readout.

    Returns
    -------
    list of str
        Fields and values, like "energy.sar_switching 'monotonic'".
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
    """List the stated values that no formula can price.

    Parameters
    ----------
    settings : EnergySettings
        Price settings of the pipeline.
    technology : Survey or Process
        Prices of published circuits, or figures of a process.
    readout : Readout
        The readout.

    Returns
    -------
    list of str
        One sentence for each.
    """
    by_parts = readout.priced_by_parts(settings, technology)
    if not by_parts or readout.comparator.noise_mv > 0:
        return []
    return [
        "readout.comparator.noise_mv 0: a comparator without noise would need infinite energy; its "
        "price ignores noise"
    ]

"""Notes on a price: settings without effect, and stated values that cannot be priced."""

from typing import Any

from sensorsim.circuits.figures import Process, Survey
from sensorsim.circuits.settings import EnergySettings
from sensorsim.core.description import Description
from sensorsim.pipeline.configuration import PipelineDescription
from sensorsim.readout import Readout
from sensorsim.sensor.photodiode import Noise

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
    pitch = settings.column_pitch_um
    of_pitch = pitch is not None and isinstance(technology, Survey)
    used, fields = readout.used_settings(settings, technology), EnergySettings.model_fields
    return [f"energy.column_pitch_um {pitch!r}"] * of_pitch + [
        f"energy.{name} {value!r}"
        for name in _OF_READOUTS
        if name not in used and (value := getattr(settings, name)) != fields[name].default
    ]


def pixel_without_effect(description: PipelineDescription) -> list[str]:
    """List the stated settings of pixel and scene that others switch off.

    Parameters
    ----------
    description : PipelineDescription
        The pipeline.

    Returns
    -------
    list of str
        One line for each: field, value, and what switches it off.
    """
    pixel, exposure = description.photodiode, description.scene.exposure
    found = [
        ("scene.exposure.low_stops", exposure.law == "fixed", "law is 'fixed'"),
        ("photodiode.sense_node_capacitance_ff", pixel.correlated_double_sampling,
         "correlated double sampling subtracts the reset noise"),
        ("photodiode.rts_amplitude_e", pixel.rts_pixel_fraction == 0, "rts_pixel_fraction is 0"),
        ("photodiode.rts_pixel_fraction", pixel.rts_amplitude_e == 0, "rts_amplitude_e is 0"),
        ("photodiode.dark_current_activation_ev", pixel.temperature_c == 25, "the die is at 25 C"),
    ]  # fmt: skip
    for step, names in _OF_NOISE.items():
        off = not pixel.draws(step)
        found += [(f"photodiode.{n}", off, f"noise is {pixel.noise!r}") for n in names]
    found.append(("die", not pixel.draws("all") and description.readout.comparator.offset_mv == 0,
                  "neither pixels nor comparators differ between dies"))  # fmt: skip
    return [
        f"{field} {value!r}: {reason}"
        for field, off, reason in found
        if off and (value := _stated(description, field)) is not None
    ]


_OF_NOISE: dict[Noise, tuple[str, ...]] = {
    "temporal": ("read_noise_e", "rts_pixel_fraction", "rts_amplitude_e", "row_noise_e"),
    "all": (
        "dsnu_e", "prnu_percent", "row_offset_e", "column_offset_e", "column_gain_percent",
        "dark_current_spread_percent",
    ),
}  # fmt: skip
"""Fields of a pixel by the step of its noise ladder that they need."""


def _stated(description: Description, field: str) -> Any:
    """Value of a dotted field; None if it is that of the field's default."""
    *parents, last = field.split(".")
    for parent in parents:
        description = getattr(description, parent)
    value = getattr(description, last)
    return None if value == type(description).model_fields[last].default else value


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

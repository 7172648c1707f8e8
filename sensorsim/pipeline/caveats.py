"""What a price does not say by itself: what it leaves out, extrapolates or ignores."""

from sensorsim.circuits.converter import cheaper_class, published_prices
from sensorsim.circuits.settings import EnergySettings
from sensorsim.circuits.technology import Process, Survey
from sensorsim.pipeline.cost import converter_form
from sensorsim.readout import Adc, Thermometer


def without_effect(
    settings: EnergySettings, technology: Survey | Process, readout: Adc | Thermometer
) -> list[str]:
    """Settings that were stated but price nothing of this readout.

    They are no error: pipelines that are compared or searched share their settings.
    """
    thermometer = isinstance(readout, Thermometer)
    parts = not thermometer and converter_form(settings, technology) == "first-principles"
    kind = readout.converter.architecture.kind if isinstance(readout, Adc) else ""
    compares = thermometer or (parts and kind != "single-slope")
    used = {
        "converter": not thermometer,
        "sar_switching": parts and kind == "sar",
        "comparator": isinstance(technology, Process) and compares,
    }
    defaults = EnergySettings.model_fields
    return [
        f"energy.{name} {value!r}"
        for name, is_used in used.items()
        if not is_used and (value := getattr(settings, name)) != defaults[name].default
    ]


def not_priced(
    settings: EnergySettings, technology: Survey | Process, readout: Adc | Thermometer
) -> list[str]:
    """What a pipeline states that no circuit gives, and no formula can price."""
    parts = isinstance(technology, Process) and (
        isinstance(readout, Thermometer)
        or converter_form(settings, technology) == "first-principles"
    )
    if not parts or readout.comparator.noise_mv > 0:
        return []
    return [
        "readout.comparator.noise_mv 0: a comparator without noise would charge without end; it is "
        "priced as if its noise did not matter"
    ]


def beyond_the_survey(
    settings: EnergySettings,
    technology: Survey | Process,
    readout: Adc | Thermometer,
    enob: float | None,
) -> list[str]:
    """A converter priced by published ones of which none had so many effective bits.

    Parameters
    ----------
    enob : float or None
        Measured effective bits of an ADC.
    """
    form = converter_form(settings, technology)
    if isinstance(readout, Thermometer) or form == "first-principles" or enob is None:
        return []
    survey = technology.survey
    chosen = cheaper_class(published_prices(survey, readout, enob, form))
    if chosen != "SAR" or not survey.adc.extrapolates(enob):
        return []
    low, high = survey.adc.surveyed_enob_bits
    return [
        f"{enob:.2f} effective bits are priced by converters of {low:g} to {high:g} effective bits"
    ]

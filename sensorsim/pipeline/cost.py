"""The ledger of a pipeline's frame: its parts, priced by a survey or by a process's figures."""

import numpy as np

from sensorsim.circuits import comparator, converter, link, logic, memory, pixel
from sensorsim.circuits.constant import Estimate, stated
from sensorsim.circuits.ledger import Ledger, Row
from sensorsim.circuits.settings import ConverterForm, EnergySettings, GateNetwork
from sensorsim.circuits.sizing import sized
from sensorsim.circuits.technology import Process, Survey
from sensorsim.circuits.timing import conversion_us, network_cycles, network_us
from sensorsim.core.errors import InputError
from sensorsim.pipeline.workload import Workload
from sensorsim.readout import Adc, SingleSlope, Thermometer


def frame_ledger(
    settings: EnergySettings,
    technology: Survey | Process,
    array: pixel.PixelArray,
    readout: Adc | Thermometer,
    workload: Workload,
    enob: float | None = None,
) -> Ledger:
    """Price one frame.

    Parameters
    ----------
    array : PixelArray
    workload : Workload
    enob : float, optional
        Measured effective bits of an ADC that is priced by a survey.

    Raises
    ------
    InputError
        If the settings ask for parts of a process, but the technology is a survey; or if full scale
        exceeds a supply.
    """
    rows = [
        *_pixel(technology, array),
        *readout_rows(settings, technology, readout, array, enob),
        link_row(settings, technology, readout, array),
        *_network(settings, technology, workload),
        *_static(settings, technology, workload),
    ]
    return Ledger(tuple(rows), settings.frame_rate_hz)


def readout_rows(
    settings: EnergySettings,
    technology: Survey | Process,
    readout: Adc | Thermometer,
    array: pixel.PixelArray,
    enob: float | None = None,
) -> list[Row]:
    """Conversions or comparisons of a frame.

    Raises
    ------
    InputError
        If the settings ask for parts of a process, but the technology is a survey, or for a
        survey's price without measured effective bits; or if they state the size of comparators
        that have no price of their own.
    """
    for field in ("comparator", "comparator_size", "sar_switching"):
        if (value := getattr(settings, field)) != EnergySettings.model_fields[field].default:
            _process(technology, f"energy.{field} {value!r}")
    if isinstance(technology, Process):
        technology = sized(technology, settings.comparator_size)
    if isinstance(readout, Thermometer):
        if isinstance(technology, Survey):
            return [comparator.survey_row(technology.survey.comparator, readout, array.samples)]
        rows = comparator.thermometer_rows(technology, readout, array, settings.comparator)
        return [*rows, *_hold(technology, readout, array)]
    form = converter_form(settings, technology)
    if form == "first-principles":
        process = _process(technology, "energy.converter 'first-principles'")
        rows = converter.converter_rows(
            process, readout, array, settings.sar_switching, settings.comparator
        )
        return [*rows, *_hold(process, readout, array)]
    if settings.comparator_size != 1:
        raise InputError(
            f"energy.comparator_size {settings.comparator_size:g} with energy.converter {form!r}: "
            "a published converter's comparator is part of its price; expected 1, or "
            "'first-principles'"
        )
    if enob is None:
        raise InputError(f"energy.converter {form!r}: expected the measured ENOB of the converter")
    return [converter.survey_row(technology.survey, readout, enob, array.samples, form)]


def _hold(process: Process, readout: Adc | Thermometer, array: pixel.PixelArray) -> list[Row]:
    """What the pixel's follower takes while a readout converts that does not sample it."""
    if isinstance(readout, Adc) and not isinstance(readout.converter.architecture, SingleSlope):
        return []
    return [pixel.hold_row(process, array, conversion_us(process.timing, readout))]


def _check_headroom(technology: Survey | Process, array: pixel.PixelArray) -> None:
    """No circuit gives or reads more volts than its supply has."""
    supplies = {"survey.pixel.supply_v": technology.survey.pixel.supply_v}
    if isinstance(technology, Process):
        supplies = {
            "supply.analog_v": technology.supply.analog_v,
            "pixel.supply_v": technology.pixel.supply_v,
        }
    for name, supply in supplies.items():
        if array.full_scale_v > supply.typical:
            raise InputError(
                f"photodiode: full scale of {array.full_scale_v:.3g} V (full_well_e times "
                f"conversion_gain_uv_per_e) above {name} of {technology.name}, "
                f"{supply.typical:.3g} V; expected no more: lower the gain, or state the supply in "
                "a technology file of your own"
            )


def converter_form(settings: EnergySettings, technology: Survey | Process) -> ConverterForm:
    """How an ADC is priced."""
    if settings.converter is not None:
        return settings.converter
    return "survey" if isinstance(technology, Survey) else "first-principles"


def _process(technology: Survey | Process, wanted: str) -> Process:
    if isinstance(technology, Survey):
        raise InputError(
            f"{wanted} with energy.technology {technology.name!r}, which prices whole circuits; "
            "expected a process, like cmos65"
        )
    return technology


def _pixel(technology: Survey | Process, array: pixel.PixelArray) -> list[Row]:
    _check_headroom(technology, array)
    if isinstance(technology, Process):
        return pixel.pixel_rows(technology, array)
    price = technology.survey.pixel.energy(array.rows, array.full_scale_v)
    return [Row("pixel", "reset and column readout", array.samples, price)]


def link_row(
    settings: EnergySettings,
    technology: Survey | Process,
    readout: Adc | Thermometer,
    array: pixel.PixelArray,
) -> Row:
    """Bits of a frame that cross the link."""
    bits = array.samples * readout.link_bits_per_sample
    return Row("link", "bit from readout to network", bits, _link_price(settings, technology))


def _link_price(settings: EnergySettings, technology: Survey | Process) -> Estimate:
    if settings.link is not None:
        return settings.link.price(_process(technology, f"energy.link {settings.link.kind!r}"))
    assert settings.link_pj_per_bit is not None
    source = f"{link.LINK_PRICE} of the pipeline"
    price = stated(link.LINK_PRICE, settings.link_pj_per_bit, "pJ", source)
    return Estimate((price,), lambda pj: pj)


def _network(
    settings: EnergySettings, technology: Survey | Process, workload: Workload
) -> list[Row]:
    if not isinstance(settings.network, GateNetwork):
        price = Estimate((technology.chip.fj_per_operation,), lambda fj: 1e-3 * fj)
        name = "binary operation, memory included"
        return [Row("network", name, workload.operations, price, whole_chip=True)]
    process = _process(technology, "energy.network.kind 'gates'")
    return gate_rows(process, settings, settings.network, workload)


def gate_rows(
    process: Process, settings: EnergySettings, network: GateNetwork, workload: Workload
) -> list[Row]:
    """Arithmetic and memories of a network of gates.

    Raises
    ------
    InputError
        If its activity was not measured.
    """
    products, rate = sum(workload.products), network.toggles_per_product
    if isinstance(rate, str):
        if workload.activity is None:
            raise InputError(
                f"energy.network.toggles_per_product {rate!r}: the activity was not measured; "
                "measure it or state a number"
            )
        activity = workload.activity
    else:
        activity = logic.Activity(products, rate * products, "stated activity")
    assert settings.parallel_products is not None
    cycles = network_cycles(workload.products, settings.parallel_products)
    return [
        *logic.xnor_popcount_rows(process, activity, cycles, workload.largest_fan_in,
                                  settings.parallel_products),
        memory.access_row(process, "weight", products / network.weight_reuse,
                          workload.weight_bits, network.weight_memory),
        memory.access_row(process, "activation", products / network.activation_reuse,
                          workload.activation_bits, network.activation_memory),
    ]  # fmt: skip


def _static(
    settings: EnergySettings, technology: Survey | Process, workload: Workload
) -> list[Row]:
    source = "energy.static_power_uw of the pipeline"
    power = stated("energy.static_power_uw", settings.static_power_uw, "uW", source)
    on_s = settings.duty_cycle / settings.frame_rate_hz
    return [
        Row("static", "static power over the frame time", 1,
            Estimate((power,), lambda uw: uw * on_s * 1e6)),
        *_leakage(settings, technology, workload),
    ]  # fmt: skip


def _leakage(
    settings: EnergySettings, technology: Survey | Process, workload: Workload
) -> list[Row]:
    """What memories leak: weights always, or they would be forgotten, activations while computing.

    A published chip's price holds what its memories leak while it computes, microseconds of the
    milliseconds of a frame: that much of the weights is counted twice.
    """
    frame_s, pw = 1 / settings.frame_rate_hz, technology.leakage.stored_pw_per_bit
    weights = Estimate((pw,), lambda pw: pw * frame_s)
    rows = [Row("static", "weight bit kept over the frame time", workload.weight_bits, weights)]
    if isinstance(settings.network, GateNetwork):
        busy_us = network_us(technology.timing, workload.products, settings.parallel_products)
        activations = Estimate.over(lambda pw, us: pw * np.minimum(1e-6 * us, frame_s), pw, busy_us)
        name = "activation bit kept while computing"
        rows.append(Row("static", name, workload.activation_bits, activations))
    return rows

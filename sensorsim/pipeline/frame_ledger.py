"""The energy ledger of one frame, priced by published circuits or by the figures of a process."""

import numpy as np

from sensorsim.circuits import link, logic, memory, pixel
from sensorsim.circuits.constant import Estimate, stated
from sensorsim.circuits.figures import Process, Survey
from sensorsim.circuits.ledger import Ledger, Row
from sensorsim.circuits.settings import EnergySettings, GateNetwork
from sensorsim.circuits.sizing import sized
from sensorsim.circuits.technology import as_process
from sensorsim.circuits.timing import network_cycles, network_us
from sensorsim.core.errors import InputError
from sensorsim.pipeline.workload import Workload
from sensorsim.readout import Readout

_PROCESS_ONLY = ("comparator", "comparator_size", "sar_switching")
"""Settings that only a process can price."""


def frame_ledger(
    settings: EnergySettings,
    technology: Survey | Process,
    array: pixel.PixelArray,
    readout: Readout,
    workload: Workload,
    enob: float | None = None,
) -> Ledger:
    """Price one frame.

    Parameters
    ----------
    settings : EnergySettings
        Price settings of the pipeline.
    technology : Survey or Process
        Prices of published circuits, or figures of a process.
    array : PixelArray
        The pixel array.
    readout : Readout
        The readout.
    workload : Workload
        Counts of the network for one decision.
    enob : float, optional
        Measured effective bits of a converter that is priced by a survey.

    Returns
    -------
    Ledger
        Energy rows of all stages, pJ.

    Raises
    ------
    InputError
        If the settings ask for a price that the technology does not have, or full scale exceeds a
        supply.
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
    readout: Readout,
    array: pixel.PixelArray,
    enob: float | None = None,
) -> list[Row]:
    """Price the conversions or comparisons of a frame.

    Parameters
    ----------
    settings : EnergySettings
        Price settings of the pipeline.
    technology : Survey or Process
        Prices of published circuits, or figures of a process.
    readout : Readout
        The readout.
    array : PixelArray
        The pixel array.
    enob : float, optional
        Measured effective bits of a converter that is priced by a survey.

    Returns
    -------
    list of Row
        Energy rows of stage "readout", pJ each.

    Raises
    ------
    InputError
        If the settings need a process but the technology is a survey, a survey's price lacks the
        effective bits, or the settings state the size of comparators that have no own price.
    """
    for field in _PROCESS_ONLY:
        if (value := getattr(settings, field)) != EnergySettings.model_fields[field].default:
            as_process(technology, f"energy.{field} {value!r}")
    if isinstance(technology, Process):
        technology = sized(technology, settings.comparator_size)
    return readout.rows(settings, technology, array, enob)


def _check_headroom(technology: Survey | Process, array: pixel.PixelArray) -> None:
    """Raise if full scale exceeds a supply voltage."""
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


def _pixel(technology: Survey | Process, array: pixel.PixelArray) -> list[Row]:
    _check_headroom(technology, array)
    if isinstance(technology, Process):
        return pixel.pixel_rows(technology, array)
    price = technology.survey.pixel.energy(array.rows, array.full_scale_v)
    return [Row("pixel", "reset and column readout", array.samples, price)]


def link_row(
    settings: EnergySettings,
    technology: Survey | Process,
    readout: Readout,
    array: pixel.PixelArray,
) -> Row:
    """Price the bits of a frame that cross the link.

    Parameters
    ----------
    settings : EnergySettings
        Price settings of the pipeline.
    technology : Survey or Process
        Prices of published circuits, or figures of a process.
    readout : Readout
        The readout.
    array : PixelArray
        The pixel array.

    Returns
    -------
    Row
        Energy row of stage "link", pJ per bit.

    Raises
    ------
    InputError
        If the link is a circuit but the technology is a survey.
    """
    bits = array.samples * readout.link_bits_per_sample
    return Row("link", "bit from readout to network", bits, _link_price(settings, technology))


def _link_price(settings: EnergySettings, technology: Survey | Process) -> Estimate:
    if settings.link is not None:
        return settings.link.price(as_process(technology, f"energy.link {settings.link.kind!r}"))
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
    process = as_process(technology, "energy.network.kind 'gates'")
    return gate_rows(process, settings, settings.network, workload)


def gate_rows(
    process: Process, settings: EnergySettings, network: GateNetwork, workload: Workload
) -> list[Row]:
    """Price arithmetic and memories of a network at gate level.

    Parameters
    ----------
    process : Process
        Figures of the process.
    settings : EnergySettings
        Price settings of the pipeline.
    network : GateNetwork
        Settings of the network at gate level.
    workload : Workload
        Counts of the network for one decision.

    Returns
    -------
    list of Row
        Energy rows of stage "network", pJ each.

    Raises
    ------
    InputError
        If the settings ask for a measured activity and ``workload`` has none.
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
        *logic.xnor_popcount_rows(process, activity, cycles, workload.max_accumulator,
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
    """Leakage of memories: of weights over the whole frame, of activations while computing.

    The price of a published chip already includes its leakage while it computes, so that part
    (microseconds of a frame of milliseconds) of the weights' leakage is counted twice.
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

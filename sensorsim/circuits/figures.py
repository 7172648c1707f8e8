"""Figures of a technology, and only data: constants of every part, prices of whole circuits.

The circuits that use them (`driver`, `comparison`, `logic`, ...) stand above this module.
"""

from pydantic import Field

from sensorsim.circuits.constant import Constant
from sensorsim.circuits.survey import SurveyPrices
from sensorsim.core.description import Description


class PixelConstants(Description):
    """Figures of a pixel and its column."""

    reset_ff: Constant
    supply_v: Constant
    follower_ua: Constant
    column_load_ff: Constant
    column_ff_per_um: Constant
    mean_signal: Constant


class ComparatorConstants(Description):
    """Figures of comparators."""

    dynamic_fj: Constant
    static_ua: Constant
    input_ff: Constant
    mismatch_mv: Constant


class ConverterConstants(Description):
    """Figures of ADCs."""

    unit_capacitor_ff: Constant
    sampling_capacitor_ff: Constant


class DriverConstants(Description):
    """Figures of what all columns share."""

    quiescent_ua: Constant
    bias_per_transconductance_v: Constant
    settling_bits: Constant
    nonlinear_ramp: Constant


class LogicConstants(Description):
    """Energies of cells: per output transition, and per clock cycle of a flip-flop."""

    xnor_fj: Constant
    full_adder_fj: Constant
    flip_flop_clock_fj: Constant
    flip_flop_toggle_fj: Constant
    pin_ff: Constant
    wire_ff_per_mm: Constant


class MemoryConstants(Description):
    """Energies of one accessed bit, each of a memory of ``size_bits``."""

    sram_fj_per_bit: Constant
    registers_fj_per_bit: Constant


class LinkConstants(Description):
    """Figures of links."""

    repeated_wire_ff_per_mm: Constant
    via_ff: Constant
    off_chip_pj_per_bit: Constant


class TimingConstants(Description):
    """Times of circuits."""

    settling_us: Constant
    step_ns: Constant
    comparison_ns: Constant
    counter_period_ns: Constant
    network_period_ns: Constant


class SupplyConstants(Description):
    """Supplies of the circuits around the pixels."""

    digital_v: Constant
    analog_v: Constant


class ChipPrices(Description):
    """Whole chips, memory and popcount included: never added to gate or memory prices."""

    fj_per_operation: Constant


class LeakageConstants(Description):
    """What stored bits take while nothing happens."""

    stored_pw_per_bit: Constant


class _Technology(Description):
    """What every technology has."""

    name: str
    description: str
    survey: SurveyPrices
    chip: ChipPrices
    leakage: LeakageConstants
    timing: TimingConstants


class Survey(_Technology):
    """Prices of whole published circuits, and nothing else."""


class Process(_Technology):
    """Figures of circuits at one node, beside what published circuits cost."""

    node_nm: float = Field(gt=0)
    supply: SupplyConstants
    pixel: PixelConstants
    comparator: ComparatorConstants
    converter: ConverterConstants
    driver: DriverConstants
    logic: LogicConstants
    memory: MemoryConstants
    link: LinkConstants

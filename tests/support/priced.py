"""Prices of readouts for tests: ledger rows by parts, and a single decision."""

from typing import Any

from sensorsim.circuits.comparison import ComparatorKind, decision
from sensorsim.circuits.constant import Estimate
from sensorsim.circuits.figures import Process
from sensorsim.circuits.ledger import Row
from sensorsim.circuits.pixel import HOLD, PixelArray
from sensorsim.circuits.settings import EnergySettings
from sensorsim.readout import Readout


def stated(**changes: Any) -> EnergySettings:
    """Settings that price a readout by parts, unless they say otherwise."""
    usual = {
        "technology": "t", "converter": "first-principles", "link_pj_per_bit": 0.5,
        "frame_rate_hz": 30, "static_power_uw": 0,
    }  # fmt: skip
    return EnergySettings.model_validate(usual | changes)


def rows_of(process: Process, readout: Readout, array: PixelArray, **changes: Any) -> list[Row]:
    """Rows of a readout."""
    return readout.rows(stated(**changes), process, array)


def alone(process: Process, readout: Readout, array: PixelArray, **changes: Any) -> list[Row]:
    """Rows of a readout without that of the pixel which waits for it."""
    return [r for r in rows_of(process, readout, array, **changes) if r.component != HOLD]


def decision_of(
    process: Process, array: PixelArray, readout: Any, kind: ComparatorKind = "dynamic"
) -> Estimate:
    """A decision of a thermometer's comparator, or of a SAR's or cyclic converter's."""
    shared = readout.bits if readout.kind == "adc" else 1
    if readout.kind == "thermometer" and readout.mode == "sequential":
        shared = readout.levels
    conversion = readout.conversion_us(process.timing)
    return decision(process, array, readout.comparator, conversion, shared, kind)

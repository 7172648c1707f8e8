"""Thermometer readout: a few comparisons per sample, with learned or chosen thresholds."""

from pathlib import Path

from sensorsim import kernels
from sensorsim.kernels.machine_code import drop_stale

drop_stale(Path(__file__).parent, *kernels.__path__)

from sensorsim.readout.thermometer.circuit import ThermometerCircuit  # noqa: E402
from sensorsim.readout.thermometer.description import MAX_THRESHOLDS, Thermometer  # noqa: E402

READOUT = Thermometer

__all__ = ["MAX_THRESHOLDS", "READOUT", "Thermometer", "ThermometerCircuit"]

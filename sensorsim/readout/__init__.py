"""Volts to bits: a folder for each readout, and the protocol that the rest of the program calls.

`protocol` says what a readout offers, `registry` finds it by its kind, `learned` is the one that a
model file was trained with, `families` collects what the studies compare.
"""

from sensorsim.circuits.comparator import Comparator
from sensorsim.readout.adc import Adc, Architecture, Cyclic, Sar, SingleSlope
from sensorsim.readout.learned import LearnedReadout
from sensorsim.readout.protocol import Family, Learnable, Readout
from sensorsim.readout.registry import (
    AnyReadout,
    StatedReadout,
    kinds,
    nearest,
    register,
    unregister,
    uses_readouts,
)
from sensorsim.readout.thermometer import MAX_THRESHOLDS, Thermometer, ThermometerCircuit

__all__ = [
    "MAX_THRESHOLDS", "Adc", "AnyReadout", "Architecture", "Comparator", "Cyclic", "Family",
    "Learnable", "LearnedReadout", "Readout", "Sar", "SingleSlope", "StatedReadout", "Thermometer",
    "ThermometerCircuit", "kinds", "nearest", "register", "unregister", "uses_readouts",
]  # fmt: skip

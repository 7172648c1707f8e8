"""Readouts, which convert volts to bits: a package for each, and their common interface.

`protocol` defines the interface, `registry` looks up readouts by kind, `learned` is the readout
that a model file was trained with, `families` lists the readouts that the studies compare.
"""

from sensorsim.circuits.comparator import Comparator
from sensorsim.readout.adc import Adc, Architecture, Cyclic, Sar, SingleSlope
from sensorsim.readout.learned import LearnedReadout
from sensorsim.readout.protocol import Family, Learnable, Readout
from sensorsim.readout.registry import (
    AnyReadout,
    StatedReadout,
    kinds,
    register,
    unregister,
    uses_readouts,
)
from sensorsim.readout.thermometer import MAX_THRESHOLDS, Thermometer, ThermometerCircuit

__all__ = [
    "MAX_THRESHOLDS", "Adc", "AnyReadout", "Architecture", "Comparator", "Cyclic", "Family",
    "Learnable", "LearnedReadout", "Readout", "Sar", "SingleSlope", "StatedReadout", "Thermometer",
    "ThermometerCircuit", "kinds", "register", "unregister", "uses_readouts",
]  # fmt: skip

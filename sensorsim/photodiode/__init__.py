"""Light to electrons to volts: one pixel array, its noise and its fixed patterns."""

from sensorsim.photodiode.fixed_pattern import FixedPattern, fixed_pattern
from sensorsim.photodiode.pixel import Photodiode, dark_current_e_per_s
from sensorsim.photodiode.response import Linear, Linlog, Logarithmic
from sensorsim.photodiode.saturation import HardSaturation, SoftSaturation
from sensorsim.photodiode.sense import check_light, sense

__all__ = [
    "FixedPattern", "HardSaturation", "Linear", "Linlog", "Logarithmic", "Photodiode",
    "SoftSaturation", "check_light", "dark_current_e_per_s", "fixed_pattern", "sense",
]  # fmt: skip

"""Light to electrons to volts: one pixel array with its noise and fixed patterns."""

from sensorsim.sensor.fixed_pattern import FixedPattern, fixed_pattern
from sensorsim.sensor.photodiode import Photodiode, dark_current_e_per_s
from sensorsim.sensor.response import Linear, Linlog, Logarithmic
from sensorsim.sensor.saturation import HardSaturation, SoftSaturation
from sensorsim.sensor.sense import check_light, sense

__all__ = [
    "FixedPattern", "HardSaturation", "Linear", "Linlog", "Logarithmic", "Photodiode",
    "SoftSaturation", "check_light", "dark_current_e_per_s", "fixed_pattern", "sense",
]  # fmt: skip

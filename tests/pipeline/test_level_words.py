"""Levels in millivolts, electrons and codes of a reference DAC."""

from sensorsim.pipeline.level_words import level_words
from sensorsim.readout import Adc, Thermometer
from sensorsim.readout.log_gradient import LogGradient
from sensorsim.sensor import Photodiode

PIXEL = Photodiode(full_well_e=8000, conversion_gain_uv_per_e=50)


def test_levels_are_said_in_the_units_of_the_pixel() -> None:
    words = level_words(Thermometer(thresholds=(0.1, 0.5)), PIXEL)
    assert words == "levels at 40, 200 mV of 400 mV (800, 4,000 e-)"


def test_what_a_reference_dac_makes_of_them_is_said() -> None:
    words = level_words(Thermometer(thresholds=(0.1, 0.5), reference_bits=4), PIXEL)
    assert words.startswith("levels at 40, 200 mV of 400 mV")
    assert words.endswith("; the reference DAC of 16 steps makes codes 2, 8: 50, 200 mV")


def test_many_levels_are_said_by_their_ends() -> None:
    assert level_words(Adc(bits=8), PIXEL).startswith("levels at 1.56 to 398 mV of 400 mV (31.2 to")


def test_levels_that_are_no_voltage_are_said_as_they_are() -> None:
    assert level_words(LogGradient(ratios=(0.8, 1.25)), PIXEL).startswith("Ratios of neighboring")

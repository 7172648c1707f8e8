"""A digital tone curve behind the conversion."""

from typing import Any

import numpy as np
import pytest
from priced import stated
from pydantic import ValidationError

from sensorsim.circuits.pixel import PixelArray
from sensorsim.circuits.technology import load_technology
from sensorsim.core.streams import Key
from sensorsim.readout import Adc, Comparator
from sensorsim.tonemap import Gamma, Log

IDEAL = Comparator(noise_mv=0, offset_mv=0)
KEY = Key.of(0, [0])


def digital(**settings: Any) -> Adc:
    curve = Log(mu=50.0)
    return Adc(
        **{
            "bits": 4, "tone_curve": curve, "tone_domain": "digital", "conversion_bits": 10,
            "comparator": IDEAL,
        } | settings
    )  # fmt: skip


def test_digital_curve_is_the_curve_of_the_linear_code() -> None:
    volts = np.random.default_rng(0).uniform(-0.1, 0.9, (1, 40, 50, 1)).astype(np.float32)
    adc = digital()
    linear = Adc(bits=10, comparator=IDEAL).convert(volts, 0.8, KEY)
    expected = np.floor(16 * np.log1p(50 * (linear + 0.5) / 1024) / np.log1p(50))
    np.testing.assert_array_equal(adc.convert(volts, 0.8, KEY), expected)


def test_fine_conversion_comes_close_to_the_analog_curve() -> None:
    volts = np.random.default_rng(0).uniform(0, 1, (1, 100, 100, 1)).astype(np.float32)
    analog = digital(tone_domain="analog", conversion_bits=None).convert(volts, 1.0, KEY)
    share = [
        (digital(conversion_bits=b).convert(volts, 1.0, KEY) != analog).mean() for b in (6, 10, 14)
    ]
    assert share[0] > 0.05 > share[1] > share[2]
    assert share[2] < 2e-3


def test_transitions_are_where_the_code_changes() -> None:
    adc = digital(bits=6, conversion_bits=7)
    levels = adc.transitions()
    assert levels.size == 63
    middle = (np.arange(2**12) + 0.5) / 2**12
    codes = adc.convert(middle.astype(np.float32).reshape(1, -1, 1, 1), 1.0, KEY).ravel()
    np.testing.assert_array_equal(codes, (middle[:, np.newaxis] >= levels).sum(1))
    assert np.unique(codes).size < 64, "codes collide where the table is coarse"


def test_digital_curve_pays_for_its_conversion() -> None:
    survey = load_technology("survey")
    adcs = (digital(), Adc(bits=10, comparator=IDEAL), Adc(bits=4, comparator=IDEAL))
    enobs = [a.enob(1.0, 0) for a in adcs]
    assert enobs[0] == enobs[1] > enobs[2]
    array, settings = PixelArray(1, 1, 1, 5.0, 1.0, 1, 300.0), stated(converter="survey")
    rows = [a.rows(settings, survey, array, e)[0] for a, e in zip(adcs, enobs, strict=True)]
    prices = [row.each_pj.typical for row in rows]
    assert prices[0] == prices[1] > prices[2]


def test_any_architecture_may_stand_before_a_table() -> None:
    sar = digital(architecture={"kind": "sar", "unit_capacitor_mismatch_percent": 1.0})
    assert sar.converter.architecture.kind == "sar"
    assert sar.bits_per_sample == 4
    with pytest.raises(ValidationError, match="tone_domain 'digital'"):
        Adc(architecture={"kind": "sar"}, tone_curve=Gamma())


@pytest.mark.parametrize(
    "wrong",
    [
        {"conversion_bits": None},
        {"tone_domain": "analog"},
        {"conversion_bits": 3},
    ],
)
def test_half_a_table_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="conversion_bits"):
        digital(**wrong)

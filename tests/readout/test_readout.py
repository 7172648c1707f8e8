"""ADC and thermometer: identities, errors, and what a description refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sensorsim.circuits.comparator import column_offsets_v
from sensorsim.core import streams
from sensorsim.core.bits import unpack
from sensorsim.core.errors import InputError
from sensorsim.readout import Adc, AnyReadout, Comparator, Thermometer
from sensorsim.readout.families import families, make_readout
from sensorsim.readout.thermometer.families import quantile_thresholds
from sensorsim.tonemap import Gamma, Linear, Log, thresholds_of

IDEAL = Comparator(noise_mv=0, offset_mv=0)
KEY = streams.Key.of(0, [0])


def ramp(low: float = -0.1, high: float = 1.1, samples: int = 2000) -> np.ndarray:
    return np.linspace(low, high, samples).astype(np.float32).reshape(1, 1, -1, 1)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
def test_uniform_thermometer_equals_ideal_adc(bits: int, seed: int) -> None:
    volts = np.random.default_rng(seed).uniform(-0.2, 1.2, (1, 4, 5, 2)).astype(np.float32)
    adc = Adc(bits=bits, comparator=IDEAL)
    thermometer = Thermometer(
        thresholds=tuple(thresholds_of(Linear(), 2**bits - 1)), comparator=IDEAL
    )
    code = adc.convert(volts, 1.0, KEY)
    raw = thermometer.convert(volts, 1.0, KEY)
    np.testing.assert_array_equal(np.bitwise_count(raw), code)


def test_ideal_adc_truncates_at_multiples_of_its_step_and_clips() -> None:
    volts = ramp()
    code = Adc(bits=6, comparator=IDEAL).convert(volts, 1.0, KEY)
    expected = np.clip(np.floor(volts.astype(float) * 64), 0, 63)
    np.testing.assert_array_equal(code, expected)


@pytest.mark.parametrize("curve", [Gamma(gamma=2.2), Log(mu=255.0)])
def test_companded_adc_is_a_curve_before_a_linear_one(curve: Gamma | Log) -> None:
    volts = ramp(0.0, 0.999)
    code = Adc(bits=5, tone_curve=curve, comparator=IDEAL).convert(volts, 1.0, KEY)
    expected = np.floor(curve.apply(volts) * 32)
    assert (code != expected).mean() < 1e-3, "only a rounding on a level may differ"


def test_full_scale_scales_the_levels() -> None:
    volts = ramp()
    adc = Adc(bits=4, comparator=IDEAL)
    np.testing.assert_array_equal(adc.convert(2 * volts, 2.0, KEY), adc.convert(volts, 1.0, KEY))


def test_offsets_have_their_spread_and_belong_to_a_die_and_a_comparator() -> None:
    offsets = column_offsets_v(Comparator(offset_mv=2.0), 5000, 2, [0, 1], seed=0)
    assert offsets.shape == (2, 5000, 2)
    assert offsets.std() == pytest.approx(2e-3, rel=0.03)
    flat = offsets.transpose(0, 2, 1).reshape(4, -1)
    assert np.abs(np.corrcoef(flat) - np.eye(4)).max() < 0.05


def test_offset_of_a_column_is_the_same_in_every_row_and_frame() -> None:
    volts = np.full((3, 50, 40, 1), 0.5, np.float32)
    adc = Adc(bits=12, comparator=Comparator(noise_mv=0, offset_mv=2.0))
    code = adc.convert(volts, 1.0, streams.Key.of(0, [0, 1, 2])).astype(int)
    assert (code == code[0, 0]).all()
    assert code[0, 0].std() == pytest.approx(2e-3 * 4096, rel=0.4)


def test_comparator_noise_spreads_a_decision_as_it_should() -> None:
    volts = np.full((1, 200, 200, 1), 0.5005, np.float32)
    readout = Thermometer(thresholds=(0.5,), comparator=Comparator(noise_mv=0.5, offset_mv=0))
    share = readout.convert(volts, 1.0, KEY).mean()
    assert share == pytest.approx(0.8413, abs=4 * np.sqrt(0.84 * 0.16 / 40_000))


def test_packed_thermometer_keeps_color_before_level() -> None:
    volts = np.zeros((1, 1, 1, 3), np.float32)
    volts[..., 1] = 0.3
    readout = Thermometer(thresholds=(0.2, 0.4), comparator=IDEAL)
    words = readout.pack(readout.convert(volts, 1.0, KEY))
    assert words.shape == (1, 1, 1, 1, 1)
    np.testing.assert_array_equal(unpack(words, 6).ravel(), [0, 0, 1, 0, 0, 0])


def test_packed_adc_has_a_plane_per_bit() -> None:
    volts = np.full((1, 1, 1, 1), 5.5 / 8, np.float32)
    adc = Adc(bits=3, comparator=IDEAL)
    words = adc.pack(adc.convert(volts, 1.0, KEY))
    np.testing.assert_array_equal(words.ravel(), [1, 0, 1])


@pytest.mark.parametrize(
    ("thresholds", "words"),
    [
        ((0.2, 0.1), "ascending"),
        ((0.1, 0.1), "ascending"),
        ((0.0, 0.1), r"\(0, 1\]"),
        ((0.1, 1.1), r"\(0, 1\]"),
        ((), "at least 1"),
        ((float("nan"),), "finite"),
        (tuple(np.linspace(0.01, 1, 33)), "at most 32"),
    ],
)
def test_impossible_thresholds_are_refused(thresholds: tuple[float, ...], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Thermometer(thresholds=thresholds)


@pytest.mark.parametrize("bits", [0, 15, 2.5])
def test_impossible_resolution_is_refused(bits: float) -> None:
    with pytest.raises(ValidationError):
        Adc(bits=bits)


@pytest.mark.parametrize("family", families())
def test_every_family_makes_a_readout_that_survives_json(family: str) -> None:
    samples = np.random.default_rng(0).random(1000)
    readout = make_readout(family, 4, Comparator(), samples)
    adapter = TypeAdapter(AnyReadout)
    assert adapter.validate_json(adapter.dump_json(readout)) == readout
    chosen = families()[family]
    assert readout.levels == (15 if chosen.symbol == "b" else 4)
    assert readout.bits_per_sample % 4 == 0
    assert 4 <= readout.link_bits_per_sample <= readout.bits_per_sample


def test_quantile_thresholds_split_samples_evenly() -> None:
    samples = np.random.default_rng(0).random(100_000) ** 3
    counts = np.histogram(samples, [0, *quantile_thresholds(samples, 4), 1])[0]
    np.testing.assert_allclose(counts, 20_000, atol=2)


def test_calibrated_family_without_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="calibration"):
        make_readout("glt", 4, Comparator())
    with pytest.raises(ValueError, match="flash"):
        make_readout("flash", 4, Comparator())


@pytest.mark.parametrize(
    ("family", "levels", "words"),
    [
        ("glt", 0, "expected at least 1"), ("log-gradient", -3, "expected at least 1"),
        ("adc-linear", 99, "bits: .*less than or equal to 14"),
        ("log-gradient", 99, "ratios: .*at most 16"),
        ("thermometer-log", 33, "thresholds: .*at most 32"),
    ],
)  # fmt: skip
def test_a_number_of_levels_that_a_family_has_not_is_named(
    family: str, levels: int, words: str
) -> None:
    with pytest.raises(InputError, match=f"levels {levels} of family '{family}': {words}"):
        make_readout(family, levels, Comparator(), np.random.default_rng(0).random(1000))


@pytest.mark.parametrize("samples", [np.full(100, 1.5), np.full(100, -1e-4), np.full(100, 0.3)])
def test_light_that_gives_no_thresholds_is_named(samples: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"scene\.exposure: 4 thresholds calibrated"):
        make_readout("glt", 4, Comparator(), samples)


READERS = [
    Adc(bits=8, comparator=IDEAL),
    Adc(bits=8, column_gain_percent=1.0),
    Adc(bits=2, tone_domain="digital", conversion_bits=4),
    Thermometer(thresholds=(0.2, 0.5)),
    Thermometer(thresholds=(0.2, 0.5), hysteresis_mv=1.0),
]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_volts_that_are_none_are_refused(reader: Adc | Thermometer, value: float) -> None:
    volts = np.full((1, 20, 30, 1), 0.5, np.float32)
    volts[0, 19, 29] = value
    with pytest.raises(InputError, match="volts: NaN or infinite"):
        reader.convert(volts, 1.0, KEY)


@pytest.mark.parametrize("reader", READERS)
def test_largest_volts_give_the_last_code(reader: Adc | Thermometer) -> None:
    volts = np.full((1, 20, 30, 1), np.finfo(np.float32).max, np.float32)
    assert (reader.digital_numbers(reader.convert(volts, 1.0, KEY)) == reader.levels).all()


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("full_scale_v", [0.0, -1.0, np.nan, np.inf])
def test_a_full_scale_that_is_none_is_refused(
    reader: Adc | Thermometer, full_scale_v: float
) -> None:
    with pytest.raises(InputError, match="full_scale_v"):
        reader.convert(ramp(samples=20), full_scale_v, KEY)


@pytest.mark.parametrize("reader", READERS)
def test_a_key_of_another_number_of_images_is_refused(reader: Adc | Thermometer) -> None:
    with pytest.raises(InputError, match=r"key: 1 frames .* for 2 images"):
        reader.convert(np.zeros((2, 4, 4, 1), np.float32), 1.0, KEY)

"""A thermometer's circuit: modes, noise, hysteresis, reference DAC, bubbles, link."""

import math

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import binomtest, norm

from sensorsim.circuits.comparator import column_offsets_v
from sensorsim.core import streams
from sensorsim.core.bits import unpack
from sensorsim.readout import Adc, Comparator, Thermometer
from sensorsim.readout.thermometer.circuit import mismatched_levels, reference_levels
from sensorsim.readout.thermometer.compare import corrected
from sensorsim.tonemap import Linear, thresholds_of

IDEAL = Comparator(noise_mv=0, offset_mv=0)
KEY = streams.Key.of(0, [0])
MODES = ["parallel", "sequential"]


def uniform(bits: int, **circuit: object) -> Thermometer:
    thresholds = tuple(thresholds_of(Linear(), 2**bits - 1))
    return Thermometer(thresholds=thresholds, comparator=IDEAL, **circuit)


def random_volts(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.1, 1.1, shape).astype(np.float32)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("bits", range(1, 6))
def test_count_of_a_uniform_thermometer_is_the_code_of_an_ideal_adc(bits: int, mode: str) -> None:
    volts = random_volts(2, 40, 50, 3, seed=bits)
    volts[0, 0, : 2**bits + 1, 0] = np.arange(2**bits + 1) / 2**bits  # on every level
    code = Adc(bits=bits, comparator=IDEAL).convert(volts, 0.9, streams.Key.of(0, [0, 1]))
    readout = uniform(bits, mode=mode, reference_bits=bits, bubbles="corrected", link="encoded")
    fields = readout.convert(volts, 0.9, streams.Key.of(0, [0, 1]))
    assert fields.dtype == np.uint32
    assert fields.shape == volts.shape
    np.testing.assert_array_equal(np.bitwise_count(fields), code)
    np.testing.assert_array_equal(fields, (1 << code.astype(np.int64)) - 1)
    assert readout.link_bits_per_sample == bits


def test_codes_pack_to_the_channels_of_their_bits() -> None:
    readout = uniform(5)
    fields = readout.convert(random_volts(2, 4, 5, 7), 1.0, streams.Key.of(0, [0, 1]))
    bits = readout.channel_values(fields)
    assert (bits.shape, bits.dtype) == ((2, 4, 5, 7 * 31), np.float32)
    words = readout.pack(fields)
    assert words.shape == (2, 1, 4, 5, math.ceil(7 * 31 / 64))
    np.testing.assert_array_equal(unpack(words[:, 0], 7 * 31), bits)
    np.testing.assert_array_equal(bits.reshape(2, 4, 5, 7, 31)[..., 30], fields >> 30)


@pytest.mark.parametrize("mode", MODES)
def test_chance_of_a_one_is_that_of_normal_noise(mode: str) -> None:
    sigma_mv = 2.0
    readout = Thermometer(
        thresholds=(0.498, 0.5, 0.503), comparator=Comparator(noise_mv=sigma_mv, offset_mv=0),
        mode=mode,
    )  # fmt: skip
    volts = np.full((2, 100, 200, 1), 0.501, np.float32)
    bits = readout.channel_values(readout.convert(volts, 1.0, streams.Key.of(0, [0, 1])))
    for m, threshold in enumerate(readout.thresholds):
        chance = norm.cdf((float(volts[0, 0, 0, 0]) - threshold) * 1e3 / sigma_mv)
        ones = int(bits[..., m].sum())
        assert binomtest(ones, bits[..., m].size, chance).pvalue > 1e-3
        assert binomtest(ones, bits[..., m].size, chance + 0.02).pvalue < 1e-3, "a test that judges"
    independent = np.corrcoef(bits.reshape(-1, 3).T) - np.eye(3)
    assert np.abs(independent).max() < 4 / math.sqrt(40_000), "every decision has its own noise"


def switching_volts(mode: str, columns: int, offset_mv: float) -> tuple[np.ndarray, Thermometer]:
    """Volts at which each column's decisions turn to 1: [columns, M]."""
    rows = np.linspace(0, 1, 4001).astype(np.float32)
    volts = np.broadcast_to(rows[:, np.newaxis], (rows.size, columns))[np.newaxis, ..., np.newaxis]
    readout = Thermometer(
        thresholds=(0.2, 0.4, 0.6, 0.8), mode=mode,
        comparator=Comparator(noise_mv=0, offset_mv=offset_mv),
    )  # fmt: skip
    bits = readout.channel_values(readout.convert(volts, 1.0, KEY))[0]
    return rows[bits.argmax(0)], readout


def test_one_comparator_has_one_offset_and_many_have_many() -> None:
    step = 1 / 4000
    columns = 300
    volts, readout = switching_volts("sequential", columns, 10.0)
    offsets = readout.transitions() - volts
    (expected,) = column_offsets_v(readout.comparator, columns, 1, [0], 0)
    assert np.abs(offsets - expected + step / 2).max() < 0.51 * step
    assert expected.std() == pytest.approx(0.01, rel=0.15)
    volts, readout = switching_volts("parallel", columns, 10.0)
    offsets = readout.transitions() - volts
    assert offsets.std(0) == pytest.approx([0.01] * 4, rel=0.15)
    assert np.diff(offsets, axis=1).std() == pytest.approx(0.01 * math.sqrt(2), rel=0.15)
    assert np.abs(np.corrcoef(offsets.T) - np.eye(4)).max() < 4 / math.sqrt(columns)


def test_noise_is_the_same_in_both_modes() -> None:
    volts = random_volts(1, 30, 30, 1)
    noisy = Comparator(noise_mv=50, offset_mv=0)
    a, b = (
        Thermometer(thresholds=(0.3, 0.5, 0.7), comparator=noisy, mode=mode).convert(
            volts, 1.0, KEY
        )
        for mode in MODES
    )
    np.testing.assert_array_equal(a, b)


def test_ramps_up_and_down_the_rows_switch_one_hysteresis_apart() -> None:
    step = 1e-4
    up = np.arange(0.3, 0.7, step)
    rows = np.concatenate([up, up[::-1]]).astype(np.float32)
    volts = np.broadcast_to(rows[:, np.newaxis, np.newaxis], (rows.size, 3, 2))[np.newaxis]
    readout = Thermometer(thresholds=(0.4, 0.6), comparator=IDEAL, hysteresis_mv=20)
    bits = readout.channel_values(readout.convert(volts, 1.0, KEY))[0]
    assert (bits == bits[:, :1, [0, 1, 0, 1]]).all(), "columns and colors are alike"
    for m, threshold in enumerate(readout.thresholds):
        ones = np.flatnonzero(bits[:, 0, m])
        assert rows[ones[0]] == pytest.approx(threshold + 0.010, abs=1.1 * step)
        assert rows[ones[-1]] == pytest.approx(threshold - 0.010, abs=1.1 * step)
        assert (np.diff(ones) == 1).all()


def test_every_image_starts_without_a_memory() -> None:
    volts = np.full((2, 2, 1, 1), 0.505, np.float32)
    volts[0, 1] = 0.6
    readout = Thermometer(thresholds=(0.5,), comparator=IDEAL, hysteresis_mv=20)
    fields = readout.convert(volts, 1.0, streams.Key.of(0, [0, 1]))
    np.testing.assert_array_equal(fields.reshape(2, 2), [[0, 1], [0, 0]])


def test_a_sequential_comparator_remembers_its_last_step_only() -> None:
    step = 1e-4
    rows = np.arange(0.3, 0.7, step).astype(np.float32)
    readout = Thermometer(
        thresholds=(0.4, 0.6), comparator=IDEAL, hysteresis_mv=20, mode="sequential"
    )
    for order in (rows, rows[::-1]):
        bits = readout.channel_values(readout.convert(order.reshape(1, -1, 1, 1), 1.0, KEY))[
            0, :, 0
        ]
        lowest = [order[bits[:, m] == 1].min() for m in (0, 1)]
        assert lowest == pytest.approx([0.410, 0.590], abs=1.1 * step)


@pytest.mark.parametrize("mode", MODES)
def test_hysteresis_moves_only_samples_within_half_a_loop_of_a_level(mode: str) -> None:
    volts = random_volts(1, 60, 20, 1)
    still, loop = (
        Thermometer(thresholds=(0.3, 0.5, 0.7), comparator=IDEAL, mode=mode, hysteresis_mv=h)
        for h in (0.0, 100.0)
    )
    moved = still.convert(volts, 1.0, KEY) != loop.convert(volts, 1.0, KEY)
    near = np.abs(volts[..., np.newaxis] - still.transitions()).min(-1) <= 0.05
    assert moved.any()
    assert not moved[~near].any()


@pytest.mark.parametrize(
    ("thresholds", "bits", "levels"),
    [
        ((0.1, 0.3, 0.99), 4, (2 / 16, 5 / 16, 1.0)),
        ((0.03125, 0.5), 4, (1 / 16, 0.5)),  # half a step rounds up
        ((0.001, 0.9), 3, (1 / 8, 7 / 8)),  # the lowest level is one step, not black
        ((0.3, 0.8), 1, (0.5, 1.0)),
    ],
)
def test_thresholds_take_the_nearest_level_of_the_dac(
    thresholds: tuple[float, ...], bits: int, levels: tuple[float, ...]
) -> None:
    readout = Thermometer(thresholds=thresholds, reference_bits=bits, comparator=IDEAL)
    assert readout.transitions() == pytest.approx(levels, abs=0)
    volts = random_volts(1, 50, 50, 1)
    exact = Thermometer(thresholds=levels, comparator=IDEAL)
    np.testing.assert_array_equal(readout.convert(volts, 1, KEY), exact.convert(volts, 1, KEY))


def test_a_fine_dac_moves_no_threshold_by_more_than_half_a_step() -> None:
    thresholds = np.sort(np.random.default_rng(0).uniform(0.01, 0.99, 32))
    moved = reference_levels(thresholds, 16) - thresholds
    assert 0.25 / 2**16 < np.abs(moved).max() <= 0.5 / 2**16


def test_reference_error_has_its_spread_over_dies_and_levels() -> None:
    levels = np.array([0.2, 0.5, 0.8])
    error = mismatched_levels(levels, 1.5, range(4000), seed=3) - levels
    assert error.std(0) == pytest.approx([0.015] * 3, rel=0.05)
    assert np.abs(error.mean(0)).max() < 4 * 0.015 / math.sqrt(4000)
    assert np.abs(np.corrcoef(error.T) - np.eye(3)).max() < 4 / math.sqrt(4000)


def test_reference_error_is_drawn_apart_from_comparator_offsets() -> None:
    levels = mismatched_levels(np.zeros(32), 1, range(30), seed=0)
    offsets = column_offsets_v(Comparator(offset_mv=10), 1, 32, range(30), seed=0)
    assert abs(np.corrcoef(levels.ravel(), offsets.ravel())[0, 1]) < 4 / math.sqrt(levels.size)


@pytest.mark.parametrize("mode", MODES)
def test_reference_error_is_shared_by_columns_and_frames_of_a_die(mode: str) -> None:
    rows = np.linspace(0, 1, 2001).astype(np.float32)
    volts = np.broadcast_to(rows[:, np.newaxis, np.newaxis], (3, rows.size, 4, 2))
    readout = Thermometer(
        thresholds=(0.3, 0.6), comparator=IDEAL, reference_mismatch_percent=2, mode=mode
    )
    bits = readout.channel_values(
        readout.convert(volts, 0.9, streams.Key.of(7, [0, 1, 2], [5, 9, 5]))
    )
    edges = rows[bits.argmax(1)].reshape(3, 4, 2, 2)
    assert (edges == edges[:, :1, :1]).all()
    expected = 0.9 * mismatched_levels(readout.transitions(), 2, [5, 9, 5], 7)
    assert np.abs(edges[:, 0, 0] - expected).max() < 1.01 / 2000
    assert np.abs(expected[0] - expected[1]).max() > 5 / 2000


def test_levels_that_cross_make_bubbles_and_correction_removes_them() -> None:
    thresholds = tuple(0.5 + 0.001 * np.arange(8))
    volts = random_volts(30, 10, 10, 1)
    key = streams.Key.of(0, np.arange(30), np.arange(30))
    circuit = {"comparator": IDEAL, "reference_mismatch_percent": 20}
    kept = Thermometer(thresholds=thresholds, **circuit).convert(volts, 1.0, key)
    clean = Thermometer(thresholds=thresholds, bubbles="corrected", **circuit).convert(
        volts, 1.0, key
    )
    assert ((kept & (kept + 1)) != 0).mean() > 0.3, "bubbles: not of the form 2**n - 1"
    assert ((clean & (clean + 1)) == 0).all()
    np.testing.assert_array_equal(np.bitwise_count(clean), np.bitwise_count(kept))


def test_hysteresis_remembers_the_raw_decision_and_not_the_corrected_one() -> None:
    circuit = {
        "thresholds": (0.49, 0.5, 0.51), "comparator": Comparator(noise_mv=20, offset_mv=20),
        "hysteresis_mv": 40.0,
    }  # fmt: skip
    volts = np.random.default_rng(0).uniform(0.4, 0.6, (2, 50, 20, 1)).astype(np.float32)
    key = streams.Key.of(0, [0, 1])
    raw = Thermometer(**circuit).convert(volts, 1.0, key)
    clean = Thermometer(bubbles="corrected", **circuit).convert(volts, 1.0, key)
    np.testing.assert_array_equal(clean, corrected(raw))


def test_thirty_two_ones_fit_their_field() -> None:
    fields = np.array([0, 1, 2**31, 2**32 - 1, 0b1011], np.uint32)
    np.testing.assert_array_equal(corrected(fields), [0, 1, 1, 2**32 - 1, 0b111])


@pytest.mark.parametrize("levels", [1, 2, 3, 4, 7, 8, 15, 16, 31, 32])
def test_encoded_link_carries_the_count(levels: int) -> None:
    thresholds = tuple(np.arange(1, levels + 1) / (levels + 1))
    encoded = Thermometer(thresholds=thresholds, bubbles="corrected", link="encoded")
    assert encoded.link_bits_per_sample == math.ceil(math.log2(levels + 1))
    assert encoded.bits_per_sample == levels
    raw = Thermometer(thresholds=thresholds, bubbles="corrected")
    assert raw.link_bits_per_sample == levels


@pytest.mark.parametrize(
    ("circuit", "words"),
    [
        ({"link": "encoded"}, "bubbles 'corrected'"),
        ({"link": "serial"}, "raw"),
        ({"mode": "flash"}, "parallel"),
        ({"bubbles": "popped"}, "kept"),
        ({"hysteresis_mv": -1}, "greater than or equal to 0"),
        ({"hysteresis_mv": math.inf}, "finite"),
        ({"reference_bits": 0}, "greater than or equal to 1"),
        ({"reference_bits": 17}, "less than or equal to 16"),
        ({"reference_bits": 3}, "thresholds 0.4 and 0.41 both fall on code 3 of 8"),
        ({"reference_mismatch_percent": -0.1}, "greater than or equal to 0"),
        ({"comparator": {"hysteresis_mv": 1}}, "comparator.hysteresis_mv"),
    ],
)
def test_impossible_circuit_is_refused(circuit: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Thermometer(thresholds=(0.1, 0.4, 0.41), **circuit)

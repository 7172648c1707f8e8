"""Converter architectures against searches played bit by bit, and against closed forms."""

import numpy as np
import pytest
from pydantic import ValidationError

from sensorsim.circuits.comparator import column_offsets_v
from sensorsim.core import streams
from sensorsim.core.errors import InputError
from sensorsim.kernels.normal import fill_pixel_normals
from sensorsim.pipeline.configuration import load_description
from sensorsim.readout import Adc, Architecture, Comparator, Cyclic, Sar, SingleSlope
from sensorsim.readout.adc.architecture import Columns, binary_sums, search_levels
from sensorsim.readout.adc.levels import transition_levels_v
from sensorsim.tonemap import Gamma, Linear, Log

IDEAL = Comparator(noise_mv=0, offset_mv=0)


def levels(architecture: Architecture, bits: int, columns: int = 1, **fields: object) -> np.ndarray:
    """Levels of die 0 in LSB: [K, L]."""
    adc = Adc(bits=bits, architecture=architecture, **fields)
    return transition_levels_v(adc, 1.0, columns, 0, seed=5)[0] * 2**bits


@pytest.mark.parametrize("bits", range(1, 15))
@pytest.mark.parametrize("architecture", [SingleSlope(), Sar(), Cyclic()])
def test_without_errors_every_architecture_is_the_ideal_converter(
    bits: int, architecture: Architecture
) -> None:
    adc = Adc(bits=bits, architecture=architecture)
    expected = adc.transitions() * 0.77
    got = transition_levels_v(adc, 0.77, 9, [0, 3], seed=1)
    assert got.shape == (2, 1, 2**bits - 1)
    np.testing.assert_array_equal(got, np.broadcast_to(expected, got.shape))


@pytest.mark.parametrize("curve", [Linear(), Gamma(), Log()])
def test_default_converter_counts_the_nominal_levels_below_each_noisy_sample(
    curve: Linear | Gamma | Log,
) -> None:
    adc = Adc(bits=6, tone_curve=curve, comparator=Comparator(noise_mv=7, offset_mv=5))
    volts = np.random.default_rng(0).uniform(-0.1, 0.9, (2, 3, 4, 2)).astype(np.float32)
    key = streams.Key.of(3, [8, 9], [1, 0])
    codes = adc.convert(volts, 0.77, key)
    offset = column_offsets_v(adc.comparator, 8, 1, [1, 0], 3)[:, :, 0]
    normals = np.empty(24, np.float32)
    for n, p in np.ndindex(2, 24):
        fill_pixel_normals(normals, key.frames[n], 3, streams.READOUT_NOISE)
        v = np.float64(volts[n].ravel()[p]) + offset[n, p % 8] + 7e-3 * normals[p]
        assert codes[n].ravel()[p] == (v >= adc.transitions() * 0.77).sum()


@pytest.mark.parametrize("percent", [-20.0, -1.0, 0.5, 20.0])
@pytest.mark.parametrize("curve", [Linear(), Log()])
def test_bow_of_the_ramp_peaks_at_its_stated_percent(percent: float, curve: Linear | Log) -> None:
    straight = levels(SingleSlope(), 12, tone_curve=curve)[0]
    bowed = levels(SingleSlope(ramp_curvature_percent=percent), 12, tone_curve=curve)[0]
    assert (np.diff(bowed) > 0).all()
    deviation = (bowed - straight) / 2**12 * 100
    peak = np.abs(deviation).argmax()
    assert deviation[peak] == pytest.approx(percent, rel=1e-3)
    assert straight[peak] / 2**12 == pytest.approx(0.5, abs=0.01)


def test_delay_of_the_comparator_is_an_offset_of_delay_times_clock() -> None:
    ramp = SingleSlope(conversion_time_us=20, comparator_delay_ns=130)
    clock_hz = 2**10 / 20e-6
    np.testing.assert_allclose(levels(ramp, 10)[0], np.arange(1, 1024) - 130e-9 * clock_hz)
    volts = np.full((1, 1, 1, 1), 0.5, np.float32)
    adc = Adc(bits=10, architecture=ramp, comparator=IDEAL)
    code = adc.convert(volts, 1.0, streams.Key.of(0, [0])).item()
    assert code == np.floor(512 + 130e-9 * clock_hz), "a late comparator stops at a later code"


@pytest.mark.parametrize("curve", [Gamma(), Log()])
def test_delay_on_a_curved_ramp_shifts_its_time_and_levels_stay_ascending(
    curve: Gamma | Log,
) -> None:
    ramp = SingleSlope(
        conversion_time_us=10,
        comparator_delay_ns=500,
        delay_mismatch_percent=15,
        ramp_curvature_percent=-20,
    )
    assert (np.diff(levels(ramp, 10, 500, tone_curve=curve), axis=1) > 0).all()
    late = levels(
        SingleSlope(conversion_time_us=10, comparator_delay_ns=500), 10, tone_curve=curve
    )[0]
    expected = curve.inverse(np.arange(100, 1024) / 1024 - 0.05) * 1024
    np.testing.assert_allclose(late[99:], expected)


def test_spread_of_the_delay_is_column_fixed_pattern_noise() -> None:
    ramp = SingleSlope(conversion_time_us=10, comparator_delay_ns=200, delay_mismatch_percent=10)
    offset = np.arange(1, 1024) - levels(ramp, 10, 4000)
    lsb = 200e-9 * 2**10 / 10e-6
    np.testing.assert_allclose(offset, offset[:, :1].repeat(1023, 1), atol=1e-9)
    assert offset[:, 0].mean() == pytest.approx(lsb, rel=4 * 0.1 / np.sqrt(4000))
    assert offset[:, 0].std() == pytest.approx(0.1 * lsb, rel=4 / np.sqrt(2 * 4000))


@pytest.mark.parametrize("bits", [4, 8, 10])
def test_dnl_of_a_sar_at_mid_code_has_its_theoretical_spread(bits: int) -> None:
    """The major transition swaps ``2**bits - 1`` units, each of variance sigma**2."""
    columns, sigma = 20_000, 0.001
    got = levels(Sar(unit_capacitor_mismatch_percent=100 * sigma), bits, columns)
    middle = 2 ** (bits - 1)
    dnl = got[:, middle - 1] - got[:, middle - 2] - 1
    assert dnl.std() == pytest.approx(
        sigma * np.sqrt(2**bits - 1), rel=4 / np.sqrt(2 * columns) + 2 * sigma
    )
    assert abs(dnl.mean()) < 4 * dnl.std() / np.sqrt(columns) + sigma**2 * 2**bits


def play_search(volts: np.ndarray, bits: int, decide: np.ndarray) -> np.ndarray:
    """Codes of a successive approximation, bit by bit; ``decide[k]`` is the DAC at code k."""
    code = np.zeros(volts.shape, int)
    for bit in reversed(range(bits)):
        trial = code | 1 << bit
        code = np.where(volts >= decide[trial], trial, code)
    return code


@pytest.mark.parametrize("bits", [1, 2, 5, 8])
@pytest.mark.parametrize("disorder", [0.0, 0.01, 0.3])
def test_search_levels_give_the_codes_of_a_search(bits: int, disorder: float) -> None:
    random = np.random.default_rng(bits)
    dac = np.arange(2**bits) / 2**bits + random.normal(0, disorder, 2**bits)
    got = search_levels(dac[np.newaxis])[0]
    volts = np.concatenate((random.uniform(-0.5, 1.5, 3000), dac, got))
    assert (np.diff(got) >= 0).all()
    np.testing.assert_array_equal(
        (volts[:, np.newaxis] >= got).sum(1), play_search(volts, bits, dac)
    )


def test_sar_gives_the_codes_of_a_search_with_its_capacitors() -> None:
    bits, sigma, columns = 6, 0.15, 7
    got = levels(Sar(unit_capacitor_mismatch_percent=15), bits, columns) / 2**bits
    draws = [Columns(columns, 0, 5).normal(streams.ADC_MISMATCH, part) for part in range(bits + 1)]
    volts = np.linspace(-0.1, 1.1, 5001)
    for column in range(columns):
        capacitors = [2**k + sigma * np.sqrt(2**k) * draws[k + 1][column] for k in range(bits)]
        total = sum(capacitors) + 1 + sigma * draws[0][column]
        dac = [sum(c for k, c in enumerate(capacitors) if x >> k & 1) for x in range(2**bits)]
        np.testing.assert_array_equal(
            (volts[:, np.newaxis] >= got[column]).sum(1),
            play_search(volts, bits, np.array(dac) / total),
        )
    assert (np.diff(got) == 0).any(), "so large a mismatch makes missing codes"


def test_heavy_capacitor_makes_a_wide_code_and_a_light_one_missing_codes() -> None:
    """The lower bits sum to 7 units: 2 less than a bit of 9, 1 more than a bit of 6."""
    heavy = search_levels(binary_sums(np.array([[1.0, 2.0, 4.0, 9.0]])))[0]
    np.testing.assert_array_equal(heavy[5:9], [6, 7, 9, 10])
    light = search_levels(binary_sums(np.array([[1.0, 2.0, 4.0, 6.0]])))[0]
    np.testing.assert_array_equal(light[3:9], [4, 5, 6, 6, 6, 7])


@pytest.mark.parametrize("error", [-8.0, -0.5, 0.0, 0.7, 8.0])
@pytest.mark.parametrize("offset_mv", [-20.0, 0.0, 30.0])
def test_cyclic_gives_the_codes_of_its_recursion(error: float, offset_mv: float) -> None:
    bits, full_scale_v = 7, 0.8
    adc = Adc(
        bits=bits,
        architecture=Cyclic(gain_error_percent=error, amplifier_offset_mv=offset_mv),
        comparator=IDEAL,
    )
    volts = np.linspace(-0.2, 1.2, 20_011).astype(np.float32)
    residue, code = volts.astype(np.float64), np.zeros(volts.shape, int)
    for _ in range(bits):
        bit = residue >= full_scale_v / 2
        code = 2 * code + bit
        residue = 2 * (1 + error / 100) * (residue + offset_mv * 1e-3 - bit * full_scale_v / 2)
    got = adc.convert(volts.reshape(1, -1, 1, 1), full_scale_v, streams.Key.of(0, [0])).ravel()
    assert (got != code).mean() < 2e-4, "only a rounding on a level may differ"
    assert (np.diff(code) >= 0).all()


@pytest.mark.parametrize("error", [0.001, 0.01])
def test_gain_error_of_a_cyclic_converter_jumps_at_the_major_transition(error: float) -> None:
    """Below mid code all lower bits sum to 1 / (2 (g - 1)) (1 - g**(1 - bits)) instead of 1/2."""
    bits, gain = 10, 2 * (1 + error)
    wide = levels(Cyclic(gain_error_percent=100 * error), bits)[0]
    below = (1 - gain ** (1 - bits)) / (2 * (gain - 1))
    assert wide[511] - wide[510] == pytest.approx((0.5 - below) * 2**bits)
    small = levels(Cyclic(gain_error_percent=0.01), bits)[0]
    assert small[511] - small[510] - 1 == pytest.approx(1e-4 * 2**bits, rel=0.02), "first order"
    narrow = levels(Cyclic(gain_error_percent=-100 * error), bits)[0]
    gain = 2 * (1 - error)
    below = (1 - gain ** (1 - bits)) / (2 * (gain - 1))
    assert narrow[511] - narrow[510] == pytest.approx(max(0.0, (0.5 - below) * 2**bits), abs=1e-9)


def test_offset_of_the_residue_amplifier_widens_the_major_transition() -> None:
    """The first bit is decided before the amplifier, the last after 2 (1 - 2**(1 - bits)) of it."""
    got = levels(Cyclic(amplifier_offset_mv=2.0), 10)[0]
    assert got[511] - got[510] - 1 == pytest.approx(2 * (1 - 2**-9) * 2e-3 * 1024)


def test_gain_and_offset_of_all_columns() -> None:
    got = levels(SingleSlope(), 8, gain_error_percent=2, offset_mv=-30)[0]
    np.testing.assert_allclose(1.02 * got - 0.03 * 256, np.arange(1, 256))


def test_gain_spreads_over_columns() -> None:
    got = levels(Sar(), 6, 4000, column_gain_percent=3.0)
    assert got.shape == (4000, 63)
    gain = 1 / (got / np.arange(1, 64))
    np.testing.assert_allclose(gain, gain[:, :1].repeat(63, 1))
    assert gain[:, 0].std() == pytest.approx(0.03, rel=4 / np.sqrt(2 * 4000))


VARIED = [
    Adc(
        bits=5,
        architecture=SingleSlope(
            conversion_time_us=10, comparator_delay_ns=100, delay_mismatch_percent=5
        ),
    ),
    Adc(bits=5, architecture=Sar(unit_capacitor_mismatch_percent=3)),
    Adc(bits=5, architecture=Cyclic(gain_mismatch_percent=1)),
    Adc(bits=5, column_gain_percent=1),
]


@pytest.mark.parametrize("adc", VARIED)
def test_mismatch_belongs_to_a_column_of_a_die_and_a_seed(adc: Adc) -> None:
    got = transition_levels_v(adc, 1.0, 6, [4, 2], seed=9)
    assert got.shape == (2, 6, 31)
    assert len(np.unique(got[:, :, 15:].mean(-1))) == 12
    np.testing.assert_array_equal(got, transition_levels_v(adc, 1.0, 8, [4, 2], 9)[:, :6])
    np.testing.assert_array_equal(got[1], transition_levels_v(adc, 1.0, 6, 2, 9)[0])
    assert (got != transition_levels_v(adc, 1.0, 6, [4, 2], 10)).any(axis=(1, 2)).all()


@pytest.mark.parametrize("adc", VARIED)
def test_conversion_uses_the_levels_of_its_die_and_column(adc: Adc) -> None:
    adc = adc.model_copy(update={"comparator": IDEAL})
    volts = np.random.default_rng(1).uniform(0, 1, (3, 40, 2, 3)).astype(np.float32)
    codes = adc.convert(volts, 1.0, streams.Key.of(9, [0, 1, 2], [4, 2, 4]))
    own = transition_levels_v(adc, 1.0, 6, [4, 2, 4], 9).reshape(3, 1, 2, 3, 31)
    np.testing.assert_array_equal(codes, (volts[..., np.newaxis] >= own).sum(-1))
    ideal = Adc(bits=5, comparator=IDEAL).convert(volts, 1.0, streams.Key.of(9, [0, 1, 2]))
    assert (codes != ideal).any()


@pytest.mark.parametrize("architecture", [Sar(), Cyclic()])
def test_only_a_ramp_can_be_companded(architecture: Sar | Cyclic) -> None:
    words = rf"'log' with architecture.kind '{architecture.kind}': expected 'linear'.*single-slope"
    with pytest.raises(ValidationError, match=words):
        Adc(architecture=architecture, tone_curve=Log())


def test_delay_longer_than_a_twentieth_of_the_ramp_is_refused() -> None:
    with pytest.raises(ValidationError, match="comparator_delay_ns 501: expected at most 500"):
        SingleSlope(conversion_time_us=10, comparator_delay_ns=501)
    with pytest.raises(ValidationError, match="comparator_delay_ns 5 without conversion_time_us"):
        SingleSlope(comparator_delay_ns=5)


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (SingleSlope, {"ramp_curvature_percent": 21}),
        (SingleSlope, {"delay_mismatch_percent": 16}),
        (Sar, {"unit_capacitor_mismatch_percent": -1}),
        (Cyclic, {"gain_error_percent": 11}),
        (Cyclic, {"gain_mismatch_percent": float("nan")}),
        (Adc, {"column_gain_percent": 11}),
        (Adc, {"architecture": {"kind": "flash"}}),
    ],
)
def test_impossible_errors_are_refused(kind: type, field: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        kind(**field)


def test_more_levels_than_memory_holds_are_refused() -> None:
    adc = Adc(bits=14, column_gain_percent=1)
    with pytest.raises(InputError, match=r"readout\.bits 14: 20000 different columns"):
        transition_levels_v(adc, 1.0, 20_000, 0, 0)


def test_fields_of_an_architecture_are_named_without_their_kinds() -> None:
    with pytest.raises(InputError, match=r"readout\.architecture\.gain_error: no such field"):
        load_description(
            "adc4",
            {"readout.architecture.kind": "cyclic", "readout.architecture.gain_error": 1},
        )
    settings = {"readout.architecture": {"kind": "sar", "unit_capacitor_mismatch_percent": 1}}
    description, _ = load_description("adc4", settings)
    assert description.readout.architecture == Sar(unit_capacitor_mismatch_percent=1)
    with pytest.raises(InputError, match=r"adc4_log\.toml: readout: .*only a single-slope"):
        load_description("adc4_log", settings)


def test_every_field_of_an_architecture_has_a_meaning() -> None:
    for kind in (SingleSlope, Sar, Cyclic, Adc):
        for name, field in kind.model_fields.items():
            assert field.description or name == "kind"

"""Curves as transition levels, as thresholds, and as tables of codes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorsim.core.errors import InputError
from sensorsim.core.streams import Key
from sensorsim.readout import Adc, Comparator
from sensorsim.tonemap import (
    Bt709,
    Curve,
    Drago,
    Gamma,
    Linear,
    Log,
    NakaRushton,
    PiecewiseLinear,
    Pq,
    Reinhard,
    Srgb,
    curve_of,
    lookup_table,
    thresholds_of,
    transition_levels,
)

CURVES = [
    Linear(), Gamma(), Srgb(), Bt709(), Log(), NakaRushton(), Reinhard(), Drago(), Pq(),
    PiecewiseLinear(x=(0, 0.123, 1), y=(0, 0.617, 1)),
]  # fmt: skip
IDEAL = Comparator(noise_mv=0, offset_mv=0)
KEY = Key.of(0, [0])


@pytest.mark.parametrize("curve", CURVES)
def test_levels_lie_where_the_curve_changes_its_code(curve: Curve) -> None:
    levels = transition_levels(curve, 7)
    assert (np.diff(levels) > 0).all()
    np.testing.assert_allclose(curve.apply(levels) * 8, np.arange(1, 8), rtol=1e-12)


@given(
    st.lists(
        st.floats(0, 1, exclude_min=True, exclude_max=True), min_size=1, max_size=32, unique=True
    )
)
def test_thresholds_read_as_a_curve_come_back_exactly(values: list[float]) -> None:
    thresholds = np.sort(values)
    curve = curve_of(thresholds)
    np.testing.assert_array_equal(thresholds_of(curve, len(values)), thresholds)
    np.testing.assert_allclose(
        curve.apply(thresholds), np.arange(1, len(values) + 1) / (len(values) + 1), rtol=1e-15
    )


def test_uniform_thresholds_are_the_straight_line() -> None:
    curve = curve_of(thresholds_of(Linear(), 5))
    np.testing.assert_allclose(curve.x, curve.y)


def test_adc_behind_a_thermometers_curve_has_its_thresholds() -> None:
    thresholds = (0.01, 0.02, 0.05, 0.11, 0.2, 0.4, 0.77)
    adc = Adc(bits=3, tone_curve=curve_of(thresholds), comparator=IDEAL)
    assert tuple(adc.transitions()) == thresholds


@pytest.mark.parametrize(
    "thresholds",
    [[], [[0.1]], 0.5, [0.0, 0.5], [0.5, 1.0], [0.5, 0.4], [0.5, 0.5], [float("nan")], [-0.1, 0.5]],
)
def test_impossible_thresholds_are_refused(thresholds: object) -> None:
    with pytest.raises(InputError, match="thresholds"):
        curve_of(thresholds)  # type: ignore[arg-type]


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize(("bits_in", "bits_out"), [(8, 8), (10, 4), (4, 12), (1, 16), (16, 1)])
def test_table_is_an_adc_behind_the_curve_at_the_middle_of_a_code(
    curve: Curve, bits_in: int, bits_out: int
) -> None:
    table = lookup_table(curve, bits_in, bits_out)
    middle = (np.arange(2**bits_in) + 0.5) / 2**bits_in
    levels = transition_levels(curve, 2**bits_out - 1)
    expected = np.searchsorted(levels, middle, "right")
    assert table.dtype == np.uint16
    assert table.shape == (2**bits_in,)
    assert (np.diff(table.astype(int)) >= 0).all()
    off = table != expected
    assert off.mean() <= 0.02, "only a level within rounding of a middle may differ"
    near = levels[np.maximum(expected, table)[off] - 1]
    np.testing.assert_allclose(near, middle[off], rtol=1e-12)


def test_table_of_the_straight_line_changes_nothing_and_drops_low_bits() -> None:
    np.testing.assert_array_equal(lookup_table(Linear(), 6, 6), np.arange(64))
    np.testing.assert_array_equal(lookup_table(Linear(), 10, 6), np.arange(1024) // 16)


def test_table_of_a_square_root_written_out() -> None:
    codes = [int(16 * ((c + 0.5) / 16) ** 0.5) for c in range(16)]
    assert lookup_table(Gamma(gamma=2), 4, 4).tolist() == codes
    assert codes == [2, 4, 6, 7, 8, 9, 10, 10, 11, 12, 12, 13, 14, 14, 15, 15]


def test_codes_collide_where_the_curve_is_flat_and_not_with_bits_to_spare() -> None:
    assert len(set(lookup_table(Log(), 8, 8))) < 200
    assert len(set(lookup_table(Log(), 8, 16))) == 256
    assert len(set(lookup_table(Log(), 16, 8))) == 256


def test_saturated_tones_get_the_last_code_and_do_not_wrap() -> None:
    steep = NakaRushton(exponent=5, semisaturation=1e-3)
    assert steep.apply(0.999) == 1
    table = lookup_table(steep, 16, 16)
    assert table[-1] == 65535
    assert (np.diff(table.astype(int)) >= 0).all()


def test_table_maps_what_an_adc_converted() -> None:
    volts = np.linspace(0, 0.9999, 5000).astype(np.float32).reshape(1, 1, -1, 1)
    fine = Adc(bits=14, comparator=IDEAL).convert(volts, 1.0, KEY)
    analog = Adc(bits=4, tone_curve=Srgb(), comparator=IDEAL).convert(volts, 1.0, KEY)
    digital = lookup_table(Srgb(), 14, 4)[fine]
    assert (digital != analog).mean() < 5e-3, "they differ only within a fine step of a level"


@pytest.mark.parametrize(("bits_in", "bits_out"), [(0, 8), (17, 8), (8, 0), (8, 17)])
def test_impossible_table_is_refused(bits_in: int, bits_out: int) -> None:
    with pytest.raises(InputError, match=r"put_bits: (0|17), expected 1 to 16"):
        lookup_table(Linear(), bits_in, bits_out)

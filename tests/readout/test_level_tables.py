"""Tables of steps against exact rational arithmetic, for levels that lie as close as they can."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensorsim.core import streams
from sensorsim.readout import Adc, Comparator, Thermometer
from sensorsim.readout.level_tables import close_levels, step_table

IDEAL = Comparator(noise_mv=0, offset_mv=0)


def neighbors(levels_v: np.ndarray, steps: int = 3) -> np.ndarray:
    """The float32 numbers around each level, [1, 1, n, 1]."""
    found = [np.float32(v) for v in levels_v]
    for direction in (np.float32(-np.inf), np.float32(np.inf)):
        edge = list(map(np.float32, levels_v))
        for _ in range(steps):
            edge = [np.nextafter(v, direction) for v in edge]
            found += edge
    return np.array(found, np.float32).reshape(1, 1, -1, 1)


def exact_fields(volts: np.ndarray, levels_v: np.ndarray) -> np.ndarray:
    levels = [Fraction(float(v)) for v in levels_v]
    out = [
        sum((Fraction(float(v)) >= level) << m for m, level in enumerate(levels))
        for v in volts.ravel()
    ]
    return np.array(out, np.uint32).reshape(volts.shape)


def fields_of(levels: list[float], full_scale_v: float) -> tuple[np.ndarray, np.ndarray]:
    levels_v = full_scale_v * np.array(levels)
    volts = neighbors(levels_v)
    readout = Thermometer(thresholds=tuple(levels), comparator=IDEAL)
    found = readout.convert(volts, full_scale_v, streams.Key.of(0, [0]))
    return found, exact_fields(volts, levels_v)


def test_thresholds_a_few_float32_numbers_apart() -> None:
    found, exact = fields_of([0.8764312, 0.8764854, 0.8765625, 0.8770511], 1.0)
    np.testing.assert_array_equal(found, exact)


@settings(max_examples=60, deadline=None)
@given(
    lowest=st.floats(1e-6, 0.9),
    gaps=st.lists(st.floats(-14, -3).map(lambda x: 10**x), min_size=0, max_size=8),
    full_scale_v=st.sampled_from([1.0, 0.9, 0.75, 3.3]),
)
def test_bits_are_those_of_exact_arithmetic(
    lowest: float, gaps: list[float], full_scale_v: float
) -> None:
    levels = np.unique(np.minimum(lowest + np.cumsum([0.0, *gaps]), 1.0)).tolist()
    found, exact = fields_of(levels, full_scale_v)
    np.testing.assert_array_equal(found, exact)


@settings(max_examples=25, deadline=None)
@given(bits=st.integers(1, 7), full_scale_v=st.floats(0.1, 5.0))
def test_codes_are_those_of_exact_arithmetic(bits: int, full_scale_v: float) -> None:
    levels_v = full_scale_v * np.arange(1, 2**bits) / 2**bits
    volts = neighbors(levels_v[:: max(1, levels_v.size // 16)])
    codes = Adc(bits=bits, comparator=IDEAL).convert(volts, full_scale_v, streams.Key.of(0, [0]))
    exact = [sum(Fraction(float(v)) >= Fraction(float(t)) for t in levels_v) for v in volts.ravel()]
    np.testing.assert_array_equal(codes.ravel(), exact)


@pytest.mark.parametrize("levels", [[0.3], [0.3, 0.3], [0.0], [1e-30, 2e-30]])
def test_equal_levels_and_levels_at_black_have_a_table(levels: list[float]) -> None:
    table = step_table(levels[0], levels[-1], 64)
    assert np.isfinite(table.steps_per_v)
    close = close_levels(np.array([levels]), 0.0, table)
    inside = np.searchsorted(table.edges, levels[0], side="right") - 1
    assert close.first[0, inside] < close.last[0, inside]

"""Tone curves, their inverses, and thresholds as curves."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensorsim.tonemap import Gamma, Linear, Log, curve_of, thresholds_of, transition_levels

CURVES = [Linear(), Gamma(gamma=2.2), Gamma(gamma=1.0), Log(mu=255.0), Log(mu=5000.0)]


@pytest.mark.parametrize("curve", CURVES)
def test_curve_maps_the_unit_interval_onto_itself_and_back(curve: Linear | Gamma | Log) -> None:
    x = np.linspace(0, 1, 1001)
    y = curve.apply(x)
    assert y[0] == 0
    assert y[-1] == pytest.approx(1)
    assert (np.diff(y) > 0).all()
    np.testing.assert_allclose(curve.inverse(y), x, atol=1e-12)


def test_mu_law_is_that_of_g711() -> None:
    assert Log(mu=255.0).apply(0.1) == pytest.approx(np.log(26.5) / np.log(256))


@pytest.mark.parametrize("curve", CURVES)
def test_levels_lie_where_the_curve_changes_its_code(curve: Linear | Gamma | Log) -> None:
    levels = transition_levels(curve, 7)
    np.testing.assert_allclose(curve.apply(levels) * 8, np.arange(1, 8))


@given(st.lists(st.floats(1e-4, 0.999), min_size=1, max_size=32, unique=True))
def test_thresholds_read_as_a_curve_come_back(values: list[float]) -> None:
    thresholds = np.sort(values)
    x, y = curve_of(thresholds)
    levels = np.arange(1, len(values) + 1) / (len(values) + 1)
    np.testing.assert_allclose(np.interp(levels, y, x), thresholds)
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)


def test_uniform_thresholds_are_the_straight_line() -> None:
    x, y = curve_of(thresholds_of(Linear(), 5))
    np.testing.assert_allclose(x, y)

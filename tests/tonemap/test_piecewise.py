"""Piecewise-linear curves, and the equalization of samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sensorsim.core.errors import InputError
from sensorsim.tonemap import PiecewiseLinear, histogram_equalization


def rising(values: set[float]) -> tuple[float, ...]:
    return (0.0, *sorted(values), 1.0)


inner = st.floats(0, 1, exclude_min=True, exclude_max=True)


@st.composite
def curves(draw: st.DrawFn) -> PiecewiseLinear:
    size = draw(st.integers(0, 12))
    x, y = (draw(st.sets(inner, min_size=size, max_size=size)) for _ in "xy")
    return PiecewiseLinear(x=rising(x), y=rising(y))


@given(curves(), st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_any_knots_make_a_monotone_curve_exact_at_its_knots(
    curve: PiecewiseLinear, values: list[float]
) -> None:
    np.testing.assert_array_equal(curve.apply(curve.x), curve.y)
    np.testing.assert_array_equal(curve.inverse(curve.y), curve.x)
    x = np.sort([*values, *curve.x, *np.nextafter(curve.x[1:], 0)])
    for found, start, end in ((curve.apply(x), curve.x, curve.y),
                              (curve.inverse(x), curve.y, curve.x)):  # fmt: skip
        assert (np.diff(found) >= 0).all()
        left = np.clip(np.searchsorted(start, x, "right") - 1, 0, len(start) - 2)
        assert (found >= np.asarray(end)[left]).all()
        assert (found <= np.asarray(end)[left + 1]).all()


def test_rounding_just_below_a_knot_does_not_pass_it() -> None:
    x0, x1, y0, y1 = 0.2, 0.89, 0.06, 0.68
    below = np.nextafter(x1, 0)
    assert y0 + (below - x0) / (x1 - x0) * (y1 - y0) > y1, "then this example shows nothing"
    assert PiecewiseLinear(x=(0, x0, x1, 1), y=(0, y0, y1, 1)).apply(below) <= y1


def test_lines_between_knots_are_those_of_numpy() -> None:
    curve = PiecewiseLinear(x=(0, 0.1, 0.35, 1), y=(0, 0.5, 0.8, 1))
    x = np.linspace(0, 1, 777)
    np.testing.assert_allclose(curve.apply(x), np.interp(x, curve.x, curve.y), rtol=1e-14)
    np.testing.assert_allclose(curve.inverse(x), np.interp(x, curve.y, curve.x), rtol=1e-14)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ((0, 0.5, 1), (0, 1), "3 values of x and 2 of y"),
        ((0.1, 1), (0, 1), "x goes from 0.1 to 1.0"),
        ((0, 1), (0, 0.9), "y goes from 0.0 to 0.9"),
        ((0, 0.5, 0.5, 1), (0, 0.2, 0.4, 1), "x holds 0.5 after 0.5"),
        ((0, 0.3, 0.5, 1), (0, 0.4, 0.2, 1), "y holds 0.2 after 0.4"),
        ((0, float("nan"), 1), (0, 0.5, 1), "finite"),
        ((0,), (0,), "at least 2"),
    ],
)
def test_impossible_knots_are_refused(x: tuple[float], y: tuple[float], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        PiecewiseLinear(x=x, y=y)


@pytest.mark.parametrize("knots", [16, 64])
def test_equalized_samples_are_uniform(knots: int) -> None:
    samples = np.random.default_rng(1).beta(0.6, 7, 20_000)
    tones = np.sort(histogram_equalization(samples, knots).apply(samples))
    farthest = np.abs(tones - (np.arange(tones.size) + 0.5) / tones.size).max()
    assert farthest < 1 / knots
    assert np.abs(np.sort(samples) - np.linspace(0, 1, samples.size)).max() > 0.5


def test_curve_goes_through_the_middle_of_every_step() -> None:
    samples = [0.2, 0.2, 0.2, 0.5, 0.8]
    curve = histogram_equalization(samples)
    assert curve.x == (0, 0.2, 0.5, 0.8, 1)
    assert curve.y == pytest.approx((0, 0.3, 0.7, 0.9, 1))


def test_black_and_saturated_samples_do_not_bend_the_curve() -> None:
    lit = np.random.default_rng(2).uniform(0.1, 0.3, 1000)
    clipped = np.concatenate((np.zeros(5000), lit, np.ones(3000)))
    assert histogram_equalization(clipped, 32) == histogram_equalization(lit, 32)


@given(
    st.lists(st.sampled_from([0.0, 1.0, 0.25, 5e-324, 1 - 2**-53]) | st.floats(0, 1), max_size=60),
    inner,
    st.integers(2, 40),
)
def test_any_samples_make_a_valid_curve(values: list[float], extra: float, knots: int) -> None:
    samples = [*values, extra]
    curve = histogram_equalization(samples, knots)
    assert len(curve.x) <= knots + 2
    lit = [s for s in samples if 0 < s < 1]
    assert (curve.x[1], curve.x[-2]) == (min(lit), max(lit))
    np.testing.assert_array_equal(curve.inverse(curve.y), curve.x)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        ([], "none of 0"),
        ([0.0, 1.0, 1.0], "none of 3 lies between 0 and 1"),
        ([0.5, float("nan")], r"1 of 2 lie outside \[0, 1\], the first nan"),
        ([0.5, -0.1, 2.0], "2 of 3 .* the first -0.1"),
        ([1.0000001], "1.0000001"),
        ([float("inf")], "inf"),
    ],
)
def test_impossible_samples_are_refused(samples: list[float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        histogram_equalization(samples)


def test_too_few_knots_are_refused() -> None:
    with pytest.raises(InputError, match="knots: 1, expected at least 2"):
        histogram_equalization([0.5], knots=1)

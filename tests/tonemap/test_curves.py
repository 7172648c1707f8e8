"""Formulas of the tone curves, judged by colour-science and by the papers."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sensorsim.core.errors import InputError
from sensorsim.tonemap import (
    Bt709,
    Curve,
    Drago,
    Gamma,
    Linear,
    Log,
    NakaRushton,
    Pq,
    Reinhard,
    Srgb,
)

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # colour tells about its optional packages
    from colour.models import (
        eotf_inverse_sRGB,
        eotf_inverse_ST2084,
        eotf_sRGB,
        oetf_BT709,
        oetf_inverse_BT709,
    )

EPS = np.finfo(float).eps
ROUNDING = 100 * EPS  # the perceptual quantizer's exponent, 79, and its inverse, 6.3, cost digits
DEFAULTS = [Linear(), Gamma(), Srgb(), Bt709(), Log(), NakaRushton(), Reinhard(), Drago(), Pq()]
GRID = np.concatenate(([0], np.geomspace(1e-7, 1, 400), np.linspace(1e-3, 1, 400)))


def drago_rises(values: tuple[float, float]) -> bool:
    try:
        Drago(bias=values[0], max_luminance=values[1])
    except ValidationError:
        return False
    return True


curves = st.one_of(
    st.sampled_from(DEFAULTS),
    st.builds(Gamma, gamma=st.floats(1, 10)),
    st.builds(Log, mu=st.floats(1e-9, 1e6)),
    st.builds(NakaRushton, exponent=st.floats(0.1, 5), semisaturation=st.floats(1e-3, 100)),
    st.builds(Reinhard, key=st.floats(1, 1e6)),
    st.tuples(st.floats(0.5, 1), st.floats(1e-3, 1e8))
    .filter(drago_rises)
    .map(lambda v: Drago(bias=v[0], max_luminance=v[1])),
    st.builds(Pq, peak_cd_m2=st.floats(1, 10_000)),
)
lights = st.lists(st.just(0.0) | st.floats(1e-6, 1), min_size=1, max_size=30)


@given(curves, lights)
def test_light_comes_back_from_its_tone(curve: Curve, values: list[float]) -> None:
    x = np.asarray(values)
    y = curve.apply(x)
    # Judged by the inverse of tones a few units of float64 away: where the curve is flat, its tone
    # cannot hold the light any better.
    low = curve.inverse(y * (1 - ROUNDING))
    high = curve.inverse(np.minimum(y * (1 + ROUNDING), 1))
    assert (x >= low * (1 - ROUNDING)).all()
    assert (x <= high * (1 + ROUNDING)).all()


@given(curves, lights)
def test_tone_comes_back_from_its_light(curve: Curve, values: list[float]) -> None:
    y = np.asarray(values)
    back = curve.apply(curve.inverse(y))
    step = isinstance(curve, Bt709) & (y > 0.0809999) & (y < 0.08125)  # no light has these tones
    np.testing.assert_allclose(back[~step], y[~step], rtol=1e-13, atol=1e-300)


@given(curves, lights)
def test_curves_rise(curve: Curve, values: list[float]) -> None:
    x = np.sort(values)
    assert (np.diff(curve.apply(x)) >= -8 * EPS).all()
    assert (np.diff(curve.inverse(x)) >= -64 * EPS).all()


@pytest.mark.parametrize("curve", DEFAULTS)
def test_curves_rise_strictly_and_lie_above_the_straight_line(curve: Curve) -> None:
    x = np.unique(GRID)
    assert (np.diff(curve.apply(x)) > 0).all()
    assert (np.diff(curve.inverse(x)) > 0).all()
    assert (curve.apply(x) >= x * (1 - EPS)).all()


@given(curves)
def test_ends_are_exact(curve: Curve) -> None:
    assert curve.apply([0, 1]).tolist() == [0, 1]
    assert curve.inverse([0, 1]).tolist() == [0, 1]


@pytest.mark.parametrize("curve", DEFAULTS)
def test_shape_is_kept_and_the_input_is_not(curve: Curve) -> None:
    x = np.full((2, 3, 1), 0.25, np.float32)
    y = curve.apply(x)
    assert (y.shape, y.dtype) == ((2, 3, 1), np.float64)
    assert curve.inverse(y).shape == (2, 3, 1)
    assert not np.shares_memory(curve.apply(y), y)
    assert curve.apply(0.25).shape == ()
    assert curve.apply([]).shape == curve.inverse([]).shape == (0,)


@pytest.mark.parametrize("curve", DEFAULTS)
@pytest.mark.parametrize("wrong", [-1e-9, 1 + 2**-52, float("nan"), float("inf"), 200])
def test_values_outside_the_unit_interval_are_named(curve: Curve, wrong: float) -> None:
    name = type(curve).__name__
    for method, call in (("apply: x", curve.apply), ("inverse: y", curve.inverse)):
        with pytest.raises(InputError, match=rf"{name}\.{method} holds {float(wrong)!r}, expected"):
            call([[0.5, 0.25], [wrong, 1.0]])


def test_published_values() -> None:
    assert Srgb().apply(0.18) == pytest.approx(0.461356, abs=5e-7)
    assert Bt709().apply(0.18) == pytest.approx(0.409008, abs=5e-7)
    assert Pq().apply(100 / 10_000) == pytest.approx(0.508078, abs=5e-7)
    assert Log(mu=255.0).apply(0.1) == pytest.approx(np.log(26.5) / np.log(256))


def test_srgb_is_that_of_colour() -> None:
    # Between these the standard's rounded break makes its own curve fall by 2.9e-8.
    rounded = (GRID > 0.0031306684) & (GRID <= 0.0031308)
    np.testing.assert_allclose(
        Srgb().apply(GRID[~rounded]), eotf_inverse_sRGB(GRID[~rounded]), rtol=1e-14
    )
    y = GRID[(GRID < 0.040448) | (GRID > 0.040450)]
    np.testing.assert_allclose(Srgb().inverse(y), eotf_sRGB(y), rtol=1e-14)


def test_srgb_differs_from_the_standard_by_its_rounding_only_and_does_not_fall() -> None:
    x = np.linspace(0.0031303, 0.0031311, 10_001)
    assert np.abs(Srgb().apply(x) - eotf_inverse_sRGB(x)).max() < 3e-8
    assert (np.diff(Srgb().apply(x)) > 0).all()
    assert (np.diff(eotf_inverse_sRGB(x)) < 0).any(), "then the special case is not needed"


def test_bt709_is_that_of_colour() -> None:
    np.testing.assert_allclose(Bt709().apply(GRID), oetf_BT709(GRID), rtol=1e-14)
    y = GRID[(GRID < 0.081) | (GRID > 0.08125)]
    np.testing.assert_allclose(Bt709().inverse(y), oetf_inverse_BT709(y), rtol=1e-13)


def test_tones_in_the_step_of_bt709_come_from_the_light_of_the_step() -> None:
    below, above = Bt709().apply([np.nextafter(0.018, 0), 0.018])
    assert above - below == pytest.approx(2.48e-4, rel=0.01)
    assert (Bt709().inverse(np.linspace(below + 1e-9, above, 9)) == 0.018).all()


@pytest.mark.parametrize("peak", [1.0, 100.0, 1000.0, 10_000.0])
def test_pq_is_that_of_colour_between_its_ends(peak: float) -> None:
    black, white = eotf_inverse_ST2084(0), eotf_inverse_ST2084(peak)
    expected = (eotf_inverse_ST2084(GRID * peak) - black) / (white - black)
    np.testing.assert_allclose(Pq(peak_cd_m2=peak).apply(GRID), expected, rtol=1e-12, atol=1e-16)
    assert 7e-7 < black < 8e-7, "what the two scales differ by"


@pytest.mark.parametrize("key", [1.0, 4.0, 250.0])
def test_reinhard_is_equation_4_of_the_paper(key: float) -> None:
    luminance = key * GRID
    white = key
    expected = luminance * (1 + luminance / white**2) / (1 + luminance)
    np.testing.assert_allclose(Reinhard(key=key).apply(GRID), expected, rtol=1e-14)


@pytest.mark.parametrize(("bias", "lw_max"), [(0.85, 1000.0), (0.7, 100.0), (1.0, 1e6), (0.9, 3)])
def test_drago_is_equation_4_of_the_paper(bias: float, lw_max: float) -> None:
    ld_max = 100.0  # the paper's reference display, cd/m2
    lw = GRID * lw_max
    base = 2 + (lw / lw_max) ** (np.log(bias) / np.log(0.5)) * 8
    expected = ld_max * 0.01 / np.log10(lw_max + 1) * np.log(lw + 1) / np.log(base)
    curve = Drago(bias=bias, max_luminance=lw_max)
    np.testing.assert_allclose(curve.apply(GRID), expected, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("curve", [Drago(), Drago(bias=0.95, max_luminance=1e8)])
def test_drago_is_inverted_to_the_last_digits(curve: Drago) -> None:
    np.testing.assert_allclose(curve.inverse(curve.apply(GRID)), GRID, rtol=3e-14)


@pytest.mark.parametrize("max_luminance", [30.0, 1000.0, 1e6])
def test_drago_is_refused_exactly_where_it_would_fall(max_luminance: float) -> None:
    x = np.linspace(0.5, 1, 20_001)

    def falls(bias: float) -> bool:
        y = np.log1p(max_luminance * x) / np.log(2 + 8 * x ** (np.log(bias) / np.log(0.5)))
        return bool((np.diff(y) <= 0).any())

    low, high = 0.5, 0.95
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (middle, high) if falls(middle) else (low, middle)
    assert not drago_rises((low - 2e-4, max_luminance))
    assert drago_rises((high + 2e-4, max_luminance))
    with pytest.raises(ValidationError, match="falls before full scale; expected a bias above 0"):
        Drago(bias=0.5, max_luminance=max_luminance)


@pytest.mark.parametrize(("exponent", "s"), [(1.0, 0.1), (0.74, 0.01), (3.0, 0.4)])
def test_naka_rushton_is_half_its_largest_at_the_semisaturation(exponent: float, s: float) -> None:
    curve = NakaRushton(exponent=exponent, semisaturation=s)
    unscaled = GRID**exponent / (GRID**exponent + s**exponent)
    scale = curve.apply(s) / 0.5
    assert scale == pytest.approx(1 + s**exponent, rel=1e-14)
    np.testing.assert_allclose(curve.apply(GRID), unscaled * scale, rtol=1e-13)


def test_straight_members_of_the_families() -> None:
    for curve in (Gamma(gamma=1), Reinhard(key=1), Log(mu=1e-9), NakaRushton(semisaturation=100)):
        np.testing.assert_allclose(curve.apply(GRID), GRID, rtol=0.011)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (Gamma, "gamma", 0.9), (Log, "mu", 0), (NakaRushton, "exponent", 0),
        (NakaRushton, "semisaturation", 0), (Reinhard, "key", 0.5), (Drago, "bias", 0.4),
        (Drago, "bias", 1.1), (Drago, "max_luminance", 0), (Pq, "peak_cd_m2", 20_000),
    ],
)  # fmt: skip
def test_impossible_parameters_are_refused(kind: type[Curve], field: str, value: float) -> None:
    with pytest.raises(ValidationError, match=field):
        kind(**{field: value})

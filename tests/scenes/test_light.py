"""sRGB to light, and how much of it."""

import numpy as np
import pytest
from pydantic import ValidationError

from sensorsim.core import streams
from sensorsim.scenes.exposure import Exposure
from sensorsim.scenes.srgb import to_linear


def test_srgb_is_that_of_colour_science() -> None:
    assert to_linear(0.461356) == pytest.approx(0.18, abs=1e-6)
    assert to_linear(0.04045) == pytest.approx(0.04045 / 12.92)


def test_bytes_and_fractions_decode_alike_and_span_the_range() -> None:
    codes = np.arange(256, dtype=np.uint8)
    light = to_linear(codes)
    np.testing.assert_allclose(light, to_linear(codes / 255.0), rtol=1e-6)
    assert (light[0], light[-1]) == (0, 1)
    assert (np.diff(light) > 0).all()


def test_uncontrolled_light_is_uniform_in_stops_and_addressed() -> None:
    law = Exposure(low_stops=-5, high_stops=1)
    stops = law.stops(streams.Key.of(0, np.arange(4000)))
    counts = np.histogram(stops, 6, (-5, 1))[0]
    assert counts.sum() == 4000
    assert np.abs(counts - 667).max() < 100
    np.testing.assert_array_equal(law.stops(streams.Key.of(0, [17]))[0], stops[17])


def test_fixed_exposure_is_the_same_for_all() -> None:
    law = Exposure(law="fixed", high_stops=-3)
    np.testing.assert_array_equal(law.stops(streams.Key.of(0, [0, 1])), [-3, -3])


def test_bounds_that_cross_are_refused() -> None:
    with pytest.raises(ValidationError, match="swap them"):
        Exposure(low_stops=1, high_stops=0)

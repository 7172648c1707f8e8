"""Tone curves: monotone maps of [0, 1] onto [0, 1], and thresholds read as such curves.

Before a quantizer a curve acts in the analog domain: a single-slope converter with a nonlinear ramp
compares the pixel's volts with the curve's inverse, so noise and offset of its comparator stay
referred to the pixel's volts. `transition_levels` gives those references. After a linear quantizer
a curve is a table of codes, `lookup_table`.

To add a curve, write a subclass of `Curve` with ``kind``, ``_tone`` and ``_light``, and add it to
the union `ToneCurve`.
"""

from typing import Annotated, get_args

from pydantic import Field

from sensorsim.tonemap.base import Curve, FloatArray
from sensorsim.tonemap.curves import (
    Bt709,
    Drago,
    Gamma,
    Linear,
    Log,
    NakaRushton,
    Pq,
    Reinhard,
    Srgb,
)
from sensorsim.tonemap.levels import curve_of, lookup_table, thresholds_of, transition_levels
from sensorsim.tonemap.piecewise import PiecewiseLinear, histogram_equalization

ToneCurve = Annotated[
    Linear | Gamma | Srgb | Bt709 | Log | NakaRushton | Reinhard | Drago | Pq | PiecewiseLinear,
    Field(discriminator="kind"),
]

CURVE_KINDS: frozenset[str] = frozenset(
    curve.model_fields["kind"].default for curve in get_args(get_args(ToneCurve)[0])
)
"""What ``kind`` of a `ToneCurve` can be."""

__all__ = [
    "CURVE_KINDS",
    "Bt709",
    "Curve",
    "Drago",
    "FloatArray",
    "Gamma",
    "Linear",
    "Log",
    "NakaRushton",
    "PiecewiseLinear",
    "Pq",
    "Reinhard",
    "Srgb",
    "ToneCurve",
    "curve_of",
    "histogram_equalization",
    "lookup_table",
    "thresholds_of",
    "transition_levels",
]

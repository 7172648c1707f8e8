"""Tone curves in closed form. Equations and sources are listed in docs/physics.md.

The formulas are arranged so that neither direction loses digits at the dark end, where most
thresholds lie.
"""

import math
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from sensorsim.tonemap.base import Curve, FloatArray

_SRGB_BREAK = 0.00313066844250063
_BT709_BREAK = 0.018
_PQ_M1, _PQ_M2 = 2610 / 16384, 2523 / 4096 * 128
_PQ_C1, _PQ_C2, _PQ_C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_PQ_RANGE_CD_M2 = 10_000.0
_PQ_RISE = (_PQ_C2 - _PQ_C1 * _PQ_C3) / _PQ_C1


class Linear(Curve):
    """y = x."""

    kind: Literal["linear"] = "linear"

    def _tone(self, x: FloatArray) -> FloatArray:
        return x

    def _light(self, y: FloatArray) -> FloatArray:
        return y


class Gamma(Curve):
    """y = x ** (1 / gamma)."""

    kind: Literal["gamma"] = "gamma"
    gamma: float = Field(2.2, ge=1, le=10, description="Exponent of the inverse curve.")

    def _tone(self, x: FloatArray) -> FloatArray:
        return x ** (1 / self.gamma)

    def _light(self, y: FloatArray) -> FloatArray:
        return y**self.gamma


class Srgb(Curve):
    """The encoding of sRGB (IEC 61966-2-1): a straight piece, then 1.055 x ** (1 / 2.4) - 0.055.

    The standard rounds the light at which its pieces meet to 0.0031308, where the curve would fall
    by 2.9e-8. Here the pieces meet at their intersection, 0.00313066844..., so that the curve is
    continuous; nothing differs elsewhere.
    """

    kind: Literal["srgb"] = "srgb"

    def _tone(self, x: FloatArray) -> FloatArray:
        return np.where(x <= _SRGB_BREAK, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)

    def _light(self, y: FloatArray) -> FloatArray:
        return np.where(y <= 12.92 * _SRGB_BREAK, y / 12.92, ((y + 0.055) / 1.055) ** 2.4)


class Bt709(Curve):
    """The camera curve of ITU-R BT.709-6: 4.5 x below 0.018, then 1.099 x ** 0.45 - 0.099.

    The rounded constants of the recommendation leave a step of 0.00025 at 0.018. No light has a
    tone inside the step; its inverse there is 0.018, the least light with at least that tone.
    """

    kind: Literal["bt709"] = "bt709"

    def _tone(self, x: FloatArray) -> FloatArray:
        return np.where(x < _BT709_BREAK, 4.5 * x, 1.099 * x**0.45 - 0.099)

    def _light(self, y: FloatArray) -> FloatArray:
        upper = np.maximum(((y + 0.099) / 1.099) ** (1 / 0.45), _BT709_BREAK)
        return np.where(y < 4.5 * _BT709_BREAK, y / 4.5, upper)


class Log(Curve):
    """The mu-law y = ln(1 + mu x) / ln(1 + mu) (the continuous curve of ITU-T G.711)."""

    kind: Literal["log"] = "log"
    mu: float = Field(255.0, gt=0, le=1e6, description="Strength of the compression.")

    def _tone(self, x: FloatArray) -> FloatArray:
        return np.log1p(self.mu * x) / np.log1p(self.mu)

    def _light(self, y: FloatArray) -> FloatArray:
        return np.expm1(y * np.log1p(self.mu)) / self.mu


class NakaRushton(Curve):
    """y = (1 + s^n) x^n / (x^n + s^n): a photoreceptor's response, scaled to reach 1 at 1.

    Source: Naka and Rushton, J. Physiol. 185 (1966), with n = 1; the general exponent came later.
    """

    kind: Literal["naka-rushton"] = "naka-rushton"
    exponent: float = Field(1.0, ge=0.1, le=5, description="n, the steepness.")
    semisaturation: float = Field(
        0.1, ge=1e-3, le=100,
        description="s, light of half the unscaled response, as part of full scale.",
    )  # fmt: skip

    def _tone(self, x: FloatArray) -> FloatArray:
        power, half = x**self.exponent, self.semisaturation**self.exponent
        return (1 + half) * power / (power + half)

    def _light(self, y: FloatArray) -> FloatArray:
        half = self.semisaturation**self.exponent
        return self.semisaturation * (y / ((1 - y) + half)) ** (1 / self.exponent)


class Reinhard(Curve):
    """The photographic curve L (1 + L / L_white^2) / (1 + L) with L = key x and L_white = key.

    Full scale is the white point, so the curve reaches 1 at 1: y = x (key + x) / (1 + key x).
    Source: Reinhard et al., ACM Trans. Graph. 21 (2002), equation 4.
    """

    kind: Literal["reinhard"] = "reinhard"
    key: float = Field(
        10.0, ge=1, le=1e6,
        description="Luminance L of full scale: Reinhard's key over the log-average light; "
        "1 is the straight line.",
    )  # fmt: skip

    def _tone(self, x: FloatArray) -> FloatArray:
        return x * (self.key + x) / (1 + self.key * x)

    def _light(self, y: FloatArray) -> FloatArray:
        # The positive root of x^2 + b x - y, in the form without cancellation.
        b = self.key * (1 - y)
        return 2 * y / (b + np.sqrt(b * b + 4 * y))


class Drago(Curve):
    """Logarithm whose base grows from 2 in the dark to 10 at full scale.

    Drago et al., Computer Graphics Forum 22 (2003), equation 4, with the display maximum that maps
    full scale to 1::

        y = log10(1 + L x) / log10(1 + L) * ln(10) / ln(2 + 8 x^p),  p = ln(bias) / ln(0.5)

    Raises
    ------
    ValidationError
        If the bias is so low that the curve would fall before full scale.
    """

    kind: Literal["drago"] = "drago"
    bias: float = Field(
        0.85, ge=0.5, le=1, description="Contrast of the dark end; 1 is a pure logarithm."
    )
    max_luminance: float = Field(
        1000.0, gt=0, le=1e8,
        description="L, luminance of full scale over that of the world's adaptation.",
    )  # fmt: skip

    @model_validator(mode="after")
    def _rises_up_to_full_scale(self) -> Self:
        # The curve's relative slope is least at full scale: (L / (1 + L)) / ln(1 + L), from the
        # logarithm, less 0.8 p / ln(10), from its base.
        full = self.max_luminance
        steepest = full / (1 + full) / math.log1p(full) * math.log(10) / 0.8
        if self._base_exponent() >= steepest:
            raise ValueError(
                f"drago with bias {self.bias} and max_luminance {full:g} falls before full scale; "
                f"expected a bias above {0.5**steepest:.4f}, or a lower max_luminance"
            )
        return self

    def _base_exponent(self) -> float:
        return math.log(self.bias) / math.log(0.5)

    def _tone(self, x: FloatArray) -> FloatArray:
        shade = np.log1p(self.max_luminance * x) / math.log1p(self.max_luminance)
        return shade * self._boost(x)

    def _boost(self, x: FloatArray) -> FloatArray:
        """Gain of the variable base over base 10: from 3.32 in the dark to 1 at full scale."""
        return math.log(10) / np.log(2 + 8 * x ** self._base_exponent())

    def _light(self, y: FloatArray) -> FloatArray:
        """Find the root by bracketing, as there is no closed form.

        The unknown is the plain logarithm ``shade``, in which the curve is nearly straight. The
        bounds of the boost, 1 and ln(10) / ln(2) = 3.32, bracket it.
        """
        # A slow import, needed here only.
        from scipy.optimize.elementwise import find_root

        def light(shade: FloatArray) -> FloatArray:
            return np.expm1(shade * math.log1p(self.max_luminance)) / self.max_luminance

        def miss(shade: FloatArray, tone: FloatArray) -> FloatArray:
            return shade * self._boost(light(shade)) - tone

        return light(find_root(miss, (0.3 * y, y), args=(y,)).x)


class Pq(Curve):
    """The perceptual quantizer of SMPTE ST 2084 (inverse EOTF), scaled to [0, 1].

    The standard gives black the signal c1 ** m2 = 7.3e-7 and its own range, 10 000 cd/m2, the
    signal 1. The black signal is subtracted, and the rest divided by its value at ``peak_cd_m2``.
    """

    kind: Literal["pq"] = "pq"
    peak_cd_m2: float = Field(
        _PQ_RANGE_CD_M2, ge=1, le=_PQ_RANGE_CD_M2,
        description="Luminance that full scale stands for, cd/m2.",
    )  # fmt: skip

    def _tone(self, x: FloatArray) -> FloatArray:
        return self._above_black(x) / self._above_black(np.float64(1))

    def _above_black(self, x: FloatArray | np.float64) -> FloatArray:
        """Signal less that of black, over that of black.

        With u = luminance ** m1, signal / black = ((1 + c2 / c1 u) / (1 + c3 u)) ** m2. Writing the
        base as 1 + rise avoids cancellation in the dark.
        """
        u = (x * (self.peak_cd_m2 / _PQ_RANGE_CD_M2)) ** _PQ_M1
        return np.expm1(_PQ_M2 * np.log1p(_PQ_RISE * u / (1 + _PQ_C3 * u)))

    def _light(self, y: FloatArray) -> FloatArray:
        rise = np.expm1(np.log1p(y * self._above_black(np.float64(1))) / _PQ_M2)
        u = rise / (_PQ_RISE - _PQ_C3 * rise)
        return u ** (1 / _PQ_M1) * (_PQ_RANGE_CD_M2 / self.peak_cd_m2)

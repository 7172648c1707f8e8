"""Tone curves as transition levels, as thresholds, and as lookup tables of codes."""

import numpy as np
import numpy.typing as npt

from sensorsim.core.errors import InputError
from sensorsim.tonemap.base import Curve, FloatArray
from sensorsim.tonemap.piecewise import PiecewiseLinear

MAX_TABLE_BITS = 16


def transition_levels(curve: Curve, levels: int) -> FloatArray:
    """Light at which a uniform quantizer behind ``curve`` changes its code.

    Parameters
    ----------
    curve : Curve
        Tone curve before the quantizer.
    levels : int
        Number of transitions: ``2**bits - 1`` for an ADC, M for a thermometer code.

    Returns
    -------
    float64 [levels]
        Light as a fraction of full scale, ascending, in (0, 1).

    Examples
    --------
    >>> from sensorsim.tonemap import Gamma
    >>> transition_levels(Gamma(gamma=2.0), 3).tolist()
    [0.0625, 0.25, 0.5625]
    """
    return curve.inverse(np.arange(1, levels + 1) / (levels + 1))


thresholds_of = transition_levels


def curve_of(thresholds: npt.ArrayLike) -> PiecewiseLinear:
    """Piecewise-linear tone curve through the points (t_m, m / (M + 1)) of M thresholds.

    ``thresholds_of(curve_of(t), len(t))`` gives ``t`` back exactly.

    Parameters
    ----------
    thresholds : array_like [M]
        Light as a fraction of full scale, strictly ascending, in (0, 1).

    Returns
    -------
    PiecewiseLinear
        Curve with M + 2 knots.

    Raises
    ------
    InputError
        If there are no thresholds or they do not ascend strictly inside (0, 1).

    Examples
    --------
    >>> curve_of([0.1, 0.4]).x
    (0.0, 0.1, 0.4, 1.0)
    """
    t = np.asarray(thresholds, np.float64)
    if t.ndim != 1 or not t.size:
        raise InputError(f"thresholds of shape {t.shape}: expected a list of at least one")
    x = np.concatenate(([0.0], t, [1.0]))
    if not (np.diff(x) > 0).all():
        raise InputError(
            f"thresholds {t.tolist()}: expected strictly ascending values between 0 and 1, both "
            "excluded; sort them and drop those that coincide"
        )
    y = np.arange(t.size + 2) / (t.size + 1)
    return PiecewiseLinear(x=tuple(x.tolist()), y=tuple(y.tolist()))


def lookup_table(curve: Curve, input_bits: int, output_bits: int) -> npt.NDArray[np.uint16]:
    """Digital tone map: output code of each input code, for a curve after a linear conversion.

    Code c stands for the middle of its step, ``(c + 0.5) / 2**input_bits``. The tone is truncated
    to ``output_bits``, like an ADC behind the curve would do.

    Codes collide where a step of the input makes less than a step of the output, and outputs are
    skipped where the curve is steeper. There are at most ``min(2**input_bits, 2**output_bits)``
    distinct outputs, and fewer at equal bits under any curve that bends by a step or more. More
    input than output bits reduce this loss.

    Parameters
    ----------
    curve : Curve
        Tone curve.
    input_bits, output_bits : int
        Bits of the codes before and after the curve, 1 to 16.

    Returns
    -------
    uint16 [2**input_bits]
        Output code of each input code, DN, never falling.

    Raises
    ------
    InputError
        If a number of bits is out of range.

    Examples
    --------
    >>> from sensorsim.tonemap import Gamma
    >>> lookup_table(Gamma(gamma=2.0), 3, 2).tolist()
    [1, 1, 2, 2, 3, 3, 3, 3]
    """
    for name, bits in (("input_bits", input_bits), ("output_bits", output_bits)):
        if not 1 <= bits <= MAX_TABLE_BITS:
            raise InputError(f"{name}: {bits}, expected 1 to {MAX_TABLE_BITS}")
    tone = curve.apply((np.arange(2**input_bits) + 0.5) / 2**input_bits)
    # Near saturation a tone below full scale may round to 1, which has no code.
    codes = np.minimum(np.floor(tone * 2**output_bits), 2**output_bits - 1)
    return codes.astype(np.uint16)

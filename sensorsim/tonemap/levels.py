"""Tone curves as transition levels, as thresholds, and as tables of codes."""

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
    levels : int
        Number of transitions: ``2**bits - 1`` for an ADC, M for a thermometer.

    Returns
    -------
    float64 [levels], ascending, in (0, 1)
    """
    return curve.inverse(np.arange(1, levels + 1) / (levels + 1))


thresholds_of = transition_levels


def curve_of(thresholds: npt.ArrayLike) -> PiecewiseLinear:
    """Read thresholds as the piecewise-linear tone curve through (t_m, m / (M + 1)).

    ``thresholds_of(curve_of(t), len(t))`` gives ``t`` back exactly.

    Parameters
    ----------
    thresholds : array [M]
        Parts of full scale, strictly ascending, in (0, 1).

    Raises
    ------
    InputError
        If there are no thresholds or they do not ascend strictly inside (0, 1).
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
    """The digital tone map: what a code becomes when the curve acts after a linear conversion.

    A code c stands for the middle of its step, ``(c + 0.5) / 2**input_bits``; the curve's tone is
    then truncated to ``output_bits`` as an ADC behind the curve would.

    Codes collide: where the curve is so flat that a step of input makes less than a step of output,
    neighbors share an output and cannot be told apart again; where it is steeper, outputs are
    skipped. So there are at most ``min(2**input_bits, 2**output_bits)`` distinct outputs, and with
    equal bits fewer under any curve that bends by a step or more: what an analog curve would have
    kept apart before quantization, a table cannot bring back. More input than output bits help.

    Parameters
    ----------
    input_bits, output_bits : int
        1 to 16.

    Returns
    -------
    uint16 [2**input_bits], never falling

    Raises
    ------
    InputError
        If a number of bits is out of range.
    """
    for name, bits in (("input_bits", input_bits), ("output_bits", output_bits)):
        if not 1 <= bits <= MAX_TABLE_BITS:
            raise InputError(f"{name}: {bits}, expected 1 to {MAX_TABLE_BITS}")
    tone = curve.apply((np.arange(2**input_bits) + 0.5) / 2**input_bits)
    # Where a curve saturates, a tone below full scale may round to 1, which has no code.
    codes = np.minimum(np.floor(tone * 2**output_bits), 2**output_bits - 1)
    return codes.astype(np.uint16)

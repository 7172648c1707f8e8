"""The bit-level simulator: packed bits, or a readout's codes, to integer class scores."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.model import Input, Model
from sensorsim.core.bits import WordArray, code_planes
from sensorsim.core.errors import InputError
from sensorsim.kernels import interpreter


def scores(model: Model, words: WordArray) -> npt.NDArray[np.int64]:
    """Class scores of a batch, in units of ``2**-fraction_bits``.

    Parameters
    ----------
    words : uint64 [N, planes, H, W, ceil(channels / 64)]

    Returns
    -------
    int64 [N, classes]

    Raises
    ------
    InputError
        If shape or type do not fit the model's input, or spare bits are not 0.
    """
    model.check_words(words)
    return model.plan.run(words, interpreter.WORDS)[:, 0, 0]


def scores_of_codes(model: Model, codes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Class scores of what the model's readout gives, sooner than through packed bits.

    Parameters
    ----------
    codes : integers [N, H, W, colors]; no copy is made of uint16 (ADC) and uint32 (thermometer)
        Codes of an ADC, or bit fields of a thermometer.

    Returns
    -------
    int64 [N, classes]

    Raises
    ------
    InputError
        If they are no integers, do not fit in the readout's bits, or their shape does not fit the
        model's input.
    """
    i = model.input
    _check_codes(i, codes)
    if i.planes == 1:
        return model.plan.run(codes.astype(np.uint32, copy=False), interpreter.FIELDS)[:, 0, 0]
    codes = codes.astype(np.uint16, copy=False)
    if model.plan.reads_codes:
        return model.plan.run(codes, interpreter.CODES)[:, 0, 0]
    return model.plan.run(code_planes(codes, i.planes), interpreter.WORDS)[:, 0, 0]


def _check_codes(view: Input, codes: npt.NDArray[Any]) -> None:
    expected = (view.height, view.width, view.colors)
    if codes.shape[1:] != expected:
        raise InputError(
            f"model input: codes of shape {codes.shape[1:]} (rows, columns, colors), expected "
            f"{expected}; the readout or the image size differs from the model's"
        )
    if codes.dtype.kind not in "iu":
        raise InputError(
            f"model input: codes of type {codes.dtype}, expected integers as the readout's convert "
            "gives them"
        )
    bits = view.planes if view.planes > 1 else view.channels // view.colors
    low, high = int(codes.min(initial=0)), int(codes.max(initial=0))
    if low < 0 or high >> bits:
        raise InputError(
            f"model input: codes from {low} to {high}, expected 0 to {2**bits - 1}; the readout "
            "differs from the model's"
        )


def decide(class_scores: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Class of the largest score; the first one if several tie."""
    return class_scores.argmax(1)

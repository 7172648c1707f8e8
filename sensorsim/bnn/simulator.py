"""The bit-level simulator: integer class scores from packed bits or a readout's codes."""

from typing import Any

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.model import Input, Model
from sensorsim.core.bits import WordArray, code_planes
from sensorsim.core.errors import InputError
from sensorsim.kernels import interpreter


def scores(model: Model, words: WordArray) -> npt.NDArray[np.int64]:
    """Compute the class scores of a batch of packed bits.

    Parameters
    ----------
    model : Model
        Network to run.
    words : uint64 [N, planes, H, W, ceil(channels / 64)]
        Packed input bits, as `sensorsim.core.bits` packs them.

    Returns
    -------
    int64 [N, classes]
        Class scores in units of ``2**-fraction_bits``.

    Raises
    ------
    InputError
        If the shape or type does not fit the model's input, or spare bits are not 0.

    Examples
    --------
    >>> from sensorsim.bnn.model_file import find_model, load_model
    >>> from sensorsim.bnn.vectors import random_words
    >>> model = load_model(find_model("fashion-mnist/adc-linear-8"))
    >>> scores(model, random_words(model, frames=[0, 1], seed=0)).shape
    (2, 10)
    """
    model.check_words(words)
    return model.plan.run(words, interpreter.WORDS)[:, 0, 0]


def scores_of_codes(model: Model, codes: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Compute the class scores of readout codes; faster than `scores` of their packed bits.

    Parameters
    ----------
    model : Model
        Network to run.
    codes : integer [N, H, W, colors]
        Codes of a readout of several planes (uint16 avoids a copy), or bit fields of one of a
        single plane (uint32 avoids a copy).

    Returns
    -------
    int64 [N, classes]
        Class scores in units of ``2**-fraction_bits``.

    Raises
    ------
    InputError
        If the codes are not integers, exceed the readout's bits, or their shape does not fit the
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
    """Choose the class with the largest score; the first one if several tie.

    Parameters
    ----------
    class_scores : int64 [N, classes]
        Class scores.

    Returns
    -------
    int64 [N]
        Index of the class of each image.

    Examples
    --------
    >>> decide(np.array([[3, 7, 7]])).tolist()
    [1]
    """
    return class_scores.argmax(1)

"""Checks of the arguments of public functions."""

import operator
from collections.abc import Mapping
from typing import Any

import numpy as np

from sensorsim.core.errors import InputError


def whole_number(name: str, value: Any, least: int, most: int | None = None) -> int:
    """Check a whole number of Python or numpy; ``True`` and 2.0 are none.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        Its value.
    least : int
        Smallest number that is accepted.
    most : int, optional
        Largest number that is accepted.

    Returns
    -------
    int
        The number.

    Raises
    ------
    InputError
        If the value is of another type, or out of range.

    Examples
    --------
    >>> whole_number("images", np.int64(3), 1)
    3
    """
    due = f"of at least {least}" if most is None else f"from {least} to {most}"
    try:
        number = None if isinstance(value, bool | np.bool_) else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < least or (most is not None and number > most):
        raise InputError(f"{name} {value!r}: expected a whole number {due}")
    return number


def mapping(name: str, value: Any, example: str) -> Mapping[str, Any]:
    """Check a mapping whose keys are strings.

    Parameters
    ----------
    name : str
        Name of the argument, for the message.
    value : object
        Its value.
    example : str
        What it should look like, for the message.

    Returns
    -------
    mapping of str to object
        The value.

    Raises
    ------
    InputError
        If it is no mapping, or a key is no string.
    """
    if not isinstance(value, Mapping):
        raise InputError(f"{name} {value!r}: expected a mapping, like {example}")
    for key in value:
        if not isinstance(key, str):
            raise InputError(f"{name}: key {key!r}: expected a name in quotes, like {example}")
    return value

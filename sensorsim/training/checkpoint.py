"""Save and load the state of a training, with the plan that it belongs to."""

import json
import pickle
from pathlib import Path
from typing import Any

import torch

from sensorsim.core.errors import InputError
from sensorsim.core.files import atomic_write

Plan = dict[str, Any]
State = dict[str, Any]


def save(path: Path, plan: Plan, state: State) -> None:
    """Write a state to a temporary file, then rename it.

    Parameters
    ----------
    path : Path
        File to write; its folder is created.
    plan : dict
        Everything that determines the result of the training, as types that JSON has.
    state : dict
        Tensors, numbers and texts, nested in dictionaries and lists.

    Raises
    ------
    InputError
        If the file cannot be written, as on a full disk; the previous file is kept.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with atomic_write(path) as part:
            torch.save({"plan": json.dumps(plan, sort_keys=True), **state}, part)
    except RuntimeError as error:  # torch's zip writer, on a full disk
        raise InputError(
            f"{path}: cannot be written ({error}); the previous file is kept"
        ) from None


def load(path: Path, plan: Plan) -> State | None:
    """Read a state, if its file exists.

    Parameters
    ----------
    path : Path
        File that `save` wrote.
    plan : dict
        Plan of the training that is about to run.

    Returns
    -------
    dict or None
        The state; None if there is no file.

    Raises
    ------
    InputError
        If the file is damaged, or its plan differs; the message names the entries that differ.
    """
    if not path.exists():
        return None
    state = read(path)
    stored = json.loads(state.pop("plan"))
    expected = json.loads(json.dumps(plan))
    differing = sorted(
        name for name in stored.keys() | expected.keys() if stored.get(name) != expected.get(name)
    )
    if differing:
        raise InputError(
            f"{path}: holds the state of another training ({', '.join(differing)} differ); "
            "remove it to start over, or name another output"
        )
    return state


def read(path: Path) -> State:
    """Read a file that `save` wrote, whatever its plan.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        The state, with the plan as JSON under "plan".

    Raises
    ------
    InputError
        If the file cannot be read or is not a checkpoint.
    """
    try:
        state: State = torch.load(path, weights_only=True, map_location="cpu")
        if not isinstance(state["plan"], str):
            raise TypeError("plan is not a string")
    except (
        RuntimeError, EOFError, OSError, KeyError, TypeError, pickle.UnpicklingError,
    ) as error:  # fmt: skip
        raise InputError(
            f"{path}: not a readable checkpoint ({type(error).__name__}); remove it to start over"
        ) from None
    return state

"""The state of a training in a file, and the plan that it belongs to."""

import json
import pickle
from pathlib import Path
from typing import Any

import torch

from sensorsim.core.errors import InputError
from sensorsim.core.files import whole

Plan = dict[str, Any]
State = dict[str, Any]


def save(path: Path, plan: Plan, state: State) -> None:
    """Write a state: to a temporary file, which is then renamed.

    Parameters
    ----------
    path : Path
    plan : dict
        Everything that decides what the training gives; holds what JSON can.
    state : dict
        Tensors, numbers and texts, nested in dictionaries and lists.

    Raises
    ------
    InputError
        If the file system refuses, like a full disk; the former file stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with whole(path) as part:
            torch.save({"plan": json.dumps(plan, sort_keys=True), **state}, part)
    except RuntimeError as error:  # torch's writer of zip archives, when a disk is full
        raise InputError(f"{path}: cannot be written ({error}); the last state is kept") from None


def load(path: Path, plan: Plan) -> State | None:
    """Read a state, if there is one.

    Parameters
    ----------
    path : Path
    plan : dict
        What the caller is about to train.

    Returns
    -------
    dict or None
        The state; None if there is no file.

    Raises
    ------
    InputError
        If the file is damaged, or belongs to another plan; says which entries differ.
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
            "remove it to start anew, or name another output"
        )
    return state


def read(path: Path) -> State:
    """Everything that a file of `save` holds.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict
        The state, with the plan as JSON under "plan".

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        state: State = torch.load(path, weights_only=True, map_location="cpu")
        if not isinstance(state["plan"], str):
            raise TypeError("its plan is no text")
    except (
        RuntimeError, EOFError, OSError, KeyError, TypeError, pickle.UnpicklingError,
    ) as error:  # fmt: skip
        raise InputError(
            f"{path}: not a readable checkpoint ({type(error).__name__}); remove it to start anew"
        ) from None
    return state

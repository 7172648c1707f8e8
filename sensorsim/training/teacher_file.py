"""Save and load trained float teachers: float16 tensors and their provenance."""

import json
from copy import deepcopy
from pathlib import Path

import torch
from pydantic import Field, ValidationError

from sensorsim.core import resources
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.training import checkpoint
from sensorsim.training.teacher import Teacher


class TeacherRecord(Description):
    """Provenance of a teacher."""

    dataset: str = Field(description="Name of the dataset.")
    class_names: tuple[str, ...] = Field(min_length=2)
    image_shape: tuple[int, int, int] = Field(description="Rows, columns, colors.")
    training_images: str = Field(
        description="SHA-256 of the training images, with labels and class names."
    )
    widths: tuple[int, ...] = Field(min_length=1, max_length=6)
    command: str = Field(description="Command that trained it.")
    seed: int = Field(ge=0)
    validation_accuracy: float = Field(
        ge=0, le=1, description="On held-out training images, mean over each and its mirror image."
    )


def save_teacher(teacher: Teacher, record: TeacherRecord, path: Path) -> None:
    """Write a teacher to a temporary file, then rename it.

    Parameters
    ----------
    teacher : Teacher
        The teacher.
    record : TeacherRecord
        Its provenance.
    path : Path
        File to write; its folder is created.

    Raises
    ------
    InputError
        If the file cannot be written, or a value does not fit float16.
    """
    half = {
        name: value.half() if value.is_floating_point() else value
        for name, value in rounded(teacher).cpu().state_dict().items()
    }
    checkpoint.save(path, record.model_dump(mode="json"), {"teacher": half})


def rounded(teacher: Teacher) -> Teacher:
    """Copy a teacher with its tensors rounded to float16, as its file stores them.

    Parameters
    ----------
    teacher : Teacher
        The teacher.

    Returns
    -------
    Teacher
        The copy, with float32 tensors.

    Raises
    ------
    InputError
        If a value is not finite as float16.
    """
    made = deepcopy(teacher)
    state = made.state_dict()
    for name, value in state.items():
        if value.is_floating_point():
            state[name] = value.half().float()
            if not torch.isfinite(state[name]).all():
                raise InputError(
                    f"the teacher's {name} has values that are not finite as float16; lower "
                    "schedule.learning_rate and start over"
                )
    made.load_state_dict(state)
    return made


def load_teacher(path: Path) -> tuple[Teacher, TeacherRecord]:
    """Read a teacher.

    Parameters
    ----------
    path : Path
        File that `save_teacher` wrote.

    Returns
    -------
    teacher : Teacher
        The teacher, with float32 tensors.
    record : TeacherRecord
        Its provenance.

    Raises
    ------
    InputError
        If the file cannot be read or is not a teacher's.
    """
    try:
        state = checkpoint.read(path)
        record = TeacherRecord.model_validate_json(state["plan"])
        teacher = Teacher(record.image_shape[2], len(record.class_names), record.widths)
        teacher.load_state_dict({k: v.float() for k, v in state["teacher"].items()})
    except (
        InputError, ValidationError, RuntimeError, KeyError, json.JSONDecodeError,
    ) as error:  # fmt: skip
        raise InputError(
            f"{path}: not a teacher's file ({type(error).__name__}); train one with a recipe of "
            "kind 'teacher'"
        ) from None
    return teacher, record


def find_teacher(name: str, beside: Path) -> Path:
    """Find the file of a teacher.

    Parameters
    ----------
    name : str
        A path, relative to the recipe or to the current folder, or the name of a teacher that
        ships, like "fashion-mnist".
    beside : Path
        Folder of the recipe.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If there is no such file.
    """
    shipped = resources.data("teachers", f"{name}.pt")
    for candidate in (beside / name, Path(name), shipped):
        if candidate.is_file():
            return candidate
    raise InputError(
        f"teacher.file {name!r}: no such file; train it with a recipe of kind 'teacher', like "
        "'sensorsim train cifar10_teacher --out TEACHER.pt', and name it there or by --teacher"
    )

"""A teacher's class scores for every view of the training images, stored in a folder.

They are computed once, one file per shift, so that distillation adds no forward pass of the teacher
to a step, and a stopped run computes only the shifts that are missing.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from sensorsim.bnn.layers import Scores, Votes
from sensorsim.bnn.model_file import ModelFile
from sensorsim.core import streams
from sensorsim.core.errors import InputError
from sensorsim.core.files import atomic_write
from sensorsim.pipeline.evaluation import scorer
from sensorsim.scenes.labelled import Labelled
from sensorsim.scenes.srgb import to_linear
from sensorsim.sensor.camera import Camera
from sensorsim.training.provenance import (
    SOURCES,
    data_plan,
    state_digest,
    training_sources,
)
from sensorsim.training.teacher import Teacher, answers
from sensorsim.training.views import Photographs, Views

Ask = Callable[[npt.NDArray[np.uint8], int], npt.NDArray[np.float32]]
"""Function of photographs, uint8 [N, H, W, C], and the number of the first; returns class scores,
float32 [N, classes].
"""
_BATCH = 500
_FLOAT_SOURCES = ("training/answers.py", "training/teacher.py", "training/views.py")
_BINARY_SOURCES = (*SOURCES, "bnn")


def ask_float(teacher: Teacher, views: Views, device: torch.device) -> tuple[Ask, str]:
    """Make the function that computes the answers of a float teacher.

    Parameters
    ----------
    teacher : Teacher
        The float teacher.
    views : Views
        If it mirrors, an answer is the mean over an image and its mirror image.
    device : torch.device
        Device that computes the answers.

    Returns
    -------
    ask : callable
        Class scores, float32 [N, classes], of photographs; see `Ask`.
    digest : str
        Hash of everything that the answers depend on, except the images.
    """
    digest = state_digest(teacher.state_dict()) + training_sources(_FLOAT_SOURCES)
    return (lambda images, _: answers(teacher, images, views.mirror, device)), digest


def ask_binary(file: ModelFile, camera: Camera, views: Views) -> tuple[Ask, str]:
    """Make the function that computes a binary network's answers behind a sensor, in full light.

    Scores are in the units of the model's class scores. Their noise uses addresses of training.

    Parameters
    ----------
    file : ModelFile
        The binary network.
    camera : Camera
        What precedes the readout; its exposure is replaced by the brightest that it has.
    views : Views
        If it mirrors, an answer is the mean over an image and its mirror image.

    Returns
    -------
    ask : callable
        Class scores, float32 [N, classes], of photographs; see `Ask`.
    digest : str
        Hash of everything that the answers depend on, except the images.
    """
    model = file.model
    seen = replace(camera, exposure=camera.exposure.model_copy(update={"law": "fixed"}))
    last = model.layers[-1]
    assert isinstance(last, Scores | Votes)
    unit, scores_of = 2.0**-last.fraction_bits, scorer(model, seen)

    def scores(images: npt.NDArray[np.uint8], first: int) -> npt.NDArray[np.float32]:
        key = streams.Key.of_training(0, first + np.arange(len(images)))
        volts = seen.volts(to_linear(images), key)
        return (scores_of(volts, key) * unit).astype(np.float32)

    def ask(images: npt.NDArray[np.uint8], first: int) -> npt.NDArray[np.float32]:
        answer = scores(images, first)
        if not views.mirror:
            return answer
        both: npt.NDArray[np.float32] = (answer + scores(images[:, :, ::-1], first)) / np.float32(2)
        return both

    light = json.dumps(seen.plan(), sort_keys=True)
    return ask, file.sha256 + light + training_sources(_BINARY_SOURCES)


def kept_answers(
    ask: Ask,
    digest: str,
    dataset: Labelled,
    views: Views,
    folder: Path,
    report: Callable[[int, int], None],
) -> npt.NDArray[np.float16]:
    """Load the answers to all shifts of all images; compute and store those that are missing.

    Parameters
    ----------
    ask : callable
        From `ask_float` or `ask_binary`.
    digest : str
        Hash of the teacher, from the same function.
    dataset : Labelled
        Training images.
    views : Views
        Shifts and mirrors.
    folder : Path
        Folder of the store; each teacher, dataset and set of views has a subfolder.
    report : callable
        Called after each shift with the number of shifts done and the number of all.

    Returns
    -------
    float16 [shifts, N, classes]
        Class scores.

    Raises
    ------
    InputError
        If the folder cannot be written, a stored file cannot be read or has another shape, or an
        answer is not finite.
    """
    plan = {"teacher": digest, **data_plan(dataset), "views": views.model_dump()}
    name = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()[:16]
    place = folder / f"answers-{name}"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--work {folder}: cannot be written ({error.strerror})") from None
    photographs = Photographs(dataset.images, views.model_copy(update={"mirror": False}))
    found = []
    for shift in range(len(views.shifts)):
        path = place / f"shift-{shift}.npy"
        if not path.exists():
            _write(path, _answers_to(ask, photographs, shift))
        found.append(_read(path))
        report(shift + 1, len(views.shifts))
    expected = (len(dataset), len(dataset.class_names))
    if any(f.shape != expected for f in found):
        raise InputError(
            f"{place}: holds answers of shape {found[0].shape}, expected {expected} (images, "
            "classes): the teacher has other classes; name one trained on this dataset"
        )
    return np.stack(found)


def _answers_to(ask: Ask, photographs: Photographs, shift: int) -> npt.NDArray[np.float16]:
    parts = []
    for start in range(0, len(photographs), _BATCH):
        index = np.arange(start, min(start + _BATCH, len(photographs)))
        parts.append(ask(photographs.take(index, np.full(index.size, shift)), start))
    with np.errstate(over="ignore"):
        scores = np.concatenate(parts).astype(np.float16)
    if not np.isfinite(scores).all():
        raise InputError(
            "teacher: some of its answers are not finite as float16; name another teacher"
        )
    return scores


def _read(path: Path) -> npt.NDArray[np.float16]:
    try:
        found: npt.NDArray[np.float16] = np.load(path)
    except (ValueError, EOFError, OSError) as error:
        raise InputError(
            f"{path}: not readable as answers ({error}); remove it to compute them again"
        ) from None
    return found


def _write(path: Path, values: npt.NDArray[np.float16]) -> None:
    with atomic_write(path) as part, part.open("wb") as file:
        np.save(file, values)

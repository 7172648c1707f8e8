"""``sensorsim train``: train a teacher, or a model with its report, from a recipe."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from sensorsim.bnn.model import Model, Training
from sensorsim.bnn.model_file import find_model, read_model
from sensorsim.bnn.size import stored
from sensorsim.core.errors import InputError
from sensorsim.core.files import beside, check_place, remove_parts
from sensorsim.optics.cfa import bayer
from sensorsim.pipeline.configuration import PipelineDescription, load_description
from sensorsim.pipeline.level_words import level_words
from sensorsim.scenes.datasets import load_dataset
from sensorsim.scenes.labelled import Labelled, check_for_training
from sensorsim.scenes.validation import split_validation
from sensorsim.training import card, report
from sensorsim.training.answers import ask_binary, ask_float, kept_answers
from sensorsim.training.architecture import Architecture
from sensorsim.training.console import TrainingConsole
from sensorsim.training.deliver import deliver
from sensorsim.training.distillation import Lessons
from sensorsim.training.export import export
from sensorsim.training.marked import check_replaceable
from sensorsim.training.outcome import Outcome, circumstances_of, energy_of
from sensorsim.training.precision import DeviceName, device_of, fast_format
from sensorsim.training.recipe import NetworkRecipe, TeacherRecipe, load_recipe
from sensorsim.training.session import (
    Task,
    build_network,
    make_encoder,
    start_levels,
    start_readout,
    train,
)
from sensorsim.training.teacher import answers, train_teacher
from sensorsim.training.teacher_file import (
    TeacherRecord,
    find_teacher,
    load_teacher,
    rounded,
    save_teacher,
)

SCORE_BITS = 40
"""Bits assumed for a scale or bias of a class score before training; trained ones had 18 to 30."""


@dataclass(frozen=True)
class Place:
    """Output files and device of a training.

    Attributes
    ----------
    out : Path
        The file to write; checkpoint, report and model card lie beside it.
    work : Path
        Folder of teachers' answers.
    device : "auto", "cpu" or "cuda"
        Device to train on.
    command : str
        What the user typed, for the record.
    """

    out: Path
    work: Path
    device: DeviceName
    command: str

    @property
    def checkpoint(self) -> Path:
        """State of a training that has not finished.

        Returns
        -------
        Path
            ``out`` with the suffix ".checkpoint".
        """
        return self.out.with_suffix(".checkpoint")

    @property
    def report(self) -> Path:
        """Report on the training.

        Returns
        -------
        Path
            ``out`` with the suffix ".html".
        """
        return self.out.with_suffix(".html")

    @property
    def card(self) -> Path:
        """Model card.

        Returns
        -------
        Path
            ``out`` with the suffix ".md".
        """
        return self.out.with_suffix(".md")

    def check(self) -> None:
        """Raise if a file of the training cannot be written.

        Raises
        ------
        InputError
            If ``out`` cannot be written, or has a suffix that is neither ".npz" nor ".pt".
        """
        check_place("--out", self.out, (".npz", ".pt"))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from writing the same files.

        Yields
        ------
        None
            While this process alone writes them.

        Raises
        ------
        InputError
            If another process trains into ``out``.
        """
        file = self.out.with_name(f".{self.out.name}.lock")
        lock = FileLock(file)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise InputError(
                f"--out {self.out}: another training writes it; wait for it or name another file"
            ) from None
        try:
            for path in (self.out, self.checkpoint, self.report, self.card):
                remove_parts(path)
            yield
        finally:
            lock.release()
            file.unlink(missing_ok=True)

    def check_pages(self) -> None:
        """Raise if report or card would replace a file of another program.

        Raises
        ------
        InputError
            If such a file exists and this program did not write it.
        """
        check_replaceable(self.report, report.MARKER)
        check_replaceable(self.card, card.MARKER)


def run_recipe(source: str, changes: dict[str, Any], place: Place) -> str:
    """Train by a recipe, or resume such a training.

    Parameters
    ----------
    source : str
        A TOML file, or the name of a recipe that ships.
    changes : dict
        Dotted fields of the recipe to change, and their values.
    place : Place
        Output files, work folder and device.

    Returns
    -------
    str
        The file and its accuracies; for a network also its levels, in a second line.

    Raises
    ------
    InputError
        If the recipe, the data, the teacher or the place cannot be used.
    """
    recipe, path = load_recipe(source, changes)
    place.check()
    with place.locked():
        if isinstance(recipe, TeacherRecipe):
            return _run_teacher(recipe, path, place)
        return _run_network(recipe, path, place)


def _load(recipe: NetworkRecipe | TeacherRecipe, path: Path, split: str) -> Labelled:
    data = recipe.data
    place = None if data.data_dir is None else beside(data.data_dir, path.parent, or_folder=True)
    return load_dataset(data.dataset, split, place, data.size_px)


def _run_teacher(recipe: TeacherRecipe, path: Path, place: Place) -> str:
    dataset = _load(recipe, path, "train")
    check_for_training(dataset)
    training, validation = split_validation(dataset)
    device = device_of(place.device)
    checkpoint = place.checkpoint
    with TrainingConsole("teacher") as console:
        console.note(_about_data(dataset, training, validation))
        teacher = train_teacher(
            recipe.schedule, training, checkpoint, console.progress, device, fast_format(device)
        )
    mirror = recipe.schedule.views.mirror
    teacher = rounded(teacher)
    decisions = answers(teacher, validation.images, mirror, device).argmax(1)
    record = TeacherRecord(
        dataset=dataset.name,
        class_names=dataset.class_names,
        image_shape=training.images.shape[1:],
        training_images=training.digest,
        widths=recipe.schedule.widths,
        command=place.command,
        seed=recipe.schedule.seed,
        validation_accuracy=float((decisions == validation.labels).mean()),
    )
    save_teacher(teacher, record, place.out)
    checkpoint.unlink()
    return f"{place.out}: validation accuracy {record.validation_accuracy:.4f}"


def _run_network(recipe: NetworkRecipe, path: Path, place: Place) -> str:
    place.check_pages()
    description, folder = _pipeline(recipe, path)
    dataset, test = (_load(recipe, path, split) for split in ("train", "test"))
    check_for_training(dataset)
    _check_test(dataset, test)
    task = make_task(recipe, description, dataset)
    check_size(recipe, task, dataset)
    device = device_of(place.device)
    dtype = fast_format(device)
    with TrainingConsole(place.out.stem) as console:
        training, validation = split_validation(dataset)
        console.note(_about_data(dataset, training, validation, test))
        console.note(_about_steps(task, len(training)))
        console.note(_about_network(task, dataset))
        task = _taught(recipe, path, task, dataset, place, device, console)
        trained = train(
            task, dataset, place.checkpoint, console.progress, device=device, dtype=dtype
        )
    made = deliver(task, trained, dataset, test, place.command, place.out)
    energy = energy_of(description, folder, place.out, test)
    outcome = Outcome(
        file_name=place.out.name, recipe_name=path.stem, recipe=recipe, model=made.model,
        camera=task.camera,
        start=start_levels(task),
        log=trained.log, seconds=trained.seconds, validation=made.validation, test=made.test,
        energy=energy, circumstances=circumstances_of(place.command, device, dtype),
    )  # fmt: skip
    report.write_report(place.report, outcome)
    card.write_card(place.card, outcome)
    place.checkpoint.unlink()
    return (
        f"{place.out}: {made.model.stored_bits} bits stored, validation accuracy "
        f"{made.validation.accuracy:.4f}, test accuracy {made.test.accuracy:.4f}; {place.report}, "
        f"{place.card}\n"
        f"{place.out}: {level_words(made.model.readout, task.camera.photodiode)}"
    )


def _check_test(dataset: Labelled, test: Labelled) -> None:
    """Raise before hours of training if the test images are of another kind."""
    mine, other = dataset.images.shape[1:], test.images.shape[1:]
    if mine != other:
        raise InputError(
            f"{test.origin}: test images of shape {other}, training images of {mine} (rows, "
            "columns, colors); expected one shape"
        )
    if dataset.class_names != test.class_names:
        raise InputError(
            f"{test.origin}: test classes {', '.join(test.class_names)}, training classes "
            f"{', '.join(dataset.class_names)}; expected the same"
        )


def _about_data(
    dataset: Labelled, training: Labelled, validation: Labelled, test: Labelled | None = None
) -> str:
    """Numbers of images and classes, in one line."""
    tested = "" if test is None else f"{len(test)} to test, "
    return (
        f"{dataset.name} ({dataset.origin}): {len(training)} images to train on, {len(validation)} "
        f"to validate, {tested}{len(dataset.class_names)} classes"
    )


def _about_steps(task: Task, images: int) -> str:
    """Length of the training, in one line."""
    schedule = task.schedule
    steps = max(1, round(schedule.epochs * (images // schedule.batch)))
    return (
        f"schedule: {steps:,} steps of {schedule.batch} images, {schedule.epochs:g} passes; seed "
        f"{schedule.seed}"
    )


def _about_network(task: Task, dataset: Labelled) -> str:
    """Size of the network, and its readout, in one line."""
    model = untrained_model(task, dataset)
    learned = "learned" if task.learned else "fixed"
    return (
        f"network: {model.stored_bits} bits stored, {model.binary_operations / 2e6:.1f} million "
        f"XNOR products per image; readout: {task.family}, {learned}; "
        f"{level_words(task.readout, task.camera.photodiode)}"
    )


def _pipeline(recipe: NetworkRecipe, path: Path) -> tuple[PipelineDescription, Path]:
    """Read the recipe's pipeline with the recipe's light and data; also return its folder."""
    settings: dict[str, Any] = {
        "scene.dataset": recipe.data.dataset,
        "scene.exposure": recipe.light.model_dump(exclude_none=True),
    }
    if recipe.data.data_dir is not None:
        place = beside(recipe.data.data_dir, path.parent, or_folder=True)
        settings["scene.data_dir"] = str(place.absolute())
    if recipe.data.size_px is not None:
        settings["scene.size_px"] = recipe.data.size_px
    return load_description(beside(recipe.pipeline, path.parent), settings)


def make_task(recipe: NetworkRecipe, description: PipelineDescription, dataset: Labelled) -> Task:
    """Make the task that a recipe trains, without a teacher.

    Parameters
    ----------
    recipe : NetworkRecipe
        The recipe.
    description : PipelineDescription
        The recipe's pipeline.
    dataset : Labelled
        All training images.

    Returns
    -------
    Task
        The task.

    Raises
    ------
    InputError
        If the number of levels is missing for a readout that learns, or stated for one that does
        not.
    """
    camera, stated = description.camera(), description.readout
    if stated.is_learned:
        if recipe.levels is None:
            raise InputError(
                f"levels: is missing; expected the number of levels (at least 1) of the learned "
                f"readout of family {recipe.family!r}: add it to the recipe"
            )
        start = start_readout(recipe.family, recipe.levels, stated.comparator, dataset, camera)
        readout = stated.resolved(start)
    elif recipe.levels is not None:
        raise InputError(
            f"levels {recipe.levels}: the pipeline's readout is {stated.kind!r} and states its "
            "own levels; leave it out"
        )
    else:
        readout = stated.resolved(None)
    network = recipe.network.model_dump() | {"classes": len(dataset.class_names)}
    return Task(
        family=recipe.family if stated.is_learned else readout.kind,
        readout=readout,
        learned=stated.is_learned,
        architecture=Architecture.model_validate(network),
        schedule=recipe.schedule,
        camera=camera,
        pruning=recipe.pruning,
    )


def untrained_model(task: Task, dataset: Labelled) -> Model:
    """Export the model of a task before training, to compute its size.

    Parameters
    ----------
    task : Task
        The task.
    dataset : Labelled
        Training images.

    Returns
    -------
    Model
        The untrained model.
    """
    network = build_network(replace(task, pruning=None), dataset)
    record = Training(
        dataset=dataset.name, family=task.family, command="", seed=0,
        validation_accuracy=None, test_accuracy=None,
    )  # fmt: skip
    return export(
        network, make_encoder(task).description(), task.input_shape(dataset),
        dataset.class_names, record, bayer(task.camera.layout),
    )  # fmt: skip


def check_size(recipe: NetworkRecipe, task: Task, dataset: Labelled) -> None:
    """Raise if the network would store more bits than the recipe allows.

    Parameters
    ----------
    recipe : NetworkRecipe
        The recipe.
    task : Task
        The task.
    dataset : Labelled
        Training images.

    Raises
    ------
    InputError
        If it would store more.
    """
    if recipe.limit_bits is None:
        return
    model = untrained_model(task, dataset)
    parts = stored(model.steps, model.readout)
    # Scales and biases get their width from their values, which are not known yet.
    most = parts.total - parts.scale_bits - parts.bias_bits
    most += 2 * SCORE_BITS * len(dataset.class_names)
    if most > recipe.limit_bits:
        raise InputError(
            f"limit_bits {recipe.limit_bits}: the network may store {most} bits (weights, "
            f"thresholds, scores of {SCORE_BITS} bits each, and levels); take fewer channels, more "
            "groups, or raise the limit"
        )


def _taught(
    recipe: NetworkRecipe,
    path: Path,
    task: Task,
    dataset: Labelled,
    place: Place,
    device: torch.device,
    console: TrainingConsole,
) -> Task:
    """Add the answers of the recipe's teacher to the task, if it has one."""
    use = recipe.teacher
    if use is None:
        return task
    views = recipe.schedule.views
    training, _ = split_validation(dataset)
    if use.file is not None:
        teacher, record = load_teacher(find_teacher(use.file, path.parent))
        _check_classes(record.class_names, dataset, use.file)
        if record.training_images != training.digest:
            raise InputError(
                f"teacher.file {use.file!r}: trained on other images, or in another order, so "
                "its training images may include validation images here; train a teacher on this "
                "data"
            )
        ask, digest = ask_float(teacher.to(device), views, device)
    else:
        assert use.model is not None
        file = read_model(find_model(use.model, path.parent))
        _check_classes(file.model.class_names, dataset, use.model)
        ask, digest = ask_binary(file, task.camera, views)
    console.answers(0, len(views.shifts))  # the first may take minutes
    found = kept_answers(ask, digest, training, views, place.work, console.answers)
    return replace(task, lessons=Lessons(use, found))


def _check_classes(names: tuple[str, ...], dataset: Labelled, teacher: str) -> None:
    if names != dataset.class_names:
        raise InputError(
            f"teacher {teacher!r}: was trained for the classes {', '.join(names)}; expected "
            f"{', '.join(dataset.class_names)}: name one trained on this dataset"
        )

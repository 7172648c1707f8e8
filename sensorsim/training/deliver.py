"""Export a trained network as a model file, with accuracies from the bit-level simulator."""

from pathlib import Path
from typing import NamedTuple

from sensorsim.bnn.model import Model, Training
from sensorsim.bnn.model_file import save_model
from sensorsim.optics.cfa import bayer
from sensorsim.scenes.labelled import Labelled
from sensorsim.scenes.validation import split_validation
from sensorsim.training.decisions import Decisions, bit_level_decisions
from sensorsim.training.export import export
from sensorsim.training.session import Task, Trained


class Delivered(NamedTuple):
    """A model that was written, and the decisions behind its accuracies.

    Attributes
    ----------
    model : Model
        The model.
    validation, test : Decisions
        Decisions on validation and test images.
    """

    model: Model
    validation: Decisions
    test: Decisions


def deliver(
    task: Task, trained: Trained, dataset: Labelled, test: Labelled, command: str, path: Path
) -> Delivered:
    """Export a trained task, measure its accuracies and write the model file.

    Parameters
    ----------
    task : Task
        The task that was trained.
    trained : Trained
        Its result.
    dataset : Labelled
        Training images; accuracy is measured on their validation part.
    test : Labelled
        Test images.
    command : str
        Command line that trains it again.
    path : Path
        Model file to write; its folder is created.

    Returns
    -------
    Delivered
        The model and its decisions.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    _, validation = split_validation(dataset)

    def build(validation_accuracy: float, test_accuracy: float) -> Model:
        return export(
            trained.network,
            trained.encoder.description(),
            task.input_shape(dataset),
            dataset.class_names,
            Training(
                dataset=dataset.name,
                family=task.family,
                command=command,
                seed=task.schedule.seed,
                validation_accuracy=validation_accuracy,
                test_accuracy=test_accuracy,
                camera=task.camera.plan(),
            ),
            bayer(task.camera.layout),
        )

    draft = build(0.0, 0.0)
    held_out = bit_level_decisions(draft, task.camera, validation)
    tested = bit_level_decisions(draft, task.camera, test)
    model = build(held_out.accuracy, tested.accuracy)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_model(model, path)
    return Delivered(model, held_out, tested)

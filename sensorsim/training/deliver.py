"""A trained network becomes a model file: exported, and judged by the bit-level simulator."""

from pathlib import Path

import numpy as np

from sensorsim import streams
from sensorsim.bnn import simulator
from sensorsim.bnn.file import save_model
from sensorsim.bnn.model import Model, Training
from sensorsim.camera import Camera
from sensorsim.mosaic import bayer, network_planes
from sensorsim.scenes.labelled import Labelled
from sensorsim.scenes.srgb import to_linear
from sensorsim.training.batches import split_validation
from sensorsim.training.export import export
from sensorsim.training.session import SPLIT_SEED, Task, Trained

_BATCH = 500
EVALUATION_SEED = 0


def bit_level_accuracy(model: Model, camera: Camera, dataset: Labelled) -> float:
    """Fraction of right decisions of the bit-level simulator, through die 0."""
    right = 0
    for start in range(0, len(dataset), _BATCH):
        part = dataset.take(np.arange(start, min(start + _BATCH, len(dataset))))
        key = streams.Key.of(EVALUATION_SEED, np.arange(start, start + len(part)))
        volts = camera.volts(to_linear(part.images), key)
        codes = model.readout.convert(volts, camera.photodiode.full_scale_v, key)
        seen = network_planes(codes, camera.layout)
        decisions = simulator.decide(simulator.scores_of_codes(model, seen))
        right += int((decisions == part.labels).sum())
    return right / len(dataset)


def deliver(
    task: Task, trained: Trained, dataset: Labelled, test: Labelled, command: str, path: Path
) -> Model:
    """Export a trained task, record its accuracies and write the file.

    Parameters
    ----------
    dataset, test : Labelled
        Training images (their validation part is counted) and test images.
    command : str
        What a reader types to train it again.
    """
    _, validation = split_validation(dataset, SPLIT_SEED)

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
                seed=task.recipe.seed,
                validation_accuracy=validation_accuracy,
                test_accuracy=test_accuracy,
            ),
            bayer(task.camera.layout),
        )

    draft = build(0.0, 0.0)
    model = build(
        bit_level_accuracy(draft, task.camera, validation),
        bit_level_accuracy(draft, task.camera, test),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    save_model(model, path)
    return model

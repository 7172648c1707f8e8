"""One readout and its network, trained from start or from a common trunk."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sensorsim import streams
from sensorsim.camera import Camera
from sensorsim.errors import InputError
from sensorsim.mosaic import array_shape, network_shape, sample_colors
from sensorsim.readout import Adc, Comparator, Thermometer
from sensorsim.readout.families import CALIBRATED, make_readout
from sensorsim.scenes.labelled import Labelled, check_for_training
from sensorsim.scenes.srgb import to_linear
from sensorsim.training.batches import Batches, split_validation
from sensorsim.training.encoder import FixedEncoder, LearnedThermometer
from sensorsim.training.fit import Encoder, Recipe, Trainer, accuracy
from sensorsim.training.network import Architecture, Network, initialize

_CALIBRATION_IMAGES = 2000
_CALIBRATION_SEED = 1
SPLIT_SEED = 0


@dataclass(frozen=True)
class Task:
    """What to train.

    Attributes
    ----------
    family : str
        What to call the readout in the model file.
    readout : Adc or Thermometer
        The readout, or the one that learning starts from.
    learned : bool
        Whether the thresholds learn.
    """

    family: str
    readout: Adc | Thermometer
    learned: bool
    architecture: Architecture
    recipe: Recipe
    camera: Camera

    def plan(self, dataset: Labelled, trunk: dict[str, Tensor] | None) -> str:
        """Everything that decides what training gives, as JSON."""
        start = b"" if trunk is None else b"".join(v.numpy().tobytes() for v in trunk.values())
        data = {
            "dataset": dataset.name,
            "images": hashlib.sha256(dataset.images.tobytes()).hexdigest(),
            "labels": hashlib.sha256(dataset.labels.tobytes()).hexdigest(),
            "trunk": hashlib.sha256(start).hexdigest(),
        }
        parts = {
            "readout": self.readout,
            "architecture": self.architecture,
            "recipe": self.recipe,
            "photodiode": self.camera.photodiode,
            "exposure": self.camera.exposure,
            "lens": self.camera.lens,
        }
        plan = {name: part.model_dump(mode="json") for name, part in parts.items()}
        return json.dumps({"learned": self.learned, "layout": self.camera.layout, **data, **plan})

    def input_shape(self, dataset: Labelled) -> tuple[int, int, int]:
        """Rows, columns and colors that the network reads of an image."""
        height, width, colors = dataset.images.shape[1:]
        layout = self.camera.layout
        return network_shape(array_shape((height, width, colors), layout), layout)


@dataclass(frozen=True)
class Trained:
    """What training gives: encoder and network in torch, and the validation accuracy."""

    encoder: Encoder
    network: Network
    validation_accuracy: float


def calibration_samples(dataset: Labelled, camera: Camera) -> npt.NDArray[np.float32]:
    """Lit samples of the first training images, as parts of full scale.

    Black pixels are left out: they carry no tone, and in some datasets they are half of all.
    """
    light = to_linear(dataset.images[:_CALIBRATION_IMAGES])
    key = streams.Key.of(_CALIBRATION_SEED, np.arange(len(light)), 1)
    lit = sample_colors(light, camera.layout) > 0
    return camera.volts(light, key)[lit] / np.float32(camera.photodiode.full_scale_v)


def start_readout(
    family: str, levels: int, comparator: Comparator, dataset: Labelled, camera: Camera
) -> Adc | Thermometer:
    """A readout of a family, calibrated on the training part of a dataset where it needs that."""
    training, _ = split_validation(dataset, SPLIT_SEED)
    samples = calibration_samples(training, camera) if family in CALIBRATED else None
    return make_readout(family, levels, comparator, samples)


def make_encoder(task: Task) -> Encoder:
    """The readout of a task, ready to be trained with."""
    full_scale_v, layout = task.camera.photodiode.full_scale_v, task.camera.layout
    readout = task.readout
    if task.learned:
        assert isinstance(readout, Thermometer)
        return LearnedThermometer(
            readout.transitions(), readout.comparator, full_scale_v, readout, layout
        )
    return FixedEncoder(readout, full_scale_v, layout)


def train(
    task: Task,
    dataset: Labelled,
    checkpoint: Path | None,
    report: Callable[[int, int, float], None],
    trunk: dict[str, dict[str, Tensor]] | None = None,
) -> Trained:
    """Train one task.

    Parameters
    ----------
    dataset : Labelled
        All training images; a fixed part of them is set apart for validation.
    checkpoint : Path, optional
        Where the state is kept; training goes on from it if it exists.
    trunk : dict, optional
        Checkpoint of another task of the same architecture, to start from.

    Raises
    ------
    InputError
        If the dataset cannot be trained on (see `check_for_training`) or is too small.
    """
    check_for_training(dataset)
    training, validation = split_validation(dataset, SPLIT_SEED)
    if not len(validation):
        raise InputError(
            f"{dataset.origin}: {len(dataset)} training images, expected at least 10, "
            "of which a tenth is set apart for validation"
        )
    encoder = make_encoder(task)
    height, width, colors = task.input_shape(dataset)
    network = Network(task.architecture, task.readout.channels(colors), height, width)
    initialize(network, task.recipe.seed)
    if trunk is not None:
        adopt_trunk(network, trunk["network"], colors)
    recipe = task.recipe
    batches = Batches(training, task.camera, recipe.batch, recipe.seed + 1, recipe.mirror)
    plan = task.plan(dataset, None if trunk is None else trunk["network"])
    Trainer(encoder, network, batches, recipe).run(checkpoint, report, plan)
    return Trained(
        encoder, network, accuracy(encoder, network, task.camera, validation, task.recipe.seed)
    )


def load_checkpoint(path: Path) -> dict[str, dict[str, Tensor]]:
    """Read a checkpoint written by `train`."""
    state: dict[str, dict[str, Tensor]] = torch.load(path, weights_only=True)
    return state


def adopt_trunk(network: Network, trunk: dict[str, Tensor], colors: int) -> None:
    """Start from a trained network of the same architecture behind another readout.

    Only the first convolution differs in shape. Its latent weights of level m are taken from the
    trunk's level at the same relative place; a single level (or an ADC's code) takes their mean.
    """
    name = "blocks.0.latent"
    own = network.state_dict()
    latent = trunk[name]
    outputs, inputs, kh, kw = latent.shape
    levels = own[name].shape[1] // colors
    by_level = latent.reshape(outputs, colors, inputs // colors, kh, kw)
    if levels == 1:
        first = by_level.mean(2, keepdim=True)
    else:
        place = np.linspace(0, inputs // colors - 1, levels).round().astype(int)
        first = by_level[:, :, place]
    network.load_state_dict({**trunk, name: first.reshape(own[name].shape)})

"""Train one readout and its network, from the start or from a common trunk."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sensorsim.core import streams
from sensorsim.core.errors import InputError
from sensorsim.core.source import foreign_digest
from sensorsim.optics.cfa import array_shape, network_shape, sample_colors
from sensorsim.readout import Comparator, Readout
from sensorsim.readout.families import families, make_readout
from sensorsim.scenes.labelled import Labelled, check_for_training
from sensorsim.scenes.srgb import to_linear
from sensorsim.scenes.validation import split_validation
from sensorsim.sensor.camera import Camera
from sensorsim.training.architecture import Architecture
from sensorsim.training.batches import TRAINING_DIES, Batches
from sensorsim.training.checkpoint import read
from sensorsim.training.distillation import Lessons
from sensorsim.training.encoder import FixedEncoder, LearnedLevels
from sensorsim.training.fit import Encoder, Log, Trainer, accuracy
from sensorsim.training.network import Network, initialize
from sensorsim.training.progress import Report
from sensorsim.training.provenance import (
    arithmetic_plan,
    data_plan,
    state_digest,
    training_sources,
)
from sensorsim.training.pruning import Pruning
from sensorsim.training.schedule import Schedule

_CALIBRATION_IMAGES = 2000
_CALIBRATION_SEED = 1
_CPU = torch.device("cpu")


@dataclass(frozen=True)
class Task:
    """A readout and network to train, with everything that training needs.

    Attributes
    ----------
    family : str
        Family name of the readout in the model file.
    readout : Readout
        The readout, or the one that training starts from.
    learned : bool
        Whether its levels are learned.
    architecture : Architecture
        Layers of the network.
    schedule : Schedule
        Epochs, rates and seed.
    camera : Camera
        The pixels in front of the readout.
    pruning : Pruning, optional
        Schedule that fades heavy paths of grouped blocks; no heavy paths if left out.
    lessons : Lessons, optional
        A teacher's answers to the views of the training images; none if left out.
    """

    family: str
    readout: Readout
    learned: bool
    architecture: Architecture
    schedule: Schedule
    camera: Camera
    pruning: Pruning | None = None
    lessons: Lessons | None = None

    def plan(self, dataset: Labelled, trunk: dict[str, Tensor] | None) -> dict[str, Any]:
        """Collect everything that the result of training depends on.

        Parameters
        ----------
        dataset : Labelled
            Training images.
        trunk : dict of tensor, optional
            The network that training starts from.

        Returns
        -------
        dict
            Descriptions; images, labels, answers, weights and source files as digests.
        """
        lessons = None
        if self.lessons is not None:
            lessons = {
                "answers": hashlib.sha256(self.lessons.answers.tobytes()).hexdigest(),
                **self.lessons.distillation.model_dump(),
            }
        return {
            **data_plan(dataset),
            **self.camera.plan(),
            "readout": self.readout.model_dump(mode="json"),
            "learned": self.learned,
            "architecture": self.architecture.model_dump(mode="json"),
            "schedule": self.schedule.model_dump(mode="json"),
            "pruning": None if self.pruning is None else self.pruning.model_dump(mode="json"),
            "teacher": lessons,
            "trunk": None if trunk is None else state_digest(trunk),
            "sources": training_sources() + foreign_digest(type(self.readout)),
        }

    def input_shape(self, dataset: Labelled) -> tuple[int, int, int]:
        """Shape of the input of the network.

        Parameters
        ----------
        dataset : Labelled
            Images to train on.

        Returns
        -------
        tuple of int
            Rows, columns and colors.
        """
        height, width, colors = dataset.images.shape[1:]
        layout = self.camera.layout
        return network_shape(array_shape((height, width, colors), layout), layout)


@dataclass(frozen=True)
class Trained:
    """Result of training.

    Attributes
    ----------
    encoder : FixedEncoder or LearnedLevels
        The readout.
    network : Network
        The trained network.
    validation_accuracy : float
        Accuracy on all validation images, computed by torch, 0 to 1.
    log : list of dict
        Learning curve, see `sensorsim.training.fit.Log`.
    seconds : float
        Training time, s, summed over all runs if training was resumed; without the work after the
        last checkpoint of an interrupted run, which is lost.
    """

    encoder: Encoder
    network: Network
    validation_accuracy: float
    log: Log
    seconds: float


def calibration_samples(dataset: Labelled, camera: Camera) -> npt.NDArray[np.float32]:
    """Simulate the first training images, and collect the samples that are not black.

    Black pixels are left out, because they are half of all pixels in some datasets.

    Parameters
    ----------
    dataset : Labelled
        Training images.
    camera : Camera
        The pixels in front of the readout.

    Returns
    -------
    float32 [S]
        Samples as fractions of full scale.
    """
    light = to_linear(dataset.images[:_CALIBRATION_IMAGES])
    key = streams.Key.of_training(_CALIBRATION_SEED, np.arange(len(light)), TRAINING_DIES)
    lit = sample_colors(light, camera.layout) > 0
    return camera.volts(light, key)[lit] / np.float32(camera.photodiode.full_scale_v)


def start_readout(
    family: str, levels: int, comparator: Comparator, dataset: Labelled, camera: Camera
) -> Readout:
    """Make a readout of a family, calibrated on the training part of a dataset if necessary.

    Parameters
    ----------
    family : str
        Name of one of `sensorsim.readout.families.families`.
    levels : int
        Number of levels or bits, in the sense of `sensorsim.readout.Family.symbol`.
    comparator : Comparator
        Errors of the comparators.
    dataset : Labelled
        All training images.
    camera : Camera
        The pixels in front of the readout.

    Returns
    -------
    Readout
        The readout, or the one that training starts from.

    Raises
    ------
    InputError
        If the images give no distinct thresholds.
    """
    training, _ = split_validation(dataset)
    samples = calibration_samples(training, camera) if families()[family].calibrated else None
    return make_readout(family, levels, comparator, samples)


def make_encoder(task: Task) -> Encoder:
    """Make the encoder of a task.

    Parameters
    ----------
    task : Task
        The task.

    Returns
    -------
    FixedEncoder or LearnedLevels
        The encoder from volts to the network's input.

    Raises
    ------
    InputError
        If the readout cannot read the camera's color filters, or its circuit does not allow other
        levels.
    """
    full_scale_v, layout = task.camera.photodiode.full_scale_v, task.camera.layout
    readout = task.readout
    readout.check_layout(layout)
    if task.learned:
        return LearnedLevels(readout, full_scale_v, layout)
    return FixedEncoder(readout, full_scale_v, layout)


def start_levels(task: Task) -> npt.NDArray[np.float64] | None:
    """Levels that training starts from.

    Parameters
    ----------
    task : Task
        The task.

    Returns
    -------
    float64 [M] or None
        Levels in the readout's unit; None if they are not learned.
    """
    learnable = task.readout.learnable() if task.learned else None
    return None if learnable is None else learnable.levels


def build_network(task: Task, dataset: Labelled) -> Network:
    """Make the network of a task, before training.

    Parameters
    ----------
    task : Task
        The task.
    dataset : Labelled
        Dataset that gives the shape of the images and the number of classes.

    Returns
    -------
    Network
        The initialized network.

    Raises
    ------
    InputError
        If the network does not fit the images, or concatenates the planes of an ADC.
    """
    height, width, colors = task.input_shape(dataset)
    readout, architecture = task.readout, task.architecture
    if readout.planes > 1 and architecture.blocks[0].concat:
        raise InputError(
            "network.blocks.0: concat: the readout gives codes of several bits, which only a "
            "convolution can read; leave it out of the first block"
        )
    network = Network(
        architecture, readout.channels(colors), height, width, task.pruning is not None
    )
    initialize(network, task.schedule.seed)
    return network


def train(
    task: Task,
    dataset: Labelled,
    checkpoint: Path | None,
    report: Report,
    trunk: dict[str, dict[str, Tensor]] | None = None,
    device: torch.device = _CPU,
    dtype: torch.dtype = torch.float32,
) -> Trained:
    """Train one task.

    Parameters
    ----------
    task : Task
        The task.
    dataset : Labelled
        All training images; a fixed part of them is used for validation only.
    checkpoint : Path or None
        File for the state; training resumes from it if it exists. None: no checkpoints.
    report : callable
        Called with a `Progress` from time to time.
    trunk : dict, optional
        Checkpoint of another task of the same architecture, to start from.
    device : torch.device
        Device of the network.
    dtype : torch.dtype
        Data type of convolutions, float32 or bfloat16.

    Returns
    -------
    Trained
        The trained readout and network.

    Raises
    ------
    InputError
        If there are too few images, or none of some class, the network does not fit them, or the
        checkpoint is of another training.
    """
    check_for_training(dataset)
    training, validation = split_validation(dataset)
    encoder = make_encoder(task)
    network = build_network(task, dataset)
    if trunk is not None:
        adopt_trunk(network, trunk["network"], task.input_shape(dataset)[2])
    schedule = task.schedule
    batches = Batches(training, task.camera, schedule.batch, schedule.seed, schedule.views)
    trainer = Trainer(
        encoder, network, batches, schedule, validation, task.lessons, task.pruning, device, dtype
    )
    plan = task.plan(dataset, None if trunk is None else trunk["network"])
    plan |= arithmetic_plan(device, dtype)
    trainer.run(checkpoint, report, plan)
    reached = accuracy(encoder, network, task.camera, validation, schedule.seed)
    return Trained(encoder, network, reached, trainer.log, trainer.seconds)


def load_checkpoint(path: Path) -> dict[str, dict[str, Tensor]]:
    """Read a checkpoint written by `train`.

    Parameters
    ----------
    path : Path
        The checkpoint file.

    Returns
    -------
    dict
        Its state; "network" holds the tensors of the network.
    """
    return read(path)


def adopt_trunk(network: Network, trunk: dict[str, Tensor], colors: int) -> None:
    """Start from a trained network of the same architecture behind another readout.

    Only the first convolution differs in shape. Its latent weights of level m are taken from the
    trunk's level at the same relative place; a single level (or an ADC's code) takes their mean.

    Parameters
    ----------
    network : Network
        Changed in place.
    trunk : dict of tensor
        State of the other network.
    colors : int
        Colors that the network reads.
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

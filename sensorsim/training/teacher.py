"""A float network that is trained on photographs and serves as a teacher of binary networks.

It reads images as they are, in full light and without a sensor. Topology and schedule follow
Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", arXiv 2404.00498 (2024): a fixed
whitening layer, pairs of 3 x 3 convolutions, batch-norms without a learned scale whose biases have
64 times the learning rate of the weights, label smoothing, and a slow average of the weights
(lookahead).
"""

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional as F

from sensorsim.core import streams
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.scenes.labelled import Labelled
from sensorsim.training import checkpoint
from sensorsim.training.draws import uniforms
from sensorsim.training.precision import autocast
from sensorsim.training.progress import Pace, Report
from sensorsim.training.provenance import arithmetic_plan, data_plan, training_sources
from sensorsim.training.views import Photographs, Views

_WHITENING_IMAGES = 5000
_WHITENING_FLOOR = 5e-4
_SCORE_SCALE = 1 / 9
_AVERAGE_EVERY = 5
_CHECKPOINT_STEPS = 20
_BATCH = 500


Width = Annotated[int, Field(ge=1, le=4096)]
"""Channels of a convolution."""


class TeacherDescription(Description):
    """A float network and its training."""

    widths: tuple[Width, ...] = Field(
        (64, 256, 256),
        min_length=1,
        max_length=6,
        description="Channels of each pair of convolutions; each pair halves the image.",
    )
    epochs: float = Field(10.0, gt=0, description="Passes over the training images.")
    batch: int = Field(1000, ge=2, description="Images per step.")
    learning_rate: float = Field(
        1.5,
        gt=0,
        description="Peak learning rate of the weights for the mean loss of a batch of 1024.",
    )
    momentum: float = Field(0.85, ge=0, lt=1, description="Nesterov momentum.")
    weight_decay: float = Field(
        2e-6,
        ge=0,
        description="Decay of the weights per image of a batch, at a learning rate of 1.",
    )
    bias_factor: float = Field(
        64.0, gt=0, description="Learning rate of biases relative to weights."
    )
    label_smoothing: float = Field(
        0.2, ge=0, lt=1, description="Share of the label spread over all classes."
    )
    views: Views = Field(Views(), description="Shifts and mirrors that training draws from.")
    seed: int = Field(0, ge=0, le=streams.MAX_SEED)

    def rate(self, step: int, steps: int) -> float:
        """Factor of the learning rates at one step: 0.2, rising to 1 at 23 %, falling to 0.07.

        Parameters
        ----------
        step : int
            Number of the step, from 0.
        steps : int
            Number of all steps.

        Returns
        -------
        float
            0.07 to 1.
        """
        return float(np.interp(step / steps, (0, 0.23, 1), (0.2, 1, 0.07)))


class _Pair(nn.Module):
    """Convolution, max-pool, batch-norm, GELU, convolution, batch-norm, GELU."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.first_norm = _norm(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.second_norm = _norm(outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Map [N, inputs, H, W] to [N, outputs, H // 2, W // 2]."""
        x = F.gelu(self.first_norm(F.max_pool2d(self.first(x), 2)))
        return F.gelu(self.second_norm(self.second(x)))


def _norm(channels: int) -> nn.BatchNorm2d:
    norm = nn.BatchNorm2d(channels, eps=1e-12, momentum=0.4)
    norm.weight.requires_grad_(False)
    return norm


class Teacher(nn.Module):
    """Map photographs to class scores.

    Parameters
    ----------
    colors, classes : int
        Colors of the images, and number of classes.
    widths : tuple of int
        Channels of each pair of convolutions, see `TeacherDescription`.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, colors: int, classes: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(colors))
        self.register_buffer("deviation", torch.ones(colors))
        self.whitening = nn.Conv2d(colors, 8 * colors, 2)
        self.whitening.weight.requires_grad_(False)
        inputs = (8 * colors, *widths[:-1])
        self.pairs = nn.ModuleList(_Pair(i, o) for i, o in zip(inputs, widths, strict=True))
        self.scores = nn.Linear(widths[-1], classes, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        """Class scores of images.

        Parameters
        ----------
        images : uint8 [N, H, W, C]
            Images encoded in sRGB.

        Returns
        -------
        float [N, classes]
            Class scores.
        """
        x = (images.to(torch.float32) / 255 - self.mean) / self.deviation
        x = x.permute(0, 3, 1, 2)
        x = F.gelu(self.whitening(x))
        for pair in self.pairs:
            x = pair(x)
        scores: Tensor = self.scores(F.adaptive_max_pool2d(x, 1).flatten(1)) * _SCORE_SCALE
        return scores


def build_teacher(description: TeacherDescription, dataset: Labelled) -> Teacher:
    """Build a teacher before its first step: whitening from the images, weights from the generator.

    Parameters
    ----------
    description : TeacherDescription
        Widths and seed.
    dataset : Labelled
        Training images.

    Returns
    -------
    Teacher
        The teacher.

    Raises
    ------
    InputError
        If the images are too small for the pairs of convolutions.
    """
    height, width, colors = dataset.images.shape[1:]
    pairs = len(description.widths)
    if (min(height, width) - 1) >> pairs < 1:
        raise InputError(
            f"schedule.widths {list(description.widths)}: {pairs} pairs halve images of {height} x "
            f"{width} pixels to nothing; state fewer"
        )
    teacher = Teacher(colors, len(dataset.class_names), description.widths)
    _draw_weights(teacher, description.seed)
    with torch.no_grad():
        some = dataset.images[:_WHITENING_IMAGES] / 255.0
        teacher.mean.copy_(torch.from_numpy(some.mean((0, 1, 2))))
        teacher.deviation.copy_(torch.from_numpy(np.maximum(some.std((0, 1, 2)), 1e-3)))
        normalized = (some - some.mean((0, 1, 2))) / np.maximum(some.std((0, 1, 2)), 1e-3)
        teacher.whitening.weight.copy_(torch.from_numpy(_whitening(normalized)))
    return teacher


def _whitening(images: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Filters [8 C, C, 2, 2] that decorrelate patches of 2 x 2 pixels, each with both signs."""
    colors = images.shape[3]
    moments, count = np.zeros((4 * colors, 4 * colors)), 0
    for start in range(0, len(images), _BATCH):  # all patches at once would fill the memory
        part = images[start : start + _BATCH]
        patches = np.lib.stride_tricks.sliding_window_view(part, (2, 2), (1, 2))
        flat = patches.reshape(-1, 4 * colors)
        moments += flat.T @ flat
        count += len(flat)
    values, vectors = np.linalg.eigh(moments / count)
    filters = (vectors / np.sqrt(values + _WHITENING_FLOOR)).T[::-1]
    filters = filters.reshape(-1, colors, 2, 2)
    return np.concatenate((filters, -filters))


def _draw_weights(teacher: Teacher, seed: int) -> None:
    """Draw uniform weights with torch's bounds; 3 x 3 layers start with an identity part."""
    layers = [m for m in teacher.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    with torch.no_grad():
        for number, layer in enumerate(layers):
            fan_in = layer.weight[0].numel()
            draws = uniforms(layer.weight.numel(), number, seed, streams.WEIGHTS)
            spread = torch.from_numpy((2 * draws - 1) / fan_in**0.5)
            layer.weight.copy_(spread.reshape(layer.weight.shape))
            if layer.bias is not None:
                layer.bias.zero_()
            if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3):
                nn.init.dirac_(layer.weight[: layer.in_channels])


def train_teacher(
    description: TeacherDescription,
    dataset: Labelled,
    path: Path,
    report: Report,
    device: torch.device,
    dtype: torch.dtype = torch.float32,
) -> Teacher:
    """Train a teacher, or resume from its checkpoint.

    Parameters
    ----------
    description : TeacherDescription
        Network and schedule.
    dataset : Labelled
        Training images, without those held out for validation.
    path : Path
        Checkpoint file.
    report : callable
        Called with a `Progress` whenever a checkpoint was written.
    device : torch.device
        Device that computes the network.
    dtype : torch.dtype
        Number format of convolutions, float32 or bfloat16.

    Returns
    -------
    Teacher
        The trained teacher, on ``device``.

    Raises
    ------
    InputError
        If there are fewer images than a batch, they are too small, the checkpoint belongs to
        another training or cannot be written, or the loss is not finite.
    """
    if len(dataset) < description.batch:
        raise InputError(
            f"schedule.batch {description.batch}: {len(dataset)} images to train on, expected at "
            "least a batch of them"
        )
    run = _TeacherRun(description, dataset, path, device, dtype)
    pace = Pace(run.step, run.steps, description.batch)
    while run.step < run.steps:
        loss = run.advance()
        if run.step % _CHECKPOINT_STEPS == 0 or run.step == run.steps:
            if not np.isfinite(loss):
                raise InputError(
                    f"step {run.step}: the loss is {loss}; lower schedule.learning_rate, remove "
                    f"{path} if it is there, and start over"
                )
            run.save()
            report(pace.at(run.step, loss))
    return run.teacher


class _TeacherRun:
    """State of a teacher's training."""

    def __init__(
        self,
        description: TeacherDescription,
        dataset: Labelled,
        path: Path,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        d = self.description = description
        self.path, self.device, self.dtype = path, device, dtype
        self.photographs = Photographs(dataset.images, d.views)
        self.labels = dataset.labels
        self.teacher = build_teacher(d, dataset).to(device)
        self.teacher.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.per_epoch = len(dataset) // d.batch
        self.steps = max(1, round(d.epochs * self.per_epoch))
        self.step = 0
        self.optimizer = self._optimizer()
        self.average = {k: v.clone() for k, v in self._learned().items()}
        self.plan = {
            "description": d.model_dump(mode="json"), **data_plan(dataset),
            "sources": training_sources(), **arithmetic_plan(device, dtype),
        }  # fmt: skip
        state = checkpoint.load(path, self.plan)
        if state is not None:
            self.step = state["step"]
            self.teacher.load_state_dict(state["teacher"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.average = {k: v.to(device) for k, v in state["average"].items()}

    def _learned(self) -> dict[str, Tensor]:
        """Tensors that the slow average covers: weights and batch-norm statistics."""
        return {k: v for k, v in self.teacher.state_dict().items() if v.is_floating_point()}

    def _optimizer(self) -> torch.optim.SGD:
        d = self.description
        rate = d.learning_rate * d.batch / 1024
        learned = [(n, p) for n, p in self.teacher.named_parameters() if p.requires_grad]
        biases = [p for name, p in learned if "norm" in name]
        weights = [p for name, p in learned if "norm" not in name]
        decay = d.weight_decay * d.batch
        groups: list[dict[str, Any]] = [
            {"params": weights, "base": rate, "weight_decay": decay / rate},
            {
                "params": biases,
                "base": rate * d.bias_factor,
                "weight_decay": decay / (rate * d.bias_factor),
            },
        ]
        return torch.optim.SGD(groups, lr=rate, momentum=d.momentum, nesterov=True)

    def advance(self) -> float:
        """Do one step; return its loss."""
        d = self.description
        images, labels = self._batch()
        factor = d.rate(self.step, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * factor
        self.teacher.train()
        self.optimizer.zero_grad(set_to_none=True)
        with autocast(self.device, self.dtype):
            scores = self.teacher(images)
        loss = F.cross_entropy(scores.float(), labels, label_smoothing=d.label_smoothing)
        loss.backward()
        self.optimizer.step()
        self.step += 1
        if self.step % _AVERAGE_EVERY == 0 or self.step == self.steps:
            self._look_ahead()
        return float(loss.detach())

    def _batch(self) -> tuple[Tensor, Tensor]:
        d = self.description
        epoch, within = divmod(self.step, self.per_epoch)
        order = np.argsort(uniforms(len(self.labels), 1 + epoch, d.seed, streams.TRAINING_ORDER))
        index = order[within * d.batch : (within + 1) * d.batch]
        u = uniforms(d.batch, self.step, d.seed, streams.AUGMENTATION)
        views = (u * d.views.count).astype(np.int64)
        images = torch.from_numpy(self.photographs.take(index, views)).to(self.device)
        return images, torch.from_numpy(self.labels[index]).to(self.device)

    def _look_ahead(self) -> None:
        """Move the slow average toward the weights, then set the weights to it."""
        final = self.step == self.steps
        decay = 1.0 if final else 0.95**_AVERAGE_EVERY * (self.step / self.steps) ** 3
        with torch.no_grad():
            for name, value in self._learned().items():
                slow = self.average[name]
                if not final:
                    slow.lerp_(value, 1 - decay)
                value.copy_(slow)

    def save(self) -> None:
        """Write the checkpoint."""
        state = {
            "step": self.step,
            "teacher": self.teacher.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
        }
        checkpoint.save(self.path, self.plan, state)


@torch.no_grad()
def answers(
    teacher: Teacher, images: npt.NDArray[np.uint8], mirror: bool, device: torch.device
) -> npt.NDArray[np.float32]:
    """Class scores of photographs.

    Parameters
    ----------
    teacher : Teacher
        The teacher; set to evaluation mode.
    images : uint8 [N, H, W, C]
        Images encoded in sRGB.
    mirror : bool
        Whether to average over each image and its mirror image.
    device : torch.device
        Device of the teacher.

    Returns
    -------
    float32 [N, classes]
        Class scores.
    """
    teacher.eval()
    parts = []
    for start in range(0, len(images), _BATCH):
        batch = torch.from_numpy(np.ascontiguousarray(images[start : start + _BATCH])).to(device)
        scores = teacher(batch)
        if mirror:
            scores = (scores + teacher(batch.flip(2))) / 2
        parts.append(scores.float().cpu().numpy())
    return np.concatenate(parts)

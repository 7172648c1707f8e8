"""The training loop, with checkpoints; a resumed run gives the same result as one not stopped."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sensorsim.core import streams
from sensorsim.core.errors import InputError
from sensorsim.scenes.labelled import Labelled
from sensorsim.scenes.srgb import to_linear
from sensorsim.sensor.camera import Camera
from sensorsim.training import checkpoint
from sensorsim.training.batches import TRAINING_DIES, Batch, Batches
from sensorsim.training.binary_layers import constrain
from sensorsim.training.distillation import Lessons, distillation_loss
from sensorsim.training.encoder import FixedEncoder, LearnedLevels
from sensorsim.training.network import Network, binary_blocks
from sensorsim.training.precision import autocast
from sensorsim.training.progress import Pace, Report
from sensorsim.training.pruning import Pruning, fade_heavy_paths
from sensorsim.training.schedule import Schedule

Encoder = FixedEncoder | LearnedLevels
VALIDATION_DIE = TRAINING_DIES
"""Die of early validation; no training step uses it."""
_CHECKPOINT_S = 60.0
_EVALUATION_BATCH = 500
_CPU = torch.device("cpu")


Log = list[dict[str, float | list[float]]]
"""Rows of a learning curve: step, epoch, loss, rate, validation_accuracy, and thresholds."""


class Trainer:
    """Train an encoder and a network together.

    Parameters
    ----------
    encoder : FixedEncoder or LearnedLevels
        Readout: maps pixel voltages to bits.
    network : Network
        The network; moved to ``device``.
    batches : Batches
        Training batches.
    schedule : Schedule
        Steps and learning rates.
    validation : Labelled, optional
        Images for early validation; none if left out.
    lessons : Lessons, optional
        A teacher's answers; training uses labels only if left out.
    pruning : Pruning, optional
        Schedule for the heavy paths of a network that has them.
    device : torch.device
        Device that computes the network; the sensor is simulated on the CPU.
    dtype : torch.dtype
        Number format of convolutions, float32 or bfloat16.
    """

    def __init__(
        self,
        encoder: Encoder,
        network: Network,
        batches: Batches,
        schedule: Schedule,
        validation: Labelled | None = None,
        lessons: Lessons | None = None,
        pruning: Pruning | None = None,
        device: torch.device = _CPU,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.encoder, self.network = encoder, network
        self.batches, self.schedule = batches, schedule
        self.validation, self.lessons, self.pruning = validation, lessons, pruning
        self.device, self.dtype = device, dtype
        network.to(device)
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.step = 0
        self.steps = max(1, round(schedule.epochs * batches.steps_per_epoch))
        self.seconds = 0.0  # of training, in this run and those it resumes
        self.log: Log = []
        self.loss = float(np.log(len(batches.class_names)))
        groups = [{"params": list(network.parameters()), "base": schedule.learning_rate}]
        learned = list(encoder.parameters())
        if learned:
            groups.append({"params": learned, "base": schedule.threshold_learning_rate})
        self.optimizer = torch.optim.Adam(groups, lr=schedule.learning_rate)

    def run(self, path: Path | None, report: Report, plan: checkpoint.Plan | None = None) -> None:
        """Train to the end, from the checkpoint if there is one.

        Parameters
        ----------
        path : Path, optional
            Checkpoint file; none is written if None.
        report : callable
            Called with a `Progress` whenever a checkpoint is due.
        plan : dict, optional
            Everything that determines the result; stored in the checkpoint.

        Raises
        ------
        InputError
            If the checkpoint belongs to another plan or cannot be written, or the loss is not
            finite.
        """
        plan = plan or {}
        if path is not None and (state := checkpoint.load(path, plan)) is not None:
            self._restore(state)
        torch.set_flush_denormal(True)  # denormal gradients cost ten times as much
        try:
            self._train(path, report, plan)
        finally:
            torch.set_flush_denormal(False)

    def _train(self, path: Path | None, report: Report, plan: checkpoint.Plan) -> None:
        pace, saved = Pace(self.step, self.steps, self.batches.size), time.monotonic()
        former, started = self.seconds, saved
        while self.step < self.steps:
            self._advance()
            self.seconds = former + time.monotonic() - started
            due = time.monotonic() - saved > _CHECKPOINT_S
            if due or self.step == self.steps:
                if path is not None:
                    checkpoint.save(path, plan, self._state())
                saved = time.monotonic()
                report(pace.at(self.step, self.loss, self._last_validation()))

    def _last_validation(self) -> float | None:
        found = self.log[-1].get("validation_accuracy") if self.log else None
        return found if isinstance(found, float) else None

    def _advance(self) -> None:
        """Do one step, and what is due after it."""
        loss = self._train_step()
        if not np.isfinite(loss):
            raise InputError(
                f"step {self.step}: the loss is {loss}; lower schedule.learning_rate and start "
                "over; the last checkpoint is kept"
            )
        self.loss += 0.02 * (loss - self.loss)
        self.step += 1
        if self.step == self.steps:
            if self.pruning is not None:  # with few steps, a block's fade may be skipped
                fade_heavy_paths(self.network, self.pruning, 1.0)
            self._recalibrate()
        every = max(1, round(self.schedule.validate_every_epochs * self.batches.steps_per_epoch))
        if self.step % every == 0 or self.step == self.steps:
            self._record()

    def _train_step(self) -> float:
        if self.pruning is not None:
            fade_heavy_paths(self.network, self.pruning, self.step / self.steps)
        batch = self.batches.batch(self.step)
        factor = self.schedule.rate(self.step, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * factor
        if self.step >= (1 - self.schedule.threshold_freeze) * self.steps:
            self.encoder.requires_grad_(False)
        self.network.train()
        self.optimizer.zero_grad(set_to_none=True)
        bits = self.encoder(batch.volts, batch.key).to(self.device)
        with autocast(self.device, self.dtype):
            scores = self.network(bits)
        labels = torch.from_numpy(batch.labels).to(self.device)
        loss = self._loss(scores.float(), labels, batch)
        loss.backward()
        self.optimizer.step()
        constrain(self.network)
        return float(loss.detach())

    def _loss(self, scores: Tensor, labels: Tensor, batch: Batch) -> Tensor:
        if self.lessons is None:
            return F.cross_entropy(scores, labels)
        answers = self.lessons.of(batch.positions, batch.shifts).to(self.device)
        return distillation_loss(scores, labels, answers, self.lessons.distillation)

    @torch.no_grad()
    def _recalibrate(self) -> None:
        """Recompute the statistics of all batch-norms with the final weights."""
        count = self.schedule.recalibration_batches
        if count == 0:
            return
        norms = [
            m for m in self.network.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)
        ]
        momentum = [norm.momentum for norm in norms]
        for norm in norms:
            norm.reset_running_stats()
            norm.momentum = None  # a plain mean over batches
        self.network.train()
        for step in range(self.steps, self.steps + count):
            batch = self.batches.batch(step)
            self.network(self.encoder(batch.volts, batch.key).to(self.device))
        for norm, value in zip(norms, momentum, strict=True):
            norm.momentum = value

    def _record(self) -> None:
        """Add a row to the learning curve."""
        row: dict[str, float | list[float]] = {
            "step": self.step,
            "epoch": self.step / self.batches.steps_per_epoch,
            "loss": self.loss,
            "rate": self.schedule.rate(self.step, self.steps),
        }
        if self.validation is not None:
            some = self.validation.take(
                np.arange(min(self.schedule.validation_images, len(self.validation)))
            )
            row["validation_accuracy"] = accuracy(
                self.encoder, self.network, self.batches.camera, some, self.schedule.seed
            )
        if isinstance(self.encoder, LearnedLevels):
            row["thresholds"] = self.encoder.levels().detach().tolist()
        self.log.append(row)

    def _state(self) -> checkpoint.State:
        return {
            "step": self.step,
            "loss": self.loss,
            "seconds": self.seconds,
            "log": self.log,
            "encoder": self.encoder.state_dict(),
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }

    def _restore(self, state: dict[str, Any]) -> None:
        self.step, self.loss, self.log = state["step"], state["loss"], state["log"]
        self.seconds = state["seconds"]
        for number, block in enumerate(binary_blocks(self.network)):
            if f"blocks.{number}.heavy" not in state["network"]:
                block.heavy = None
        self.encoder.load_state_dict(state["encoder"])
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])


@torch.no_grad()
def accuracy(
    encoder: Encoder, network: nn.Module, camera: Camera, dataset: Labelled, seed: int
) -> float:
    """Fraction of right decisions, seen through a die that no training step uses.

    Parameters
    ----------
    encoder : FixedEncoder or LearnedLevels
        Readout: maps pixel voltages to bits.
    network : nn.Module
        The network; set to evaluation mode.
    camera : Camera
        What precedes the readout.
    dataset : Labelled
        Validation images.
    seed : int
        Seed of the noise, which uses addresses of training.

    Returns
    -------
    float
        0 to 1.
    """
    network.eval()
    device = next(network.parameters()).device
    right = 0
    for start in range(0, len(dataset), _EVALUATION_BATCH):
        part = dataset.take(np.arange(start, min(start + _EVALUATION_BATCH, len(dataset))))
        frames = np.arange(start, start + len(part))
        key = streams.Key.of_training(seed, frames, VALIDATION_DIE)
        scores = network(encoder(camera.volts(to_linear(part.images), key), key).to(device))
        right += int((scores.argmax(1).cpu().numpy() == part.labels).sum())
    return right / len(dataset)

"""The training loop: warm-up, constant rate, linear decay; checkpointed and resumable."""

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from pydantic import Field
from torch import nn
from torch.nn import functional as F

from sensorsim import streams
from sensorsim.camera import Camera
from sensorsim.description import Description
from sensorsim.errors import InputError
from sensorsim.files import whole
from sensorsim.scenes.labelled import Labelled
from sensorsim.scenes.srgb import to_linear
from sensorsim.training.batches import Batches
from sensorsim.training.binary import constrain
from sensorsim.training.encoder import FixedEncoder, LearnedThermometer
from sensorsim.training.network import Network

Encoder = FixedEncoder | LearnedThermometer
_CHECKPOINT_STEPS = 200


class Recipe(Description):
    """How long and how fast to train."""

    epochs: float = Field(gt=0, description="Passes over the training images.")
    batch: int = Field(128, ge=2, description="Images per step.")
    learning_rate: float = Field(5e-3, gt=0, description="Adam's rate for weights.")
    threshold_learning_rate: float = Field(
        2e-2, gt=0, description="Adam's rate for the thresholds of a learned thermometer."
    )
    warmup: float = Field(0.05, ge=0, le=1, description="Part of the steps that ramps up.")
    decay: float = Field(
        1.0, ge=0, le=1, description="Part of the steps, at the end, that decays to zero."
    )
    threshold_freeze: float = Field(
        0.3, ge=0, le=1, description="Part of the steps, at the end, with fixed thresholds."
    )
    mirror: bool = Field(True, description="Mirror images at random; wrong for digits.")
    seed: int = Field(0, ge=0, le=streams.MAX_SEED)

    def rate(self, step: int, steps: int) -> float:
        """Learning-rate factor of one step."""
        warm = (step + 1) / max(1.0, self.warmup * steps)
        cool = (steps - step) / max(1.0, self.decay * steps)
        return min(1.0, warm, cool)


class Trainer:
    """An encoder and a network that learn together."""

    def __init__(
        self, encoder: Encoder, network: Network, batches: Batches, recipe: Recipe
    ) -> None:
        self.encoder, self.network = encoder, network
        self.batches, self.recipe = batches, recipe
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.step = 0
        self.steps = max(1, round(recipe.epochs * batches.steps_per_epoch))
        groups = [{"params": list(network.parameters()), "base": recipe.learning_rate}]
        learned = list(encoder.parameters())
        if learned:
            groups.append({"params": learned, "base": recipe.threshold_learning_rate})
        self.optimizer = torch.optim.Adam(groups, lr=recipe.learning_rate)

    def run(
        self, checkpoint: Path | None, report: Callable[[int, int, float], None], plan: str = ""
    ) -> None:
        """Train to the end, from the checkpoint if there is one.

        Parameters
        ----------
        plan : str
            What is trained and how; kept in the checkpoint.

        Raises
        ------
        InputError
            If the checkpoint was made by another plan.
        """
        self.plan = plan
        if checkpoint is not None and checkpoint.exists():
            self._load(checkpoint)
        self.network.train()
        torch.set_flush_denormal(True)  # denormal gradients cost ten times as much
        try:
            self._train(checkpoint, report)
        finally:
            torch.set_flush_denormal(False)

    def _train(self, checkpoint: Path | None, report: Callable[[int, int, float], None]) -> None:
        running = np.log(10.0)
        while self.step < self.steps:
            running += 0.02 * (self._train_step() - running)
            self.step += 1
            if self.step % _CHECKPOINT_STEPS == 0 or self.step == self.steps:
                report(self.step, self.steps, running)
                if checkpoint is not None:
                    self._save(checkpoint)

    def _train_step(self) -> float:
        volts, labels, key = self.batches.batch(self.step)
        factor = self.recipe.rate(self.step, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base"] * factor
        if self.step >= (1 - self.recipe.threshold_freeze) * self.steps:
            self.encoder.requires_grad_(False)
        self.optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(self.network(self.encoder(volts, key)), torch.from_numpy(labels))
        loss.backward()
        self.optimizer.step()
        constrain(self.network)
        return float(loss.detach())

    def _save(self, path: Path) -> None:
        state = {
            "plan": self.plan,
            "step": self.step,
            "encoder": self.encoder.state_dict(),
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        with whole(path) as part:
            torch.save(state, part)

    def _load(self, path: Path) -> None:
        try:
            state = torch.load(path, weights_only=True)
        except (RuntimeError, EOFError, OSError, pickle.UnpicklingError) as error:
            raise InputError(
                f"{path}: not a readable checkpoint ({type(error).__name__}); "
                "remove it to start anew"
            ) from None
        if state["plan"] != self.plan:
            raise InputError(
                f"{path}: holds the state of another training; remove it, or name another output"
            )
        self.step = state["step"]
        self.encoder.load_state_dict(state["encoder"])
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])


@torch.no_grad()
def accuracy(
    encoder: Encoder, network: nn.Module, camera: Camera, dataset: Labelled, seed: int
) -> float:
    """Fraction of right decisions, seen through die 0."""
    network.eval()
    right = 0
    for start in range(0, len(dataset), 500):
        part = dataset.take(np.arange(start, min(start + 500, len(dataset))))
        key = streams.Key.of(seed, np.arange(start, start + len(part)))
        scores = network(encoder(camera.volts(to_linear(part.images), key), key))
        right += int((scores.argmax(1).numpy() == part.labels).sum())
    return right / len(dataset)

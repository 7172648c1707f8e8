"""Images per second of a training, against what the processor multiplies; asserts no time.

    pytest tests/benchmarks/test_training.py -s

The rate of the machine is that of a product of two large matrices in the format that training uses
(bfloat16 where the processor multiplies it, else float32), timed in turns with the training. A step
has three products for every product of the network: forward, gradient of the input, gradient of the
weights; the first block needs no gradient of its input, which is counted all the same.
"""

import os
import time
from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sensorsim.readout import Thermometer  # noqa: E402
from sensorsim.scenes.exposure import Exposure  # noqa: E402
from sensorsim.scenes.labelled import Labelled  # noqa: E402
from sensorsim.sensor import Photodiode  # noqa: E402
from sensorsim.sensor.camera import Camera  # noqa: E402
from sensorsim.training.architecture import Architecture  # noqa: E402
from sensorsim.training.batches import Batches  # noqa: E402
from sensorsim.training.command import untrained_model  # noqa: E402
from sensorsim.training.fit import Trainer  # noqa: E402
from sensorsim.training.precision import fast_format  # noqa: E402
from sensorsim.training.recipe import NetworkRecipe, load_recipe  # noqa: E402
from sensorsim.training.session import Task, build_network, make_encoder  # noqa: E402

SIDE, TURNS, STEPS = 1024, 5, 2
RECIPES = ("fashion_compact", "cifar10_compact_025mb", "cifar10_compact_1mb")


def photographs(recipe: NetworkRecipe) -> Labelled:
    """Random images of the recipe's shape."""
    shape = (28, 28, 1) if recipe.data.dataset == "fashion-mnist" else (32, 32, 3)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (4 * recipe.schedule.batch, *shape), np.uint8)
    labels = np.arange(len(images)) % 10
    return Labelled(images, labels, tuple("0123456789"), "random", "here")


def task_of(recipe: NetworkRecipe) -> Task:
    """The recipe's network behind fixed thresholds, and without its teacher."""
    levels = tuple(np.arange(1, recipe.levels + 1) / (recipe.levels + 1))
    return Task(
        "thermometer", Thermometer(thresholds=levels), False,
        Architecture.model_validate(recipe.network.model_dump()), recipe.schedule,
        Camera(Photodiode(), recipe.light or Exposure()), recipe.pruning,
    )  # fmt: skip


@pytest.mark.parametrize("threads", [1, os.cpu_count() or 1])
@pytest.mark.parametrize("name", RECIPES)
def test_share_of_the_machine_s_rate(name: str, threads: int) -> None:
    recipe, _ = load_recipe(name)
    assert isinstance(recipe, NetworkRecipe)
    data, task = photographs(recipe), replace(task_of(recipe), pruning=None)
    torch.set_num_threads(threads)
    dtype = fast_format(torch.device("cpu"))
    batches = Batches(data, task.camera, recipe.schedule.batch, 0, recipe.schedule.views)
    network = build_network(task, data)
    trainer = Trainer(make_encoder(task), network, batches, task.schedule, dtype=dtype)
    matrix = torch.randn(SIDE, SIDE).to(dtype)
    products = untrained_model(task, data).binary_operations / 2
    best, sensor, steps = np.inf, np.inf, []
    trainer._train_step()
    for _ in range(TURNS):
        start = time.perf_counter()
        for _ in range(4):
            matrix @ matrix
        best = min(best, (time.perf_counter() - start) / 4)
        start = time.perf_counter()
        batches.batch(0)
        sensor = min(sensor, time.perf_counter() - start)
        start = time.perf_counter()
        for _ in range(STEPS):
            trainer._train_step()
        steps.append((time.perf_counter() - start) / STEPS)
    batch = recipe.schedule.batch
    machine = SIDE**3 / best
    reached = 3 * products * batch / min(steps)
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    print(
        f"\n{name}, {threads} threads, {dtype}: {batch / min(steps):.0f} images/s "
        f"(median {batch / np.median(steps):.0f}), {reached * 1e-9:.1f} GMAC/s, "
        f"{reached / machine:.2f} of the machine's {machine * 1e-9:.1f}; the sensor takes "
        f"{sensor / min(steps):.2f} of a step; load {load:.1f}"
    )
    assert reached > 0

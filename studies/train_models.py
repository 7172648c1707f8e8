"""Train the models that ship in data/models.

    python studies/train_models.py fashion-mnist
    python studies/train_models.py cifar10 --data-dir cifar10_jpeg.zip

All readouts of a dataset start from one common trunk, and all get the same number of steps. Work in
progress lies in ``training/`` (not in git); a run that was stopped goes on where it was. Every
choice was made on validation images; the test images are only counted once, at the end.
"""

import argparse
import time
from pathlib import Path

import torch

from sensorsim.photodiode import Photodiode
from sensorsim.readout import Comparator
from sensorsim.scenes.datasets import load_dataset
from sensorsim.scenes.exposure import Exposure
from sensorsim.training.batches import Sensor
from sensorsim.training.fit import Recipe
from sensorsim.training.network import Architecture, Block
from sensorsim.training.session import Task, load_checkpoint, train

SENSOR = Sensor(Photodiode(), Exposure())
COMPARATOR = Comparator()
SEED = 1

ARCHITECTURES = {
    "fashion-mnist": Architecture(
        blocks=(Block(channels=48, pool=2), Block(channels=64, pool=2), Block(channels=128))
    ),
    "cifar10": Architecture(
        blocks=(
            Block(channels=96, stride=2),
            Block(channels=96, groups=2, pool=2),
            Block(channels=192),
            Block(channels=192, groups=2, pool=2),
        )
    ),
}
TRUNK = {
    "fashion-mnist": Recipe(epochs=7, decay=0, threshold_freeze=0, seed=SEED),
    "cifar10": Recipe(epochs=8, decay=0, threshold_freeze=0, seed=SEED),
}
BRANCH = {
    "fashion-mnist": Recipe(epochs=1.25, seed=SEED + 100),
    "cifar10": Recipe(epochs=1.5, seed=SEED + 100),
}
READOUTS = {
    # A 1-bit ADC compares with the same level as a 1-threshold thermometer: one model serves both.
    "fashion-mnist": [
        *[("glt", m) for m in (8, 4, 2, 1)],
        ("adc-log", 8), ("thermometer-log", 8), ("adc-linear", 8), ("thermometer-log", 4),
        ("thermometer-quantile", 4), ("thermometer-log", 2), ("thermometer-quantile", 2),
        ("thermometer-quantile", 8), ("adc-log", 4), ("adc-linear", 4), ("adc-log", 6),
        ("adc-linear", 6), ("adc-log", 2), ("adc-linear", 2), ("thermometer-uniform", 8),
        ("thermometer-uniform", 4), ("thermometer-uniform", 2), ("thermometer-uniform", 1),
        ("thermometer-log", 1), ("thermometer-quantile", 1),
    ],
    "cifar10": [
        ("glt", 8), ("thermometer-log", 8), ("adc-log", 8), ("adc-linear", 8), ("glt", 4),
        ("glt", 2),
    ],
}  # fmt: skip
TRUNK_READOUT = ("glt", 8)


def main() -> None:
    """Train the trunk, then every readout from it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", choices=sorted(READOUTS))
    parser.add_argument("--data-dir", help="where the dataset lies")
    parser.add_argument("--work", type=Path, default=Path("training"), help="checkpoints")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    work = args.work / args.dataset
    work.mkdir(parents=True, exist_ok=True)
    dataset = load_dataset(args.dataset, "train", args.data_dir)

    def run(name: str, family: str, levels: int, recipe: Recipe, trunk: Path | None) -> None:
        task = Task(family, levels, ARCHITECTURES[args.dataset], recipe, SENSOR, COMPARATOR)
        start = time.perf_counter()

        def report(step: int, steps: int, loss: float) -> None:
            seconds = time.perf_counter() - start
            print(f"{name}: step {step}/{steps} loss {loss:.3f} {seconds:.0f} s", flush=True)

        state = None if trunk is None else load_checkpoint(trunk)
        trained = train(task, dataset, work / f"{name}.pt", report, state)
        print(f"{name}: validation accuracy {trained.validation_accuracy:.4f}", flush=True)

    run("trunk", *TRUNK_READOUT, TRUNK[args.dataset], None)
    for family, levels in READOUTS[args.dataset]:
        run(f"{family}-{levels}", family, levels, BRANCH[args.dataset], work / "trunk.pt")


if __name__ == "__main__":
    main()

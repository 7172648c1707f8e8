"""Train the models that ship in data/models.

    python studies/train_models.py fashion-mnist
    python studies/train_models.py cifar10 --data-dir cifar10_jpeg.zip
    python studies/train_models.py cifar10-bayer --data-dir cifar10_jpeg.zip

Every family of readouts has its own trunk, the network of its member with the most levels, from
which the others start, or all start from one trunk, whichever is better on validation images; all
trunks of a kind get the same number of steps, and so do all branches. Work in progress lies in
``training/`` (not in git); a stopped run resumes from its checkpoint, and an existing model file is
kept. Every choice was made on validation images; the test images are classified once, at the end.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from sensorsim.bnn.model_index import write_index
from sensorsim.core import resources
from sensorsim.optics.cfa import Layout
from sensorsim.readout import Comparator
from sensorsim.readout.families import families
from sensorsim.scenes.datasets import load_dataset
from sensorsim.scenes.exposure import Exposure
from sensorsim.scenes.labelled import Labelled
from sensorsim.sensor import Photodiode
from sensorsim.sensor.camera import Camera
from sensorsim.training.architecture import Architecture, Block
from sensorsim.training.console import describe
from sensorsim.training.deliver import deliver
from sensorsim.training.progress import Progress
from sensorsim.training.schedule import Schedule
from sensorsim.training.session import Task, Trained, load_checkpoint, start_readout, train

CAMERA = Camera(Photodiode(), Exposure())
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
    # Cells of 2 x 2 pixels have half the sides already: no stride, and all else as above.
    "cifar10-bayer": Architecture(
        blocks=(
            Block(channels=96),
            Block(channels=96, groups=2, pool=2),
            Block(channels=192),
            Block(channels=192, groups=2, pool=2),
        )
    ),
}
MOSAICS: dict[str, tuple[str, Layout]] = {"cifar10-bayer": ("cifar10", "bayer-rggb")}
"""Plans with a color filter before the pixels; their models lie beside the dataset's others."""
_CONSTANT = {"decay": 0, "threshold_freeze": 0, "seed": SEED}
TRUNK = {
    # The ADC's trunk, which reads integers, was still gaining on validation images after 7 epochs.
    "fashion-mnist": {
        "adc": Schedule(epochs=10, warmup=0.035, **_CONSTANT),
        "thermometer": Schedule(epochs=7, **_CONSTANT),
        # Slower thresholds that rest for half of the time: of three recipes the best on validation
        # images at M = 8, 2 and 1, and within 0.1 at 4.
        "glt": Schedule(
            epochs=7, **(_CONSTANT | {"threshold_learning_rate": 5e-3, "threshold_freeze": 0.5})
        ),
    },
    "cifar10": {
        "adc": Schedule(epochs=5.5, warmup=0.0727461, **_CONSTANT),
        "thermometer": Schedule(epochs=5.5, warmup=0.0727461, **_CONSTANT),
    },
    "cifar10-bayer": {"thermometer": Schedule(epochs=5.5, warmup=0.0727461, **_CONSTANT)},
}
BRANCH = {
    "fashion-mnist": Schedule(epochs=0.8, seed=SEED + 100),
    "cifar10": Schedule(epochs=1.5, seed=SEED + 100),
    "cifar10-bayer": Schedule(epochs=1.5, seed=SEED + 100),
}
TRUNK_FAMILY = {"cifar10": "glt"}
"""Where all families start from one trunk, and which: the better start by validation images.

Trunks of their own gave CIFAR-10's ADCs 0.7 (linear) and 1.3 points less (logarithmic), and its
fixed thermometer 0.1 more.
"""
TRUNK_LEVELS = 8
"""Of every family's trunk. A network started from another family's trunk first loses accuracy: a
linear ADC of eight bits kept half a point less."""
READOUTS = {
    # A 1-bit ADC compares with the same level as a 1-threshold thermometer: one model serves both.
    "fashion-mnist": [
        *[("glt", m) for m in (8, 4, 2, 1)],
        *[("adc-log", b) for b in (8, 4, 6, 2)],
        *[("adc-linear", b) for b in (8, 4, 6, 2)],
        *[("thermometer-log", m) for m in (8, 4, 2, 1)],
        *[("thermometer-quantile", m) for m in (8, 4, 2, 1)],
        *[("thermometer-uniform", m) for m in (8, 4, 2, 1)],
    ],
    "cifar10": [
        ("glt", 8), ("thermometer-log", 8), ("adc-log", 8), ("adc-linear", 8), ("glt", 4),
        ("glt", 2),
    ],
    "cifar10-bayer": [("glt", 8)],
}  # fmt: skip


def train_all(name: str, data_dir: str | None, work: Path, models: Path) -> None:
    """Train the trunks of a plan, then every readout from its trunk."""
    source, _ = MOSAICS.get(name, (name, "scene"))
    prefix = "bayer-" if name in MOSAICS else ""
    dataset = load_dataset(source, "train", data_dir)
    test = load_dataset(source, "test", data_dir)
    for family, levels in READOUTS[name]:
        path = models / f"{prefix}{family}-{levels}.npz"
        if path.exists():
            continue
        trunk = train_trunk(name, TRUNK_FAMILY.get(name, family), dataset, work)
        task = make_task(name, family, levels, BRANCH[name], dataset)
        trained = train_task(task, dataset, work / f"{family}-{levels}.pt", trunk)
        place = "" if data_dir is None else f" --data-dir {Path(data_dir).name}"
        command = f"python studies/train_models.py {name}{place}"
        model = deliver(task, trained, dataset, test, command, path).model
        print(f"{path}: {model.weight_bits} bits, {model.training!r}", flush=True)
    write_index(models)


def train_trunk(name: str, family: str, dataset: Labelled, work: Path) -> Path:
    """Train what the readouts of a family start from; returns its checkpoint."""
    kind = "adc" if families()[family].symbol == "b" else "thermometer"
    recipe = TRUNK[name].get(family, TRUNK[name][kind])
    checkpoint = work / f"trunk-{family}-{TRUNK_LEVELS}.pt"
    train_task(make_task(name, family, TRUNK_LEVELS, recipe, dataset), dataset, checkpoint)
    return checkpoint


def make_task(name: str, family: str, levels: int, recipe: Schedule, dataset: Labelled) -> Task:
    """A readout of a family in front of the plan's network."""
    _, layout = MOSAICS.get(name, (name, "scene"))
    camera = replace(CAMERA, layout=layout)
    readout = start_readout(family, levels, COMPARATOR, dataset, camera)
    return Task(family, readout, families()[family].learned, ARCHITECTURES[name], recipe, camera)


def train_task(
    task: Task, dataset: Labelled, checkpoint: Path, trunk: Path | None = None
) -> Trained:
    """Train a task, or go on where its checkpoint ends, and say so on standard output."""
    checkpoint.parent.mkdir(parents=True, exist_ok=True)
    label = checkpoint.stem

    def report(now: Progress) -> None:
        print(describe(label, now), flush=True)

    state = None if trunk is None else load_checkpoint(trunk)
    trained = train(task, dataset, checkpoint, report, state)
    print(f"{label}: validation accuracy {trained.validation_accuracy:.4f}", flush=True)
    return trained


def parser(document: str | None) -> argparse.ArgumentParser:
    """Options of every script that trains."""
    made = argparse.ArgumentParser(description=(document or "").splitlines()[0])
    made.add_argument("--work", type=Path, default=Path("training"), help="checkpoints")
    made.add_argument("--models", type=Path, default=resources.data("models"))
    made.add_argument("--threads", type=int, default=1, help="threads of torch")
    return made


def train_below(
    dataset: str, folder: str, train: Callable[[Path, Path], None], document: str | None
) -> None:
    """Parse the command line of a script whose models lie in a folder below their dataset's."""
    args = parser(document).parse_args()
    torch.set_num_threads(args.threads)
    train(args.work / dataset, args.models / dataset / folder)


def main() -> None:
    """Parse the command line and train."""
    options = parser(__doc__)
    options.add_argument("plan", choices=sorted(READOUTS), help="a dataset, or one seen as mosaic")
    options.add_argument("--data-dir", help="where the dataset lies")
    args = options.parse_args()
    torch.set_num_threads(args.threads)
    source, _ = MOSAICS.get(args.plan, (args.plan, "scene"))
    train_all(args.plan, args.data_dir, args.work / args.plan, args.models / source)


if __name__ == "__main__":
    main()

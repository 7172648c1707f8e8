"""Train the networks of studies/yield.py with mismatch between dies.

    python studies/train_mismatch_models.py

Each readout learns behind comparators of 2 mV residual offset, four times what the models of
train_models.py saw, and a thermometer with reference levels that miss by 0.1 % of full scale, which
those never did; both are drawn for each of 64 dies. Networks, light and the number of passes are
theirs.

Work in progress lies in ``training/`` (not in git); a stopped run goes on where it was, and a model
file that exists is left alone.
"""

from dataclasses import replace
from pathlib import Path

import train_models

from sensorsim.bnn.model_index import write_index
from sensorsim.experiments.optimize.space import MISMATCH
from sensorsim.readout import Comparator
from sensorsim.readout.families import families
from sensorsim.scenes.datasets import load_dataset
from sensorsim.scenes.labelled import Labelled
from sensorsim.training.deliver import deliver
from sensorsim.training.schedule import Schedule
from sensorsim.training.session import Task

DATASET = "fashion-mnist"
OFFSET_MV = 2.0
REFERENCE_MISMATCH_PERCENT = 0.1
READOUTS = (
    ("glt", 4), ("thermometer-log", 4), ("thermometer-quantile", 4), ("adc-log", 4),
    ("adc-linear", 8),
)  # fmt: skip
RECIPES = {
    "adc": Schedule(epochs=10.8, seed=train_models.SEED),
    "thermometer": Schedule(epochs=7.8, seed=train_models.SEED),
}
"""As long as trunk and branch together, from the start: the shared trunk was trained without
mismatch."""


def task_of(family: str, levels: int, dataset: Labelled) -> Task:
    """A readout with the mismatch of many dies, and how it is trained."""
    recipe = RECIPES["adc" if families()[family].symbol == "b" else "thermometer"]
    task = train_models.make_task(DATASET, family, levels, recipe, dataset)
    errs: dict[str, object] = {"comparator": Comparator(offset_mv=OFFSET_MV)}
    if "reference_mismatch_percent" in type(task.readout).model_fields:
        errs["reference_mismatch_percent"] = REFERENCE_MISMATCH_PERCENT
    return replace(task, readout=task.readout.model_copy(update=errs))


def train_mismatch_models(work: Path, models: Path) -> None:
    """Train every readout and list them all."""
    dataset = load_dataset(DATASET, "train", None)
    test = load_dataset(DATASET, "test", None)
    for family, levels in READOUTS:
        path = models / f"{family}-{levels}.npz"
        if path.exists():
            continue
        task = task_of(family, levels, dataset)
        checkpoint = work / f"{MISMATCH}-{family}-{levels}.pt"
        trained = train_models.train_task(task, dataset, checkpoint)
        command = "python studies/train_mismatch_models.py"
        model = deliver(task, trained, dataset, test, command, path).model
        print(f"{path}: {model.weight_bits} bits, {model.training!r}", flush=True)
    write_index(models)


if __name__ == "__main__":
    train_models.train_below(DATASET, MISMATCH, train_mismatch_models, __doc__)

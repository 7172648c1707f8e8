"""What makes a small binary network good: groups, block pruning, distillation, one at a time.

    python studies/compact.py --data-dir cifar10.zip --teacher cifar10_teacher.pt --train
    python studies/compact.py

The first command trains whatever the table lacks, in the order of the table, and can be stopped at
any time; the second draws table and figure from what is there. All rows of one size have the same
recipe but for the parts that their name tells, and the same number of epochs; "grouped, longer"
has as many products in all as block pruning has. Models and checkpoints lie in ``training/compact``
(not in git); ``--table`` draws the table of an earlier run.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from common import make_folder, run
from matplotlib.figure import Figure

from sensorsim.bnn.model_file import load_model
from sensorsim.core.errors import InputError
from sensorsim.core.files import atomic_write
from sensorsim.core.statistics import wilson_interval
from sensorsim.plotting import styles
from sensorsim.training.command import Place, run_recipe
from sensorsim.training.recipe import NetworkRecipe, load_recipe

SIZES = {"0.25 Mb": "025mb", "0.5 Mb": "05mb", "1 Mb": "1mb"}
"""Name of a size, and of its recipe."""
SEEDS = (1, 2, 3)
PLAIN = {
    "0.25 Mb": (32, 48, 64, 96, 112),
    "0.5 Mb": (48, 72, 96, 128, 160),
    "1 Mb": (64, 96, 128, 192, 256),
}
"""Channels of five full convolutions that take about the bits and products of the grouped ones."""
TEST_IMAGES = 10_000


class Variant(NamedTuple):
    """One technique, or several.

    Attributes
    ----------
    grouped, pruned, taught, longer : bool
        Grouped blocks instead of full ones; heavy paths while learning; a teacher; more epochs.
    """

    grouped: bool = False
    pruned: bool = False
    taught: bool = False
    longer: bool = False


VARIANTS = {
    "plain": Variant(),
    "grouped": Variant(grouped=True),
    "grouped, longer": Variant(grouped=True, longer=True),
    "grouped + block pruning": Variant(grouped=True, pruned=True),
    "grouped + distillation": Variant(grouped=True, taught=True),
    "all": Variant(grouped=True, pruned=True, taught=True),
}


class Row(NamedTuple):
    """One training of the table."""

    size: str
    variant: str
    seed: int
    epochs: float

    @property
    def stem(self) -> str:
        """Name of its files."""
        words = "".join(c if c.isalnum() else "-" for c in self.variant)
        return f"{SIZES[self.size]}-{words}-{self.epochs:g}-epochs-{self.seed}"


def rows(epochs: float) -> Iterator[Row]:
    """All trainings of so many epochs, those of the first seed first."""
    for seed in SEEDS:
        for size in SIZES:
            for variant in VARIANTS:
                yield Row(size, variant, seed, epochs)


def changes(row: Row, teacher: str | None) -> dict[str, Any]:
    """What a row changes of its size's recipe."""
    variant = VARIANTS[row.variant]
    made: dict[str, Any] = {"schedule.seed": row.seed, "schedule.epochs": row.epochs}
    if not variant.grouped:
        channels = PLAIN[row.size]
        pools = (2, 1, 2, 1, 2)
        made["network.blocks"] = [
            {"channels": c, "pool": p} for c, p in zip(channels, pools, strict=True)
        ]
    if not variant.pruned:
        made["pruning"] = None
    if variant.longer:
        made["schedule.epochs"] = row.epochs * relative_products(row)
    if not variant.taught:
        made["teacher"] = None
    elif teacher is not None:
        made["teacher.file"] = teacher
    return made


def relative_products(row: Row) -> float:
    """Products of a training with block pruning over those of the light network alone."""
    recipe, _ = load_recipe(f"cifar10_compact_{SIZES[row.size]}")
    assert isinstance(recipe, NetworkRecipe)
    assert recipe.pruning is not None
    return recipe.pruning.relative_products(recipe.network, 3 * (recipe.levels or 1), 32, 32)


def train_missing(args: argparse.Namespace) -> None:
    """Train every row that has no model yet."""
    for row in rows(args.epochs):
        out = args.work / f"{row.stem}.npz"
        if out.exists():
            continue
        made = changes(row, args.teacher) | {"data.data_dir": args.data_dir}
        place = Place(out, args.work, "auto", f"python studies/compact.py  # {row.stem}")
        print(run_recipe(f"cifar10_compact_{SIZES[row.size]}", made, place), flush=True)


def measured(work: Path, epochs: float) -> pd.DataFrame:
    """One line for every model that is there."""
    lines = []
    for row in rows(epochs):
        path = work / f"{row.stem}.npz"
        if not path.exists():
            continue
        model = load_model(path)
        record = model.training
        accuracy = record.test_accuracy
        assert accuracy is not None
        low, high = wilson_interval(round(accuracy * TEST_IMAGES), TEST_IMAGES)
        lines.append(
            {
                "size": row.size, "variant": row.variant, "seed": row.seed,
                "stored_bits": model.stored_bits, "binary_operations": model.binary_operations,
                "validation_accuracy": record.validation_accuracy,
                "accuracy": accuracy, "accuracy_low": low, "accuracy_high": high,
            }
        )  # fmt: skip
    if not lines:
        raise InputError(
            f"--work {work}: holds no model of {epochs:g} epochs yet; train some with --train"
        )
    return pd.DataFrame(lines)


def draw(table: pd.DataFrame) -> Figure:
    """Accuracy against stored bits and operations, one color for each variant."""
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for number, variant in enumerate(VARIANTS):
        part = table[table["variant"] == variant]
        if part.empty:
            continue
        means = part.groupby("size", sort=False).mean(numeric_only=True).sort_values("stored_bits")
        for axes, column, unit in ((left, "stored_bits", 1e6), (right, "binary_operations", 1e6)):
            color, marker = styles.PALETTE[number], "osDv^<"[number]
            axes.plot(means[column] / unit, 100 * means["accuracy"], "-", color=color)
            axes.plot(part[column] / unit, 100 * part["accuracy"], marker, color=color,
                      label=variant)  # fmt: skip
    left.set(xlabel="stored bits (Mb)", ylabel="test accuracy (%)")
    right.set(xlabel="XNOR and count operations per image (millions)")
    handles, labels = left.get_legend_handles_labels()
    figure.legend(handles, labels, fontsize="small", loc="outside lower center", ncols=6)
    for axes in (left, right):
        axes.grid(alpha=0.3)
    figure.suptitle(
        "CIFAR-10, controlled light, GLT M = 8; a point for each seed, lines join means"
    )
    return figure


def study(args: argparse.Namespace) -> list[Path]:
    """Train what is missing if asked to, then write table and figure."""
    make_folder(args.out)
    if args.train:
        args.work.mkdir(parents=True, exist_ok=True)
        train_missing(args)
    if args.table and not args.table.is_file():
        raise InputError(f"--table {args.table}: no such file; it is written as compact.csv")
    table = pd.read_csv(args.table) if args.table else measured(args.work, args.epochs)
    csv, png = args.out / "compact.csv", args.out / "compact.png"
    with atomic_write(csv) as part:
        table.to_csv(part, index=False)
    with atomic_write(png) as part:
        draw(table).savefig(part, format="png", dpi=110)
    print(table.to_string(index=False))
    return [csv, png]


def main() -> None:
    """Parse the command line."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--train", action="store_true", help="train what the table lacks")
    options.add_argument("--data-dir", default="cifar10.zip", help="where CIFAR-10 lies")
    options.add_argument("--teacher", help="file of the float teacher; the recipe's if left out")
    options.add_argument("--epochs", type=float, default=30.0, help="of every row but the longer")
    options.add_argument("--work", type=Path, default=Path("training/compact"), help="models")
    options.add_argument("--table", type=Path, help="a table to draw instead of the models")
    options.add_argument("--out", type=Path, default=Path("studies/out/compact"))
    args = options.parse_args()
    run("compact", lambda: study(args))


if __name__ == "__main__":
    main()

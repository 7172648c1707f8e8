"""How many dies are good enough? Yield against comparator offset and reference mismatch.

    python studies/yield.py
    python studies/yield.py --images 1000 --dies 24 --required 0.85
    python studies/yield.py --quick

Dies differ in comparator offsets, reference levels and pixels (PRNU, DSNU); all get the same images
under the same temporal noise. First the offset grows, without reference mismatch; then the mismatch
of a thermometer's levels grows, at the least offset. Every readout comes with two networks: one
that was trained at the least offset, one that saw much of both (train_mismatch_models.py). A die is
good if its accuracy reaches --required, or if it loses at most --loss against its own readout
without mismatch. Accuracies are first shrunk to remove the sampling error of the images. Written to
--out: yield.nc and yield.png.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import common
import numpy as np
import xarray as xr
from common import console
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import Progress

from sensorsim.experiments.monte_carlo import accuracies_over_dies, yields
from sensorsim.experiments.optimize.space import MISMATCH, space_of
from sensorsim.experiments.paired import compare
from sensorsim.pipeline.pipeline import Pipeline, load_pipeline
from sensorsim.plotting import styles

OFFSETS_MV = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
MISMATCHES_PERCENT = (0.02, 0.05, 0.1, 0.2, 0.5)
MODELS = ("glt-4", "thermometer-log-4", "thermometer-quantile-4", "adc-log-4", "adc-linear-8")
SWEEPS = {
    "offset": ("readout.comparator.offset_mv", OFFSETS_MV, "offset of comparators (mV rms)"),
    "mismatch": ("readout.reference_mismatch_percent", MISMATCHES_PERCENT,
                 "mismatch of reference levels (% of full scale rms)"),
}  # fmt: skip
TRAININGS = {"usual": f"trained at {OFFSETS_MV[0]:g} mV", MISMATCH: "trained at 2 mV and 0.1 %"}
EXACT = {"photodiode.noise": "temporal", "readout.comparator.offset_mv": 0.0}


@dataclass(frozen=True)
class Candidate:
    """A readout before one of its networks."""

    readout: str
    family: str
    training: str
    chain: Pipeline


def candidates() -> list[Candidate]:
    """Every readout with the usual network, then every one with that which saw mismatch."""
    space = space_of(load_pipeline(common.DESIGN_BASE), None, ())
    found = []
    for training in TRAININGS:
        for model in MODELS:
            one = common.design(space, f"{MISMATCH}/{model}" if training == MISMATCH else model)
            found.append(Candidate(one.name, one.family, training, one.chain))
    return found


def measure(args: argparse.Namespace) -> dict[str, xr.Dataset]:
    """Accuracy of every die over readout and offset, and over readout and mismatch."""
    found = candidates()
    exact = compare([c.chain.replace(EXACT) for c in found], args.images, args.seed)
    nominal = dict(zip(found, (r["accuracy"].item() for r in exact), strict=True))
    plan = []
    for sweep, (field, values, _) in SWEEPS.items():
        for one in found:
            if field.rpartition(".")[2] in {"offset_mv", *type(one.chain.readout).model_fields}:
                chosen = values[::2] if args.quick else values
                plan += [(sweep, one, v, one.chain.replace({field: v})) for v in chosen]
    images = exact[0].sizes["image"]
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("images", total=images * len(plan) * args.dies)
        results = accuracies_over_dies(
            [chain for *_, chain in plan], range(args.dies), args.images, args.seed,
            lambda n: progress.advance(bar, n),
        )  # fmt: skip
    data = {}
    for sweep in SWEEPS:
        rows = [
            r.expand_dims("point").assign(
                readout=("point", [c.readout]),
                family=("point", [c.family]),
                training=("point", [c.training]),
                value=("point", [v]),
                accuracy_without_mismatch=("point", [nominal[c]]),
            )
            for (s, c, v, _), r in zip(plan, results, strict=True)
            if s == sweep
        ]
        data[sweep] = with_yields(xr.concat(rows, "point", combine_attrs="drop"), args)
    return data


def with_yields(data: xr.Dataset, args: argparse.Namespace) -> xr.Dataset:
    """Both yields with their Wilson intervals, over the points."""
    for name, levels in {
        "yield_required": np.full(data.sizes["point"], args.required),
        "yield_loss": data["accuracy_without_mismatch"].values - args.loss,
    }.items():
        data = data.assign(yields(data, levels, name).data_vars)
    return data


def print_table(sweep: str, data: xr.Dataset, args: argparse.Namespace) -> None:
    """A line for each readout and value."""
    images = int(data["images"].values.flat[0])
    table = common.table(
        f"{data.sizes['die']} dies, {images} test images; sigma in points; "
        f"* {TRAININGS[MISMATCH]}",
        "readout", f"{sweep}\n{'mV' if sweep == 'offset' else '%'}", "mean\n%",
        "sigma\ndies", "sigma\nimages", f"yield at\n{100 * args.required:g} %",
        f"loses at\nmost {100 * args.loss:g}",
    )  # fmt: skip
    for number in range(data.sizes["point"]):
        one = data.isel(point=number)
        yields = [
            f"{100 * one[n].item():.0f} ({100 * one[f'{n}_low'].item():.0f}-"
            f"{100 * one[f'{n}_high'].item():.0f})" for n in ("yield_required", "yield_loss")
        ]  # fmt: skip
        table.add_row(
            one["readout"].item() + " *" * (one["training"].item() == MISMATCH),
            f"{one['value'].item():g}",
            f"{100 * one['accuracy'].mean().item():.2f}", f"{100 * one['spread_dies'].item():.2f}",
            f"{100 * one['spread_sampling'].item():.2f}", *yields,
        )  # fmt: skip
    console.print(table)


def figure_of(data: dict[str, xr.Dataset], args: argparse.Namespace) -> Figure:
    """Accuracies and yield over a mismatch, for both trainings; a row for each sweep."""
    figure = Figure(figsize=(16, 8.6), layout="constrained")
    for row, (sweep, part) in zip(figure.subplots(2, 4), data.items(), strict=True):
        for pair, (training, words) in zip((row[:2], row[2:]), TRAININGS.items(), strict=True):
            chosen = part.isel(point=part["training"].values == training)
            names = list(dict.fromkeys(chosen["readout"].values.tolist()))
            for number, name in enumerate(names):
                aside = 1.04 ** (number - (len(names) - 1) / 2)  # so that intervals do not overlap
                _lines(pair, chosen.isel(point=chosen["readout"].values == name), name, aside)
            _, values, label = SWEEPS[sweep]
            for axes in pair:
                axes.set(xscale="log", xlabel=label, ylabel="yield (%), 95 % interval")
                axes.set_xticks(values, [f"{v:g}" for v in values])
                axes.minorticks_off()
                axes.grid(alpha=0.3)
            pair[0].set_title(f"{words}: median die, worst to best", fontsize=10)
            pair[1].set_title(f"{words}: dies of at least {100 * args.required:g} %", fontsize=10)
            pair[0].axhline(100 * args.required, color="black", linestyle=":", linewidth=1)
            pair[0].set(ylim=(0, 100), ylabel="accuracy (%)")
            pair[1].set(ylim=(-4, 104))
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, loc="outside lower center", ncols=len(labels))
    images, dies = int(data["offset"]["images"].values.flat[0]), data["offset"].sizes["die"]
    figure.suptitle(
        f"{dies} dies, {images} Fashion-MNIST test images, uncontrolled light; PRNU 1 %, DSNU 1 e-,"
        f" full scale 1 V\nabove: no reference mismatch; below: offset {OFFSETS_MV[0]:g} mV; "
        f"dotted: {100 * args.required:g} %; points set side by side, so that bars do not overlap",
        fontsize=10,
    )
    return figure


def _lines(row: Sequence[Axes], part: xr.Dataset, name: str, aside: float) -> None:
    color, marker, line = styles.style(str(part["family"].values[0]))
    x = part["value"].values * aside
    values = 100 * part["accuracy_without_sampling_error"].transpose("point", "die").values
    good = [100 * part[f"yield_required{end}"].values for end in ("", "_low", "_high")]
    dies = [np.median(values, 1), values.min(1), values.max(1)]
    for axes, (middle, low, high) in zip(row, (dies, good), strict=True):
        axes.errorbar(
            x, middle, np.maximum(0, [middle - low, high - middle]), color=color, marker=marker,
            linestyle=line, label=name, markersize=5, linewidth=1.2, capsize=2,
        )  # fmt: skip


def flat(data: dict[str, xr.Dataset], args: argparse.Namespace) -> xr.Dataset:
    """Both sweeps as variables like ``offset_accuracy``."""
    parts = []
    for sweep, part in data.items():
        part = part.reset_coords()
        renamed = {n: f"{sweep}_{n}" for n in part.data_vars} | {"point": f"{sweep}_point"}
        parts.append(part.rename(renamed))
    whole = xr.merge(parts)
    for name in whole.data_vars:
        if whole[name].dtype == object:
            whole[name] = whole[name].astype(str)
    whole.attrs = {"seed": args.seed, "required": args.required, "loss": args.loss,
                   "command": " ".join(sys.argv)}  # fmt: skip
    return whole


def study(args: argparse.Namespace) -> None:
    """Measure, print, write."""
    data = measure(args)
    for sweep, part in data.items():
        print_table(sweep, part, args)
    common.write(args.out, "yield", flat(data, args), figure_of(data, args))


def main(argv: Sequence[str] | None = None) -> None:
    """Run the study."""
    options = common.options_of(__doc__, "yield")
    options.add_argument("--dies", type=common.at_least(2), help="40, or 6 with --quick")
    options.add_argument(
        "--required", type=common.fraction, default=0.85, help="accuracy of a good die, 0 to 1"
    )
    options.add_argument(
        "--loss", type=common.fraction, default=0.01, help="or what a good die may lose, 0 to 1"
    )

    def prepared(args: argparse.Namespace) -> None:
        args.dies = args.dies or (6 if args.quick else 40)
        study(args)

    common.main(prepared, options, argv)


if __name__ == "__main__":
    main()

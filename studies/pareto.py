"""Accuracy against energy of readout and link: all shipped readouts, and what a search adds.

    python studies/pareto.py
    python studies/pareto.py --images 2000 --search-images 1000
    python studies/pareto.py --quick

Left by survey, right by the parts of a 65 nm process, with auto-zeroed comparators (0.5 mV) and
converters tuned to their bits; beside them the front of `sensorsim optimize`, which sizes
comparators without auto-zero. The search uses --search-images validation images and other dies;
all that is drawn comes from the first ones. Written to --out: pareto.nc and pareto.png.
"""

import argparse
import sys
from collections.abc import Sequence

import common
import numpy as np
import pandas as pd
import xarray as xr
from common import console
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sensorsim.circuits.uncertainty import total_spread
from sensorsim.core.statistics import pareto_front
from sensorsim.experiments.optimize.front import measured_front
from sensorsim.experiments.optimize.search import Goal, Split, best_designs, search
from sensorsim.experiments.optimize.space import MISMATCH, space_of
from sensorsim.experiments.paired import compare
from sensorsim.pipeline.pipeline import load_pipeline
from sensorsim.plotting import styles

TECHNOLOGIES = ("survey", "cmos65")
GOAL = Goal(("readout", "link"))
LEAST_ACCURACY = 0.76
"""Shown; below lie ADCs and thermometers that uncontrolled light defeats."""


def shipped(args: argparse.Namespace, split: Split) -> pd.DataFrame:
    """A row for each technology and shipped readout; a linear ADC of a process is a SAR."""
    rows = []
    results: list[xr.Dataset] = []
    for technology in TECHNOLOGIES:
        base = load_pipeline(common.DESIGN_BASE, {"energy.technology": technology})
        space = space_of(base, None, () if technology == "survey" else ("converter",))
        usual = [m.split("/")[1] for m in space.models if m.count("/") == 1]
        found = [common.design(space, m, **common.converter(space, m)) for m in usual]
        if not results:
            results = compare([d.chain for d in found], split.reported, args.seed)
        for one, result in zip(found, results, strict=True):
            ledger = one.chain.cost.ledger()
            spread = total_spread(ledger, *GOAL.stages, seed=args.seed)
            row: dict[str, str | float] = {
                "technology": technology, "readout": one.name, "family": one.family,
            }  # fmt: skip
            row |= {k: result[k].item() for k in ("accuracy", "accuracy_low", "accuracy_high")}
            row["sar"] = technology != "survey" and one.chain.readout.linear_adc() is not None
            row["energy_nj"] = 1e-3 * ledger.total_pj(*GOAL.stages).typical
            rows.append(row | {"from_nj": 1e-3 * spread.low, "to_nj": 1e-3 * spread.high})
    table = pd.DataFrame(rows)
    for _, part in table.groupby("technology"):
        front = pareto_front(part["energy_nj"], part["accuracy"])
        table.loc[part.index, "on_front"] = front
    return table


def searched(args: argparse.Namespace, split: Split) -> xr.Dataset:
    """The front of a search at the prices of the process."""
    space = space_of(
        load_pipeline(common.DESIGN_BASE, {"energy.technology": TECHNOLOGIES[1]}), None
    )
    trials = args.trials or (len(space.models) + 4 if args.quick else 200)

    def report(done: int, total: int) -> None:
        if done % 25 == 0:
            print(f"{done} of {total} trials", file=sys.stderr)

    tried = search(space, GOAL, split, trials, args.seed, args.out / "trials", report)
    return measured_front(space, GOAL, split, best_designs(tried, GOAL), tried, args.seed)


def print_tables(table: pd.DataFrame, front: xr.Dataset, split: Split) -> None:
    """The fronts; all points are in the file."""
    for technology, part in table[table["on_front"]].groupby("technology", sort=False):
        shown = common.table(
            f"{technology}: front of {len(table) // 2} shipped readouts, {split.reported} images",
            "readout", "accuracy %\n(95 %)", "readout and link, nJ\ntypical (95 % of draws)",
        )  # fmt: skip
        for _, r in part.sort_values("energy_nj").iterrows():
            shown.add_row(r["readout"], _percent(r), _energy(r))
        console.print(shown)
    shown = common.table(
        f"{TECHNOLOGIES[1]}: front of {front.sizes['trial']} searched designs, * trained with "
        "mismatch",
        "model", "mV", "die 0 %\n(95 %)", "8 dies %\n(worst)", "search\n%", "nJ (95 %)",
    )  # fmt: skip
    for number in range(front.sizes["design"]):
        r = {str(k): v.item() for k, v in front.isel(design=number).items() if v.ndim == 0}
        r |= {"energy_nj": 1e-3 * r["goal_energy_pj"], "from_nj": 1e-3 * r["goal_energy_pj_low"],
              "to_nj": 1e-3 * r["goal_energy_pj_high"]}  # fmt: skip
        shown.add_row(
            _short(r["model"]),
            f"{r['offset_mv']:.2g}", _percent(r),
            f"{100 * r['dies_accuracy_mean']:.1f} ({100 * r['dies_accuracy_worst']:.1f})",
            f"{100 * r['search_accuracy']:.1f}", _energy(r),
        )  # fmt: skip
    console.print(shown)


def _short(model: str) -> str:
    """Like "quantile-4", with a star if it was trained with mismatch in view."""
    name = model.rsplit("/", 1)[1].removeprefix("thermometer-")
    return name + " *" * (f"/{MISMATCH}/" in model)


def _percent(r: dict[str, float] | pd.Series) -> str:
    low, high = 100 * r["accuracy_low"], 100 * r["accuracy_high"]
    return f"{100 * r['accuracy']:.1f} ({low:.1f}-{high:.1f})"


def _energy(r: dict[str, float] | pd.Series) -> str:
    """Typical, and the interval of the draws."""
    return f"{r['energy_nj']:.3g} ({r['from_nj']:.3g}-{r['to_nj']:.3g})"


def figure_of(table: pd.DataFrame, front: xr.Dataset, split: Split) -> Figure:
    """A panel for each way to price; intervals on both axes."""
    figure = Figure(figsize=(13, 5.6), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, technology in zip(panels, TECHNOLOGIES, strict=True):
        part = table[table["technology"] == technology]
        for family, rows in part[part["accuracy"] >= LEAST_ACCURACY].groupby("family", sort=False):
            color, marker, _ = styles.style(str(family))
            sar = f" (SAR in {technology})" if rows["sar"].any() else ""
            _points(axes, rows, color, marker, common.LABEL.get(str(family), str(family)) + sar)
        best = part[part["on_front"].astype(bool)].sort_values("energy_nj")
        axes.step(best["energy_nj"], 100 * best["accuracy"], where="post", color=styles.VERMILION,
                  linewidth=1, alpha=0.6, label="front of shipped readouts")  # fmt: skip
        axes.set(xscale="log", xlabel="readout and link (nJ per frame)", title=technology)
        axes.grid(alpha=0.3)
    found = pd.DataFrame({
        "energy_nj": 1e-3 * front["goal_energy_pj"].values,
        "from_nj": 1e-3 * front["goal_energy_pj_low"].values,
        "to_nj": 1e-3 * front["goal_energy_pj_high"].values,
        # the mean over dies, and from the worst die on: one die says little without auto-zero
        "accuracy": front["dies_accuracy_mean"].values,
        "accuracy_low": front["dies_accuracy_worst"].values,
        "accuracy_high": front["dies_accuracy_mean"].values,
        "readout": [""] * front.sizes["design"],
    })  # fmt: skip
    _points(panels[1], found, styles.BLUE, "*", "searched, no auto-zero: 8 dies to the worst")
    panels[0].set(ylabel="accuracy (%)")
    handles, labels = panels[1].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, loc="outside lower center", ncols=len(labels))
    figure.suptitle(
        f"Readouts above {100 * LEAST_ACCURACY:g} %, {split.reported} Fashion-MNIST test "
        "images, uncontrolled light\n"
        "markers: typical prices; bars: 95 % of accuracy, 95 % of draws of the prices; "
        "small numbers: b or M",
        fontsize=10,
    )
    return figure


def _points(axes: Axes, rows: pd.DataFrame, color: str, marker: str, label: str) -> None:
    shown = rows[rows["accuracy"] >= LEAST_ACCURACY]
    x, y = shown["energy_nj"].to_numpy(), 100 * shown["accuracy"].to_numpy()
    ends = [
        (np.maximum(0, x - shown["from_nj"]), np.maximum(0, shown["to_nj"] - x)),
        (y - 100 * shown["accuracy_low"], 100 * shown["accuracy_high"] - y),
    ]
    axes.errorbar(x, y, xerr=ends[0], yerr=ends[1], color=color, marker=marker, linestyle="none",
                  label=label, markersize=6, elinewidth=0.6, alpha=0.85)  # fmt: skip
    for a, b, name in zip(x, y, shown["readout"], strict=True):
        axes.annotate(name.rpartition("=")[2], (a, b), xytext=(4, 4), textcoords="offset points",
                      fontsize=8, color=color)  # fmt: skip


def study(args: argparse.Namespace) -> None:
    """Measure, search, print, write."""
    base = load_pipeline(common.DESIGN_BASE)
    split = Split.of(base, args.images, args.search_images or (200 if args.quick else None))
    table = shipped(args, split)
    front = searched(args, split)
    print_tables(table, front, split)
    data = front.rename({n: f"searched_{n}" for n in front.data_vars})
    for name, column in table.items():
        values = column.to_numpy()
        data[str(name)] = ("shipped", values.astype(str) if values.dtype == object else values)
    data["on_front"] = ("shipped", table["on_front"].to_numpy(bool))
    common.write(args.out, "pareto", data, figure_of(table, front, split))


def main(argv: Sequence[str] | None = None) -> None:
    """Run the study."""
    options = common.options_of(__doc__, "pareto")
    options.add_argument(
        "--trials", type=common.at_least(1), help="of the search: 200, a few with --quick"
    )
    options.add_argument(
        "--search-images", type=common.at_least(1), help="validation images to search on: 2000"
    )
    common.main(study, options, argv)


if __name__ == "__main__":
    main()

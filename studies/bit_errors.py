"""How do bit errors affect accuracy? Faults of bits and accumulators.

    python studies/bit_errors.py
    python studies/bit_errors.py --images 10000 --pipelines glt4 adc8_log

A learned thermometer and an 8-bit ADC, each with its own network, under uncontrolled light: wrong
weights (each die its own), wrong activations (each image its own), narrow accumulators. Written to
--out: bit_errors.nc and bit_errors.png.
"""

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import common
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import Progress

from sensorsim.core.netcdf import write_netcdf
from sensorsim.experiments import sweep
from sensorsim.pipeline.pipeline import Pipeline, load_pipeline
from sensorsim.plotting import plots, styles

RATES = (0.0, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.2)
DIES = (0, 1, 2)
WIDTHS = (6, 7, 8, 9, 10, 11, 12, 14)
OVERFLOWS = ("saturate", "wrap")
WEIGHTS = "network.faults.weight_flip_rate"
ACTIVATIONS = "network.faults.activation_flip_rate"
WIDTH, OVERFLOW = "network.faults.accumulator_bits", "network.faults.overflow"
AXES: dict[str, dict[str, Sequence[Any]]] = {
    "weights": {WEIGHTS: RATES, "die": DIES},
    "activations": {ACTIVATIONS: RATES},
    "accumulators": {WIDTH: WIDTHS, OVERFLOW: OVERFLOWS},
}
_RATE_AXIS = f"logarithmic, linear below {RATES[1]:g}"
Results = dict[str, xr.Dataset]
"""Of one pipeline, over each of `AXES`."""


def measure(chain: Pipeline, images: int, progress: Progress) -> Results:
    """Accuracy and its interval over each kind of fault."""
    task = progress.add_task(chain.description.name, total=None)
    groups: Results = {}
    for kind, axes in AXES.items():

        def report(done: int, total: int, kind: str = kind) -> None:
            name = f"{chain.description.name}, {kind}"
            progress.update(task, description=name, completed=done, total=total)

        data = sweep.sweep(chain, axes, images=images, report=report)
        groups[kind] = data[["accuracy", "accuracy_low", "accuracy_high", "images"]]
    return groups


def figure_of(results: dict[str, Results]) -> Figure:
    """Accuracy against rates and widths; bars are 95 % Wilson intervals."""
    figure = Figure(figsize=(13, 4.4), layout="constrained")
    images = next(iter(results.values()))["weights"]["images"].max().item()
    figure.suptitle(f"{images} test images, uncontrolled light, 95 % intervals", fontsize=10)
    panels = figure.subplots(1, 3, sharey=True)
    colors = itertools.cycle(styles.PALETTE)
    for color, (name, tree) in zip(colors, results.items(), strict=False):
        for die in DIES:
            label = name if die == DIES[0] else None
            _line(panels[0], tree["weights"].sel(die=die), WEIGHTS, color, "-", label)
        _line(panels[1], tree["activations"], ACTIVATIONS, color, "-", name)
        for overflow, style in zip(OVERFLOWS, ("-", "--"), strict=True):
            part = tree["accumulators"].sel({OVERFLOW: overflow})
            _line(panels[2], part, WIDTH, color, style, f"{name}, {overflow}")
    titles = (
        (f"weight flip rate ({_RATE_AXIS})", f"{len(DIES)} dies, a line each"),
        (f"activation flip rate ({_RATE_AXIS})", "behind every threshold, in every image"),
        ("accumulator width (bits)", "of all layers, class scores included"),
    )
    for axes, (label, title) in zip(panels, titles, strict=True):
        axes.set_xlabel(label)
        axes.set_title(title, fontsize=10)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8, loc="lower left" if axes is not panels[2] else "lower right")
    for axes in panels[:2]:
        axes.set_xscale("symlog", linthresh=RATES[1], linscale=0.4)
        axes.set_xlim(-2e-4, 0.3)
        axes.set_xticks([0, 1e-3, 1e-2, 0.1], ["0", "0.001", "0.01", "0.1"])
    panels[0].set_ylabel("accuracy (%)")
    panels[0].set_ylim(0, 100)
    return figure


def _line(
    axes: Axes, data: xr.Dataset, axis: str, color: str, style: str, label: str | None
) -> None:
    accuracy = 100 * data["accuracy"].values
    ends = [100 * data[f"accuracy_{end}"].values for end in ("low", "high")]
    axes.errorbar(
        data[axis].values, accuracy, yerr=np.abs(ends - accuracy), color=color, linestyle=style,
        marker="o", markersize=3.5, linewidth=1.2, capsize=2, label=label,
    )  # fmt: skip


def flat(results: dict[str, Results]) -> xr.Dataset:
    """All results over the pipeline, as variables like ``weights_accuracy``."""
    parts = [
        xr.merge(
            tree[kind].rename({n: f"{kind}_{n}" for n in tree[kind].data_vars}) for kind in AXES
        ).expand_dims(pipeline=[name])
        for name, tree in results.items()
    ]
    return xr.concat(parts, "pipeline")


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Command line of the study."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pipelines", nargs="+", default=["glt4", "adc8_log"])
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path("results"))
    return parser.parse_args(arguments)


def study(options: argparse.Namespace) -> list[Path]:
    """Measure, draw and write."""
    chains = {name: load_pipeline(name) for name in options.pipelines}
    common.make_folder(options.out)
    with Progress(console=Console(stderr=True)) as progress:
        results = {n: measure(c, options.images, progress) for n, c in chains.items()}
    target = options.out / "bit_errors.nc"
    write_netcdf(flat(results), target)
    return [target, *plots.save(figure_of(results), options.out / "bit_errors.png")]


if __name__ == "__main__":
    common.run("bit_errors", lambda: study(parse()))

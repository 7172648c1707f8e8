"""Where does the energy of a frame go? Stacked bars for each readout, by survey and by parts.

    python studies/energy_breakdown.py
    python studies/energy_breakdown.py --quick

Bars are typical prices; marks are the sums of all low and all high ones. Converters of a process
are tuned to their bits: ramps run at the full rate of the counter, linear ones are SAR. Written to
--out: energy_breakdown.nc and energy_breakdown.png.
"""

import argparse
from collections.abc import Sequence

import common
import numpy as np
import pandas as pd
import xarray as xr
from common import console
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sensorsim.circuits.ledger import STAGES
from sensorsim.circuits.uncertainty import total_spread
from sensorsim.experiments.optimize.space import space_of
from sensorsim.experiments.paired import compare
from sensorsim.pipeline.pipeline import load_pipeline
from sensorsim.plotting import styles

TECHNOLOGIES = ("survey", "cmos65")
READOUTS = {
    "glt-1": {}, "glt-2": {}, "glt-4": {}, "glt-8": {}, "adc-log-2": {}, "adc-log-4": {},
    "adc-log-8": {}, "adc-linear-4": {"converter": "sar"}, "adc-linear-8": {"converter": "sar"},
}  # fmt: skip
COLORS = {
    "pixel": styles.SKY, "readout": styles.VERMILION, "link": styles.BLUE, "network": "silver",
    "static": styles.ORANGE,
}  # fmt: skip
BOUNDS = ("low", "typical", "high")


def measure(args: argparse.Namespace) -> pd.DataFrame:
    """A row for each technology, readout and stage; energies in nJ."""
    rows = []
    accuracy: dict[str, float] = {}
    for technology in TECHNOLOGIES:
        base = load_pipeline(common.DESIGN_BASE, {"energy.technology": technology})
        space = space_of(base, None, () if technology == "survey" else ("converter",))
        found = [common.design(space, m, **how) for m, how in READOUTS.items()]
        if not accuracy:
            results = compare([d.chain for d in found], args.images, args.seed)
            accuracy = {m: r["accuracy"].item() for m, r in zip(READOUTS, results, strict=True)}
        for model, one in zip(READOUTS, found, strict=True):
            ledger = one.chain.cost.ledger()
            for stage in (*STAGES, "frame"):
                stages = STAGES if stage == "frame" else (stage,)
                price, spread = (
                    ledger.total_pj(*stages), total_spread(ledger, *stages, seed=args.seed)
                )  # fmt: skip
                name = one.name if not READOUTS[model] else one.name.replace("ADC", "SAR ADC")
                row: dict[str, str | float] = {
                    "technology": technology, "model": model, "readout": name,
                }  # fmt: skip
                row |= {"stage": stage, "accuracy": accuracy[model]}
                row |= {f"{k}_nj": 1e-3 * getattr(price, k) for k in BOUNDS}
                row |= {"from_nj": 1e-3 * spread.low, "to_nj": 1e-3 * spread.high}
                rows.append(row)
    return pd.DataFrame(rows)


def print_table(table: pd.DataFrame, images: int) -> None:
    """Typical energy of each stage; the frame with its 95 % of draws."""
    for technology, part in table.groupby("technology", sort=False):
        shown = common.table(
            f"{technology}: typical nJ per frame, 95 % of draws; accuracy on {images} test images",
            "readout", "acc.\n%", *(s.replace("network", "net-\nwork") for s in STAGES),
            "frame\n(95 %)", "per\nright",
        )  # fmt: skip
        for readout, rows in part.groupby("readout", sort=False):
            by = rows.set_index("stage")
            frame, accuracy = by.loc["frame"], by["accuracy"].iloc[0]
            shown.add_row(
                str(readout), f"{100 * accuracy:.2f}",
                *(f"{by.loc[s, 'typical_nj']:.3g}" for s in STAGES),
                f"{frame['typical_nj']:.0f} ({frame['from_nj']:.0f}-{frame['to_nj']:.0f})",
                f"{frame['typical_nj'] / accuracy:.0f}",
            )  # fmt: skip
        console.print(shown)


def figure_of(table: pd.DataFrame, images: int) -> Figure:
    """Whole frame, and all but the network, for each technology."""
    figure = Figure(figsize=(12, 8.8), layout="constrained")
    panels = figure.subplots(2, 2)
    for row, technology in zip(panels, TECHNOLOGIES, strict=True):
        part = table[table["technology"] == technology]
        _bars(row[0], part, STAGES, f"{technology}: whole frame")
        _bars(row[1], part, ("pixel", "readout", "link"), f"{technology}: pixel, readout and link")
    figure.legend(*panels[0, 0].get_legend_handles_labels(), fontsize=8, ncols=len(STAGES),
                  loc="outside lower center")  # fmt: skip
    figure.suptitle(
        "Energy of a frame of 28 x 28 pixels, link 0.5 pJ per bit (assumed); weights leak\n"
        "bars: typical; marks: all prices low, all high (a number: in nJ, off the scale); "
        f"below: accuracy on {images} images, uncontrolled light",
        fontsize=10,
    )
    return figure


def _bars(axes: Axes, part: pd.DataFrame, stages: Sequence[str], title: str) -> None:
    names = list(dict.fromkeys(part["readout"]))
    place = np.arange(len(names))
    sums = {k: np.zeros(len(names)) for k in BOUNDS}
    for stage in stages:
        rows = part[part["stage"] == stage]
        height = rows["typical_nj"].to_numpy()
        if height.any():
            axes.bar(place, height, 0.62, sums["typical"], color=COLORS[stage], label=stage)
        for bound in BOUNDS:
            sums[bound] = sums[bound] + rows[f"{bound}_nj"].to_numpy()
    top = 2.2 * sums["typical"].max()
    axes.vlines(place, sums["low"], sums["high"], color="black", linewidth=0.8)
    for bound in ("low", "high"):
        axes.plot(place, sums[bound], "_", color="black", markersize=9)
    for x, high in zip(place, sums["high"], strict=True):
        if high > top:
            axes.annotate(f"{high:.0f}", (x, top), xytext=(3, -9), textcoords="offset points",
                          fontsize=8)  # fmt: skip
    axes.set_title(title, fontsize=10)
    axes.set_ylabel("energy per frame (nJ)")
    accuracies = part[part["stage"] == "frame"]["accuracy"]
    labels = [f"{n.replace(' ', chr(10))}\n{100 * a:.1f} %"
              for n, a in zip(names, accuracies, strict=True)]  # fmt: skip
    axes.set_xticks(place, labels, fontsize=8)
    axes.set_ylim(0, top)
    axes.grid(axis="y", alpha=0.3)


def study(args: argparse.Namespace) -> None:
    """Measure, print, write."""
    table = measure(args)
    images = args.images or len(load_pipeline(common.DESIGN_BASE).dataset)
    print_table(table, images)
    data = xr.Dataset({str(k): ("row", v.to_numpy()) for k, v in table.items()})
    for name in ("technology", "model", "readout", "stage"):
        data[name] = data[name].astype(str)
    data.attrs = {"images": images, "seed": args.seed}
    common.write(args.out, "energy_breakdown", data, figure_of(table, images))


def main(argv: Sequence[str] | None = None) -> None:
    """Run the study."""
    common.main(study, common.options_of(__doc__, "energy_breakdown"), argv)


if __name__ == "__main__":
    main()

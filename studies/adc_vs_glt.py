"""ADC or learned thermometer? Trade-off curves from real images.

    python studies/adc_vs_glt.py
    python studies/adc_vs_glt.py --quick
    python studies/adc_vs_glt.py --dataset cifar10 --data-dir cifar10_jpeg.zip

Every readout looks at the same pixels of the same die through its own trained network. The headline
is uncontrolled light (0 to -5 stops per image); then the exposure is held, and then the residual
offset of the comparators grows. Written to --out: results.nc, table.csv and the figures.
"""

import argparse
import sys
from pathlib import Path

import common
import pandas as pd
from common import console
from rich import box
from rich.table import Table

from sensorsim.circuits.constant import Range
from sensorsim.core import resources
from sensorsim.core.statistics import paired_difference
from sensorsim.experiments.energy_comparison import break_even_words, is_sold
from sensorsim.experiments.entries import Entry, entries
from sensorsim.experiments.points import Plan, Point, table_of
from sensorsim.pipeline.pipeline import load_pipeline
from sensorsim.plotting import plots
from sensorsim.readout.families import families

BASE = "glt8"
FIXED_STOPS = (0, -1, -3, -5)
OFFSETS_MV = (2.0, 4.0, 8.0)
EQUAL = 0.01
"""Validation accuracies that differ by less count as equal, as 5,000 images tell no more."""
SWEPT = [
    ("adc-linear", 8), ("adc-log", 8), ("thermometer-log", 8), ("glt", 8), ("glt", 4),
]  # fmt: skip
SHOWN = [
    ("adc-linear", 4), ("adc-linear", 8), ("adc-log", 4), ("thermometer-uniform", 8),
    ("thermometer-log", 4), ("glt", 2), ("glt", 4), ("glt", 8),
]  # fmt: skip


def run_points(args: argparse.Namespace, readouts: list[Entry]) -> list[Point]:
    """Headline, exposure sweep and offset sweep."""
    swept = [e for e in readouts if (e.family, e.levels) in SWEPT]
    stops = FIXED_STOPS[::3] if args.quick else FIXED_STOPS
    offsets = OFFSETS_MV[-1:] if args.quick else OFFSETS_MV
    law, level = "scene.exposure.law", "scene.exposure.high_stops"
    plan: Plan = [
        (readouts, {}),
        *((swept, {law: "fixed", level: float(s)}) for s in stops),
        *((swept, {"readout.comparator.offset_mv": mv}) for mv in offsets),
    ]
    return common.run_with_progress(plan, args)


def print_table(headline: list[Point]) -> None:
    """The headline as a table a person can read."""
    table = Table(
        title=f"Uncontrolled light, {headline[0].value('images')} test images; energy per frame",
        box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0),
    )  # fmt: skip
    table.add_column("readout", no_wrap=True)
    for name in ("b or\nM", "acc.\n%", "95 %\ninterval", "readout nJ\nbest/median/p90",
                 "whole\nµJ"):  # fmt: skip
        table.add_column(name, justify="right", no_wrap=True)
    for number, p in enumerate(headline):
        if number and p.entry.family != headline[number - 1].entry.family:
            table.add_section()
        readout = [p.value(f"readout_energy_pj_{k}") * 1e-3 for k in ("low", "typical", "high")]
        low, high = (100 * p.value(f"accuracy_{end}") for end in ("low", "high"))
        table.add_row(
            p.entry.family, f"{p.entry.levels}", f"{100 * p.value('accuracy'):.2f}",
            f"{low:.1f}-{high:.1f}", "/".join(f"{v:.3g}" for v in readout),
            f"{p.value('energy_pj_typical') * 1e-6:.3f}",
        )  # fmt: skip
    console.print(table)
    sizes = [p.value("weight_bits") * 1e-6 for p in headline]
    console.print(f"Networks of {min(sizes):.3f} to {max(sizes):.3f} Mb.")


def print_learned_against_fixed(headline: list[Point]) -> None:
    """How learned levels compare with fixed ones, the best by validation images."""
    known = families()
    for learned in (p for p in headline if known[p.entry.family].learned):
        kind, levels = learned.entry.chain.readout.kind, learned.entry.levels
        fixed = [
            p for p in headline
            if (p.entry.chain.readout.kind, p.entry.levels) == (kind, levels)
            and not known[p.entry.family].learned
        ]  # fmt: skip
        if not fixed:
            continue
        best = max(fixed, key=lambda p: p.entry.validation_accuracy)
        mean, low, high = (100 * d for d in paired_difference(learned.right, best.right))
        console.print(
            f"{learned.entry.name} against {best.entry.name}: {mean:+.2f} points "
            f"(95 %, paired: {low:+.2f} to {high:+.2f})"
        )


def print_break_even(headline: list[Point]) -> None:
    """Print from which percentile of published ADCs on a learned readout takes less energy."""
    adcs, known = [p for p in headline if is_sold(p.entry.chain)], families()
    for point in headline:
        if not known[point.entry.family].learned or point.entry.levels == 1:
            continue
        least = point.entry.validation_accuracy - EQUAL
        rivals = [p for p in adcs if p.entry.validation_accuracy >= least]
        if not rivals:
            console.print(f"{point.entry.name}: no ADC of the comparison is as accurate")
            continue
        rival = min(rivals, key=lambda p: (p.value("bits_per_sample"), p.entry.family))
        samples = point.entry.chain.cost.pixel_array.samples
        frame = {k: point.value(f"readout_energy_pj_{k}") for k in ("low", "typical", "high")}
        price = Range(**frame).scaled(1 / samples)
        console.print(
            break_even_words(point.entry.name, price, rival.entry.name, rival.entry.chain)
        )


def draw(points: list[Point], table: pd.DataFrame, out: Path) -> list[Path]:
    """All figures."""
    uncontrolled = table[table["exposure_law"] == "uniform"]
    headline = uncontrolled[uncontrolled["offset_mv"] == points[0].offset_mv]
    fixed = table[table["exposure_law"] == "fixed"]
    name = points[0].entry.chain.description.scene.dataset
    images = int(table["images"].iloc[0])
    title = f"{name}, {images} test images, uncontrolled light (0 to -5 stops)"
    at_one = f"{name}, {images} test images, every image at one exposure"
    offset, stops = (
        "residual offset of comparators (mV rms)",
        "exposure of every image (stops; at 0, white is at 90 % of full well)",
    )
    lines = plots.accuracy_lines
    return [
        *plots.save(plots.tradeoff(headline, title), out / "tradeoff", ".svg"),
        *plots.save(lines(uncontrolled, "offset_mv", offset, title, SWEPT), out / "offset"),
        *plots.save(lines(fixed, "exposure_stops", stops, at_one, SWEPT), out / "exposure"),
        *plots.save(common.tone_curves(points, "glt"), out / "tone_curves"),
        *plots.save(common.examples(points, SHOWN), out / "examples"),
    ]


def parse() -> argparse.Namespace:
    """Command line of the study."""
    options = common.parser(__doc__.splitlines()[0], "adc_vs_glt")
    options.add_argument("--dataset", default="fashion-mnist")
    options.add_argument("--data-dir", help="where the dataset lies: a folder or a zip")
    options.add_argument(
        "--link-pj-per-bit", type=float, default=0.5,
        help="price of a bit on the link; an assumption, there is no figure for every chip",
    )  # fmt: skip
    options.add_argument(
        "--retrain", action="store_true",
        help="train all networks first, into OUT/models (hours; needs torch)",
    )  # fmt: skip
    return common.parsed(options)


def study(args: argparse.Namespace) -> list[Path]:
    """Run everything and write the results."""
    models = resources.data("models", args.dataset)
    if args.retrain:
        from train_models import train_all

        models = args.out / "models"
        train_all(args.dataset, args.data_dir, args.out / "training", models)
    settings = {
        "scene.dataset": args.dataset, "scene.data_dir": args.data_dir,
        "energy.link_pj_per_bit": args.link_pj_per_bit,
    }  # fmt: skip
    readouts = entries(load_pipeline(BASE), models, settings)
    dataset = readouts[0].chain.dataset
    dataset.first(args.images)
    common.make_folder(args.out)
    print(f"{dataset.name}: {len(dataset)} test images from {dataset.origin}", file=sys.stderr)
    points = run_points(args, readouts)
    table = table_of(points)
    headline = points[: len(readouts)]
    print_table(headline)
    print_learned_against_fixed(headline)
    print_break_even(headline)
    console.print(
        f"Assumed, not measured: a link of {args.link_pj_per_bit:g} pJ per bit "
        "(--link-pj-per-bit) and no static power; both weigh on every readout alike or by its bits."
    )
    written = common.write_results(table, [p.result for p in points], args.out)
    return written + draw(points, table, args.out)


if __name__ == "__main__":
    common.run("adc_vs_glt", lambda: study(parse()))

"""ADC or learned thermometer? Trade-off curves from real images.

    python studies/adc_vs_glt.py
    python studies/adc_vs_glt.py --quick
    python studies/adc_vs_glt.py --dataset cifar10 --data-dir cifar10_jpeg.zip

Every readout looks at the same pixels of the same die through its own trained network. The headline
is uncontrolled light (0 to -5 stops per image); then the exposure is held, and then the residual
offset of the comparators grows. Written to --out: results.nc, table.csv and the figures.
"""

import argparse
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import common
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from sensorsim.circuits.break_even import first_percentile
from sensorsim.circuits.uncertainty import quantile
from sensorsim.core import resources
from sensorsim.core.errors import InputError
from sensorsim.core.statistics import paired_difference
from sensorsim.experiments.paired import compare
from sensorsim.pipeline.pipeline import Pipeline, load_pipeline
from sensorsim.plotting import plots
from sensorsim.readout import Adc
from sensorsim.readout.families import families
from sensorsim.scenes.srgb import to_linear
from sensorsim.tonemap import curve_of

BASE = "glt8"
BITS = (1, 2, 4, 6, 8)
THRESHOLDS = (1, 2, 4, 8)
FIXED_STOPS = (0, -1, -3, -5)
OFFSETS_MV = (2.0, 4.0, 8.0)
ONE_LEVEL = {"adc-linear": "thermometer-uniform", "adc-log": "thermometer-log"}
"""A 1-bit ADC compares with the same level as this thermometer, and shares its network."""
SWEPT = [
    ("adc-linear", 8), ("adc-log", 8), ("thermometer-log", 8), ("glt", 8), ("glt", 4),
]  # fmt: skip
COLUMNS = [
    "readout", "levels", "exposure", "offset_mv", "accuracy", "accuracy_low", "accuracy_high",
    "bits_per_sample", "link_bits_per_sample", "readout_energy_pj_low",
    "readout_energy_pj_typical", "readout_energy_pj_high", "energy_pj_low", "energy_pj_typical",
    "energy_pj_high", "model_bits", "images",
]  # fmt: skip
console = Console()
progress_console = Console(stderr=True)


@dataclass(frozen=True)
class Entry:
    """One readout of the comparison."""

    family: str
    levels: int
    chain: Pipeline

    @property
    def name(self) -> str:
        """Family and levels, like "glt M=4"."""
        return f"{self.family} {'b' if self.family.startswith('adc') else 'M'}={self.levels}"


@dataclass(frozen=True)
class Point:
    """One result of the study: a readout under one light and one comparator offset."""

    entry: Entry
    exposure: str
    offset_mv: float
    result: xr.Dataset

    def row(self) -> dict[str, str | float]:
        """The point as a row of the table."""
        row: dict[str, str | float] = {
            "readout": self.entry.family,
            "levels": self.entry.levels,
            "exposure": self.exposure,
            "offset_mv": self.offset_mv,
        }
        return row | {c: self.result[c].item() for c in COLUMNS if c not in row}


def model_of(family: str, levels: int) -> str:
    """Name of the network that a readout uses."""
    return f"{ONE_LEVEL[family] if levels == 1 and family in ONE_LEVEL else family}-{levels}"


def entries(args: argparse.Namespace, models: Path) -> list[Entry]:
    """All readouts of the dataset for which a network is there."""
    found: list[Entry] = []
    chain = load_pipeline(BASE)
    comparator = chain.description.readout.comparator.model_dump()
    for family in families():
        for levels in BITS if family.startswith("adc") else THRESHOLDS:
            path = models / f"{model_of(family, levels)}.npz"
            if not path.exists():
                continue
            readout: dict[str, Any] = {"kind": "learned", "comparator": comparator}
            if family in ONE_LEVEL:
                curve = "log" if family == "adc-log" else "linear"
                readout |= {"kind": "adc", "bits": levels, "tone_curve": {"kind": curve}}
            settings = {
                "name": f"{family}-{levels}",
                "readout": readout,
                "network.model": str(path),
                "scene.dataset": args.dataset,
                "scene.data_dir": args.data_dir,
                "energy.link_pj_per_bit": args.link_pj_per_bit,
            }
            chain = chain.replace(settings)
            if not found:
                chain.dataset  # noqa: B018  read once; the chains that follow share it
            found.append(Entry(family, levels, chain))
    if not found:
        raise InputError(f"{models}: no trained models of dataset {args.dataset!r} there")
    return found


def run_points(args: argparse.Namespace, readouts: list[Entry]) -> list[Point]:
    """Headline, exposure sweep and offset sweep."""
    swept = [e for e in readouts if (e.family, e.levels) in SWEPT]
    plan: list[tuple[list[Entry], dict[str, object]]] = [(readouts, {})]
    plan += [
        (swept, {"scene.exposure.law": "fixed", "scene.exposure.high_stops": float(s)})
        for s in (FIXED_STOPS[::3] if args.quick else FIXED_STOPS)
    ]
    plan += [
        (swept, {"readout.comparator.offset_mv": mv})
        for mv in (OFFSETS_MV[-1:] if args.quick else OFFSETS_MV)
    ]
    count = len(readouts[0].chain.dataset.first(args.images))
    points = []
    with Progress(console=progress_console) as progress:
        bar = progress.add_task("images", total=count * sum(len(p[0]) for p in plan))
        for group, settings in plan:
            chains = [e.chain.replace(settings) if settings else e.chain for e in group]
            results = compare(chains, args.images, args.seed, lambda n: progress.advance(bar, n))
            for entry, chain, result in zip(group, chains, results, strict=True):
                exposure = chain.description.scene.exposure.label()
                offset_mv = chain.readout.comparator.offset_mv
                points.append(Point(entry, exposure, offset_mv, result))
    return points


def print_table(headline: list[Point]) -> None:
    """The headline as a table a person can read."""
    images = headline[0].result["images"].item()
    table = Table(
        title=f"Uncontrolled light, {images} test images; energy per frame",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    table.add_column("readout", no_wrap=True)
    for name in ("b or\nM", "acc.\n%", "95 %\ninterval", "readout nJ\nbest/median/p90",
                 "whole\nµJ"):  # fmt: skip
        table.add_column(name, justify="right", no_wrap=True)
    for family in families():
        for p in (p for p in headline if p.entry.family == family):
            r = {str(k): v.item() for k, v in p.result.data_vars.items() if v.ndim == 0}
            readout = [r[f"readout_energy_pj_{k}"] * 1e-3 for k in ("low", "typical", "high")]
            table.add_row(
                family, f"{p.entry.levels}", f"{100 * r['accuracy']:.2f}",
                f"{100 * r['accuracy_low']:.1f}-{100 * r['accuracy_high']:.1f}",
                "/".join(f"{v:.3g}" for v in readout), f"{r['energy_pj_typical'] * 1e-6:.3f}",
            )  # fmt: skip
        table.add_section()
    console.print(table)
    sizes = [p.result["model_bits"].item() * 1e-6 for p in headline]
    console.print(f"Networks of {min(sizes):.3f} to {max(sizes):.3f} Mb.")


def print_against_fixed(headline: list[Point]) -> None:
    """How the learned thresholds compare with the best hand-made ones, image for image."""
    right = {
        (p.entry.family, p.entry.levels): (p.result["decision"] == p.result["label"]).to_numpy()
        for p in headline
    }
    for levels in THRESHOLDS:
        fixed = {f: v for (f, m), v in right.items() if m == levels and f.startswith("thermo")}
        learned = right.get(("glt", levels))
        if learned is None or not fixed:
            continue
        best = max(fixed, key=lambda f: fixed[f].mean())
        mean, low, high = (100 * d for d in paired_difference(learned, fixed[best]))
        console.print(
            f"glt M={levels} against {best} M={levels}: {mean:+.2f} points "
            f"(95 %, paired: {low:+.2f} to {high:+.2f})"
        )


def print_break_even(headline: list[Point]) -> None:
    """At which percentile of published ADCs the learned thermometer starts to pay."""
    adcs = [p for p in headline if isinstance(p.entry.chain.readout, Adc)]
    for point in (p for p in headline if p.entry.family == "glt" and p.entry.levels > 1):
        least = point.result["accuracy_low"].item()
        rivals = [p for p in adcs if p.result["accuracy"].item() >= least]
        if not rivals:
            console.print(f"{point.entry.name}: no ADC of the comparison is as accurate")
            continue
        rival = min(rivals, key=lambda p: (p.result["bits_per_sample"].item(), p.entry.family))
        console.print(break_even_words(point, rival))


def break_even_words(point: Point, rival: Point) -> str:
    """One learned thermometer against the leanest ADC that is as accurate."""
    chain = rival.entry.chain
    circuit, enob = chain.readout, chain.cost.enob
    assert isinstance(circuit, Adc) and enob is not None
    survey = chain.cost.technology.survey
    classes = published_prices(survey, circuit, enob)
    sar, flash = classes["SAR"], classes["flash"].range
    sentence = [
        f"{point.entry.name} against {rival.entry.name}, the leanest ADC as accurate: one ADC "
        f"sample costs {sar.range.low:.3g} pJ (best envelope), {sar.range.typical:.3g} pJ (median),"
        f" {sar.range.high:.3g} pJ (90th percentile) in a SAR, and {flash.low:.3g}, "
        f"{flash.typical:.3g} and {flash.high:.3g} pJ in a flash (cheapest, median, 90th)."
    ]
    bounds = ("low", "typical", "high")
    mine = np.array([point.result[f"readout_energy_pj_{b}"].item() for b in bounds])
    mine /= math.prod(chain.array_shape)

    def adc_pj(percentile: float) -> float:
        ratio = quantile(survey.adc.ratio, np.array([percentile / 100]))
        return ratio.item() * survey.adc.envelope(enob)

    for bound, own, percentile in zip(bounds, mine, first_percentile(mine, adc_pj), strict=True):
        if np.isnan(percentile):
            verdict = "dearer than every published SAR"
        elif percentile == 0:
            verdict = "cheaper than every published SAR"
        else:
            verdict = f"breaks even with the SAR at percentile {percentile:g} of the survey"
        sentence.append(f"GLT {bound} {own:.3g} pJ: {verdict}.")
    return " ".join(sentence)


def draw(points: list[Point], table: pd.DataFrame, out: Path) -> list[Path]:
    """All figures."""
    chain = points[0].entry.chain
    name = chain.description.scene.dataset
    offset = points[0].offset_mv
    uncontrolled = table[table["exposure"] == "uncontrolled"]
    headline = uncontrolled[uncontrolled["offset_mv"] == offset]
    fixed = table[table["exposure"] != "uncontrolled"]
    images = int(table["images"].iloc[0])
    title = f"{name}, {images} test images, uncontrolled light (0 to -5 stops)"
    written = plots.save(plots.tradeoff(headline, title), out / "tradeoff", ".svg")
    written += plots.save(
        plots.accuracy_lines(uncontrolled, "offset_mv", "residual offset of comparators (mV rms)",
                             title, SWEPT), out / "offset")  # fmt: skip
    written += plots.save(
        plots.accuracy_lines(fixed, "exposure", "fixed exposure (stops below full scale)",
                             f"{name}, {images} test images, every image at one exposure", SWEPT),
        out / "exposure")  # fmt: skip
    written += plots.save(_tone_curves(points), out / "tone_curves")
    written += plots.save(_examples(points), out / "examples")
    return written


def _tone_curves(points: list[Point]) -> Figure:
    most = max(p.entry.levels for p in points if p.entry.family == "glt")
    curves = {
        p.entry.family: curve_of(p.entry.chain.readout.transitions())
        for p in points
        if p.entry.levels == most and not p.entry.family.startswith("adc")
    }
    chain = points[0].entry.chain
    images = chain.dataset.images[:500]
    key = chain.key(0, np.arange(len(images)))
    volts = chain.volts(to_linear(images), key) / chain.description.photodiode.full_scale_v
    return plots.tone_curves(curves, volts[images > 0], most)


def _examples(points: list[Point]) -> Figure:
    """What each readout makes of a dark, a middle and a bright image."""
    wanted = [
        ("adc-linear", 4), ("adc-linear", 8), ("adc-log", 4), ("thermometer-uniform", 8),
        ("thermometer-log", 4), ("glt", 2), ("glt", 4), ("glt", 8),
    ]  # fmt: skip
    chosen = {(p.entry.family, p.entry.levels): p.entry for p in reversed(points)}
    shown = [chosen[w] for w in wanted if w in chosen]
    chain = points[0].entry.chain
    stops = (-5.0, -2.5, 0.0)
    columns: dict[str, list[np.ndarray]] = {"photograph": [], "volts / full scale": []}
    columns |= {e.name: [] for e in shown}
    for number, s in enumerate(stops):
        image = chain.dataset.images[number]
        columns["photograph"].append(image.squeeze() / 255)
        settings = {"scene.exposure.law": "fixed", "scene.exposure.high_stops": s}
        volts = chain.replace(settings).trace(image, frame=number)["photodiode"]["signal"]
        full_scale_v = chain.description.photodiode.full_scale_v
        columns["volts / full scale"].append(volts.to_numpy().squeeze() / full_scale_v)
        for e in shown:
            trace = e.chain.replace(settings).trace(image, frame=number)
            code = trace["readout"]["code"].to_numpy()
            if e.family.startswith("adc"):
                tone = code / (2**e.levels - 1)
            else:
                tone = np.bitwise_count(code) / e.levels
            columns[e.name].append(tone.squeeze())
    rows = [f"{s:g} stops" for s in stops]
    title = "The same pixels through each readout\n(code or thresholds reached, 0 to full scale)"
    return plots.examples(columns, rows, title)


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
    readouts = entries(args, models)
    dataset = readouts[0].chain.dataset
    dataset.first(args.images)
    common.make_folder(args.out)
    print(f"{dataset.name}: {len(dataset)} test images from {dataset.origin}", file=sys.stderr)
    points = run_points(args, readouts)
    table = pd.DataFrame([p.row() for p in points], columns=COLUMNS)
    headline = points[: len(readouts)]
    print_table(headline)
    print_against_fixed(headline)
    print_break_even(headline)
    console.print(
        f"Assumed, not measured: a link of {args.link_pj_per_bit:g} pJ per bit "
        "(--link-pj-per-bit) and no static power; both weigh on every readout alike or by its bits."
    )
    written = common.write_results(table, [p.result for p in points], args.out)
    return written + draw(points, table, args.out)


if __name__ == "__main__":
    common.run("adc_vs_glt", lambda: study(parse()))

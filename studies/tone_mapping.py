"""Which tone curve is best, and do learned thresholds beat it? Accuracy by curve.

    python studies/tone_mapping.py
    python studies/tone_mapping.py --quick

Thermometers of four thresholds, placed by every common tone curve and by learning, look at the same
pixels of the same die under uncontrolled light. Parameters of the curves were tuned on validation
images (studies/train_tone_models.py). Then one curve is moved: from the ramp of a 4-bit ADC to a
table behind a linear conversion. Written to --out: results.nc, table.csv and the figures.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import common
import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pydantic import TypeAdapter
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from sensorsim.core import resources
from sensorsim.core.errors import InputError
from sensorsim.core.statistics import paired_difference
from sensorsim.experiments.paired import compare
from sensorsim.pipeline.pipeline import Pipeline, load_pipeline
from sensorsim.plotting import plots, styles
from sensorsim.readout import Readout
from sensorsim.scenes.srgb import to_linear
from sensorsim.tonemap import ToneCurve, curve_of

BASE = "glt4"
DATASET = "fashion-mnist"
FOLDER = "tone-mapping"
TUNING = "tone-tuning.csv"
LEARNED = "learned"
THRESHOLDS, ANALOG = "thresholds", "analog"
POSITIONS = {
    "adc-analog": ANALOG, "adc-digital8": "digital, 8 bits", "adc-digital6": "digital, 6 bits",
}  # fmt: skip
"""Where the curve of an ADC acts, by the name of its model; else thresholds are placed by it."""
COLUMNS = [
    "curve", "parameters", "readout", "levels", "position", "thresholds", "accuracy",
    "accuracy_low", "accuracy_high", "against", "difference", "difference_low", "difference_high",
    "validation_accuracy", "bits_per_sample", "link_bits_per_sample",
    "readout_energy_pj_low", "readout_energy_pj_typical", "readout_energy_pj_high", "images",
]  # fmt: skip
_CURVE: TypeAdapter[ToneCurve] = TypeAdapter(ToneCurve)
_SYMBOLS = {"exponent": "n", "semisaturation": "s", "max_luminance": "L", "peak_cd_m2": "peak"}
"""Parameters that docs/physics.md writes shorter than their fields."""
_SHADE = {"thermometer": styles.BLUE, "adc": styles.BLACK, LEARNED: styles.VERMILION}
console = Console()
progress_console = Console(stderr=True)


@dataclass(frozen=True)
class Entry:
    """One readout of the comparison: a curve, where it acts, and the chain behind it."""

    name: str
    curve: ToneCurve
    position: str
    chain: Pipeline

    @property
    def is_adc(self) -> bool:
        """Whether the readout is an ADC; else it is a thermometer."""
        return self.position != THRESHOLDS

    def parameters(self) -> str:
        """What was tuned, like "gamma=4"; empty for a curve without parameters."""
        if self.curve.kind == "piecewise-linear":
            return ""
        fields = self.curve.model_dump(exclude={"kind"})
        return " ".join(f"{_SYMBOLS.get(n, n)}={value:g}" for n, value in fields.items())


@dataclass(frozen=True)
class Point:
    """A readout and what it decided."""

    entry: Entry
    result: xr.Dataset

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether each decision was right."""
        correct: npt.NDArray[np.bool_] = (
            self.result["decision"] == self.result["label"]
        ).to_numpy()
        return correct

    @property
    def validation_accuracy(self) -> float:
        """What the choices were made by."""
        known = self.entry.chain.model.training.validation_accuracy
        assert known is not None
        return known


def _levels(readout: Readout) -> npt.NDArray[np.float64]:
    levels = readout.transitions()
    assert levels is not None
    return levels


def entries(models: Path) -> list[Entry]:
    """Every readout of the list of tuned curves, the learned thermometer first."""
    chain = load_pipeline(BASE)
    chain.dataset  # noqa: B018  read once; the chains that follow share it
    path = models / TUNING
    if not path.is_file():
        raise InputError(f"{path}: no such file; make it with studies/train_tone_models.py")
    chosen = pd.read_csv(path, keep_default_na=False).query("chosen == 1")
    found = []
    for stem, description in zip(chosen["model"], chosen["curve"], strict=True):
        behind = chain.replace({"network.model": str(models / f"{stem}.npz")})
        readout = behind.readout
        name = stem.removeprefix("tone-").rpartition("-")[0]
        if name == LEARNED:
            curve: ToneCurve = curve_of(_levels(readout))
        else:
            curve = _CURVE.validate_json(description)
        position = POSITIONS.get(name, THRESHOLDS)
        if position != THRESHOLDS:
            name = curve.kind
        found.append(Entry(name, curve, position, behind))
    return sorted(found, key=lambda e: e.name != LEARNED)


def run_points(args: argparse.Namespace, readouts: list[Entry]) -> list[Point]:
    """Every readout behind the same pixels."""
    chains = [e.chain for e in readouts]
    with Progress(console=progress_console) as progress:
        total = len(chains) * len(chains[0].dataset.first(args.images))
        bar = progress.add_task("images", total=total)
        results = compare(chains, args.images, args.seed, lambda n: progress.advance(bar, n))
    return [Point(e, r) for e, r in zip(readouts, results, strict=True)]


def reference(points: list[Point], point: Point) -> Point:
    """What a point is compared with: the learned thermometer, or the ADC whose ramp bends."""
    return next(
        p
        for p in points
        if p.entry.is_adc == point.entry.is_adc and p.entry.position in (THRESHOLDS, ANALOG)
    )


def rows(points: list[Point]) -> pd.DataFrame:
    """The points as a table; differences are paired, in parts of one."""
    table = []
    for p in points:
        other = reference(points, p)
        difference, low, high = paired_difference(p.right, other.right)
        thresholds = "" if p.entry.is_adc else " ".join(
            f"{t:.4g}" for t in _levels(p.entry.chain.readout)
        )  # fmt: skip
        row: dict[str, object] = {
            "curve": p.entry.name,
            "parameters": p.entry.parameters(),
            "readout": p.entry.chain.readout.kind,
            "levels": p.entry.chain.readout.levels,
            "position": ANALOG if p.entry.position == THRESHOLDS else p.entry.position,
            "thresholds": thresholds,
            "against": f"{other.entry.chain.readout.kind} {other.entry.name}",
            "difference": difference,
            "difference_low": low,
            "difference_high": high,
            "validation_accuracy": p.validation_accuracy,
        }
        table.append(row | {c: p.result[c].item() for c in COLUMNS if c not in row})
    return pd.DataFrame(table, columns=COLUMNS)


def print_table(table: pd.DataFrame, kind: str, column: str, title: str) -> None:
    """The readouts of one kind as a table a person can read, the best first."""
    shown = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    shown.add_column(column, no_wrap=True)
    for name in ("valid.\n%", "acc.\n%", "95 %\ninterval", "points from\nreference, paired"):
        shown.add_column(name, justify="right", no_wrap=True)
    for r in table[table["readout"] == kind].sort_values("accuracy", ascending=False).itertuples():
        against = "-" if r.difference_low == r.difference_high else (
            f"{100 * r.difference:+.2f} ({100 * r.difference_low:+.1f} "
            f"to {100 * r.difference_high:+.1f})"
        )  # fmt: skip
        shown.add_row(
            f"{r.curve} {r.parameters}" if column == "curve" else r.position,
            f"{100 * r.validation_accuracy:.2f}", f"{100 * r.accuracy:.2f}",
            f"{100 * r.accuracy_low:.1f}-{100 * r.accuracy_high:.1f}", against,
        )  # fmt: skip
    console.print(shown)


def print_verdict(points: list[Point]) -> None:
    """Learned thresholds against the curve that validation images call the best."""
    learned = points[0]
    curves = [p for p in points[1:] if not p.entry.is_adc]
    best = max(curves, key=lambda p: p.validation_accuracy)
    mean, low, high = (100 * d for d in paired_difference(learned.right, best.right))
    console.print(
        "Learned thresholds against the best curve by validation images, "
        f"{best.entry.name} ({best.entry.parameters()}): {mean:+.2f} points "
        f"(95 %, paired: {low:+.2f} to {high:+.2f})."
    )


def accuracy_figure(table: pd.DataFrame) -> Figure:
    """Accuracy by curve, best on top, and by the place where a curve acts."""
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(3, 2), sharex=True)
    thermometers = table[table["readout"] == "thermometer"].sort_values("accuracy")
    adcs = table[table["readout"] == "adc"].sort_values("accuracy")
    lowest = 100 * min(
        thermometers["accuracy_low"].nlargest(len(thermometers) - 1).min(),
        adcs["accuracy_low"].min(),
    )  # fmt: skip
    left.set_xlim(lowest - 1, 100 * table["accuracy_high"].max() + 0.5)
    names = (thermometers["curve"] + "  " + thermometers["parameters"]).str.strip()
    _dots(left, thermometers, names.tolist())
    _dots(right, adcs, [p.replace(", ", "\n") for p in adcs["position"]])
    left.set_title(
        f"{thermometers['levels'].iloc[0]} thresholds placed by a tone curve", fontsize=10
    )
    adc_curve = f"{adcs['curve'].iloc[0]} {adcs['parameters'].iloc[0]}"
    right.set_title(f"4-bit ADC, {adc_curve}: ramp or table", fontsize=10)
    figure.suptitle(
        f"{DATASET}, {table['images'].iloc[0]} test images, uncontrolled light (0 to -5 stops), "
        "95 % intervals",
        fontsize=10,
    )
    return figure


def _dots(axes: Axes, part: pd.DataFrame, names: list[str]) -> None:
    """One line of a chart for each row; a value left of the axis is written at its edge."""
    for place, r in enumerate(part.itertuples()):
        color = _SHADE[LEARNED if r.curve == LEARNED else r.readout]
        percent, low, high = (100 * v for v in (r.accuracy, r.accuracy_low, r.accuracy_high))
        edge = axes.get_xlim()[0]
        if high < edge:
            axes.text(edge, place, f" ◂ {percent:.1f} %", va="center", color=color, fontsize=8)
            continue
        axes.errorbar(
            percent, place, xerr=[[percent - low], [high - percent]], color=color, marker="o",
            capsize=3,
        )  # fmt: skip
        axes.annotate(
            f"{percent:.1f}", (percent, place), xytext=(0, 5), textcoords="offset points",
            ha="center", fontsize=7, color=color,
        )  # fmt: skip
    axes.set_yticks(range(len(names)), labels=names, fontsize=8)
    axes.set(xlabel="test accuracy (%)", ylim=(-0.6, len(names) - 0.3))
    axes.grid(alpha=0.3, axis="x")


def curves_figure(points: list[Point]) -> Figure:
    """Every curve with its thresholds, and the learned thresholds read as a curve."""
    learned, *others = [p for p in points if not p.entry.is_adc]
    others.sort(key=lambda p: -p.result["accuracy"].item())
    columns = 5
    figure = Figure(figsize=(13, 5.4), layout="constrained")
    panels = figure.subplots(-(-len(others) // columns), columns, sharex=True, sharey=True).ravel()
    lit = _lit_samples(learned.entry.chain)
    x = np.geomspace(1e-4, 1, 400)
    for axes, point in zip(panels, others, strict=False):
        axes.fill_between(lit, np.linspace(0, 1, lit.size), color="gold", alpha=0.35, linewidth=0)
        for p, color in ((learned, _SHADE[LEARNED]), (point, _SHADE["thermometer"])):
            thresholds = _levels(p.entry.chain.readout)
            tones = np.arange(1, thresholds.size + 1) / (thresholds.size + 1)
            if p is not learned:
                axes.plot(x, p.entry.curve.apply(x), color=color, linewidth=1.3)
            axes.plot(
                thresholds, tones, color=color, marker="o" if p is learned else "s", markersize=5,
                linestyle="--" if p is learned else "none",
            )  # fmt: skip
        percent = 100 * point.result["accuracy"].item()
        axes.set_title(
            f"{point.entry.name} {point.entry.parameters()}\n{percent:.1f} %", fontsize=8
        )
        axes.set(xscale="log", xlim=(2e-4, 1), ylim=(0, 1.02))
        axes.grid(alpha=0.3)
    for axes, above in zip(panels[len(others) :], panels[len(others) - columns :], strict=False):
        axes.set_axis_off()
        above.tick_params(labelbottom=True)
    figure.supxlabel("light (part of full scale)", fontsize=9)
    figure.supylabel("tone (share of thresholds reached)", fontsize=9)
    percent = 100 * learned.result["accuracy"].item()
    figure.suptitle(
        "blue, squares: the curve and its thresholds; red, circles: the learned thresholds, joined "
        f"({percent:.1f} %); yellow: share of lit samples below. In %: accuracy on "
        f"{learned.result['images'].item():.0f} test images",
        fontsize=9,
    )
    return figure


def _lit_samples(chain: Pipeline) -> npt.NDArray[np.float32]:
    """Signals of lit pixels as parts of full scale, ascending."""
    images = chain.dataset.images[:500]
    volts = chain.volts(to_linear(images), chain.key(0, np.arange(len(images))))
    return np.sort(volts[images > 0])[::100] / chain.description.photodiode.full_scale_v


def parse() -> argparse.Namespace:
    """Command line of the study."""
    return common.parsed(common.parser(__doc__.splitlines()[0], "tone_mapping"))


def study(args: argparse.Namespace) -> list[Path]:
    """Run everything and write the results."""
    readouts = entries(resources.data("models", DATASET, FOLDER))
    readouts[0].chain.dataset.first(args.images)
    common.make_folder(args.out)
    points = run_points(args, readouts)
    table = rows(points)
    images = table["images"].iloc[0]
    print_table(table, "thermometer", "curve", f"{images} images; reference: learned")
    print_table(table, "adc", "position", f"{images} images; 4 bits; reference: on the ramp")
    print_verdict(points)
    written = common.write_results(table, [p.result for p in points], args.out)
    written += plots.save(accuracy_figure(table), args.out / "tone_mapping_accuracy")
    return written + plots.save(curves_figure(points), args.out / "tone_mapping_curves")


if __name__ == "__main__":
    common.run("tone_mapping", lambda: study(parse()))

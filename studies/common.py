"""Shared by the studies: options, atomic writes and exit status."""

import argparse
import io
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure
from PIL import Image
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from sensorsim.core.errors import InputError
from sensorsim.core.files import atomic_write
from sensorsim.core.netcdf import write_netcdf
from sensorsim.core.standard_streams import standard_streams
from sensorsim.core.units import unit_of
from sensorsim.experiments.optimize.space import Space
from sensorsim.experiments.points import Plan, Point, run_plan
from sensorsim.pipeline.pipeline import Pipeline
from sensorsim.plotting import plots
from sensorsim.readout.families import families
from sensorsim.scenes.srgb import to_linear
from sensorsim.tonemap import curve_of

QUICK_IMAGES = 200
DESIGN_BASE = "glt4"
"""Pipeline of the studies of designs."""
LABEL = {
    "adc-linear": "ADC", "adc-log": "log ADC", "thermometer-uniform": "uniform",
    "thermometer-log": "log therm.", "thermometer-quantile": "quantiles", "glt": "GLT",
}  # fmt: skip
EXAMPLE_STOPS = (-5.0, -2.5, 0.0)
console = Console()


def run_with_progress(plan: Plan, args: argparse.Namespace) -> list[Point]:
    """Run a plan on ``--images`` with ``--seed``, with a progress bar on standard error."""
    images = len(plan[0][0][0].chain.dataset.first(args.images))
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("images", total=images * sum(len(group) for group, _ in plan))
        return run_plan(plan, args.images, args.seed, lambda n: progress.advance(bar, n))


def tone_curves(points: Sequence[Point], learned: str) -> Figure:
    """Levels of all readouts with as many levels as the finest learned one, read as curves."""
    most = max(p.entry.levels for p in points if p.entry.family == learned)
    curves = {}
    for p in points:
        levels = p.entry.chain.readout.transitions()
        if levels is not None and levels.size == most:
            curves[p.entry.family] = curve_of(levels)
    chain = points[0].entry.chain
    images = chain.dataset.images[:500]
    volts = chain.volts(to_linear(images), chain.key(0, np.arange(len(images))))
    lit = volts[images > 0] / chain.description.photodiode.full_scale_v
    return plots.tone_curves(curves, lit, most)


def examples(points: Sequence[Point], wanted: Sequence[tuple[str, int]]) -> Figure:
    """What each readout makes of a dark, a middle and a bright image."""
    chosen = {(p.entry.family, p.entry.levels): p.entry for p in reversed(points)}
    shown = [chosen[w] for w in wanted if w in chosen]
    chain = points[0].entry.chain
    columns: dict[str, list[np.ndarray]] = {"photograph": [], "volts / full scale": []}
    columns |= {e.name: [] for e in shown}
    for number, stops in enumerate(EXAMPLE_STOPS):
        image = chain.dataset.images[number]
        columns["photograph"].append(image.squeeze() / 255)
        settings = {"scene.exposure.law": "fixed", "scene.exposure.high_stops": stops}
        volts = chain.replace(settings).trace(image, frame=number)["photodiode"]["signal"]
        full_scale_v = chain.description.photodiode.full_scale_v
        columns["volts / full scale"].append(volts.to_numpy().squeeze() / full_scale_v)
        for e in shown:
            code = e.chain.replace(settings).trace(image, frame=number)["readout"]["code"]
            columns[e.name].append(e.chain.readout.shown(code.to_numpy()).squeeze())
    title = "The same pixels through each readout, in % of the largest code"
    return plots.examples(columns, [f"{s:g} stops" for s in EXAMPLE_STOPS], title)


def parser(description: str, out: str, images: int | None = None) -> argparse.ArgumentParser:
    """Command line with the options that every study has.

    Parameters
    ----------
    images : int, optional
        Default number of images; all if left out.
    """
    options = argparse.ArgumentParser(description=description)
    usual = "all" if images is None else f"{images}"
    options.add_argument("--images", type=int, help=f"how many test images; {usual} if left out")
    options.add_argument("--seed", type=int, default=0, help="seed of all noise")
    options.add_argument("--out", type=Path, default=Path("studies/out", out))
    options.add_argument("--quick", action="store_true", help="a smoke run on 200 images")
    options.set_defaults(usual_images=images)
    return options


def parsed(options: argparse.ArgumentParser) -> argparse.Namespace:
    """Arguments of the command line; ``--quick`` alone means 200 images."""
    args = options.parse_args()
    if args.images is None:
        args.images = QUICK_IMAGES if args.quick else args.usual_images
    return args


def make_folder(out: Path) -> None:
    """Make the folder of the results.

    Raises
    ------
    InputError
        If it cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"--out {out}: cannot be made ({error.strerror})") from None


def write_results(table: pd.DataFrame, results: Sequence[xr.Dataset], out: Path) -> list[Path]:
    """table.csv and results.nc, each whole or not at all.

    Parameters
    ----------
    table : one row per point
    results : what `Pipeline.run` gave for each row; their decisions are kept too
    """
    data = xr.Dataset({c: ("point", _plain(table[c])) for c in map(str, table.columns)})
    for name in map(str, data.data_vars):
        if data[name].dtype.kind != "U":
            data[name].attrs["units"] = unit_of(name)
    data["decision"] = (("point", "image"), np.stack([r["decision"] for r in results]))
    data["decision"] = data["decision"].astype(np.int8)
    data["label"] = ("image", results[0]["label"].to_numpy().astype(np.int8))
    data.attrs = {**results[0].attrs, "command": " ".join(sys.argv)}
    csv, netcdf = out / "table.csv", out / "results.nc"
    with atomic_write(csv) as part:
        table.to_csv(part, index=False)
    write_netcdf(data, netcdf)
    return [csv, netcdf]


def run(name: str, study: Callable[[], list[Path]]) -> None:
    """Run a study, which returns the files it wrote; wrong input ends the process with status 2."""
    start = time.perf_counter()
    with standard_streams(name):
        try:
            written = study()
        except InputError as error:
            print(f"{name}: {error}", file=sys.stderr)
            sys.exit(2)
        for path in written:
            print(f"wrote {path}", file=sys.stderr)
        print(f"{time.perf_counter() - start:.0f} s in all", file=sys.stderr)


def _plain(column: pd.Series) -> np.ndarray:
    return column.to_numpy(None if pd.api.types.is_numeric_dtype(column) else str)


def save_small(figure: Figure, path: Path, dpi: int, colors: int = 128) -> None:
    """A PNG with a palette, which keeps it small: whole, or not at all."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    with atomic_write(path) as part, Image.open(buffer) as image:
        palette = image.convert("RGB").quantize(
            colors, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
        palette.save(part, format="PNG", optimize=True)


def short_name(family: str, levels: int) -> str:
    """A readout in narrow tables, like "GLT M=4"."""
    return f"{LABEL.get(family, family)} {families()[family].symbol}={levels}"


@dataclass(frozen=True)
class Design:
    """A readout of the study."""

    family: str
    levels: int
    chain: Pipeline

    @property
    def name(self) -> str:
        """Family and levels, like "GLT M=4"."""
        return short_name(self.family, self.levels)


def shipped(space: Space) -> list[str]:
    """Models of all readout families, like "glt-4", in the order of tables."""
    dataset = space.base.description.scene.dataset
    names = [f"{f.name}-{levels}" for f in families().values() for levels in f.studied]
    return [name for name in names if f"{dataset}/{name}" in space.models]


def converter(space: Space, model: str) -> dict[str, str]:
    """A linear ADC whose converter may be chosen is a SAR, the cheapest there is."""
    readout = space.models[f"{space.base.description.scene.dataset}/{model}"]
    linear = "converter" in space.choices and readout.linear_adc() is not None
    return {"converter": "sar"} if linear else {}


def design(space: Space, model: str, **changes: str) -> Design:
    """One model of a space, the other parameters at their first value or changed."""
    name = f"{space.base.description.scene.dataset}/{model}"
    if name not in space.models:
        raise InputError(f"{name}: no such model; expected one of {', '.join(space.models)}")
    first = next(d for d in space.first_designs() if d["model"] == name)
    chain = space.chain(first | changes)
    family, _, levels = model.rpartition("/")[2].rpartition("-")
    return Design(family, int(levels), chain)


def table(title: str, left: str, *right: str) -> Table:
    """A table that fits a terminal: the first column to the left, numbers to the right."""
    made = Table(title=f"\n{title}", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    made.add_column(left, no_wrap=True)
    for name in right:
        made.add_column(name, justify="right", no_wrap=True)
    return made


def options_of(document: str | None, name: str) -> argparse.ArgumentParser:
    """Options of every study."""
    made = argparse.ArgumentParser(description=(document or "").splitlines()[0])
    made.add_argument(
        "--images", type=at_least(1), help="first so many test images; all if left out"
    )
    made.add_argument("--seed", type=at_least(0), default=0, help="seed of all noise and draws")
    made.add_argument("--out", type=Path, default=Path("studies/out") / name)
    made.add_argument("--quick", action="store_true", help="a smoke run on few images")
    return made


def fraction(text: str) -> float:
    """Parse a number from 0 to 1, like 0.85; a percentage is an error."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text}: expected 0 to 1, like 0.85 for 85 %")
    return value


def at_least(least: int) -> Callable[[str], int]:
    """Reads a count that is no less."""

    def read(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"{text}: expected at least {least}")
        return int(text)

    read.__name__ = "count"  # what argparse calls a text that is no number
    return read


def main(
    study: Callable[[argparse.Namespace], None],
    options: argparse.ArgumentParser,
    argv: Sequence[str] | None = None,
) -> None:
    """Parse, make the folder, run; the user's errors end with status 2."""
    args = options.parse_args(argv)
    if args.quick and args.images is None:
        args.images = QUICK_IMAGES
    with standard_streams(options.prog):
        try:
            make_folder(args.out)
            study(args)
        except InputError as error:
            print(error, file=sys.stderr)
            sys.exit(2)


def write(out: Path, name: str, data: xr.Dataset, figure: Figure) -> None:
    """NetCDF and picture, each whole or not at all."""
    target = out / f"{name}.nc"
    write_netcdf(data, target)
    picture = out / f"{name}.png"
    save_small(figure, picture, dpi=110)
    for path in (target, picture):
        print(f"wrote {path}", file=sys.stderr)

"""What the studies share: options, files that are whole or absent, and how a study ends."""

import argparse
import io
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure
from PIL import Image
from rich.console import Console
from rich.progress import Progress

from sensorsim.core.errors import InputError
from sensorsim.core.files import atomic_write
from sensorsim.core.units import unit_of
from sensorsim.experiments.families import Entry
from sensorsim.experiments.paired import compare
from sensorsim.plotting import plots
from sensorsim.readout.families import families
from sensorsim.scenes.srgb import to_linear
from sensorsim.tonemap import curve_of

QUICK_IMAGES = 200
COLUMNS = [
    "readout", "levels", "symbol", "exposure", "offset_mv", "accuracy", "accuracy_low",
    "accuracy_high", "bits_per_sample", "link_bits_per_sample", "readout_energy_pj_low",
    "readout_energy_pj_typical", "readout_energy_pj_high", "energy_pj_low", "energy_pj_typical",
    "energy_pj_high", "model_bits", "images",
]  # fmt: skip
EXAMPLE_STOPS = (-5.0, -2.5, 0.0)
console = Console()


@dataclass(frozen=True)
class Point:
    """One result of a study: a readout under one light and one comparator offset."""

    entry: Entry
    exposure: str
    offset_mv: float
    result: xr.Dataset

    def value(self, name: str) -> Any:
        """A number of the result."""
        return self.result[name].item()

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether each decision was right."""
        found: npt.NDArray[np.bool_] = (self.result["decision"] == self.result["label"]).to_numpy()
        return found

    def row(self) -> dict[str, Any]:
        """The point as a row of the table."""
        row: dict[str, Any] = {
            "readout": self.entry.family, "levels": self.entry.levels,
            "symbol": families()[self.entry.family].symbol, "exposure": self.exposure,
            "offset_mv": self.offset_mv,
        }  # fmt: skip
        return row | {c: self.value(c) for c in COLUMNS if c not in row}


def table_of(points: Sequence[Point]) -> pd.DataFrame:
    """Points as a table."""
    return pd.DataFrame([p.row() for p in points], columns=COLUMNS)


def run_plan(
    plan: Sequence[tuple[Sequence[Entry], Mapping[str, Any]]], images: int | None, seed: int
) -> list[Point]:
    """Groups of readouts, each behind the same pixels, under some settings.

    Parameters
    ----------
    plan : groups of readouts, each with the dotted fields that it changes
    """
    count = len(plan[0][0][0].chain.dataset.first(images))
    points = []
    with Progress(console=Console(stderr=True)) as progress:
        bar = progress.add_task("images", total=count * sum(len(group) for group, _ in plan))
        for group, settings in plan:
            chains = [e.chain.replace(settings) if settings else e.chain for e in group]
            results = compare(chains, images, seed, lambda n: progress.advance(bar, n))
            for entry, chain, result in zip(group, chains, results, strict=True):
                exposure = chain.description.scene.exposure.label()
                offset_mv = chain.readout.comparator.offset_mv
                points.append(Point(entry, exposure, offset_mv, result))
    return points


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
    title = "The same pixels through each readout\n(code or thresholds reached, 0 to full scale)"
    return plots.examples(columns, [f"{s:g} stops" for s in EXAMPLE_STOPS], title)


def parser(description: str, out: str, images: int | None = None) -> argparse.ArgumentParser:
    """Command line with the options that every study has.

    Parameters
    ----------
    images : int, optional
        How many images the study takes unless it is told; all if left out.
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
    with atomic_write(netcdf) as part:
        data.to_netcdf(part, engine="scipy")
    return [csv, netcdf]


def run(name: str, study: Callable[[], list[Path]]) -> None:
    """Run a study, which returns the files it wrote; wrong input ends the process with status 2."""
    start = time.perf_counter()
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

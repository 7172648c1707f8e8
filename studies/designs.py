"""What the studies of designs share: their command line, their readouts, and what they write."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import xarray as xr
from common import QUICK_IMAGES, save_small
from matplotlib.figure import Figure
from rich import box
from rich.console import Console
from rich.table import Table

from sensorsim.core.errors import InputError
from sensorsim.core.files import atomic_write
from sensorsim.experiments.optimize.space import Space
from sensorsim.pipeline.pipeline import Pipeline
from sensorsim.readout.families import families

BASE = "glt4"
console = Console()
LABEL = {
    "adc-linear": "ADC", "adc-log": "log ADC", "thermometer-uniform": "uniform",
    "thermometer-log": "log therm.", "thermometer-quantile": "quantiles", "glt": "GLT",
}  # fmt: skip


@dataclass(frozen=True)
class Design:
    """A readout of the study."""

    family: str
    levels: int
    chain: Pipeline

    @property
    def name(self) -> str:
        """Family and levels, like "GLT M=4"."""
        symbol = families()[self.family].symbol
        return f"{LABEL.get(self.family, self.family)} {symbol}={self.levels}"


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
    made = Table(title=title, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    made.add_column(left, no_wrap=True)
    for name in right:
        made.add_column(name, justify="right", no_wrap=True)
    return made


def parser(document: str | None, name: str) -> argparse.ArgumentParser:
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
    """A part of one, like 0.85; a percentage is refused."""
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


def run(
    study: Callable[[argparse.Namespace], None],
    options: argparse.ArgumentParser,
    argv: Sequence[str] | None = None,
) -> None:
    """Parse, make the folder, run; the user's errors end with status 2."""
    args = options.parse_args(argv)
    if args.quick and args.images is None:
        args.images = QUICK_IMAGES
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        study(args)
    except OSError as error:
        print(f"--out {args.out}: cannot be written ({error.strerror})", file=sys.stderr)
        sys.exit(2)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def write(out: Path, name: str, data: xr.Dataset, figure: Figure) -> None:
    """NetCDF and picture, each whole or not at all."""
    target = out / f"{name}.nc"
    with atomic_write(target) as part:
        data.to_netcdf(part, engine="scipy")
    picture = out / f"{name}.png"
    save_small(figure, picture, dpi=110)
    for path in (target, picture):
        print(f"wrote {path}", file=sys.stderr)

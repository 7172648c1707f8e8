"""What the studies share: options, files that are whole or absent, and how a study ends."""

import argparse
import io
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure
from PIL import Image

from sensorsim.core.errors import InputError
from sensorsim.core.files import whole
from sensorsim.core.units import unit_of

QUICK_IMAGES = 200


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
    with whole(csv) as part:
        table.to_csv(part, index=False)
    with whole(netcdf) as part:
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
    with whole(path) as part, Image.open(buffer) as image:
        palette = image.convert("RGB").quantize(
            colors, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE
        )
        palette.save(part, format="PNG", optimize=True)

"""``sensorsim sweep``: run a pipeline over a grid of settings."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sensorsim.cli.app import (
    ImagesOption,
    LuxOption,
    PipelineArgument,
    SeedOption,
    SetOption,
    app,
    load,
    split,
    value,
    values,
)

if TYPE_CHECKING:
    import xarray as xr
    from rich.table import Table


@app.command()
def sweep(  # numpydoc ignore=PR01
    pipeline: PipelineArgument,
    axis: Annotated[
        list[str],
        typer.Option(
            "--axis",
            metavar="FIELD=V1,V2,...",
            help="A field and its values; may be repeated. Fields that change together are joined, "
            "and so are their values: readout.bits+network.model=4:m4.npz,8:m8.npz",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="NetCDF file to write.")] = Path("sweep.nc"),
    store: Annotated[
        Path | None, typer.Option("--store", help="Folder for finished points, to resume from.")
    ] = None,
    images: ImagesOption = None,
    seed: SeedOption = 0,
    lux: LuxOption = None,
    settings: SetOption = None,
) -> None:
    """Run a pipeline over a grid of settings and write one NetCDF file."""
    from rich.console import Console
    from rich.progress import Progress

    from sensorsim.core.files import check_place
    from sensorsim.core.netcdf import SUFFIXES, write_netcdf
    from sensorsim.experiments import sweep

    check_place("--out", out, SUFFIXES)
    axes = _axes(axis)
    chain = load(pipeline, settings, lux)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("sweep", total=None)

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        data = sweep.sweep(chain, axes, store, images, seed, report)
    write_netcdf(data, out)
    Console().print(_table(data, list(axes)))
    print(f"wrote {out}", file=sys.stderr)


def _table(data: "xr.Dataset", axes: list[str]) -> "Table":
    """A row for each point; a dotted field is written over several lines."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for field in axes:
        table.add_column(field.replace(".", ".\n"), justify="right", overflow="fold")
    for name in ("accuracy\n%", "95 %\ninterval"):
        table.add_column(name, justify="right", no_wrap=True)
    points = data[["accuracy", "accuracy_low", "accuracy_high"]].stack(point=axes)
    for number, place in enumerate(points["point"].values):
        one = points.isel(point=number)
        accuracy, low, high = (100 * one[name].item() for name in points.data_vars)
        where = place if isinstance(place, tuple) else (place,)
        table.add_row(
            *(escape(str(value)) for value in where), f"{accuracy:.2f}", f"{low:.2f}-{high:.2f}"
        )
    return table


def _axes(items: list[str]) -> dict[str, list[Any]]:
    from sensorsim.core.errors import InputError

    axes: dict[str, list[Any]] = {}
    for field, text in map(split, items):
        if field in axes:
            raise InputError(f"--axis {field}: stated twice; state all its values once")
        axes[field] = [_together(field, value) for value in values(text)]
    return axes


def _together(axis: str, stated: Any) -> Any:
    """Split a value like ``4:m4.npz`` of an axis that changes several fields."""
    from sensorsim.experiments.sweep import fields_of

    joints = len(fields_of(axis)) - 1
    if not joints or not isinstance(stated, str):
        return stated
    return [value(part) for part in stated.split(":", joints)]

"""``sensorsim optimize``: search for the Pareto front of accuracy and energy."""

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sensorsim.cli.app import (
    JsonOption,
    PipelineArgument,
    SeedOption,
    SetOption,
    app,
    extra,
    load,
    print_json,
    setting,
    settings_of,
)

if TYPE_CHECKING:
    import xarray as xr


@app.command()
def optimize(  # numpydoc ignore=PR01
    pipeline: PipelineArgument,
    max_energy_pj: Annotated[
        float | None,
        typer.Option(
            "--max-energy-pj",
            "--max-energy",
            min=0,
            help="Upper limit of the energy of the stages per frame, pJ.",
        ),
    ] = None,
    min_accuracy: Annotated[
        float | None,
        typer.Option("--min-accuracy", min=0, max=1, help="Lower limit of accuracy, 0 to 1."),
    ] = None,
    stages: Annotated[
        str | None,
        typer.Option("--stages", help="Stages to count, like readout,link; all if left out."),
    ] = None,
    vary: Annotated[
        str | None,
        typer.Option(
            "--vary", help="Vary, besides the model: size, exposure, circuit, link, converter."
        ),
    ] = None,
    models: Annotated[
        Path | None, typer.Option("--models", help="Folder of models; those that ship if left out.")
    ] = None,
    trials: Annotated[int, typer.Option("--trials", min=1, help="Designs to try.")] = 100,
    images: Annotated[
        int | None,
        typer.Option("--images", min=1, help="Number of first test images, for the report."),
    ] = None,
    search_images: Annotated[
        int | None,
        typer.Option("--search-images", min=1, help="Number of validation images, for the search."),
    ] = None,
    dies: Annotated[
        int, typer.Option("--dies", min=2, help="Dies for the report: the pipeline's and others.")
    ] = 8,
    store: Annotated[
        Path | None, typer.Option("--store", help="Folder for finished trials, to resume from.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="NetCDF file to write, with a figure (.png).")
    ] = None,
    seed: SeedOption = 0,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search models, comparator size, circuit, converter and exposure; print the Pareto front.

    The search uses validation images, which no network learned from, and some dies. The report
    uses test images, the pipeline's die and further dies, and states the command that repeats each
    design.
    """
    from sensorsim.circuits.ledger import STAGES
    from sensorsim.core.errors import InputError
    from sensorsim.core.files import check_place
    from sensorsim.core.netcdf import SUFFIXES

    with extra("optimize", "optimize"):
        from sensorsim.experiments.optimize.front import measured_front
        from sensorsim.experiments.optimize.search import Goal, Split, best_designs, search
        from sensorsim.experiments.optimize.space import space_of
    if out is not None:
        check_place("--out", out, SUFFIXES)
        check_place("--out", out.with_suffix(".png"))
    wanted = _names(stages) or STAGES
    if unknown := [s for s in wanted if s not in STAGES]:
        raise InputError(f"--stages {unknown[0]!r}: expected some of {', '.join(STAGES)}")
    goal = Goal(wanted, max_energy_pj, min_accuracy)
    chain = load(pipeline, settings)
    split = Split.of(chain, images, search_images)
    space = space_of(chain, models, _names(vary))
    tried = search(space, goal, split, trials, seed, store, _said("trials"))
    chosen = best_designs(tried, goal)
    data = measured_front(space, goal, split, chosen, tried, seed, dies, _said("designs reported"))
    base = settings_of(settings)
    data["command"] = (
        "design",
        [_command(pipeline, base | json.loads(s), split.reported, seed)
         for s in data["settings"].values],
    )  # fmt: skip
    data["command"] = data["command"].astype(str)
    if out is not None:
        _write(data, out)
    if as_json:
        print_json(_plain(data))
    else:
        _print(data)


def _names(text: str | None) -> tuple[str, ...] | None:
    return None if text is None else tuple(part.strip() for part in text.split(","))


def _said(what: str) -> Any:
    """Make a callback that prints progress on standard error."""

    def report(done: int, total: int) -> None:
        if done == total or done % 10 == 0:
            print(f"{done} of {total} {what}", file=sys.stderr)

    return report


def _command(pipeline: str, changed: dict[str, Any], images: int, seed: int) -> str:
    parts = ["sensorsim", "run", pipeline, "--images", str(images), "--seed", str(seed)]
    for field, value in changed.items():
        parts += ["--set", setting(field, value)]
    return shlex.join(parts)


def _write(data: "xr.Dataset", out: Path) -> None:
    from sensorsim.core.netcdf import write_netcdf
    from sensorsim.plotting import plots

    write_netcdf(data, out)
    (picture,) = plots.save(plots.searched_front(data), out)
    print(f"wrote {out} and {picture}", file=sys.stderr)


def _plain(data: "xr.Dataset") -> dict[str, Any]:
    """The front as plain data."""
    columns = {str(k): v.values.tolist() for k, v in data.items() if v.dims == ("design",)}
    designs = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    for design in designs:
        design["settings"] = json.loads(design["settings"])
    return {"stages": data.attrs["stages"], "seed": data.attrs["seed"],
            "search_images": data.attrs["search_images"], "trials": data.sizes["trial"],
            "designs": designs}  # fmt: skip


def _print(data: "xr.Dataset") -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from sensorsim.experiments.optimize.space import MISMATCH

    console = Console()
    reported = data["images"].values[0]
    console.print(
        f"[bold]{data.sizes['trial']} designs[/bold] tried on {data.attrs['search_images']} images "
        f"and other dies; these reported on {reported} other images. Dies: mean (worst) of "
        f"{data.attrs['dies'].count(',') + 1}. Energy: {data.attrs['stages']}"
    )
    table = Table("", "model", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("run %\n(95 %)", "dies %\n(worst)", "search\n%", "typical pJ\n(95 % of draws)"):
        table.add_column(name, justify="right", no_wrap=True)
    rows = _plain(data)["designs"]
    for number, d in enumerate(rows, 1):
        mark = ["trained with mismatch"] if f"/{MISMATCH}/" in d["model"] else []
        mark += [] if d["on_front"] else ["dominated"]
        mark += [] if d["met"] else ["outside a limit"]
        low, high = 100 * d["accuracy_low"], 100 * d["accuracy_high"]
        energy = [_digits(d[f"goal_energy_pj{end}"]) for end in ("", "_low", "_high")]
        table.add_row(
            f"{number}", escape("\n".join((Path(d["model"]).name, *mark))),
            f"{100 * d['accuracy']:.1f}\n({low:.1f}-{high:.1f})",
            f"{100 * d['dies_accuracy_mean']:.1f}\n({100 * d['dies_accuracy_worst']:.1f})",
            f"{100 * d['search_accuracy']:.1f}", f"{energy[0]}\n({energy[1]}-{energy[2]})",
        )  # fmt: skip
    console.print(table)
    for number, d in enumerate(rows, 1):
        print(f"{number}: {_circuit(d)}\n   {d['command']}")


def _digits(value: float) -> str:
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def _circuit(design: dict[str, Any]) -> str:
    """A design as text."""
    settings = design["settings"]
    words = [design["circuit"]] if design["circuit"] else []
    if "energy.comparator_size" in settings:
        words.append(f"size {settings['energy.comparator_size']:g}")
    words.append(f"offset {design['offset_mv']:g} mV")
    for field, unit in (("scene.exposure.white_full_well_fraction", ""),
                        ("photodiode.integration_time_ms", " ms")):  # fmt: skip
        if field in settings:
            words.append(f"exposure {settings[field]:g}{unit}")
    return ", ".join(words)

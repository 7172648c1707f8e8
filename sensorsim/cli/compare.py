"""``sensorsim compare``: two pipelines side by side, the verdict first."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sensorsim.cli.app import (
    ImagesOption,
    JsonOption,
    LuxOption,
    PipelineArgument,
    SeedOption,
    SetOption,
    app,
    load,
    print_json,
)

if TYPE_CHECKING:
    from sensorsim.experiments.pairwise import Pair

_ROWS = {
    "bits per sample": ("bits_per_sample", 1, ".0f"),
    "readout of a frame, nJ": ("readout_energy_pj_typical", 1e-3, ",.4g"),
    "whole frame, nJ": ("energy_pj_typical", 1e-3, ",.4g"),
    "right decision, nJ": ("energy_pj_per_correct_decision", 1e-3, ",.4g"),
    "conversion, us": ("conversion_time_us", 1, ",.4g"),
    "latency, us": ("latency_us", 1, ",.0f"),
    "frame rate limit, Hz": ("frame_rate_limit_hz", 1, ",.4g"),
}
"""Rows of the table: variable of a result, factor and format."""


@app.command()
def compare(  # numpydoc ignore=PR01
    first: PipelineArgument,
    second: Annotated[
        str, typer.Argument(metavar="OTHER", help="The pipeline to compare it with.")
    ],
    images: ImagesOption = None,
    seed: SeedOption = 0,
    lux: LuxOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare two pipelines on the same images: accuracy, energy, time; --set changes both."""
    from sensorsim.experiments.pairwise import compare_pair

    chains = load(first, settings, lux), load(second, settings, lux)
    names = [c.description.name for c in chains]
    if names[0] == names[1]:
        names = [first, second] if first != second else [f"{first} (1)", f"{second} (2)"]
    found = compare_pair(*chains, images, seed)
    for name, budget in zip(names, found.time, strict=True):
        for fault in budget.violations():
            print(f"Does not fit: {name}: {fault}", file=sys.stderr)
    if as_json:
        print_json(_as_data(names, found))
    else:
        _print_pair(names, found)


def _as_data(names: list[str], found: "Pair") -> dict[str, Any]:
    from sensorsim.experiments.sweep import scalars

    difference, low, high = found.accuracy
    return {
        "verdict": found.verdict(*names),
        "pipelines": names,
        "accuracy_difference": difference,
        "accuracy_difference_low": low,
        "accuracy_difference_high": high,
        "energy_difference_pj": {
            scope: {
                "median": d.spread.median, "low": d.spread.low, "high": d.spread.high,
                "probability_first_cheaper": d.probability_first_cheaper,
            }
            for scope, d in found.energy.items()
        },
        "results": [scalars(r) for r in found.results],
        "notes": found.notes,
    }  # fmt: skip


def _print_pair(names: list[str], found: "Pair") -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(highlight=False)
    console.print(f"[bold]{escape(found.verdict(*names))}[/bold]")
    table = Table("", *map(escape, names))
    for column in table.columns[1:]:
        column.justify = "right"
    intervals = []
    for r in found.results:
        mean, low, high = (100 * float(r[f"accuracy{end}"]) for end in ("", "_low", "_high"))
        intervals.append(f"{mean:.2f} ({low:.2f} to {high:.2f})")
    table.add_row("accuracy, %", *intervals)
    for title, (name, factor, form) in _ROWS.items():
        table.add_row(title, *(format(factor * float(r[name]), form) for r in found.results))
    console.print(table)
    console.print(f"on {int(found.results[0]['images'])} images, energies typical; 95 % intervals")
    for scope, d in found.energy.items():
        low, median, high = (1e-3 * v for v in (d.spread.low, d.spread.median, d.spread.high))
        console.print(
            f"{escape(names[0])} minus {escape(names[1])}, {scope}: median {median:,.4g} nJ "
            f"(95 %: {low:,.4g} to {high:,.4g})"
        )
    for note in found.notes:
        console.print(f"Note: {note}", markup=False)

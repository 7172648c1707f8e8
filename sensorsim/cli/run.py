"""``sensorsim run``: classify test images through a pipeline."""

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
    import xarray as xr
    from rich.console import Console

    from sensorsim.pipeline.pipeline import Pipeline

_MOST_CLASSES = 20
"""Of more classes no table is printed; --json has all."""


@app.command()
def run(  # numpydoc ignore=PR01
    pipeline: PipelineArgument,
    images: ImagesOption = None,
    seed: SeedOption = 0,
    dies: Annotated[
        int | None,
        typer.Option("--dies", min=2, help="Number of dies to run, from the pipeline's die on."),
    ] = None,
    lux: LuxOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Classify test images through a pipeline: accuracy, bits and energy."""
    from sensorsim.experiments.sweep import scalars
    from sensorsim.pipeline.run_basis import run_basis

    chain = load(pipeline, settings, lux)
    dataset = chain.dataset
    print(f"{dataset.name}: {len(dataset)} test images from {dataset.origin}", file=sys.stderr)
    data = chain.run(images, seed)
    result = {**scalars(data), "seed": seed}
    basis = run_basis(chain, seed)
    over_dies = None if dies is None else _over_dies(chain, dies, images, seed)
    violations = chain.cost.time_budget().violations()
    for violation in violations:
        print(f"Does not fit: {violation}", file=sys.stderr)
    if as_json:
        by_class = {k: data[k].to_numpy().tolist() for k in ("class_name", "recall", "confusion")}
        found = {"pipeline": chain.description.name, **result, **by_class, "rests_on": basis}
        if over_dies is not None:
            found["dies"] = over_dies
        print_json(found | {"does_not_fit": violations})
    else:
        _print_run(chain, result, data, basis, over_dies)


def _over_dies(chain: "Pipeline", dies: int, images: int | None, seed: int) -> dict[str, Any]:
    """Accuracy over dies as data that JSON has."""
    from sensorsim.core.statistics import Z_95
    from sensorsim.experiments.monte_carlo import accuracy_over_dies

    first = chain.description.die
    data = accuracy_over_dies(chain, range(first, first + dies), images, seed)
    accuracy = data["accuracy"].to_numpy()
    spread, of_images = float(data["spread_dies"]), float(data["mean_error_images"])
    half = Z_95 * (spread**2 / dies + of_images**2) ** 0.5
    mean = float(accuracy.mean())
    return {
        "die": data["die"].to_numpy().tolist(),
        "accuracy": accuracy.tolist(),
        "mean_accuracy": mean,
        "mean_accuracy_low": max(0.0, mean - half),
        "mean_accuracy_high": min(1.0, mean + half),
        "spread_dies": spread,
        "spread_observed": float(data["spread_observed"]),
        "spread_sampling": float(data["spread_sampling"]),
        "p_alike": float(data["p_alike"]),
    }


def _print_run(
    chain: "Pipeline",
    result: dict[str, Any],
    data: "xr.Dataset",
    basis: dict[str, Any],
    over_dies: dict[str, Any] | None,
) -> None:
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False)
    console.print(
        f"[bold]{escape(chain.description.name)}[/bold]: accuracy {100 * result['accuracy']:.2f} % "
        f"(95 %: {100 * result['accuracy_low']:.2f} to {100 * result['accuracy_high']:.2f}) "
        f"on {result['images']:.0f} images, seed {result['seed']}"
    )
    if over_dies is not None:
        _print_dies(console, over_dies)
    console.print(
        f"{result['bits_per_sample']:.0f} bits per sample, "
        f"{result['link_bits_per_sample']:.0f} on the link; "
        f"network of {result['weight_bits']:.0f} bits"
    )
    _print_basis(console, basis)
    if data.sizes["class_name"] <= _MOST_CLASSES:
        _print_classes(console, data)
    _print_energy(console, chain)


def _print_dies(console: "Console", found: dict[str, Any]) -> None:
    low, high = 100 * min(found["accuracy"]), 100 * max(found["accuracy"])
    mean, least, most = (100 * found[f"mean_accuracy{end}"] for end in ("", "_low", "_high"))
    spread, observed, sampling = (
        100 * found[f"spread_{name}"] for name in ("dies", "observed", "sampling")
    )
    console.print(
        f"{len(found['die'])} dies ({found['die'][0]} to {found['die'][-1]}): mean {mean:.2f} % "
        f"(95 %: {least:.2f} to {most:.2f}), worst {low:.2f} %, best {high:.2f} %; the dies spread "
        f"by {spread:.2f} points rms (seen {observed:.2f}, of which {sampling:.2f} come from the "
        "number of images)"
    )


def _print_basis(console: "Console", basis: dict[str, Any]) -> None:
    """Print what the result rests on; notes that may surprise come last, one per line."""
    console.print(f"light: {basis['light']}", markup=False)
    console.print(f"array: {basis['array']}", markup=False)
    console.print(f"noise: {basis['noise']}", markup=False)
    console.print(basis["levels"], markup=False)
    notes = {
        "Not as trained": basis["trained_otherwise"],
        "Without effect": basis["without_effect"],
        "Assumed": [f"{', '.join(basis['assumed'])}; see energy --explain"]
        if basis["assumed"]
        else [],
    }
    for name, lines in notes.items():
        for line in lines:
            console.print(f"{name}: {line}", markup=False)


def _print_classes(console: "Console", data: "xr.Dataset") -> None:
    """Print recall by class, and what the class is mistaken for most often."""
    from rich.markup import escape
    from rich.table import Table

    names = data["class_name"].to_numpy()
    table = Table("class")
    for title in ("images", "recall %"):
        table.add_column(title, justify="right")
    table.add_column("most often mistaken for")
    for number, row in enumerate(data["confusion"].to_numpy()):
        count, wrong = int(row.sum()), row.copy()
        wrong[number] = 0
        worst = int(wrong.argmax())
        recall = f"{100 * row[number] / count:.1f}" if count else ""
        mistaken = f"{escape(names[worst])} ({wrong[worst]})" if wrong[worst] else ""
        table.add_row(escape(names[number]), str(count), recall, mistaken)
    console.print(table)


def _print_energy(console: "Console", chain: "Pipeline") -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table("stage", "component")
    for name in ("count", "low pJ", "typical pJ", "high pJ"):
        table.add_column(name, justify="right")
    ledger = chain.cost.ledger()
    for row in ledger.rows:
        total = row.total_pj
        table.add_row(
            row.stage, escape(row.component), f"{row.count:,.0f}", f"{total.low:,.0f}",
            f"{total.typical:,.0f}", f"{total.high:,.0f}",
        )  # fmt: skip
    total = ledger.total_pj()
    table.add_section()
    table.add_row(
        "frame", "", "", f"{total.low:,.0f}", f"{total.typical:,.0f}", f"{total.high:,.0f}"
    )
    console.print(table)

"""``sensorsim run``: classify test images through a pipeline."""

import sys
from typing import TYPE_CHECKING, Any

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
    from sensorsim.pipeline.pipeline import Pipeline


@app.command()
def run(  # numpydoc ignore=PR01
    pipeline: PipelineArgument,
    images: ImagesOption = None,
    seed: SeedOption = 0,
    lux: LuxOption = None,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Classify test images through a pipeline: accuracy, bits and energy."""
    from sensorsim.experiments.sweep import scalars

    chain = load(pipeline, settings, lux)
    dataset = chain.dataset
    print(f"{dataset.name}: {len(dataset)} test images from {dataset.origin}", file=sys.stderr)
    result = {**scalars(chain.run(images, seed)), "seed": seed}
    violations = chain.cost.time_budget().violations()
    for violation in violations:
        print(f"Does not fit: {violation}", file=sys.stderr)
    if as_json:
        print_json({"pipeline": chain.description.name, **result, "does_not_fit": violations})
    else:
        _print_run(chain, result)


def _print_run(chain: "Pipeline", result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console()
    console.print(
        f"[bold]{escape(chain.description.name)}[/bold]: accuracy {100 * result['accuracy']:.2f} % "
        f"(95 %: {100 * result['accuracy_low']:.2f} to {100 * result['accuracy_high']:.2f}) "
        f"on {result['images']:.0f} images, seed {result['seed']}"
    )
    console.print(
        f"{result['bits_per_sample']:.0f} bits per sample, "
        f"{result['link_bits_per_sample']:.0f} on the link; "
        f"network of {result['weight_bits']:.0f} bits"
    )
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

"""The ``sensorsim`` command.

Results go to standard output, progress and messages to standard error.

Exit status: 0 done, 1 failed, 2 the user's input is wrong.
"""

import json
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sensorsim.pipeline import Pipeline

app = typer.Typer(
    help="Simulate an image sensor from photons to a binary network's decision, bit for bit.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

PipelineArgument = Annotated[
    str, typer.Argument(metavar="PIPELINE", help="A TOML file, or a name that ships, like glt4.")
]
ImagesOption = Annotated[
    int | None, typer.Option("--images", min=1, help="How many test images; all if left out.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed of all noise.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="Change a field, like readout.bits=6."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def main() -> None:
    """Entry point: errors of the user's become one message and exit status 2."""
    from sensorsim.errors import InputError

    try:
        app()
    except InputError as error:
        print(f"sensorsim: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("sensorsim: stopped", file=sys.stderr)
        sys.exit(1)


@app.command()
def run(
    pipeline: PipelineArgument,
    images: ImagesOption = None,
    seed: SeedOption = 0,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Classify test images through a pipeline: accuracy, bits and energy."""
    from sensorsim.grid import scalars

    chain = _load(pipeline, settings)
    dataset = chain.dataset
    print(f"{dataset.name}: {len(dataset)} test images from {dataset.origin}", file=sys.stderr)
    result = {**scalars(chain.run(images, seed)), "seed": seed}
    if as_json:
        print(json.dumps({"pipeline": chain.description.name, **result}))
    else:
        _print_run(chain, result)


@app.command()
def sweep(
    pipeline: PipelineArgument,
    axis: Annotated[
        list[str],
        typer.Option("--axis", metavar="FIELD=V1,V2,...", help="A field and its values."),
    ],
    out: Annotated[Path, typer.Option("--out", help="NetCDF file to write.")] = Path("sweep.nc"),
    store: Annotated[
        Path | None, typer.Option("--store", help="Folder that keeps finished points; resumes.")
    ] = None,
    images: ImagesOption = None,
    seed: SeedOption = 0,
    settings: SetOption = None,
) -> None:
    """Run a pipeline over a grid of settings and write one NetCDF file."""
    from rich.console import Console
    from rich.progress import Progress

    from sensorsim import grid
    from sensorsim.errors import InputError

    if not out.absolute().parent.is_dir():
        raise InputError(f"--out {out}: its folder does not exist; make it first")
    axes = {field: _values(text) for field, text in map(_split, axis)}
    chain = _load(pipeline, settings)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("sweep", total=None)

        def report(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        data = grid.sweep(chain, axes, store, images, seed, report)
    part = out.with_suffix(out.suffix + ".part")
    data.to_netcdf(part, engine="scipy")
    part.replace(out)
    print(data["accuracy"].to_series().to_string())
    print(f"wrote {out}", file=sys.stderr)


@app.command()
def train(
    pipeline: PipelineArgument,
    out: Annotated[Path, typer.Option("--out", help="Model file to write, NAME.npz.")],
    levels: Annotated[
        int | None,
        typer.Option("--levels", min=1, max=32, help="Thresholds of a learned readout."),
    ] = None,
    channels: Annotated[
        str, typer.Option("--channels", help="Channels of the convolutions.")
    ] = "48,64,128",
    pools: Annotated[
        str, typer.Option("--pools", help="Max-pool behind each convolution; 1 for none.")
    ] = "2,2,1",
    epochs: Annotated[float, typer.Option("--epochs", min=0.001)] = 8.0,
    seed: SeedOption = 0,
    settings: SetOption = None,
) -> None:
    """Train a network for a pipeline's readout, through its sensor (needs torch)."""
    from sensorsim.configuration import load_description
    from sensorsim.errors import InputError

    try:
        from sensorsim.training.command import train_pipeline
    except ModuleNotFoundError as error:
        raise InputError(
            f"training needs {error.name}; install it with: pip install 'sensorsim[train]'"
        ) from None
    description, _ = load_description(pipeline, _settings(settings))
    command = " ".join(["sensorsim", *sys.argv[1:]])
    model = train_pipeline(
        description, out, levels, _integers("--channels", channels), _integers("--pools", pools),
        epochs, seed, command,
    )  # fmt: skip
    print(
        f"{out}: {model.weight_bits} bits, validation accuracy "
        f"{model.training.validation_accuracy:.4f}, test accuracy "
        f"{model.training.test_accuracy:.4f}"
    )


@app.command()
def schema() -> None:
    """Print the JSON schema of a pipeline, for editors."""
    from sensorsim.configuration import PipelineDescription

    print(json.dumps(PipelineDescription.model_json_schema(), indent=2))


def _load(pipeline: str, settings: list[str] | None) -> "Pipeline":
    from sensorsim.pipeline import load_pipeline

    return load_pipeline(pipeline, _settings(settings))


def _settings(items: list[str] | None) -> dict[str, Any]:
    return {field: _value(text) for field, text in map(_split, items or [])}


def _split(item: str) -> tuple[str, str]:
    from sensorsim.errors import InputError

    field, equals, value = item.partition("=")
    if not (field and equals and value):
        raise InputError(f"{item!r}: expected FIELD=VALUE, like readout.bits=6")
    return field.strip(), value.strip()


def _value(text: str) -> Any:
    """A value as TOML reads it; a bare word is a string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _values(text: str) -> list[Any]:
    return [_value(part.strip()) for part in text.split(",")]


def _integers(option: str, text: str) -> list[int]:
    from sensorsim.errors import InputError

    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{option} {text!r}: expected whole numbers, like 48,64,128") from None


def _print_run(chain: "Pipeline", result: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(
        f"[bold]{chain.description.name}[/bold]: accuracy {100 * result['accuracy']:.2f} % "
        f"(95 %: {100 * result['accuracy_low']:.2f} to {100 * result['accuracy_high']:.2f}) "
        f"on {result['images']:.0f} images, seed {result['seed']}"
    )
    console.print(
        f"{result['bits_per_sample']:.0f} bits per sample, "
        f"{result['link_bits_per_sample']:.0f} on the link; "
        f"network of {result['model_bits']:.0f} bits"
    )
    table = Table("stage", "component")
    for name in ("count", "low pJ", "typical pJ", "high pJ"):
        table.add_column(name, justify="right")
    ledger = chain.ledger()
    for row in ledger.rows:
        total = row.total_pj
        table.add_row(
            row.stage, row.component, f"{row.count:,.0f}", f"{total.low:,.0f}",
            f"{total.typical:,.0f}", f"{total.high:,.0f}",
        )  # fmt: skip
    total = ledger.total_pj()
    table.add_section()
    table.add_row(
        "frame", "", "", f"{total.low:,.0f}", f"{total.typical:,.0f}", f"{total.high:,.0f}"
    )
    console.print(table)


if __name__ == "__main__":
    main()

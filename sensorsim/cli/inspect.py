"""``sensorsim inspect``: print a model's layers, and write their outputs for one image."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from sensorsim.cli.app import JsonOption, SeedOption, app, print_json


@app.command()
def inspect(  # numpydoc ignore=PR01
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="A model file, or a name that ships, like fashion-mnist/glt-4."
        ),
    ],
    image: Annotated[
        int | None,
        typer.Option("--image", min=0, help="Number of a test image to run through the layers."),
    ] = None,
    pipeline: Annotated[
        str | None,
        typer.Option(
            "--pipeline",
            help="Pipeline whose pixel gives levels in mV and electrons, and which reads --image.",
        ),
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="NetCDF file to write, a group for each layer.")
    ] = Path("layers.nc"),
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Print a model's layers: shapes, bits, operations, thresholds."""
    from sensorsim.bnn.inspection import describe
    from sensorsim.bnn.model_file import find_model, read_model
    from sensorsim.core.errors import InputError

    if image is not None and pipeline is None:
        raise InputError(f"--image {image} without --pipeline; state the pipeline that reads it")
    path, sha256, network = read_model(find_model(model))
    found = {"model": str(path), "sha256": sha256, **describe(network)}
    if pipeline is not None:
        found["levels"] = _levels(path, pipeline)
        if image is not None:
            _write_layers(path, image, pipeline, seed, out)
    if as_json:
        print_json(found)
    else:
        _print_model(found)


def _levels(path: Path, pipeline: str) -> str:
    """Levels of a model's readout behind a pipeline's pixel."""
    from sensorsim.pipeline.level_words import level_words
    from sensorsim.pipeline.pipeline import load_pipeline

    chain = load_pipeline(pipeline, {"network.model": str(path.absolute())})
    return level_words(chain.readout, chain.description.photodiode)


def _write_layers(path: Path, image: int, pipeline: str, seed: int, out: Path) -> None:
    """Write accumulators and bits of every layer for one test image."""
    from sensorsim.bnn.inspection import layers_of
    from sensorsim.core.errors import InputError
    from sensorsim.core.files import check_place
    from sensorsim.core.netcdf import SUFFIXES, write_netcdf
    from sensorsim.pipeline.pipeline import load_pipeline
    from sensorsim.scenes.srgb import to_linear

    check_place("--out", out, SUFFIXES)
    chain = load_pipeline(pipeline, {"network.model": str(path.absolute())})
    dataset = chain.dataset
    chain.check_dataset(dataset)
    if image >= len(dataset):
        raise InputError(f"--image {image}: expected 0 to {len(dataset) - 1}")
    key = chain.key(seed, [image])
    codes = chain.codes(chain.volts(to_linear(dataset.images[image : image + 1]), key), key)
    tree = layers_of(
        chain.model, chain.packed(codes), chain.description.network.faults,
        chain.description.die, seed, image,
    )  # fmt: skip
    tree.attrs = {**chain.provenance(dataset, seed), "image": image}
    write_netcdf(tree, out)
    print(f"wrote {out}", file=sys.stderr)


def _print_model(found: dict[str, Any]) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    console.print(_facts(_described(found)))
    console.print(_table(found["layers"]))
    console.print(_facts({"totals": _totals(found)}))


def _facts(facts: dict[str, str]) -> Any:
    """Names and texts in two columns; long texts continue in the second."""
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, text in facts.items():
        grid.add_row(name, Text(text))
    return grid


def _described(found: dict[str, Any]) -> dict[str, str]:
    view, training = found["input"], found["training"]
    return {
        "model": found["model"],
        "sha256": f"{found['sha256'][:16]}...",
        "input": f"{view['height']}x{view['width']}x{view['colors']} (rows, columns, colors); "
        f"{view['planes']} bit planes, {view['channels']} channels",
        "readout": found["readout_words"],
        **({"levels": found["levels"]} if "levels" in found else {}),
        "classes": ", ".join(found["class_names"]),
        "training": f"{training['dataset']}, {training['family']}, seed {training['seed']}: "
        f"validation {_percent(training['validation_accuracy'])}, "
        f"test {_percent(training['test_accuracy'])}",
        "command": training["command"],
    }


def _totals(found: dict[str, Any]) -> str:
    totals = found["totals"]
    memory, largest = (totals[f"largest_activation_{n}"] for n in ("memory_bits", "bits"))
    return (
        f"{totals['weight_bits']:,} weight bits, {totals['threshold_channels']:,} thresholds\n"
        f"{totals['binary_operations']:,} binary operations for each decision\n"
        f"{totals['stored_bits']:,} bits stored: {_stored(found['stored_bits'])}\n"
        f"{memory:,} bits of largest activation memory, largest map {largest:,}"
    )


def _percent(accuracy: float | None) -> str:
    return "unknown" if accuracy is None else f"{100 * accuracy:.2f} %"


def _stored(parts: dict[str, int]) -> str:
    """Stored bits other than weights, as text."""
    thresholds = parts["level_bits"] + parts["direction_bits"]
    scores = parts["scale_bits"] + parts["bias_bits"]
    return f"thresholds {thresholds:,}, scores {scores:,}, readout {parts['readout_bits']:,}"


def _table(layers: list[dict[str, Any]]) -> Any:
    """A table of 80 columns: a cell of two lines holds what belongs together."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    table.add_column("layer", no_wrap=True)
    table.add_column("kind\nsettings")
    for name in ("before\nafter", "weight\nbits", "operations", "accum-\nulator"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("thresholds", justify="right")
    for row in layers:
        said = {k: v for k, v in row["settings"].items() if k not in _ELSEWHERE}
        said = {k: v for k, v in said.items() if k not in _UNSAID or v != _UNSAID[k]}
        planes = f"{row['planes']} x " if row["planes"] > 1 else ""
        settings = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in said.items())
        table.add_row(
            row["place"],
            "\n".join(filter(None, (row["kind"], settings))),
            f"{planes}{_shape(row['before'])}\n{_shape(row['after'])}",
            f"{row['weight_bits']:,}" if "weight_bits" in row else "",
            f"{row['binary_operations']:,}" if row["binary_operations"] else "",
            f"±{row['max_accumulator']:,}\n{row['accumulator_bits']} bits"
            if "max_accumulator" in row
            else "",
            _threshold(row["threshold"]) if "threshold" in row else "",
        )
    return table


# Settings that another column shows, and defaults that are not printed.
_ELSEWHERE = ("inputs", "outputs", "classes")
_UNSAID = {"stride": 1, "padding": 0, "groups": 1}


def _shape(sides: list[int]) -> str:
    return "x".join(map(str, sides))


def _threshold(levels: dict[str, Any]) -> str:
    if levels["minimum"] is None:
        text = "none free"
    else:
        text = f"{levels['minimum']} to {levels['maximum']}\nmedian {levels['median']:g}"
    for name in ("falling", "constant_one", "constant_zero"):
        if levels[name]:
            text += f"\n{levels[name]} {name.replace('_', ' ')}"
    return text

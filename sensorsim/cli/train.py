"""``sensorsim train``: a network for a pipeline's readout."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from sensorsim.cli.app import (
    PipelineArgument,
    SeedOption,
    SetOption,
    app,
    extra,
    integers,
    settings_of,
)


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

    with extra("training", "train"):
        from sensorsim.training.command import train_pipeline
    description, _ = load_description(pipeline, settings_of(settings))
    command = " ".join(["sensorsim", *sys.argv[1:]])
    model = train_pipeline(
        description, out, levels, integers("--channels", channels), integers("--pools", pools),
        epochs, seed, command,
    )  # fmt: skip
    print(
        f"{out}: {model.weight_bits} bits, validation accuracy "
        f"{model.training.validation_accuracy:.4f}, test accuracy "
        f"{model.training.test_accuracy:.4f}"
    )

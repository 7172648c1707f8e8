"""``sensorsim train``: train a teacher, or a network for a pipeline's readout, by a recipe."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from sensorsim.cli.app import SetOption, app, extra, settings_of


@app.command()
def train(  # numpydoc ignore=PR01
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE", help="A TOML file, or the name of a recipe, like fashion_compact."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option("--out", help="File to write: NAME.npz, or NAME.pt for a teacher."),
    ],
    data_dir: Annotated[
        Path | None, typer.Option("--data-dir", help="Folder or zip of the dataset.")
    ] = None,
    epochs: Annotated[
        float | None, typer.Option("--epochs", min=0.001, help="Passes over the training images.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed of the training.")
    ] = None,
    teacher: Annotated[
        str | None, typer.Option("--teacher", help="File of the float teacher.")
    ] = None,
    device: Annotated[
        Literal["auto", "cpu", "cuda"],
        typer.Option("--device", help="Device that computes the network."),
    ] = "auto",
    threads: Annotated[
        int | None,
        typer.Option("--threads", min=1, help="Number of threads; all cores if left out."),
    ] = None,
    work: Annotated[Path, typer.Option("--work", help="Folder for a teacher's answers.")] = Path(
        "training"
    ),
    settings: SetOption = None,
) -> None:
    """Train by a recipe, or resume a training that was stopped (needs torch)."""
    with extra("training", "train"):
        import torch

        from sensorsim.training.command import Place, run_recipe
    import numba

    count = threads or os.cpu_count() or 1
    torch.set_num_threads(count)
    numba.set_num_threads(min(count, numba.get_num_threads()))
    stated: dict[str, Any] = {
        "data.data_dir": None if data_dir is None else str(data_dir),
        "schedule.epochs": epochs,
        "schedule.seed": seed,
        "teacher.file": teacher,
    }
    changes = {k: v for k, v in stated.items() if v is not None} | settings_of(settings)
    command = " ".join(["sensorsim", *sys.argv[1:]])
    print(run_recipe(recipe, changes, Place(out, work, device, command)))

"""``sensorsim import``: read a network in QONNX format."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sensorsim.cli.app import app, extra

if TYPE_CHECKING:
    from sensorsim.readout import Readout


@app.command("import")
def import_(  # numpydoc ignore=PR01
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="QONNX file, as exported by brevitas.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Model file to write, NAME.npz.")],
    readout: Annotated[
        str | None,
        typer.Option(
            "--readout", metavar="PIPELINE",
            help="Pipeline whose readout feeds the network; leave out if the file states it.",
        ),
    ] = None,
    classes: Annotated[
        str | None,
        typer.Option(
            "--classes", metavar="A,B,...",
            help="Class names in the order of the scores; leave out if the file states them.",
        ),
    ] = None,
) -> None:  # fmt: skip
    """Read a QONNX file and write a model file (needs onnx)."""
    from sensorsim.bnn.model_file import save_model
    from sensorsim.core.files import check_place

    with extra("exchange", "exchange"):
        from sensorsim.bnn.exchange.qonnx_import import load_qonnx
    check_place("--out", out, (".npz",))
    names = None if classes is None else [name.strip() for name in classes.split(",")]
    command = " ".join(["sensorsim", *sys.argv[1:]])
    model = load_qonnx(file, None if readout is None else _readout(readout), names, command)
    save_model(model, out)
    print(
        f"{out}: {model.weight_bits} bits in {len(model.layers)} layers, {model.readout.kind}, "
        f"classes {', '.join(model.class_names)}"
    )


def _readout(pipeline: str) -> "Readout":
    """Readout that a pipeline states, or that of the model it names."""
    from sensorsim.pipeline.configuration import load_description
    from sensorsim.pipeline.pipeline import Pipeline

    description, folder = load_description(pipeline)
    if description.readout.is_learned:
        return Pipeline(description, folder).readout
    return description.readout.resolved(None)

"""``sensorsim export``: write a network as ONNX, QONNX or golden vectors for hardware."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sensorsim.cli.app import SeedOption, app, extra, integers

if TYPE_CHECKING:
    from sensorsim.bnn.model import Model
    from sensorsim.bnn.model_file import ModelFile
    from sensorsim.core.bits import WordArray


@app.command()
def export(  # numpydoc ignore=PR01
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL", help="A model file, or a name that ships, like fashion-mnist/glt-4."
        ),
    ],
    onnx: Annotated[
        Path | None, typer.Option("--onnx", metavar="FILE", help="Write plain ONNX.")
    ] = None,
    qonnx: Annotated[
        Path | None, typer.Option("--qonnx", metavar="FILE", help="Write QONNX.")
    ] = None,
    vectors: Annotated[
        Path | None,
        typer.Option("--vectors", metavar="DIR", help="Write golden vectors for $readmemh."),
    ] = None,
    pipeline: Annotated[
        str | None,
        typer.Option(
            "--pipeline", help="Take test images through this pipeline; random bits if left out."
        ),
    ] = None,
    images: Annotated[
        int | None,
        typer.Option("--images", min=1, help="Number of images; 1 if left out."),
    ] = None,
    image_index: Annotated[
        str | None,
        typer.Option("--image-index", metavar="I,J,...", help="Numbers of the images, from 0."),
    ] = None,
    seed: SeedOption = 0,
) -> None:
    """Write a network as ONNX, as QONNX (needs onnx) or as golden vectors for hardware."""
    from sensorsim.bnn.model_file import find_model, read_model
    from sensorsim.core.errors import InputError

    if onnx is None and qonnx is None and vectors is None:
        raise InputError(
            "export: nothing to write; state --onnx FILE, --qonnx FILE or --vectors DIR"
        )
    network = read_model(find_model(model))
    for plain, file in ((True, onnx), (False, qonnx)):
        if file is not None:
            _write_graph(network.model, file, plain)
    if vectors is not None:
        frames = _frames(images, image_index)
        _write_vectors(network, vectors, pipeline, frames, seed)


def _write_graph(model: "Model", file: Path, plain: bool) -> None:
    from sensorsim.core.files import atomic_write, check_place

    with extra("exchange", "exchange"):
        from sensorsim.bnn.exchange.onnx_export import export_onnx
        from sensorsim.bnn.exchange.qonnx_export import export_qonnx
    check_place("--onnx" if plain else "--qonnx", file, (".onnx", ".qonnx"))
    graph = export_onnx(model) if plain else export_qonnx(model)
    with atomic_write(file) as part:
        part.write_bytes(graph.SerializeToString())
    print(f"wrote {file}", file=sys.stderr)


def _frames(images: int | None, image_index: str | None) -> list[int]:
    from sensorsim.core.errors import InputError

    if image_index is None:
        return list(range(images or 1))
    if images is not None:
        raise InputError("--images and --image-index: state one of them")
    frames = integers("--image-index", image_index)
    if min(frames) < 0 or len(set(frames)) < len(frames):
        raise InputError(f"--image-index {image_index}: expected distinct numbers from 0 on")
    return frames


def _write_vectors(
    network: "ModelFile", folder: Path, pipeline: str | None, frames: list[int], seed: int
) -> None:
    from sensorsim.bnn.vectors import random_words, write_vectors

    provenance: dict[str, str | int]
    if pipeline is None:
        words = random_words(network.model, frames, seed)
        provenance = {"images": "random bits", "model_sha256": network.sha256, "seed": seed}
    else:
        words, provenance = _sensed(network.path, pipeline, frames, seed)
    write_vectors(network.model, words, frames, folder, provenance)
    print(f"wrote {folder}", file=sys.stderr)


def _sensed(
    path: Path, pipeline: str, frames: list[int], seed: int
) -> tuple["WordArray", dict[str, Any]]:
    """Output bits of a pipeline's readout for test images, as in ``sensorsim run``."""
    from sensorsim.core.errors import InputError
    from sensorsim.pipeline.pipeline import load_pipeline
    from sensorsim.scenes.srgb import to_linear

    chain = load_pipeline(pipeline, {"network.model": str(path.resolve())})
    dataset = chain.dataset
    chain.check_dataset(dataset)
    faults = chain.description.network.faults
    if faults.of_die or faults.of_frame:
        raise InputError(
            f"{pipeline}: [network.faults]: golden vectors need a network without faults; remove "
            "the section"
        )
    if max(frames) >= len(dataset):
        raise InputError(f"image {max(frames)}: {dataset.name} has images 0 to {len(dataset) - 1}")
    key = chain.key(seed, frames)
    volts = chain.volts(to_linear(dataset.images[frames]), key)
    codes = chain.codes(volts, key)
    provenance = {"images": f"{dataset.name}, test", **chain.provenance(dataset, seed)}
    return chain.packed(codes), provenance

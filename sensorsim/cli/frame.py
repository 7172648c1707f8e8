"""``sensorsim frame``: run one scene through a pipeline and show every stage."""

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sensorsim.cli.app import (
    PipelineArgument,
    SeedOption,
    SetOption,
    app,
    settings_of,
)

if TYPE_CHECKING:
    import xarray as xr

    from sensorsim.pipeline.pipeline import Pipeline
    from sensorsim.scenes.frame import Frame


_OUTPUTS = {
    "stages.png", "1-scene.png", "2-array.png", "3-photodiode.png", "4-readout.png", "5-bits.png",
    "6-network.png", "trace.nc", "frame.dng", "frame-red.dng", "frame-green.dng", "frame-blue.dng",
}  # fmt: skip
"""Every file that the command may write."""


@app.command()
def frame(  # numpydoc ignore=PR01
    scene: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT", help="Camera RAW, headerless RAW (.raw), OpenEXR, PNG, JPEG or TIFF."
        ),
    ],
    pipeline: PipelineArgument,
    out: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    stops: Annotated[
        float, typer.Option("--stops", min=-30, max=30, help="Exposure above the reference, stops.")
    ] = 0.0,
    lux: Annotated[
        float | None,
        typer.Option("--lux", help="Illuminance of the scene at 0 stops, lux."),
    ] = None,
    fit: Annotated[
        bool, typer.Option("--fit", help="Crop and average the scene to the model's input.")
    ] = False,
    declare: Annotated[
        list[str] | None,
        typer.Option(
            "--declare",
            metavar="FIELD=VALUE",
            help="Layout of a headerless file: width, height, bits, cfa, ...",
        ),
    ] = None,
    white_radiance: Annotated[
        float | None,
        typer.Option(
            "--white-radiance",
            help="Radiance of white in an OpenEXR file; the 99th percentile if left out.",
        ),
    ] = None,
    seed: SeedOption = 0,
    settings: SetOption = None,
) -> None:
    """Show one scene after every stage: pictures, histograms, trace.nc and frame.dng."""
    from sensorsim.core.errors import InputError
    from sensorsim.pipeline.pipeline import load_pipeline
    from sensorsim.pipeline.single_frame import fixed_exposure, prepared, trace_frame
    from sensorsim.scenes.formats import read_frame

    if not out.absolute().parent.is_dir() or (out.exists() and not out.is_dir()):
        raise InputError(f"--out {out}: expected a folder, or a new name in an existing one")
    for name in sorted(_OUTPUTS):  # check before replacing any file
        if (out / name).is_dir():
            raise InputError(
                f"--out {out}: holds a folder {name}, to be replaced by a file; move it"
            )
    light = read_frame(scene, settings_of(declare), white_radiance)
    for note in light.notes:
        print(f"{scene}: {note}", file=sys.stderr)
    chain = load_pipeline(pipeline, {**fixed_exposure(stops, lux), **settings_of(settings)})
    light = prepared(chain, light, fit)
    tree = trace_frame(chain, light, seed)
    for file in _write(out, chain, light, tree):
        print(f"wrote {file}", file=sys.stderr)
    _report(tree)


def _write(out: Path, chain: "Pipeline", light: "Frame", tree: "xr.DataTree") -> list[Path]:
    """Write all files in a temporary folder, then move them into ``out``."""
    from sensorsim.core.netcdf import write_netcdf
    from sensorsim.pipeline.single_frame import planes_dn, seen_mosaic
    from sensorsim.plotting.pictures import draw
    from sensorsim.plotting.plots import save
    from sensorsim.scenes.dng import SMALLEST_SIDE, write_dng

    with tempfile.TemporaryDirectory(dir=out.absolute().parent, prefix=f".{out.name}.") as part:
        folder = Path(part)
        planes = planes_dn(tree)
        if not planes:
            print(
                f"no DNG: a code of readout.kind {chain.readout.kind!r} depends on several samples",
                file=sys.stderr,
            )
        for name, numbers in planes.items():
            if min(numbers.shape) < SMALLEST_SIDE:
                print(f"no {name}.dng: LibRaw reads no side below {SMALLEST_SIDE}", file=sys.stderr)
                continue
            mosaic = seen_mosaic(chain, light)
            write_dng(folder / f"{name}.dng", numbers, mosaic, chain.readout.levels)
        write_netcdf(tree, folder / "trace.nc", _compressed(tree))
        for name, figure in draw(tree).items():
            save(figure, folder / name)
        out.mkdir(exist_ok=True)
        written = [file.replace(out / file.name) for file in sorted(folder.iterdir())]
    for name in _OUTPUTS - {file.name for file in written}:
        (out / name).unlink(missing_ok=True)  # written for an earlier scene
    return written


def _compressed(tree: "xr.DataTree") -> dict[str, dict[str, Any]]:
    level = {"compression": "gzip", "compression_opts": 1}
    return {
        node.path: {str(k): level for k, v in node.data_vars.items() if v.ndim == 3}
        for node in tree.children.values()
    }


def _report(tree: "xr.DataTree") -> None:
    scene, signal = tree["scene"], tree["photodiode"]["signal"]
    rows, columns, samples = signal.shape
    readout = tree["readout"]
    print(f"scene: {scene.attrs['origin']}, {scene.attrs['layout']}, {scene.attrs['white']}")
    print(
        f"array: {rows} x {columns} pixels, {tree['photodiode'].attrs['layout']}, {samples} "
        f"sample(s) per pixel, {float(signal.min()):.4g} to {float(signal.max()):.4g} V of "
        f"{tree['photodiode']['full_scale'].item():.4g} V"
    )
    if "digital_number" in readout:
        numbers, largest = readout["digital_number"], readout.attrs["largest_dn"]
        print(f"readout: {int(numbers.min())} to {int(numbers.max())} DN of {largest}")
    else:
        print(f"readout: {readout.sizes['bit']} bits a sample, which compare several samples")
    if "network" in tree.children:
        network = tree["network"]
        decision = network["decision"].item()
        name, score = (network[k].to_numpy()[decision] for k in ("class_name", "score"))
        print(f"decision: {name} (score {score:.3f})")
    else:
        print(f"decision: none, since {tree.attrs['undecided']}")

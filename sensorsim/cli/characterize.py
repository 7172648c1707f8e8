"""``sensorsim characterize``: measure a simulated camera by EMVA 1288."""

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sensorsim.cli.app import JsonOption, SeedOption, SetOption, app, print_json, settings_of

if TYPE_CHECKING:
    import xarray as xr

    from sensorsim.lab import Bench
    from sensorsim.lab.device_under_test import DeviceUnderTest

_ROWS = {
    "system_gain_dn_per_e": "system gain K",
    "quantum_efficiency_percent": "quantum efficiency",
    "temporal_dark_noise_e": "temporal dark noise",
    "temporal_dark_noise_dn": "",
    "dark_current_e_per_s": "dark current (mean)",
    "dark_current_from_variance_e_per_s": "dark current (variance)",
    "dsnu_e": "DSNU1288",
    "dsnu_row_e": "  of rows",
    "dsnu_column_e": "  of columns",
    "dsnu_pixel_e": "  of pixels",
    "prnu_percent": "PRNU1288",
    "prnu_row_percent": "  of rows",
    "prnu_column_percent": "  of columns",
    "prnu_pixel_percent": "  of pixels",
    "saturation_e": "saturation capacity",
    "saturation_photons": "",
    "threshold_e": "sensitivity threshold",
    "threshold_photons": "",
    "snr_max_db": "largest SNR",
    "dynamic_range_db": "dynamic range",
    "linearity_error_min_percent": "linearity error, min",
    "linearity_error_max_percent": "linearity error, max",
    "linearity_error_percent": "linearity error, mean |.|",
}


@app.command()
def characterize(  # numpydoc ignore=PR01
    camera: Annotated[
        str,
        typer.Argument(
            metavar="PIPELINE|SENSOR",
            help="A TOML file, or the name of a pipeline or sensor that ships.",
        ),
    ],
    adc_bits: Annotated[
        int | None,
        typer.Option(
            "--adc-bits", min=1, max=14,
            help="Use an ideal linear ADC of this many bits instead of the camera's own readout. "
            "Left out: its own, or one of 12 bits if its own is not linear or too coarse.",
        ),
    ] = None,
    wavelength_nm: Annotated[
        float | None,
        typer.Option(
            "--wavelength", min=380, max=780,
            help="Wavelength of the light, nm. Left out: of the sensor's data sheet or pipeline.",
        ),
    ] = None,
    rows: Annotated[
        int | None, typer.Option("--rows", help="Rows of the region; 240 if left out.")
    ] = None,
    columns: Annotated[
        int | None, typer.Option("--columns", help="Columns of the region; 320 if left out.")
    ] = None,
    steps: Annotated[
        int, typer.Option("--steps", help="Exposures of the photon transfer curve.")
    ] = 50,
    stack: Annotated[
        int, typer.Option("--stack", help="Frames per stack for the fixed patterns.")
    ] = 16,
    vary: Annotated[str, typer.Option("--vary", help="What to vary: light or time.")] = "light",
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for curves (NetCDF) and figures.")
    ] = None,
    seed: SeedOption = 0,
    settings: SetOption = None,
    as_json: JsonOption = False,
) -> None:  # fmt: skip
    """Measure a camera by EMVA 1288: gain, noise, quantum efficiency, saturation, linearity."""
    from sensorsim import lab
    from sensorsim.core.errors import InputError
    from sensorsim.lab.device_under_test import find_device, put_on_bench
    from sensorsim.lab.procedure import vary_of

    if out is not None and not out.absolute().parent.is_dir():
        raise InputError(f"--out {out}: its parent folder does not exist; create it first")
    if out is not None and out.exists() and not out.is_dir():
        raise InputError(f"--out {out}: is a file; expected a folder")
    how = vary_of(vary)
    device = find_device(camera, settings_of(settings))
    bench, notes = put_on_bench(
        device, adc_bits=adc_bits, wavelength_nm=wavelength_nm, rows=rows, columns=columns,
        seed=seed,
    )  # fmt: skip
    for note in notes:
        print(f"{device.name}: {note}", file=sys.stderr)
    data = lab.characterize(bench, steps=steps, stack=stack, vary=how)
    data.attrs |= {"camera": device.name, "notes": "; ".join(notes)}
    put_in = lab.expected(bench, how, data["saturation_ms"].item())
    published = device.published(bench)
    if out is not None:
        _write(data, out)
    if as_json:
        print_json(_json(data, put_in, published))
    else:
        _print(device, bench, data, put_in, published)


def _json(
    data: "xr.Dataset", put_in: dict[str, float], published: dict[str, float]
) -> dict[str, Any]:
    names = ("camera", "seed", "vary", "steps", "stack", "rows", "columns", "wavelength_nm")
    return {
        **{name: data.attrs[name] for name in names},
        "adc_bits": json.loads(data.attrs["adc"])["bits"],
        "notes": data.attrs["notes"],
        **{str(k): v.item() for k, v in data.data_vars.items() if v.ndim == 0},
        "put_in": put_in,
        "published": published,
    }


def _print(
    device: "DeviceUnderTest", bench: "Bench", data: "xr.Dataset", put_in: dict[str, float],
    published: dict[str, float],
) -> None:  # fmt: skip
    from rich.console import Console
    from rich.table import Table

    console = Console()
    console.print(
        f"[bold]{device.name}[/bold] by EMVA 1288: {bench.rows} x {bench.columns} pixels, "
        f"{bench.adc.bits}-bit ADC, black level {bench.black_level_dn:.0f} DN, "
        f"{bench.light.wavelength_nm:g} nm, {data.attrs['steps']} exposures by "
        f"{data.attrs['vary']}, seed {bench.seed}"
    )
    table = Table()
    table.add_column("parameter", no_wrap=True)
    for column in ("measured", "± 1 sd", "put in", "published"):
        table.add_column(column, justify="right")
    table.add_column("unit")
    for name, label in _ROWS.items():
        spread = data[f"{name}_error"].item() if f"{name}_error" in data else math.nan
        error = f"{spread:.2g}" if math.isfinite(spread) else ""
        table.add_row(
            label, _digits(data[name].item()), error, _digits(put_in.get(name)),
            _digits(published.get(name)), data[name].attrs["units"],
        )  # fmt: skip
    console.print(table)


def _digits(value: float | None) -> str:
    """Four significant digits, at most four decimals; empty for no value."""
    if value is None:
        return ""
    size = abs(value)
    return f"{value:.0f}" if size >= 1000 else f"{value:#.4g}" if size >= 0.1 else f"{value:.4f}"


def _write(data: "xr.Dataset", folder: Path) -> None:
    from sensorsim.core.netcdf import write_netcdf
    from sensorsim.plotting import emva, plots

    folder.mkdir(exist_ok=True)
    file = folder / "characterization.nc"
    write_netcdf(data, file)
    written = [file, *plots.save(emva.photon_transfer(data), folder / "photon_transfer", ".svg")]
    for path in written:
        print(f"wrote {path}", file=sys.stderr)

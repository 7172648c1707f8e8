"""Photon transfer curves of the sensors that ship, and what their noise is made of.

    python studies/photon_transfer.py
    python studies/photon_transfer.py --quick

Every linear sensor of data/sensors is characterized by EMVA 1288. Written to --out: table.md
(measured, put in, published), photon_transfer.png (noise over signal of all sensors), ladder.png
(the parts of one sensor's noise) and characterization.png (one sensor's data sheet in figures).
"""

import argparse
import math
import sys
from collections.abc import Mapping
from pathlib import Path

import common
import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.figure import Figure

from sensorsim.core import streams
from sensorsim.core.files import atomic_write
from sensorsim.lab import Bench, characterize, expected
from sensorsim.lab.device_under_test import DeviceUnderTest, find_device, put_on_bench
from sensorsim.lab.noise_curve import noise_curve
from sensorsim.plotting import emva, plots, styles
from sensorsim.sensor import Photodiode, sense

SENSORS = (
    "imx250", "imx477", "imx900-lcg", "imx900-hcg", "hm01b0", "split-pixel-large",
    "split-pixel-small",
)  # fmt: skip
LADDER_SENSOR = "hm01b0"
SHEET_SENSOR = "imx900-hcg"
ROWS = {
    "system_gain_dn_per_e": "K, DN/e-",
    "quantum_efficiency_percent": "QE, %",
    "temporal_dark_noise_e": "dark noise, e-",
    "dark_current_e_per_s": "dark current, e-/s",
    "dsnu_e": "DSNU, e-",
    "prnu_percent": "PRNU, %",
    "saturation_e": "saturation, e-",
    "snr_max_db": "largest SNR, dB",
    "dynamic_range_db": "dynamic range, dB",
}
_FIRST_FRAME = 1 << 28
"""Of the exposures of the noise ladder."""
_LEAST_NOISE_E = 0.8
"""Lower end of the figures' axes."""

FloatArray = npt.NDArray[np.float64]


def parse() -> argparse.Namespace:
    """Options of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("studies/out/photon_transfer"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="few pixels and steps: a smoke run")
    return parser.parse_args()


def study(args: argparse.Namespace) -> list[Path]:
    """Measure, draw and write everything."""
    side = {"rows": 48, "columns": 64} if args.quick else {}
    steps, points = (12, 8) if args.quick else (50, 30)
    common.make_folder(args.out)
    benches: dict[str, Bench] = {}
    results: dict[str, xr.Dataset] = {}
    rows: list[str] = []
    # A seed each; otherwise all sensors share one noise realization.
    for number, name in enumerate(SENSORS):
        device = find_device(name)
        benches[name], notes = put_on_bench(device, seed=args.seed + number, **side)
        for note in notes:
            print(f"{name}: {note}", file=sys.stderr)
        results[name] = characterize(benches[name], steps=steps)
        results[name].attrs["camera"] = name
        rows += table_rows(device, benches[name], results[name])
    table = "\n".join(["| sensor | parameter | put in | measured | published |", "|" + "---|" * 5])
    text = "\n".join([table, *rows]) + "\n"
    print(text, end="")
    with atomic_write(args.out / "table.md") as part:
        part.write_text(text, "utf-8")
    curves = {
        name: noise_curve(benches[name], results[name]["system_gain_dn_per_e"].item(), points)
        for name in SENSORS
    }
    return [
        args.out / "table.md",
        *plots.save(transfer_figure(curves), args.out / "photon_transfer.png"),
        *plots.save(ladder_figure(benches[LADDER_SENSOR], points), args.out / "ladder.png"),
        *plots.save(emva.photon_transfer(results[SHEET_SENSOR]), args.out / "characterization.png"),
    ]


def table_rows(device: DeviceUnderTest, bench: Bench, data: xr.Dataset) -> list[str]:
    """One sensor's rows of the table, values with their standard errors."""
    put_in, published = expected(bench), device.published(bench)
    rows = []
    for name, label in ROWS.items():
        error = data[f"{name}_error"].item() if f"{name}_error" in data else None
        measured = with_error(data[name].item(), error)
        stated = f"{published[name]:.5g}" if name in published else ""
        rows.append(f"| {device.name} | {label} | {put_in[name]:.4g} | {measured} | {stated} |")
    return rows


def with_error(value: float, error: float | None) -> str:
    """Value and standard error, both to the error's second digit."""
    if not error:
        return f"{value:.5g}"
    digits = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:.{digits}f} ± {error:.{digits}f}"


def transfer_figure(curves: Mapping[str, tuple[FloatArray, FloatArray]]) -> Figure:
    """Temporal noise over signal of all sensors, with the shot noise that none can go below."""
    figure = Figure(figsize=(7.5, 5), layout="constrained")
    axes = figure.subplots()
    looks = zip("osDv^<>", styles.PALETTE, strict=False)
    for (marker, color), (name, (signal, noise)) in zip(looks, curves.items(), strict=True):
        # No noise is left where all codes are the highest: let the line leave the figure.
        seen = np.maximum(noise, _LEAST_NOISE_E / 10)
        axes.loglog(signal, seen, color=color, marker=marker, markersize=3, linewidth=1,
                    label=name)  # fmt: skip
    line = np.array([1.0, 2e4])
    axes.loglog(line, np.sqrt(line), "--", color="black", linewidth=1, label="shot noise alone")
    axes.set(xlabel="signal (e-)", ylabel="temporal noise (e- rms)", xlim=(0.7, 4e4),
             ylim=(_LEAST_NOISE_E, 300))  # fmt: skip
    axes.set_title("photon transfer of the sensors in data/sensors", fontsize=10)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return figure


def frame_variance_e2(pixel: Photodiode, electrons: float, bench: Bench) -> float:
    """Variance over the pixels of one frame in front of the converter, e-**2."""
    light = np.ones((1, bench.rows, bench.columns, 1), np.float32)
    volts = sense(light, pixel, electrons, streams.Key.of(bench.seed, [_FIRST_FRAME], bench.die))
    return float(np.var(volts.astype(np.float64)) / pixel.volts_per_e**2)


def ladder_figure(bench: Bench, points: int) -> Figure:
    """Noise of one frame rung by rung of the noise ladder, beside the closed form of each rung."""
    p = bench.photodiode
    electrons = np.geomspace(1, 0.95 * p.full_well_e, points)
    rungs = {
        noise: np.array(
            [frame_variance_e2(p.model_copy(update={"noise": noise}), e, bench) for e in electrons]
        )
        for noise in ("shot", "temporal", "all")
    }
    shot, read = electrons + p.dark_e, np.full(points, p.read_noise_e**2)
    fixed = p.dsnu_e**2 + (p.prnu_percent / 100 * electrons) ** 2
    parts = (
        ("total", rungs["all"], shot + read + fixed, "black", "o"),
        ("shot", rungs["shot"], shot, styles.ORANGE, "s"),
        ("read", rungs["temporal"] - rungs["shot"], read, styles.BLUE, "v"),
        ("fixed pattern: DSNU and PRNU", rungs["all"] - rungs["temporal"], fixed,
         styles.GREEN, "^"),
    )  # fmt: skip
    figure = Figure(figsize=(7.5, 5), layout="constrained")
    axes = figure.subplots()
    for label, variance, closed, color, marker in parts:
        noise = np.sqrt(np.where(variance > 0, variance, np.nan))
        axes.loglog(electrons, noise, marker, markersize=4, color=color, label=label)
        axes.loglog(electrons, np.sqrt(closed), color=color, linewidth=1)
    axes.set(xlabel="signal (e-)", ylabel="noise over the pixels of a frame (e- rms)",
             ylim=(_LEAST_NOISE_E, 300))  # fmt: skip
    axes.set_title(
        f"{LADDER_SENSOR}: rungs of the noise ladder (markers) and closed forms (lines)",
        fontsize=10,
    )
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return figure


if __name__ == "__main__":
    common.run("photon_transfer", lambda: study(parse()))

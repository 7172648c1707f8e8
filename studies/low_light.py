"""How little light is enough, and what limits: accuracy and SNR of the readouts against light.

    python studies/low_light.py
    python studies/low_light.py --quick

Every image is exposed alike, from full scale down to 12 stops below. Noise sources are added one at
a time, with the same seed: first only the readout's levels limit, then photon shot noise is added,
then read noise, the die's fixed patterns, and the comparators' own noise and offset. Once with the
references as trained, once with references that are scaled with the light, so that noise alone is
left to limit. Then the default pixel is replaced by real sensors. The networks stay those trained
for the default pixel under 0 to -5 stops. Written to --out: results.nc, table.csv and the figures.
"""

import argparse
from dataclasses import dataclass, replace
from pathlib import Path

import common
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from sensorsim.experiments.least_light import least_light, white_snr_db
from sensorsim.experiments.paired import compare
from sensorsim.pipeline.pipeline import Pipeline, load_pipeline
from sensorsim.plotting import plots
from sensorsim.sensor import Photodiode

BASE, BASE_READOUT = "glt8", "glt-8"
DATASET = "fashion-mnist"
STOPS = (0, -2, -4, -5, -6, -7, -8, -9, -10, -12)
QUICK_STOPS = (-2, -8)
TRAINED_STOPS = -5
READOUTS = {
    "glt-8": "tab:red", "glt-4": "tab:orange", "glt-2": "tab:pink",
    "thermometer-log-8": "tab:cyan", "adc-log-8": "black", "adc-linear-8": "tab:gray",
}  # fmt: skip
"""Readouts as shipped, and their colors."""
DEFAULT = "default"
SENSORS = ("hm01b0", "imx900-hcg", "imx250")
EXPOSURE_MS = 33.0
"""The same for all sensors, so that they differ by their pixels; their presets differ in it."""
LUX_AT = 0.8
"""Accuracy at which the table states how much light a readout needs."""
IDEAL = {"readout.comparator.noise_mv": 0.0, "readout.comparator.offset_mv": 0.0}
NONE, TOP = "levels alone", "+ comparators"
RUNGS: dict[str, dict[str, object]] = {
    NONE: {"photodiode.noise": "none", **IDEAL},
    "+ shot": {"photodiode.noise": "shot", **IDEAL},
    "+ read": {"photodiode.noise": "temporal", **IDEAL},
    "+ fixed patterns": {"photodiode.noise": "all", **IDEAL},
    TOP: {},
}
"""The noise ladder: `photodiode.noise`, and at last the readout's own errors."""
FIXED, SCALED = "fixed", "scaled"
IMAGES = 2000
COLUMNS = [
    "readout", "sensor", "references", "noise", "exposure_stops", "white_e", "illuminance_lux",
    "snr_db", "accuracy", "accuracy_low", "accuracy_high", "images",
]  # fmt: skip
console = Console()
progress_console = Console(stderr=True)


@dataclass(frozen=True)
class Light:
    """One sensor with the noise sources of one step of the ladder, at one exposure.

    Attributes
    ----------
    references : "fixed" or "scaled"
        Whether the readout's full scale stays, or shrinks with the light.
    """

    sensor: str
    noise: str
    stops: int
    references: str = FIXED

    def settings(self) -> dict[str, object]:
        """What it changes in a chain."""
        settings: dict[str, object] = {
            "photodiode.integration_time_ms": EXPOSURE_MS,
            "scene.spectrum": {"kind": "d65"},
            "scene.exposure.law": "fixed",
            "scene.exposure.high_stops": float(self.stops),
            **RUNGS[self.noise],
        }
        if self.sensor != DEFAULT:
            settings["photodiode.sensor"] = self.sensor
        if self.references == SCALED:
            # Levels are parts of full scale, which is where the well ends: a well that shrinks
            # with the light also scales all references, and an exposure of 0 stops fills it.
            settings["photodiode.full_well_e"] = Photodiode().full_well_e * 2.0**self.stops
            settings["scene.exposure.high_stops"] = 0.0
            # Mean dark charge, taken off as a black-level clamp does: it does not fall with light.
            settings["photodiode.dark_current_e_per_s"] = 0.0
        return settings


def plan(quick: bool) -> list[Light]:
    """All lights of the study: the ladder under the default pixel, then the real sensors."""
    stops, rungs = (QUICK_STOPS, (NONE, TOP)) if quick else (STOPS, tuple(RUNGS))
    ladder = [
        Light(DEFAULT, noise, s, references)
        for references in (FIXED, SCALED)
        for noise in rungs
        for s in stops
    ]
    return ladder + [Light(sensor, TOP, s) for sensor in SENSORS for s in stops]


def chains() -> list[Pipeline]:
    """The readouts as shipped, on one dataset."""
    chain = load_pipeline(BASE)
    chain.dataset  # noqa: B018  read once; the chains that follow share it
    return [chain.replace({"network.model": f"{DATASET}/{name}"}) for name in READOUTS]


def run_lights(
    args: argparse.Namespace, readouts: list[Pipeline]
) -> tuple[pd.DataFrame, list[xr.Dataset]]:
    """Every readout under every light: a row, and a result, for each."""
    lights = plan(args.quick)
    table, results = [], []
    with Progress(console=progress_console) as progress:
        count = len(readouts[0].dataset.first(args.images))
        bar = progress.add_task("images", total=count * len(readouts) * len(lights))
        for light in lights:
            lit = [chain.replace(light.settings()) for chain in readouts]
            done = compare(lit, args.images, args.seed, lambda n: progress.advance(bar, n))
            at_white = 2.0 ** lit[0].camera.exposure.high_stops
            # Scaled references would clip a part of white's noise.
            unclipped = readouts[0].replace(replace(light, references=FIXED).settings())
            shared = {
                "sensor": light.sensor,
                "references": light.references,
                "noise": light.noise,
                "exposure_stops": light.stops,
                "white_e": lit[0].camera.white_e() * at_white,
                "illuminance_lux": lit[0].camera.white_illuminance_lux() * at_white,
                "snr_db": white_snr_db(unclipped, args.seed),
            }
            for name, result in zip(READOUTS, done, strict=True):
                row = {"readout": name, **shared}
                table.append(row | {c: result[c].item() for c in COLUMNS if c not in row})
            results += done
    return pd.DataFrame(table, columns=COLUMNS), results


def light_for(part: pd.DataFrame, column: str, accuracy: float = LUX_AT) -> float:
    """Light of a column at which accuracy first reaches a value, coming from the dark."""
    ordered = part.sort_values("exposure_stops")
    return least_light(ordered[column], ordered["accuracy"], accuracy)


def of(table: pd.DataFrame, **values: object) -> pd.DataFrame:
    """Rows of a table whose columns have these values."""
    for column, value in values.items():
        table = table[table[column] == value]
    return table


def print_table(table: pd.DataFrame) -> None:
    """Accuracy by light at the top of the ladder, and the least light each readout needs."""
    images = table["images"].iloc[0]
    for references in (FIXED, SCALED):
        default = of(table, sensor=DEFAULT, noise=TOP, references=references)
        shown = Table(
            title=f"Accuracy in %, {images} test images, default pixel, {references} references",
            box=box.SIMPLE_HEAD,
            padding=(0, 1, 0, 0),
        )
        for name in ("stops", "white\ne-", "scene\nlux", "SNR\ndB", *READOUTS):
            shown.add_column(
                name.replace("mometer-", ".\n").replace("adc-", "adc-\n"), justify="right"
            )
        for light in of(default, readout=BASE_READOUT).itertuples():
            at = of(default, exposure_stops=light.exposure_stops).set_index("readout")
            shown.add_row(
                f"{light.exposure_stops}", f"{light.white_e:.4g}", f"{light.illuminance_lux:.3g}",
                f"{light.snr_db:.1f}", *(f"{100 * at.loc[r, 'accuracy']:.1f}" for r in READOUTS),
            )  # fmt: skip
        console.print(shown)
    print_least_light(table)


def print_least_light(table: pd.DataFrame) -> None:
    """How much light each readout needs, by rung of the ladder and by sensor."""
    shown = Table(
        title=f"Electrons at white, or scene lux, from which {100 * LUX_AT:g} % are right",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
    )
    shown.add_column("", no_wrap=True)
    for name in READOUTS:
        shown.add_column(name.replace("mometer-", ".\n").replace("adc-", "adc-\n"), justify="right")
    for references in (FIXED, SCALED):
        for noise in table["noise"].unique():
            part = of(table, sensor=DEFAULT, references=references, noise=noise)
            shown.add_row(f"e-, {references}: {noise}", *_least(part, "white_e"))
        shown.add_section()
    for sensor in (DEFAULT, *SENSORS):
        part = of(table, sensor=sensor, references=FIXED, noise=TOP)
        shown.add_row(f"lux: {sensor}", *_least(part, "illuminance_lux"))
    console.print(shown)


def _least(part: pd.DataFrame, column: str) -> list[str]:
    light = (light_for(of(part, readout=r), column) for r in READOUTS)
    return [
        "-" if np.isnan(v) else f"{v:#.3g}".rstrip(".") if v < 1000 else f"{v:.0f}" for v in light
    ]


def ladder_figure(table: pd.DataFrame, references: str) -> Figure:
    """Accuracy against light, a panel for each readout, a line for each rung of the ladder."""
    default = of(table, sensor=DEFAULT, references=references)
    figure = Figure(figsize=(13, 7), layout="constrained")
    panels = figure.subplots(2, 3, sharex=True, sharey=True)
    colors = ("tab:gray", "tab:orange", "tab:green", "tab:blue", "black")
    for axes, readout in zip(panels.flat, READOUTS, strict=True):
        for noise, color in zip(RUNGS, colors, strict=True):
            _line(axes, of(default, readout=readout, noise=noise), "white_e", color, noise)
        axes.set_title(readout, fontsize=10)
        if references == FIXED:
            _mark_trained(axes, default, "white_e")
        axes.set(xscale="log", ylim=(0, 95))
        axes.grid(alpha=0.3)
    lux_per_e = (default["illuminance_lux"] / default["white_e"]).iloc[0]
    for axes in panels[0]:
        top = axes.secondary_xaxis(
            "top", functions=(lambda e: e * lux_per_e, lambda lux: lux / lux_per_e)
        )
        top.set_xlabel("scene (lux, D65)", fontsize=8)
        top.tick_params(labelsize=7)
    panels[0, 0].legend(fontsize=7, loc="lower right")
    figure.supxlabel("electrons at white", fontsize=10)
    figure.supylabel("test accuracy (%)", fontsize=10)
    words = {
        FIXED: "references as trained; shaded: darker than any training image",
        SCALED: "references scaled with the light: white is 90 % of full scale everywhere",
    }
    figure.suptitle(
        f"{DATASET}, {table['images'].iloc[0]} test images, every image at one exposure, 95 % "
        f"intervals; {words[references]}",
        fontsize=10,
    )
    return figure


def snr_figure(table: pd.DataFrame) -> Figure:
    """Signal-to-noise ratio of white against light, by rung and by sensor."""
    figure = Figure(figsize=(11, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    one = of(table, readout=BASE_READOUT, references=FIXED)
    one = one[np.isfinite(one["snr_db"])]
    for noise in RUNGS:
        part = of(one, sensor=DEFAULT, noise=noise)
        if len(part):
            left.plot(part["white_e"], part["snr_db"], marker="o", markersize=4, label=noise)
    for sensor in (DEFAULT, *SENSORS):
        part = of(one, sensor=sensor, noise=TOP)
        right.plot(part["illuminance_lux"], part["snr_db"], marker="o", markersize=4, label=sensor)
    left.set(xlabel="electrons at white", ylabel="SNR of white (dB)", title="default pixel")
    right.set(xlabel="scene (lux, D65)", title=f"sensors, {EXPOSURE_MS:g} ms, all noise")
    for axes in (left, right):
        axes.axhline(0, color="gray", linewidth=0.8)
        axes.set_xscale("log")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    return figure


def sensors_figure(table: pd.DataFrame) -> Figure:
    """Accuracy against scene illuminance, a panel for each sensor, a line for each readout."""
    top = of(table, noise=TOP, references=FIXED)
    figure = Figure(figsize=(14, 4.4), layout="constrained")
    panels = figure.subplots(1, 1 + len(SENSORS), sharex=True, sharey=True)
    for axes, sensor in zip(panels, (DEFAULT, *SENSORS), strict=True):
        part = of(top, sensor=sensor)
        for readout, color in READOUTS.items():
            _line(axes, of(part, readout=readout), "illuminance_lux", color, readout)
        _mark_trained(axes, part, "illuminance_lux")
        axes.set(xscale="log", title=sensor, xlabel="scene (lux, D65)", ylim=(0, 95))
        axes.axhline(100 * LUX_AT, color="gray", linewidth=0.8, linestyle=":")
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("test accuracy (%)")
    panels[0].legend(fontsize=7, loc="lower right")
    figure.suptitle(
        f"{DATASET}, {table['images'].iloc[0]} test images, {EXPOSURE_MS:g} ms, networks trained "
        "for the default pixel; shaded: more than 5 stops below full scale",
        fontsize=10,
    )
    return figure


def _line(axes: Axes, part: pd.DataFrame, x: str, color: str, label: str) -> None:
    accuracy = 100 * part["accuracy"]
    error = [accuracy - 100 * part["accuracy_low"], 100 * part["accuracy_high"] - accuracy]
    axes.errorbar(
        part[x], accuracy, yerr=error, color=color, marker="o", markersize=3, linewidth=1.2,
        capsize=2, label=label,
    )  # fmt: skip


def _mark_trained(axes: Axes, part: pd.DataFrame, x: str) -> None:
    """Shade the light below the darkest that training saw."""
    brightest = part.loc[part["exposure_stops"].idxmax()]
    edge = brightest[x] * 2.0 ** (TRAINED_STOPS - brightest["exposure_stops"])
    axes.axvspan(part[x].min(), edge, color="gray", alpha=0.12, linewidth=0)


def parse() -> argparse.Namespace:
    """Command line of the study."""
    return common.parsed(common.parser(__doc__.splitlines()[0], "low_light", IMAGES))


def study(args: argparse.Namespace) -> list[Path]:
    """Run everything and write the results."""
    readouts = chains()
    readouts[0].dataset.first(args.images)
    common.make_folder(args.out)
    table, results = run_lights(args, readouts)
    print_table(table)
    written = common.write_results(table, results, args.out)
    for name, figure in (
        ("low_light_fixed", ladder_figure(table, FIXED)),
        ("low_light_scaled", ladder_figure(table, SCALED)),
        ("low_light_snr", snr_figure(table)),
        ("low_light_sensors", sensors_figure(table)),
    ):
        written += plots.save(figure, args.out / name)
    return written


if __name__ == "__main__":
    common.run("low_light", lambda: study(parse()))

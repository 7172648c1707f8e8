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
from common import console
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from rich.console import Console
from rich.progress import Progress

from sensorsim.core import resources
from sensorsim.experiments.entries import Entry, entries
from sensorsim.experiments.least_light import least_light, white_snr_db
from sensorsim.experiments.paired import compare
from sensorsim.pipeline.pipeline import load_pipeline
from sensorsim.plotting import plots, styles
from sensorsim.readout.families import families
from sensorsim.sensor import Photodiode

BASE = "glt8"
DATASET = "fashion-mnist"
STOPS = (0, -2, -4, -5, -6, -7, -8, -9, -10, -12)
QUICK_STOPS = (-2, -8)
TRAINED_STOPS = -5
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
    "readout", "family", "levels", "sensor", "references", "noise", "exposure_stops", "white_e",
    "illuminance_lux", "snr_db", "accuracy", "accuracy_low", "accuracy_high", "images",
]  # fmt: skip
_RUNG_STYLES = (
    (styles.GRAY, "s", ":"), (styles.ORANGE, "^", "--"), (styles.GREEN, "v", "-."),
    (styles.BLUE, "D", "--"), (styles.BLACK, "o", "-"),
)  # fmt: skip
"""Color, marker and line of each of `RUNGS`."""
_SENSOR_STYLES = (
    (styles.BLACK, "o", "-"), (styles.VERMILION, "s", "--"), (styles.BLUE, "^", "-."),
    (styles.GREEN, "D", ":"),
)  # fmt: skip
"""Color, marker and line of the default pixel and each of `SENSORS`."""
Look = tuple[str, str, str]
_PANELS_ABREAST = 3
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


def readouts() -> list[Entry]:
    """The finest shipped readout of each family; of a learned one, those of 2 levels and more."""
    found = entries(load_pipeline(BASE), resources.data("models", DATASET), {})
    known = families()
    finest: dict[str, int] = {}
    for e in found:
        finest[e.family] = max(e.levels, finest.get(e.family, 0))
    return [
        e
        for e in found
        if e.levels == finest[e.family] or (known[e.family].learned and e.levels > 1)
    ]


def name_of(e: Entry) -> str:
    """Name of a readout in the results, like "glt-8"."""
    return f"{e.family}-{e.levels}"


def run_lights(
    args: argparse.Namespace, chosen: list[Entry]
) -> tuple[pd.DataFrame, list[xr.Dataset]]:
    """Every readout under every light: a row, and a result, for each."""
    lights = plan(args.quick)
    chains = [e.chain for e in chosen]
    table, results = [], []
    with Progress(console=progress_console) as progress:
        count = len(chains[0].dataset.first(args.images))
        bar = progress.add_task("images", total=count * len(chains) * len(lights))
        for light in lights:
            lit = [chain.replace(light.settings()) for chain in chains]
            done = compare(lit, args.images, args.seed, lambda n: progress.advance(bar, n))
            at_white = 2.0 ** lit[0].camera.exposure.high_stops
            # Scaled references would clip a part of white's noise.
            unclipped = chains[0].replace(replace(light, references=FIXED).settings())
            shared = {
                "sensor": light.sensor,
                "references": light.references,
                "noise": light.noise,
                "exposure_stops": light.stops,
                "white_e": lit[0].camera.white_e() * at_white,
                "illuminance_lux": lit[0].camera.white_illuminance_lux() * at_white,
                "snr_db": white_snr_db(unclipped, args.seed),
            }
            for e, result in zip(chosen, done, strict=True):
                named = {"readout": name_of(e), "family": e.family, "levels": e.levels}
                row = named | shared
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
        lights = default.drop_duplicates("exposure_stops").sort_values("exposure_stops")[::-1]
        shown = common.table(
            f"Accuracy in %, {images} test images, default pixel, {references} references",
            "stops", *(f"{s:g}" for s in lights["exposure_stops"]),
        )  # fmt: skip
        for name, column, digits in (
            ("white, e-", "white_e", ".0f"),
            ("scene, lux", "illuminance_lux", ".2g"),
            ("SNR, dB", "snr_db", ".0f"),
        ):
            shown.add_row(name, *(f"{v:{digits}}" for v in lights[column]))
        shown.add_section()
        for (family, levels), part in default.groupby(["family", "levels"], sort=False):
            at = part.set_index("exposure_stops")["accuracy"]
            shown.add_row(
                common.short_name(family, levels),
                *(f"{100 * at[s]:.1f}" for s in lights["exposure_stops"]),
            )
        console.print(shown)
    print_least_light(table)


def print_least_light(table: pd.DataFrame) -> None:
    """How much light each readout needs, by rung of the ladder and by sensor."""
    rungs = list(table["noise"].unique())
    for references in (FIXED, SCALED):
        part = of(table, sensor=DEFAULT, references=references)
        title = (
            f"Electrons at white from which {100 * LUX_AT:g} % are right, {references} references"
        )
        _print_least(part, "noise", rungs, "white_e", title)
    part = of(table, references=FIXED, noise=TOP)
    title = f"Scene lux from which {100 * LUX_AT:g} % are right, {EXPOSURE_MS:g} ms"
    _print_least(part, "sensor", [DEFAULT, *SENSORS], "illuminance_lux", title)


def _print_least(table: pd.DataFrame, by: str, values: list[str], light: str, title: str) -> None:
    """A row for each readout, a column for each value of ``by``."""
    heads = (v.replace("fixed ", "fixed\n").replace("levels ", "levels\n") for v in values)
    shown = common.table(title, "readout", *heads)
    for (family, levels), part in table.groupby(["family", "levels"], sort=False):
        needed = (light_for(of(part, **{by: v}), light) for v in values)
        shown.add_row(common.short_name(family, levels), *map(_digits, needed))
    console.print(shown)


def _digits(light: float) -> str:
    if np.isnan(light):
        return "-"
    return f"{light:#.3g}".rstrip(".") if light < 1000 else f"{light:.0f}"


def ladder_figure(table: pd.DataFrame, references: str) -> Figure:
    """Accuracy against light, a panel for each readout, a line for each rung of the ladder."""
    default = of(table, sensor=DEFAULT, references=references)
    names = list(table["readout"].unique())
    rows = -(-len(names) // _PANELS_ABREAST)
    figure = Figure(figsize=(13, 3.1 * rows + 1.2), layout="constrained")
    panels = figure.subplots(rows, _PANELS_ABREAST, sharex=True, sharey=True, squeeze=False)
    for axes, readout in zip(panels.flat, names, strict=False):
        for noise, look in zip(RUNGS, _RUNG_STYLES, strict=True):
            _line(axes, of(default, readout=readout, noise=noise), "white_e", look, noise)
        axes.set_title(readout, fontsize=10)
        if references == FIXED:
            _mark_trained(axes, default, "white_e")
        axes.set(xscale="log", ylim=(0, 95))
        axes.grid(alpha=0.3)
    for axes in panels.flat[len(names) :]:
        axes.set_axis_off()
    lux_per_e = (default["illuminance_lux"] / default["white_e"]).iloc[0]
    for axes in panels[0]:
        top = axes.secondary_xaxis(
            "top", functions=(lambda e: e * lux_per_e, lambda lux: lux / lux_per_e)
        )
        top.set_xlabel("scene (lux, D65)", fontsize=8)
        top.tick_params(labelsize=7)
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, loc="outside lower center", ncols=len(labels))
    for axes in panels.flat[max(0, len(names) - _PANELS_ABREAST) : len(names)]:
        axes.set_xlabel("signal of white (e-)")
        axes.tick_params(labelbottom=True)
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
    one = of(table, readout=table["readout"].iloc[0], references=FIXED)
    one = one[np.isfinite(one["snr_db"])]
    default = of(one, sensor=DEFAULT)
    for noise, look in zip(RUNGS, _RUNG_STYLES, strict=True):
        _snr_line(left, of(default, noise=noise), "white_e", look, noise)
    for sensor, look in zip((DEFAULT, *SENSORS), _SENSOR_STYLES, strict=True):
        part = of(one, sensor=sensor, noise=TOP)
        _snr_line(right, part, "illuminance_lux", look, sensor)
    left.set(xlabel="signal of white (e-)", ylabel="SNR of white (dB)", title="default pixel")
    right.set(xlabel="scene (lux, D65)", title=f"sensors, {EXPOSURE_MS:g} ms, all noise")
    for axes in (left, right):
        axes.axhline(0, color="gray", linewidth=0.8)
        axes.set_xscale("log")
        axes.grid(alpha=0.3)
        axes.legend(fontsize=8)
    return figure


def _snr_line(axes: Axes, part: pd.DataFrame, x: str, look: Look, label: str) -> None:
    color, marker, line = look
    if len(part):
        part = part.sort_values(x)
        axes.plot(part[x], part["snr_db"], color=color, marker=marker, linestyle=line,
                  markersize=5, markerfacecolor="none", label=label)  # fmt: skip


def sensors_figure(table: pd.DataFrame) -> Figure:
    """Accuracy against scene illuminance, a panel for each sensor, a line for each readout."""
    top = of(table, noise=TOP, references=FIXED)
    figure = Figure(figsize=(14, 4.4), layout="constrained")
    panels = figure.subplots(1, 1 + len(SENSORS), sharex=True, sharey=True)
    for axes, sensor in zip(panels, (DEFAULT, *SENSORS), strict=True):
        part = of(top, sensor=sensor)
        for name, one in part.groupby("readout", sort=False):
            _line(axes, one, "illuminance_lux", _look(table, one), str(name))
        _mark_trained(axes, part, "illuminance_lux")
        axes.set(xscale="log", title=sensor, xlabel="scene (lux, D65)", ylim=(0, 95))
        axes.axhline(100 * LUX_AT, color="gray", linewidth=0.8, linestyle=":")
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("test accuracy (%)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, loc="outside lower center", ncols=len(labels))
    figure.suptitle(
        f"{DATASET}, {table['images'].iloc[0]} test images, {EXPOSURE_MS:g} ms, networks trained "
        "for the default pixel\nbars: 95 % intervals; shaded: more than "
        f"{-TRAINED_STOPS} stops below full scale; dotted: {100 * LUX_AT:g} %",
        fontsize=10,
    )
    return figure


def _look(table: pd.DataFrame, part: pd.DataFrame) -> Look:
    """Style of a readout: that of its family, with another line if the family has finer ones."""
    family, levels = part["family"].iloc[0], part["levels"].iloc[0]
    color, marker, line = styles.style(family)
    finer = (of(table, family=family)["levels"].unique() > levels).sum()
    return color, marker, styles.FEWER_LEVELS[finer - 1] if finer else line


def _line(axes: Axes, part: pd.DataFrame, x: str, look: Look, label: str) -> None:
    part = part.sort_values(x)
    color, marker, line = look
    accuracy = 100 * part["accuracy"]
    error = [accuracy - 100 * part["accuracy_low"], 100 * part["accuracy_high"] - accuracy]
    axes.errorbar(
        part[x], accuracy, yerr=error, color=color, marker=marker, linestyle=line, markersize=4,
        markerfacecolor="none", linewidth=1.2, capsize=2, label=label,
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
    chosen = readouts()
    chosen[0].chain.dataset.first(args.images)
    common.make_folder(args.out)
    table, results = run_lights(args, chosen)
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

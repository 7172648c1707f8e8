"""Figures of the studies: trade-off curves, tone curves, robustness, example images."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

from sensorsim.core.files import atomic_write
from sensorsim.tonemap import PiecewiseLinear

STYLE = {
    "adc-linear": ("tab:gray", "s", "-"),
    "adc-log": ("black", "D", "-"),
    "thermometer-uniform": ("tab:blue", "v", "--"),
    "thermometer-log": ("tab:cyan", "^", "--"),
    "thermometer-quantile": ("tab:green", "<", "--"),
    "glt": ("tab:red", "o", "-"),
}
"""Color, marker and line of known readout families, the same in every figure."""
_OTHERS = tuple(zip(("tab:purple", "tab:orange", "tab:brown", "tab:pink"), "PXhp", strict=True))
_LABEL = {
    "adc-linear": "ADC, linear",
    "adc-log": "ADC, log ramp",
    "thermometer-uniform": "thermometer, uniform",
    "thermometer-log": "thermometer, log",
    "thermometer-quantile": "thermometer, quantiles",
    "glt": "GLT (learned)",
}


def save(figure: Figure, path: Path, *suffixes: str) -> list[Path]:
    """Write a figure as PNG and in further formats.

    Each file is written under a temporary name, then renamed.

    Parameters
    ----------
    figure : Figure
        The figure.
    path : Path
        File to write; its suffix is replaced.
    *suffixes : str
        Further formats, like ".svg".

    Returns
    -------
    list of Path
        The files written, the PNG first.

    Raises
    ------
    InputError
        If a file cannot be written.
    """
    written = []
    for suffix in (".png", *suffixes):
        target = path.with_suffix(suffix)
        with atomic_write(target) as part:
            figure.savefig(part, format=suffix[1:], dpi=150)
        written.append(target)
    return written


def style(family: str) -> tuple[str, str, str]:
    """Color, marker and line of a readout family.

    Parameters
    ----------
    family : str
        Known, or any other, which gets a style by its name.

    Returns
    -------
    color, marker, line : str
        As matplotlib takes them.
    """
    if family in STYLE:
        return STYLE[family]
    color, marker = _OTHERS[sum(family.encode()) % len(_OTHERS)]
    return color, marker, "-"


def _families(table: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(table["readout"]))


def _accuracy_line(axes: Axes, x: npt.ArrayLike, rows: pd.DataFrame, family: str) -> None:
    color, marker, line = style(family)
    accuracy = 100 * rows["accuracy"].to_numpy()
    error = [
        100 * (rows["accuracy"] - rows["accuracy_low"]).to_numpy(),
        100 * (rows["accuracy_high"] - rows["accuracy"]).to_numpy(),
    ]
    alone = len(rows) == 1  # no line leads to it: it must not vanish under others
    axes.errorbar(
        np.asarray(x), accuracy, yerr=error, color=color, marker=marker, linestyle=line,
        markersize=9 if alone else 5, linewidth=1.3, capsize=2, label=_LABEL.get(family, family),
        markeredgecolor="white" if alone else None, zorder=4 if alone else None,
    )  # fmt: skip


def tradeoff(table: pd.DataFrame, title: str) -> Figure:
    """Plot accuracy over readout energy, whole energy and bits, one line per family.

    Parameters
    ----------
    table : DataFrame
        Rows of the headline light, with the columns of ``table.csv``.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        Three panels with a common axis of accuracy.
    """
    figure = Figure(figsize=(13.5, 5.2), layout="constrained")
    panels = figure.subplots(1, 3, sharey=True)
    for family in _families(table):
        rows = table[table["readout"] == family].sort_values("levels")
        color = style(family)[0]
        for axes, name, scale in (
            (panels[0], "readout_energy_pj", 1e-3),
            (panels[1], "energy_pj", 1e-6),
        ):
            typical = rows[f"{name}_typical"].to_numpy() * scale
            _accuracy_line(axes, typical, rows, family)
            axes.hlines(
                100 * rows["accuracy"], rows[f"{name}_low"] * scale, rows[f"{name}_high"] * scale,
                color=color, alpha=0.25, linewidth=2.5,
            )  # fmt: skip
        _accuracy_line(panels[2], rows["bits_per_sample"], rows, family)
        for axes, x in (
            (panels[0], rows["readout_energy_pj_typical"] * 1e-3),
            (panels[2], rows["bits_per_sample"]),
        ):
            for place, accuracy, levels in zip(x, rows["accuracy"], rows["levels"], strict=True):
                axes.annotate(
                    f"{levels}", (place, 100 * accuracy), xytext=(4, -9),
                    textcoords="offset points", fontsize=7, color=color,
                )  # fmt: skip
    panels[0].set(xscale="log", xlabel="readout energy per frame (nJ)", ylabel="test accuracy (%)")
    panels[1].set(xscale="log", xlabel="whole energy per frame (µJ)")
    panels[2].set(xscale="log", xlabel="bits per sample")
    panels[2].set_xticks([1, 2, 4, 6, 8], labels=["1", "2", "4", "6", "8"])
    panels[2].minorticks_off()
    panels[1].xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panels[1].xaxis.set_major_formatter(ScalarFormatter())
    panels[1].xaxis.set_minor_formatter(NullFormatter())
    _stretch_high_accuracies(panels[0])
    panels[0].set_title("readout alone", fontsize=10)
    panels[1].set_title("whole frame", fontsize=10)
    panels[2].set_title("bits", fontsize=10)
    for axes in panels:
        axes.grid(alpha=0.3)
    handles, labels = panels[2].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, loc="outside lower center", ncols=len(labels))
    bottom = 100 * table["accuracy_low"].min()
    panels[0].set_ylim(bottom - 3, min(100, 100 * table["accuracy_high"].max() + 0.5))
    figure.suptitle(
        f"{title}\nmarkers: typical energy, with 95 % intervals of accuracy; bands: best published "
        "to 90th percentile; small numbers: bits b or thresholds M",
        fontsize=10,
    )
    return figure


def _stretch_high_accuracies(axes: Axes) -> None:
    """Scale y by the logarithm of the error rate, to separate good readouts."""
    axes.set_yscale(
        "function",
        functions=(lambda a: -np.log(np.maximum(101 - a, 1e-3)), lambda y: 101 - np.exp(-y)),
    )
    axes.set_yticks([20, 40, 50, 60, 65, 70, 75, 80, 82, 84, 86, 88, 90, 95, 100])


def tone_curves(
    curves: Mapping[str, PiecewiseLinear], samples: npt.ArrayLike, levels: int
) -> Figure:
    """Plot thresholds as tone curves, with the distribution of the lit samples.

    Parameters
    ----------
    curves : mapping of PiecewiseLinear
        By family: the curve through its thresholds, from `sensorsim.tonemap.curve_of`.
    samples : array-like of float [N]
        Signals as fractions of full scale.
    levels : int
        Number of thresholds, for the title.

    Returns
    -------
    Figure
        Two panels: linear and logarithmic axis of the signal.
    """
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    panels = figure.subplots(1, 2)
    for axes, scale in zip(panels, ("linear", "log"), strict=True):
        for family, curve in curves.items():
            color, marker, line = style(family)
            x, y = curve.x, curve.y
            axes.plot(x[1:-1], y[1:-1], color=color, marker=marker, linestyle="none")
            axes.plot(
                np.maximum(x, 1e-4),
                y,
                color=color,
                linestyle=line,
                label=_LABEL.get(family, family),
            )
        axes.set(xscale=scale, xlabel="signal (part of full scale)", ylim=(0, 1.02))
        axes.grid(alpha=0.3)
    values = np.sort(np.asarray(samples))
    panels[1].plot(
        np.maximum(values, 1e-4), np.linspace(0, 1, values.size), color="gold", linewidth=4,
        alpha=0.6, zorder=0, label="share of lit samples below",
    )  # fmt: skip
    panels[1].set_xlim(3e-4, 1)
    panels[0].set(xlim=(0, 1), ylabel="tone (share of thresholds reached)")
    panels[1].legend(fontsize=8)
    figure.suptitle(f"{levels} thresholds read as a tone curve (markers: the thresholds)")
    return figure


def accuracy_lines(
    table: pd.DataFrame, x: str, label: str, title: str, levels: Sequence[tuple[str, int]]
) -> Figure:
    """Plot the accuracy of some readouts over a swept column, with 95 % intervals.

    Parameters
    ----------
    table : DataFrame
        Rows with the columns readout, levels, accuracy, accuracy_low, accuracy_high and ``x``.
    x : str
        The swept column.
    label : str
        Label of its axis.
    title : str
        Title of the figure.
    levels : sequence of (str, int)
        Family, and bits b or thresholds M, of each line.

    Returns
    -------
    Figure
        One panel.
    """
    figure = Figure(figsize=(7.5, 5), layout="constrained")
    axes = figure.subplots()
    for family, level in levels:
        rows = table[(table["readout"] == family) & (table["levels"] == level)].sort_values(x)
        if len(rows):
            _accuracy_line(axes, rows[x].astype(float), rows, family)
            symbol = rows["symbol"].iloc[0]
            container = axes.containers[-1]
            assert isinstance(container, ErrorbarContainer)
            container.set_label(f"{_LABEL.get(family, family)}, {symbol} = {level}")
            if level != max(v for f, v in levels if f == family):
                container.lines[0].set(linestyle=":", markerfacecolor="white")
    axes.set(xlabel=label, ylabel="test accuracy (%)", title=title)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return figure


def examples(
    columns: Mapping[str, Sequence[npt.NDArray[np.float64]]], rows: Sequence[str], title: str
) -> Figure:
    """Draw a grid of images on a scale from 0 to 1.

    Parameters
    ----------
    columns : mapping of sequence of array
        By title: one image per row, float64 [H, W] or [H, W, 3], 0 to 1.
    rows : sequence of str
        Label of each row.
    title : str
        Title of the figure.

    Returns
    -------
    Figure
        The grid.
    """
    size = (1.75 * len(columns), 1.95 * len(rows) + 0.5)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(rows), len(columns), squeeze=False)
    for column, (name, images) in enumerate(columns.items()):
        for row, image in enumerate(images):
            axes = grid[row, column]
            axes.imshow(np.clip(image, 0, 1), cmap="gray", vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[])
            if row == 0:
                axes.set_title(name, fontsize=8)
            if column == 0:
                axes.set_ylabel(rows[row], fontsize=8)
    figure.suptitle(title, fontsize=9)
    return figure


def searched_front(data: xr.Dataset) -> Figure:
    """Plot all designs that a search tried, and the chosen ones as measured on other images.

    Parameters
    ----------
    data : Dataset
        Result of `sensorsim.experiments.optimize.front.measured_front`.

    Returns
    -------
    Figure
        Accuracy over energy.
    """
    figure = Figure(figsize=(7.5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot(
        data["trial_energy_pj"] * 1e-3, 100 * data["trial_accuracy"], ".", color="tab:gray",
        alpha=0.5, label=f"tried, on {data.attrs['search_images']} images, typical prices",
    )  # fmt: skip
    energy = data["goal_energy_pj"].values * 1e-3
    accuracy = 100 * data["accuracy"].values
    axes.errorbar(
        energy, accuracy, color="tab:red", marker="o", linestyle="none", capsize=2,
        yerr=_distances(accuracy, 100 * data["accuracy_low"], 100 * data["accuracy_high"]),
        xerr=_distances(
            energy, data["goal_energy_pj_low"] * 1e-3, data["goal_energy_pj_high"] * 1e-3
        ),
        label=f"chosen, on {int(data['images'][0])} other images; bars: 95 %",
    )  # fmt: skip
    axes.plot(
        energy, 100 * data["dies_accuracy_mean"], "_", color="black", markersize=11,
        label=f"mean of dies {data.attrs['dies']}",
    )  # fmt: skip
    axes.set(
        xscale="log", ylabel="accuracy (%)",
        xlabel=f"energy per frame (nJ): {data.attrs['stages']}",
    )  # fmt: skip
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, loc="lower right")
    return figure


def _distances(
    center: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Lengths of error bars, float64 [2, N]; an interval need not contain its center."""
    middle = np.asarray(center, np.float64)
    return np.maximum(0, np.stack([middle - np.asarray(low), np.asarray(high) - middle]))

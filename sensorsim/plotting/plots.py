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
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from pandas.api.types import is_numeric_dtype

from sensorsim.core.files import atomic_write
from sensorsim.plotting.styles import FEWER_LEVELS, GRAY, VERMILION, family_name, style
from sensorsim.tonemap import PiecewiseLinear

_DARKEST = 1e-4
"""Signals below are drawn there, part of full scale: a logarithmic axis has no zero."""


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


def _families(table: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(table["readout"]))


def _accuracy_line(
    axes: Axes, x: npt.ArrayLike, rows: pd.DataFrame, family: str
) -> ErrorbarContainer:
    color, marker, line = style(family)
    accuracy = 100 * rows["accuracy"].to_numpy()
    error = [
        100 * (rows["accuracy"] - rows["accuracy_low"]).to_numpy(),
        100 * (rows["accuracy_high"] - rows["accuracy"]).to_numpy(),
    ]
    alone = len(rows) == 1  # no line leads to it: it must not vanish under others
    return axes.errorbar(
        np.asarray(x), accuracy, yerr=error, color=color, marker=marker, linestyle=line,
        markersize=9 if alone else 5, linewidth=1.3, capsize=2, label=family_name(family),
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
        _name_levels(panels[0], rows["readout_energy_pj_typical"] * 1e-3, rows, color)
        unlike = rows[rows["levels"] != rows["bits_per_sample"]]
        _name_levels(panels[2], unlike["bits_per_sample"], unlike, color)
    panels[0].set(xlabel="readout energy per frame (nJ)",
                  ylabel="test accuracy (%), spaced by the logarithm of the errors")  # fmt: skip
    panels[1].set(xlabel="whole energy per frame (µJ)")
    panels[2].set(xscale="log", xlabel="bits per sample")
    bits = sorted(set(table["bits_per_sample"].astype(int)))
    panels[2].set_xticks(bits, labels=[f"{b}" for b in bits])
    panels[2].minorticks_off()
    for axes, ticks in ((panels[0], (1,)), (panels[1], (1, 2, 5))):
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=ticks))
        axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
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
        "to 90th percentile; small numbers: bits b or levels M (right: where they differ)",
        fontsize=10,
    )
    return figure


def _name_levels(axes: Axes, x: pd.Series, rows: pd.DataFrame, color: str) -> None:
    """Write the number of levels or bits beside each point."""
    for place, accuracy, levels in zip(x, rows["accuracy"], rows["levels"], strict=True):
        axes.annotate(
            f"{levels}", (place, 100 * accuracy), xytext=(4, -9), textcoords="offset points",
            fontsize=7, color=color,
        )  # fmt: skip


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
    values = np.sort(np.asarray(samples))
    below = np.linspace(0, 1, values.size)
    for axes, scale in zip(panels, ("linear", "log"), strict=True):
        axes.plot(
            np.maximum(values, _DARKEST), below, color="gold", linewidth=4, alpha=0.6, zorder=0,
            label="share of lit samples below",
        )  # fmt: skip
        for family, curve in curves.items():
            color, marker, line = style(family)
            inner = list(range(1, len(curve.x) - 1))  # the ends of a curve are no thresholds
            axes.plot(
                np.maximum(curve.x, _DARKEST), curve.y, color=color, linestyle=line, marker=marker,
                markevery=inner, label=family_name(family),
            )  # fmt: skip
        axes.set(xscale=scale, xlabel="signal (part of full scale)", ylim=(0, 1.02))
        axes.grid(alpha=0.3)
    panels[1].set_xlim(3 * _DARKEST, 1)
    panels[0].set(xlim=(0, 1), ylabel="tone (share of thresholds reached)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, loc="outside lower center", ncols=len(labels))
    figure.suptitle(f"{levels} thresholds read as a tone curve (markers: the thresholds, joined)")
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
        Label of its axis, with the unit.
    title : str
        Title of the figure.
    levels : sequence of (str, int)
        Family, and bits b or thresholds M, of each line.

    Returns
    -------
    Figure
        One panel.

    Raises
    ------
    TypeError
        If the swept column holds no numbers.
    """
    if not is_numeric_dtype(table[x]):
        raise TypeError(f"column {x} holds {table[x].dtype}, expected numbers to sort by")
    figure = Figure(figsize=(7.5, 5.4), layout="constrained")
    axes = figure.subplots()
    for family, level in levels:
        rows = table[(table["readout"] == family) & (table["levels"] == level)].sort_values(x)
        if rows.empty:
            continue
        drawn = _accuracy_line(axes, rows[x], rows, family)
        drawn.set_label(f"{family_name(family)}, {rows['symbol'].iloc[0]} = {level}")
        finer = sum(f == family and other > level for f, other in levels)
        if finer:
            line = FEWER_LEVELS[(finer - 1) % len(FEWER_LEVELS)]
            drawn.lines[0].set(linestyle=line, markerfacecolor="white")
    axes.set(xlabel=label, ylabel="test accuracy (%)")
    axes.set_title(f"{title}\nbars: 95 % intervals", fontsize=10)
    axes.grid(alpha=0.3)
    figure.legend(fontsize=8, loc="outside lower center", ncols=3)
    return figure


def examples(
    columns: Mapping[str, Sequence[npt.NDArray[np.float64]]], rows: Sequence[str], title: str
) -> Figure:
    """Draw a grid of images, each stretched from 0 to its own largest value.

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
        The grid; the largest value stands below each image. An image of zeros is a gray tile that
        says so.
    """
    size = (1.45 * len(columns) + 0.3, 1.75 * len(rows) + 0.8)
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(rows), len(columns), squeeze=False)
    for column, (name, images) in enumerate(columns.items()):
        for row, image in enumerate(images):
            axes = grid[row, column]
            _stretched(axes, image)
            if row == 0:
                axes.set_title(name, fontsize=7)
            if column == 0:
                axes.set_ylabel(rows[row], fontsize=8)
    figure.suptitle(f"{title}; white: the largest value, stated below", fontsize=9)
    return figure


def _stretched(axes: Axes, image: npt.NDArray[np.float64]) -> None:
    largest = float(image.max())
    axes.set(xticks=[], yticks=[])
    if largest > 0:
        axes.imshow(image / largest, cmap="gray", vmin=0, vmax=1)
        axes.set_xlabel(f"largest {100 * largest:.3g} %", fontsize=7)
        return
    axes.imshow(np.full(image.shape[:2], 0.5), cmap="gray", vmin=0, vmax=1)
    axes.text(0.5, 0.5, "all 0", transform=axes.transAxes, ha="center", va="center", fontsize=8)


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
    figure = Figure(figsize=(8.5, 5.4), layout="constrained")
    axes = figure.subplots()
    axes.plot(
        data["trial_energy_pj"] * 1e-3, 100 * data["trial_accuracy"], ".", color=GRAY, alpha=0.5,
        label=f"tried, on {data.attrs['search_images']} images, typical prices",
    )  # fmt: skip
    energy = data["goal_energy_pj"].values * 1e-3
    accuracy = 100 * data["accuracy"].values
    axes.errorbar(
        energy, accuracy, color=VERMILION, marker="o", linestyle="none", capsize=2,
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
    figure.legend(fontsize=8, loc="outside lower center", ncols=3)
    return figure


def _distances(
    center: npt.ArrayLike, low: npt.ArrayLike, high: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Lengths of error bars, float64 [2, N]; an interval need not contain its center."""
    middle = np.asarray(center, np.float64)
    return np.maximum(0, np.stack([middle - np.asarray(low), np.asarray(high) - middle]))

"""Figures of a training report, from arrays."""

from io import BytesIO

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sensorsim.plotting.styles import BLUE, GRAY, GREEN, PALETTE, VERMILION

Values = npt.NDArray[np.float64]
_WIDTH_IN = 9.6
_DECADE = 10.0
_MOST_MARKED = 30
"""With more points, a curve has no markers."""
_NUMBER_HEIGHT = 0.035
"""Height of a line's number, part of the axes."""
_MOST_NAMED = 40
"""With more classes, a confusion matrix has numbers on its axes instead of names."""
_MOST_COUNTED = 16
"""With more classes, cells do not show their counts."""


def png(figure: Figure) -> bytes:
    """Encode a figure as a PNG file.

    Parameters
    ----------
    figure : Figure
        The figure.

    Returns
    -------
    bytes
        Content of the file; without date and version, so that equal figures give equal bytes.
    """
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=150, metadata={"Software": None})
    return buffer.getvalue()


def learning_curves(epochs: Values, loss: Values, accuracy: Values, rate: Values) -> Figure:
    """Plot loss, early validation accuracy and learning rate over the epochs.

    Parameters
    ----------
    epochs : float64 [N]
        Passes over the training images.
    loss : float64 [N]
        Training loss, nat.
    accuracy : float64 [N]
        Early validation accuracy, 0 to 1; NaN where it was not measured.
    rate : float64 [N]
        Learning rate of the weights.

    Returns
    -------
    Figure
        Three panels.
    """
    figure = Figure(figsize=(_WIDTH_IN, 3.1), layout="constrained")
    panels = figure.subplots(1, 3)
    curves = (
        (loss, "training loss (nat)", BLUE),
        (100 * accuracy, "early validation accuracy (%)", GREEN),
        (rate, "learning rate of weights", GRAY),
    )
    for axes, (values, label, color) in zip(panels, curves, strict=True):
        known = np.isfinite(values)
        marker = "o" if known.sum() <= _MOST_MARKED else None
        axes.plot(epochs[known], values[known], color=color, marker=marker, markersize=3)
        axes.set(xlabel="epoch", title=label, xlim=(0, epochs.max() * 1.02))
        axes.title.set_fontsize(10)
        axes.grid(alpha=0.3)
    panels[2].set_ylim(bottom=0)
    return figure


def tone_curve(levels: Values, start: Values | None) -> Figure:
    """Plot the number of levels that light reaches, as a staircase.

    Parameters
    ----------
    levels : float64 [M]
        Levels as fractions of full scale, ascending.
    start : float64 [M] or None
        Initial levels as fractions of full scale; None if they were not trained.

    Returns
    -------
    Figure
        One panel; its axis of light is logarithmic if the levels span a decade.
    """
    figure = Figure(figsize=(_WIDTH_IN, 3.8), layout="constrained")
    axes = figure.subplots()
    low = _set_light_scale(axes, levels if start is None else np.concatenate((levels, start)))
    curves = [(levels, "trained" if start is not None else "levels", VERMILION, "-")]
    if start is not None:
        curves.insert(0, (start, "at the start", GRAY, "--"))
    for values, label, color, line in curves:
        x = np.concatenate(([low], values, [1.0]))
        y = np.concatenate((np.arange(values.size + 1), [values.size]))
        axes.step(x, y, where="post", color=color, linestyle=line, label=label)
        if values.size <= 32:
            axes.plot(values, np.arange(1, values.size + 1), ".", color=color)
    axes.set(xlabel="light (part of full scale)", ylabel="number of levels reached", xlim=(low, 1))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(alpha=0.3)
    if start is not None:
        axes.legend(fontsize=9)
    return figure


def _set_light_scale(axes: Axes, levels: Values) -> float:
    """Choose the scale of the axis of light; return where the axis begins."""
    lowest = float(levels.min())
    if levels.max() < _DECADE * lowest:
        return 0.0
    axes.set_xscale("log")
    return lowest / 2


def threshold_moves(epochs: Values, thresholds: Values) -> Figure:
    """Plot every threshold over the epochs.

    Parameters
    ----------
    epochs : float64 [N]
        Passes over the training images.
    thresholds : float64 [N, M]
        Thresholds as fractions of full scale.

    Returns
    -------
    Figure
        One panel; its axis of thresholds is logarithmic if they span a decade.
    """
    figure = Figure(figsize=(_WIDTH_IN, 3.8), layout="constrained")
    axes = figure.subplots()
    marker = "." if epochs.size <= _MOST_MARKED else None
    if thresholds.max() >= _DECADE * thresholds.min():
        axes.set_yscale("log")
    for number, values in enumerate(thresholds.T, 1):
        color = PALETTE[(number - 1) % len(PALETTE)]
        axes.plot(epochs, values, color=color, marker=marker, linewidth=1.3)
    axes.set(xlabel="epoch", ylabel="threshold (part of full scale)")
    axes.set_xlim(epochs.min(), epochs.max() * 1.04)
    _number_lines(axes, float(epochs[-1]), thresholds[-1])
    axes.grid(alpha=0.3)
    return figure


def _number_lines(axes: Axes, x: float, ends: Values) -> None:
    """Write the number of each line at its end; move numbers up where they would overlap."""
    axes.autoscale_view()
    to_axes = axes.transData + axes.transAxes.inverted()
    low = -np.inf
    for number, end in enumerate(ends, 1):
        place = float(to_axes.transform((x, end))[1])
        low = max(place, low + _NUMBER_HEIGHT)
        axes.annotate(
            str(number), (x, low), xycoords=("data", "axes fraction"), xytext=(5, 0),
            textcoords="offset points", va="center", fontsize=8,
            color=PALETTE[(number - 1) % len(PALETTE)],
        )  # fmt: skip


def confusion_matrix(counts: npt.NDArray[np.int64], names: tuple[str, ...]) -> Figure:
    """Plot the decisions for the images of each class.

    Parameters
    ----------
    counts : int64 [classes, classes]
        Number of images; rows are labels, columns decisions.
    names : tuple of str
        Class names.

    Returns
    -------
    Figure
        A matrix, colored by the share of each row.
    """
    classes = len(names)
    side = min(8.6, 3.2 + 0.42 * classes)
    figure = Figure(figsize=(side + 0.9, side), layout="constrained")
    axes = figure.subplots()
    totals = counts.sum(1, keepdims=True)
    share = 100 * counts / np.maximum(totals, 1)
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=100)
    axes.set(xlabel="decision", ylabel="label")
    if classes <= _MOST_NAMED:
        size = 9 if classes <= _MOST_COUNTED else 6
        short = [n if len(n) <= 20 else f"{n[:19]}…" for n in names]
        ticks = range(classes)
        # Do not parse a dollar sign in a name as a formula.
        axes.set_xticks(
            ticks, short, rotation=45, ha="right", rotation_mode="anchor", fontsize=size,
            parse_math=False,
        )  # fmt: skip
        axes.set_yticks(ticks, short, fontsize=size, parse_math=False)
    if classes <= _MOST_COUNTED:
        for (row, column), count in np.ndenumerate(counts):
            color = "white" if share[row, column] > 60 else "black"
            axes.text(column, row, str(count), ha="center", va="center", fontsize=8, color=color)
    figure.colorbar(image, ax=axes, label="share of the label's images (%)", shrink=0.8)
    return figure

"""What the figures of a training report draw."""

import numpy as np
import pytest
from matplotlib.axes import Axes

from sensorsim.training import report_figures


def test_curves_join_what_was_measured() -> None:
    epochs = np.arange(1, 41.0)
    accuracy = np.where(epochs % 10 == 0, epochs / 100, np.nan)
    figure = report_figures.learning_curves(epochs, 1 / epochs, accuracy, 0.01 / epochs)
    loss, early, rate = figure.axes
    np.testing.assert_allclose(loss.lines[0].get_data(), [epochs, 1 / epochs])
    np.testing.assert_allclose(early.lines[0].get_data(), [[10, 20, 30, 40], [10, 20, 30, 40]])
    assert early.lines[0].get_marker() == "o", "few points are marked"
    assert loss.lines[0].get_marker() == "None"
    assert [a.get_title() for a in figure.axes] == [
        "training loss (nat)", "early validation accuracy (%)", "learning rate of weights",
    ]  # fmt: skip
    assert {a.get_xlabel() for a in figure.axes} == {"epoch"}
    assert rate.get_ylim()[0] == 0


@pytest.mark.parametrize(("levels", "scale"), [((0.01, 0.5), "log"), ((0.2, 0.5), "linear")])
def test_staircase_steps_up_at_each_level(levels: tuple[float, float], scale: str) -> None:
    (axes,) = report_figures.tone_curve(np.array(levels), np.array([0.1, 0.3])).axes
    assert axes.get_xscale() == scale
    start, _, trained, _ = axes.lines
    assert (start.get_label(), trained.get_label()) == ("at the start", "trained")
    assert trained.get_drawstyle() == "steps-post"
    x, y = trained.get_data()
    np.testing.assert_allclose(x[1:], [*levels, 1])
    np.testing.assert_allclose(y, [0, 1, 2, 2])
    assert axes.get_xlabel() == "light (part of full scale)"
    assert axes.get_ylabel() == "number of levels reached"


def test_thresholds_are_drawn_over_the_epochs_with_numbers_that_do_not_overlap() -> None:
    epochs = np.array([0.0, 1.0, 2.0])
    thresholds = np.array([[0.01, 0.5, 0.6], [0.02, 0.55, 0.56], [0.03, 0.58, 0.581]])
    figure = report_figures.threshold_moves(epochs, thresholds)
    (axes,) = figure.axes
    for line, values in zip(axes.lines, thresholds.T, strict=True):
        np.testing.assert_allclose(line.get_data(), [epochs, values])
    assert axes.get_yscale() == "log"
    assert axes.get_ylabel() == "threshold (part of full scale)"
    assert [text.get_text() for text in axes.texts] == ["1", "2", "3"]
    assert [t.get_color() for t in axes.texts] == [x.get_color() for x in axes.lines]
    heights = [text.xy[1] for text in axes.texts]
    assert np.diff(heights).min() >= report_figures._NUMBER_HEIGHT * (1 - 1e-9)
    assert heights[0] == pytest.approx(_height(axes, 0.03))


def _height(axes: Axes, value: float) -> float:
    to_axes = axes.transData + axes.transAxes.inverted()
    return float(to_axes.transform((2.0, value))[1])


def test_confusion_matrix_shows_shares_counts_and_names() -> None:
    counts = np.array([[3, 1], [0, 0]])
    axes, bar = report_figures.confusion_matrix(counts, ("cat", "dog")).axes
    np.testing.assert_allclose(axes.images[0].get_array(), [[75, 25], [0, 0]])
    assert axes.images[0].get_clim() == (0, 100)
    assert {t.get_position(): t.get_text() for t in axes.texts} == {
        (0, 0): "3", (1, 0): "1", (0, 1): "0", (1, 1): "0",
    }  # fmt: skip
    for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [t.get_text() for t in labels] == ["cat", "dog"]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("decision", "label")
    assert bar.get_ylabel() == "share of the label's images (%)"

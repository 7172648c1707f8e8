"""What the figures of readouts draw: values and order of lines, labels, legends."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

from sensorsim.plotting import plots
from sensorsim.tonemap import curve_of


def row(family: str, levels: int, accuracy: float, **more: float) -> dict[str, object]:
    return {
        "readout": family, "levels": levels, "symbol": "M" if family == "glt" else "b",
        "accuracy": accuracy, "accuracy_low": accuracy - 0.02, "accuracy_high": accuracy + 0.03,
        "bits_per_sample": levels, **more,
    }  # fmt: skip


def bars(axes: Axes) -> dict[str, ErrorbarContainer]:
    return {str(c.get_label()): c for c in axes.containers if isinstance(c, ErrorbarContainer)}


def ends(bar: ErrorbarContainer) -> np.ndarray:
    """Lower and upper end of each vertical interval, [N, 2]."""
    (segments,) = bar.lines[2]
    return np.array([s[:, 1] for s in segments.get_segments()])


def legend_of(figure: Figure) -> list[str]:
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


@pytest.mark.parametrize("stops", [(0, -1, -3, -5), (-3, 0, -10, -2)])
def test_exposures_are_joined_in_the_order_of_their_numbers(stops: tuple[int, ...]) -> None:
    table = pd.DataFrame([row("glt", 8, 0.9 + 0.01 * s, exposure_stops=float(s)) for s in stops])
    figure = plots.accuracy_lines(table, "exposure_stops", "exposure (stops)", "a", [("glt", 8)])
    (axes,) = figure.axes
    (bar,) = bars(axes).values()
    x, y = bar.lines[0].get_data()
    assert list(x) == sorted(stops)
    np.testing.assert_allclose(y, [90 + s for s in sorted(stops)])
    np.testing.assert_allclose(ends(bar), np.stack([y - 2, y + 3], 1))
    assert axes.get_xlabel() == "exposure (stops)"
    assert axes.get_ylabel() == "test accuracy (%)"
    assert "95 % intervals" in axes.get_title()


def test_text_is_no_axis() -> None:
    table = pd.DataFrame([row("glt", 8, 0.9, exposure="-5"), row("glt", 8, 0.9, exposure="0")])
    with pytest.raises(TypeError, match="column exposure holds"):
        plots.accuracy_lines(table, "exposure", "", "", [("glt", 8)])


def test_lines_of_one_family_differ_and_missing_readouts_are_left_out() -> None:
    table = pd.DataFrame([row("glt", m, 0.8, mv=x) for m in (2, 4, 8) for x in (0.0, 2.0)])
    wanted = [("glt", 4), ("adc-log", 8), ("glt", 8), ("glt", 2)]
    figure = plots.accuracy_lines(table, "mv", "offset (mV)", "", wanted)
    drawn = bars(figure.axes[0])
    assert list(drawn) == legend_of(figure) == [
        "GLT (learned), M = 4", "GLT (learned), M = 8", "GLT (learned), M = 2",
    ]  # fmt: skip
    styles = {
        n: (b.lines[0].get_linestyle(), b.lines[0].get_markerfacecolor()) for n, b in drawn.items()
    }
    assert len(set(styles.values())) == 3
    assert styles["GLT (learned), M = 8"][0] == "-"
    assert len({b.lines[0].get_color() for b in drawn.values()}) == 1


@pytest.fixture
def headline() -> pd.DataFrame:
    def priced(family: str, levels: int, accuracy: float, nj: float) -> dict[str, object]:
        prices = {
            f"{kind}_{end}": factor * scale * nj
            for kind, scale in (("readout_energy_pj", 1e3), ("energy_pj", 1e6))
            for end, factor in (("low", 0.5), ("typical", 1), ("high", 3))
        }
        return row(family, levels, accuracy, **prices)

    table = pd.DataFrame([
        priced("adc-log", 8, 0.9, 8.0), priced("glt", 4, 0.85, 4.0), priced("glt", 1, 0.7, 1.0),
        priced("log-gradient", 2, 0.8, 2.0),
    ])  # fmt: skip
    table.loc[3, "bits_per_sample"] = 4
    return table


def test_tradeoff_joins_the_readouts_of_a_family_by_their_levels(headline: pd.DataFrame) -> None:
    figure = plots.tradeoff(headline, "fashion-mnist")
    readout, whole, bits = figure.axes
    assert [a.get_xlabel() for a in figure.axes] == [
        "readout energy per frame (nJ)", "whole energy per frame (µJ)", "bits per sample",
    ]  # fmt: skip
    assert "logarithm of the errors" in readout.get_ylabel()
    assert legend_of(figure) == ["ADC, log ramp", "GLT (learned)", "log-gradient"]
    for axes, x in ((readout, [1, 4]), (whole, [1, 4]), (bits, [1, 4])):
        line = bars(axes)["GLT (learned)"].lines[0]
        np.testing.assert_allclose(line.get_xdata(), x)
        np.testing.assert_allclose(line.get_ydata(), [70, 85])
    np.testing.assert_allclose(ends(bars(whole)["ADC, log ramp"]), [[88, 93]])
    title = figure.get_suptitle()
    for words in ("fashion-mnist", "95 % intervals", "bands", "small numbers"):
        assert words in title
    assert [t.get_text() for t in readout.texts] == ["8", "1", "4", "2"]
    assert [t.get_text() for t in bits.texts] == ["2"], "where levels are not the bits"


def test_bands_of_the_tradeoff_span_the_prices(headline: pd.DataFrame) -> None:
    axes = plots.tradeoff(headline, "").axes[0]
    spans = [
        tuple(segment[:, 0])
        for collection in axes.collections
        for segment in collection.get_segments()
        if segment[0, 1] == segment[1, 1]
    ]
    assert sorted(spans) == [(0.5, 3), (1, 6), (2, 12), (4, 24)]


def test_axis_of_accuracy_spaces_equal_ratios_of_errors_equally() -> None:
    axes = Figure().subplots()
    plots._stretch_high_accuracies(axes)
    y = axes.transScale.transform([(0, a) for a in (61, 81, 91)])[:, 1]
    assert y[1] - y[0] == pytest.approx(y[2] - y[1])


def test_tone_curves_mark_the_thresholds_and_share_one_legend() -> None:
    levels = np.array([0.01, 0.1, 0.5])
    figure = plots.tone_curves({"glt": curve_of(levels)}, np.array([0.4, 0.2, 0.1]), 3)
    assert legend_of(figure) == ["share of lit samples below", "GLT (learned)"]
    assert [a.get_xscale() for a in figure.axes] == ["linear", "log"]
    for axes in figure.axes:
        below, line = axes.lines
        np.testing.assert_allclose(below.get_xdata(), [0.1, 0.2, 0.4])
        np.testing.assert_allclose(below.get_ydata(), [0, 0.5, 1])
        marked = line.get_xdata()[line.get_markevery()]
        np.testing.assert_allclose(marked, levels)
        np.testing.assert_allclose(line.get_ydata()[line.get_markevery()], [0.25, 0.5, 0.75])
        assert axes.get_xlabel() == "signal (part of full scale)"


def test_examples_are_stretched_and_say_their_largest_value() -> None:
    dark = np.array([[0.0, 0.05], [0.1, 0.02]])
    figure = plots.examples({"a": [dark, np.zeros((2, 2))]}, ["-5 stops", "0 stops"], "codes")
    upper, lower = figure.axes
    np.testing.assert_allclose(upper.images[0].get_array(), 10 * dark)
    assert upper.images[0].get_clim() == (0, 1)
    assert (upper.get_title(), upper.get_ylabel()) == ("a", "-5 stops")
    assert upper.get_xlabel() == "largest 10 %"
    assert [t.get_text() for t in lower.texts] == ["all 0"]
    assert (np.asarray(lower.images[0].get_array()) == 0.5).all(), "no black tile"


def test_searched_front_shows_trials_choice_and_intervals() -> None:
    data = xr.Dataset(
        {
            "trial_energy_pj": ("trial", [1e3, 5e3]), "trial_accuracy": ("trial", [0.5, 0.6]),
            "goal_energy_pj": ("design", [2e3]), "goal_energy_pj_low": ("design", [1e3]),
            "goal_energy_pj_high": ("design", [4e3]), "accuracy": ("design", [0.7]),
            "accuracy_low": ("design", [0.6]), "accuracy_high": ("design", [0.75]),
            "dies_accuracy_mean": ("design", [0.65]), "images": ("design", [100]),
        },
        attrs={"search_images": 50, "dies": "0, 1", "stages": "readout, link"},
    )  # fmt: skip
    figure = plots.searched_front(data)
    (axes,) = figure.axes
    tried, dies = axes.lines[0], axes.lines[-1]
    np.testing.assert_allclose(tried.get_data(), [[1, 5], [50, 60]])
    np.testing.assert_allclose(dies.get_data(), [[2], [65]])
    (chosen,) = bars(axes).values()
    np.testing.assert_allclose(chosen.lines[0].get_data(), [[2], [70]])
    across, upright = (c.get_segments()[0] for c in chosen.lines[2])
    np.testing.assert_allclose(across[:, 0], [1, 4])
    np.testing.assert_allclose(upright[:, 1], [60, 75])
    assert axes.get_xlabel() == "energy per frame (nJ): readout, link"
    assert legend_of(figure) == [
        "tried, on 50 images, typical prices", "mean of dies 0, 1",
        "chosen, on 100 other images; bars: 95 %",
    ]  # fmt: skip

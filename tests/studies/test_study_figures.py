"""What the studies' figures draw, from small made-up results."""

import argparse
import importlib
from dataclasses import dataclass

import bit_errors
import break_even
import energy_breakdown
import low_light
import numpy as np
import pandas as pd
import pareto
import photon_transfer
import pytest
import tone_mapping
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sensorsim.circuits.ledger import STAGES
from sensorsim.experiments.optimize.search import Split
from sensorsim.lab.device_under_test import find_device, put_on_bench
from sensorsim.tonemap import Linear, Log, curve_of

yields = importlib.import_module("yield")  # a word of the language


def bars(axes: Axes) -> dict[str, ErrorbarContainer]:
    found = [c for c in axes.containers if isinstance(c, ErrorbarContainer)]
    return {str(c.get_label()): c for c in found}


def xy(line: Line2D) -> np.ndarray:
    """Places and values of a line, [2, N]."""
    return np.array([line.get_xdata(), line.get_ydata()], np.float64)


def ends(bar: ErrorbarContainer, axis: int = 1) -> np.ndarray:
    """Ends of the intervals along an axis, [N, 2]."""
    segments = bar.lines[2][-1].get_segments()
    return np.array([s[:, axis] for s in segments])


def legend_of(figure: Figure) -> list[str]:
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def light_rows(readout: str, stops: int, accuracy: float, **more: object) -> dict[str, object]:
    family, _, levels = readout.rpartition("-")
    return {
        "readout": readout, "family": family, "levels": int(levels), "exposure_stops": stops,
        "white_e": 9000 * 2.0**stops, "illuminance_lux": 50 * 2.0**stops, "snr_db": 40.0 + stops,
        "accuracy": accuracy, "accuracy_low": accuracy - 0.1, "accuracy_high": accuracy + 0.05,
        "images": 7, "sensor": "default", "references": "fixed", "noise": low_light.TOP,
    } | more  # fmt: skip


@pytest.fixture
def lights() -> pd.DataFrame:
    """Four readouts, one of a family that nobody has seen, under two lights out of order."""
    rows = []
    for place, readout in enumerate(("adc-linear-8", "glt-4", "glt-8", "spad-3")):
        for stops in (-4, 0):
            accuracy = 0.5 + 0.01 * place + 0.02 * stops
            sensors = [{"sensor": s} for s in (low_light.DEFAULT, *low_light.SENSORS)]
            noises = [{"noise": n} for n in low_light.RUNGS if n != low_light.TOP]
            rows += [light_rows(readout, stops, accuracy, **m) for m in (*sensors, *noises)]
    return pd.DataFrame(rows)


def test_ladder_has_a_panel_for_every_readout_and_a_line_for_every_rung(
    lights: pd.DataFrame,
) -> None:
    figure = low_light.ladder_figure(lights, low_light.FIXED)
    panels = [a for a in figure.axes if a.get_title()]
    assert [a.get_title() for a in panels] == ["adc-linear-8", "glt-4", "glt-8", "spad-3"]
    assert legend_of(figure) == list(low_light.RUNGS)
    for place, axes in enumerate(panels):
        drawn = bars(axes)
        assert list(drawn) == list(low_light.RUNGS)
        x, y = xy(drawn[low_light.TOP].lines[0])
        np.testing.assert_allclose(x, [9000 / 16, 9000])
        np.testing.assert_allclose(y, [42 + place, 50 + place])
        np.testing.assert_allclose(ends(drawn[low_light.TOP])[1], [40 + place, 55 + place])
        looks = {(b.lines[0].get_marker(), b.lines[0].get_color()) for b in drawn.values()}
        assert len(looks) == len(low_light.RUNGS)
    labelled = [a for a in panels if a.get_xlabel()]
    assert [a.get_title() for a in labelled] == ["glt-4", "glt-8", "spad-3"], "lowest of a column"
    assert labelled[0].get_xlabel() == "signal of white (e-)"
    assert "95 % intervals" in figure.get_suptitle()


def test_sensors_show_every_readout_in_its_family_s_style(lights: pd.DataFrame) -> None:
    figure = low_light.sensors_figure(lights)
    assert [a.get_title() for a in figure.axes] == [low_light.DEFAULT, *low_light.SENSORS]
    assert legend_of(figure) == ["adc-linear-8", "glt-4", "glt-8", "spad-3"]
    drawn = bars(figure.axes[0])
    coarse, fine = drawn["glt-4"].lines[0], drawn["glt-8"].lines[0]
    assert coarse.get_color() == fine.get_color()
    assert coarse.get_linestyle() != fine.get_linestyle()
    np.testing.assert_allclose(xy(fine), [[50 / 16, 50], [44, 52]])
    assert {a.get_xlabel() for a in figure.axes} == {"scene (lux, D65)"}
    assert "95 % intervals" in figure.get_suptitle()


def test_snr_is_drawn_over_rising_light(lights: pd.DataFrame) -> None:
    lights.loc[lights["noise"] == low_light.NONE, "snr_db"] = np.inf
    left, right = low_light.snr_figure(lights).axes
    assert [line.get_label() for line in left.lines[:-1]] == list(low_light.RUNGS)[1:]
    np.testing.assert_allclose(xy(left.lines[0]), [[9000 / 16, 9000], [36, 40]])
    assert [x.get_label() for x in right.lines[:-1]] == [low_light.DEFAULT, *low_light.SENSORS]
    assert left.get_ylabel() == "SNR of white (dB)"


def test_break_even_draws_every_learned_readout_against_every_adc() -> None:
    rng = np.random.default_rng(0)
    learned, adcs, prices = ["GLT M=2", "ratio M=1"], ["ADC b=2", "ADC b=8", "cyclic b=4"], [0.1, 1]
    dims = ("learned", "adc")
    data = xr.Dataset(
        {
            "probability_over_percentile": ((*dims, "percentile"), rng.random((2, 3, 2))),
            "probability_over_link": (
                ("technology", *dims, "link_pj_per_bit"), rng.random((2, 2, 3, 2)),
            ),
            "accuracy_learned": ("learned", [0.8, 0.7]), "accuracy_adc": ("adc", [0.5, 0.6, 0.9]),
            "adc_family": ("adc", ["adc-linear", "adc-linear", "cyclic"]),
        },
        {
            "learned": learned, "adc": adcs, "percentile": [0, 100], "link_pj_per_bit": prices,
            "technology": list(break_even.TECHNOLOGIES),
        },
        {"images": 9},
    )  # fmt: skip
    figure = break_even.figure_of(data)
    titled = {a.get_title(): a for a in figure.axes if a.get_title()}
    assert list(titled) == [
        "against ADC b=2 (50.0 %)", "against ADC b=8 (60.0 %)", "against cyclic b=4 (90.0 %)",
    ]  # fmt: skip
    drawn = titled["against cyclic b=4 (90.0 %)"]
    assert [line.get_label() for line in drawn.lines] == ["GLT M=2 (80.0 %)", "ratio M=1 (70.0 %)"]
    for line, name in zip(drawn.lines, learned, strict=True):
        values = data["probability_over_percentile"].sel(learned=name, adc="cyclic b=4")
        np.testing.assert_allclose(xy(line), [[0, 100], values])
    assert drawn.get_xlabel() == "percentile of published ADCs"
    over_link = [a for a in figure.axes if a.get_xlabel() == "link (pJ per bit)"]
    assert len(over_link) == 3
    dashed = [line for line in over_link[0].lines if line.get_linestyle() == "--"]
    values = data["probability_over_link"].sel(technology="cmos65", adc="ADC b=2")
    np.testing.assert_allclose([line.get_ydata() for line in dashed], values)
    assert legend_of(figure)[-2:] == ["over the link: survey", "over the link: cmos65"]


def test_breakdown_stacks_the_stages_and_marks_the_range() -> None:
    rows = [
        {"technology": t, "readout": readout, "stage": stage, "accuracy": 0.8,
         "low_nj": typical / 2, "typical_nj": typical, "high_nj": 9 * typical}
        for t in energy_breakdown.TECHNOLOGIES
        for readout, scale in (("GLT M=2", 1.0), ("ADC b=4", 3.0))
        for stage, typical in [(s, scale * (n + 1)) for n, s in enumerate(STAGES)]
        + [("frame", scale * 15)]
    ]  # fmt: skip
    figure = energy_breakdown.figure_of(pd.DataFrame(rows), 100)
    whole, parts, *_ = figure.axes
    assert legend_of(figure) == list(STAGES)
    heights = [bar.get_height() for bar in whole.patches]
    np.testing.assert_allclose(np.reshape(heights, (5, 2)), np.outer(range(1, 6), [1, 3]))
    np.testing.assert_allclose([bar.get_y() for bar in whole.patches][-2:], [10, 30])
    (lines,) = whole.collections
    np.testing.assert_allclose([s[:, 1] for s in lines.get_segments()], [[7.5, 135], [22.5, 405]])
    assert [t.get_text() for t in whole.texts] == ["135", "405"], "off the scale"
    assert whole.get_xticklabels()[0].get_text() == "GLT\nM=2\n80.0 %"
    assert len(parts.patches) == 6, "pixel, readout and link"
    assert whole.get_ylabel() == "energy per frame (nJ)"
    assert len(set(energy_breakdown.COLORS.values())) == len(STAGES)
    assert "black" not in energy_breakdown.COLORS.values(), "the marks are black"


def test_pareto_draws_points_with_intervals_and_the_front() -> None:
    rows = [
        {"technology": t, "readout": f"{f} M={m}", "family": f, "accuracy": a, "sar": False,
         "accuracy_low": a - 0.01, "accuracy_high": a + 0.02, "energy_nj": e, "from_nj": e / 2,
         "to_nj": 4 * e, "on_front": front}
        for t in pareto.TECHNOLOGIES
        for f, m, a, e, front in (("glt", 8, 0.88, 4.0, True), ("glt", 2, 0.84, 1.0, True),
                                  ("adc-log", 2, 0.8, 2.0, False), ("adc-log", 1, 0.5, 1, False))
    ]  # fmt: skip
    front = xr.Dataset({
        "goal_energy_pj": ("design", [3e3]), "goal_energy_pj_low": ("design", [2e3]),
        "goal_energy_pj_high": ("design", [8e3]), "dies_accuracy_mean": ("design", [0.86]),
        "dies_accuracy_worst": ("design", [0.82]),
    })  # fmt: skip
    figure = pareto.figure_of(pd.DataFrame(rows), front, _split())
    left, right = figure.axes
    glt = bars(left)["GLT"]
    np.testing.assert_allclose(xy(glt.lines[0]), [[4, 1], [88, 84]])
    np.testing.assert_allclose(ends(glt), [[87, 90], [83, 86]])
    steps = next(x for x in left.lines if x.get_label() == "front of shipped readouts")
    np.testing.assert_allclose(xy(steps), [[1, 4], [84, 88]])
    assert bars(left)["log ADC"].lines[0].get_xdata().size == 1, "below the least accuracy"
    searched = bars(right)["searched, no auto-zero: 8 dies to the worst"]
    np.testing.assert_allclose(xy(searched.lines[0]), [[3], [86]])
    np.testing.assert_allclose(ends(searched), [[82, 86]])
    assert left.get_xlabel() == "readout and link (nJ per frame)"
    assert [t.get_text() for t in left.texts] == ["8", "2", "2"]
    low, high = left.get_ylim()
    assert low < 79 < 90 < high, "no interval is cut"


def _split() -> Split:
    fields = Split.__dataclass_fields__
    return Split(**dict.fromkeys(fields, 100))


def test_yield_draws_median_worst_and_best_die_and_the_share_of_good_ones() -> None:
    accuracy = np.array([[0.6, 0.9, 0.8], [0.3, 0.5, 0.4]])
    part = xr.Dataset(
        {
            "readout": ("point", ["GLT M=4"] * 2), "family": ("point", ["glt"] * 2),
            "training": ("point", ["usual"] * 2), "value": ("point", [1.0, 4.0]),
            "accuracy_without_sampling_error": (("point", "die"), accuracy),
            "yield_required": ("point", [1 / 3, 0.0]), "yield_required_low": ("point", [0.1, 0.0]),
            "yield_required_high": ("point", [0.8, 0.4]), "images": ("point", [50, 50]),
        }
    )  # fmt: skip
    figure = yields.figure_of({"offset": part, "mismatch": part}, argparse.Namespace(required=0.85))
    dies, good = figure.axes[:2]
    (bar,) = bars(dies).values()
    np.testing.assert_allclose(xy(bar.lines[0]), [[1, 4], [80, 40]])
    np.testing.assert_allclose(ends(bar), [[60, 90], [30, 50]])
    (bar,) = bars(good).values()
    np.testing.assert_allclose(bar.lines[0].get_ydata(), [100 / 3, 0])
    np.testing.assert_allclose(ends(bar), [[10, 80], [0, 40]])
    assert dies.get_xlabel() == "offset of comparators (mV rms)"
    assert figure.axes[4].get_xlabel() == "mismatch of reference levels (% of full scale rms)"
    assert legend_of(figure) == ["GLT M=4"]
    assert (dies.get_ylabel(), good.get_ylabel()) == ("accuracy (%)", "yield (%), 95 % interval")


def test_bit_errors_draw_every_pipeline_however_many() -> None:
    def results(accuracy: float) -> bit_errors.Results:
        found = {}
        for kind, axes in bit_errors.AXES.items():
            shape = tuple(map(len, axes.values()))
            values = {
                "accuracy": accuracy, "accuracy_low": accuracy - 0.1,
                "accuracy_high": accuracy + 0.05, "images": 10,
            }  # fmt: skip
            arrays = {k: (tuple(axes), np.full(shape, v)) for k, v in values.items()}
            found[kind] = xr.Dataset(arrays, {k: list(v) for k, v in axes.items()})
        return found

    names = [f"p{n}" for n in range(6)]
    figure = bit_errors.figure_of({n: results(0.1 * (k + 3)) for k, n in enumerate(names)})
    weights, activations, widths = figure.axes
    drawn = bars(activations)
    assert list(drawn) == names
    x, y = xy(drawn["p5"].lines[0])
    np.testing.assert_allclose(x, bit_errors.RATES)
    np.testing.assert_allclose(y, 80)
    np.testing.assert_allclose(ends(drawn["p5"])[0], [70, 85])
    assert len({bar.lines[0].get_color() for bar in drawn.values()}) == 6
    assert len(weights.containers) == 6 * len(bit_errors.DIES)
    assert list(bars(widths))[:2] == ["p0, saturate", "p0, wrap"]
    assert weights.get_xlabel() == "weight flip rate (logarithmic, linear below 0.001)"
    assert widths.get_xlabel() == "accumulator width (bits)"
    assert "95 % intervals" in figure.get_suptitle()


def test_tone_curves_are_sorted_by_accuracy_and_values_off_the_axis_are_written() -> None:
    rows = [
        {"curve": c, "parameters": p, "readout": kind, "levels": 4, "position": where,
         "accuracy": a, "accuracy_low": a - 0.01, "accuracy_high": a + 0.02, "images": 10}
        for c, p, kind, where, a in (
            ("learned", "", "thermometer", "analog", 0.86), ("linear", "", "thermometer", "", 0.3),
            ("log", "mu=4", "thermometer", "", 0.87), ("log", "mu=9", "adc", "analog", 0.85),
            ("log", "mu=9", "adc", "digital, 6 bits", 0.82),
        )
    ]  # fmt: skip
    left, right = tone_mapping.accuracy_figure(pd.DataFrame(rows)).axes
    assert [t.get_text() for t in left.get_yticklabels()] == ["linear", "learned", "log  mu=4"]
    middles = [xy(c.lines[0]) for c in left.containers]
    np.testing.assert_allclose(np.ravel(middles), [86, 1, 87, 2])
    np.testing.assert_allclose(ends(left.containers[0], 0), [[85, 88]])
    assert "30.0 %" in left.texts[0].get_text()
    assert [t.get_text() for t in right.get_yticklabels()] == ["digital\n6 bits", "analog"]
    assert left.get_xlabel() == "test accuracy (%)"


@dataclass
class Chain:
    """A chain as far as the figure of curves reads it."""

    levels: tuple[float, ...]

    @property
    def readout(self) -> "Chain":
        return self

    def transitions(self) -> np.ndarray:
        return np.array(self.levels)


def test_curves_stand_beside_the_learned_thresholds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tone_mapping, "_lit_samples", lambda _: np.array([0.1, 0.2, 0.4]))

    def point(name: str, curve: object, levels: tuple[float, ...], accuracy: float) -> object:
        entry = tone_mapping.Entry(name, curve, tone_mapping.THRESHOLDS, Chain(levels))
        result = xr.Dataset({"accuracy": accuracy, "images": 20})
        return tone_mapping.Point(entry, result)

    learned = (0.01, 0.05)
    points = [
        point("learned", curve_of(np.array(learned)), learned, 0.9),
        point("linear", Linear(), (1 / 3, 2 / 3), 0.5), point("log", Log(mu=100), (0.02, 0.3), 0.8),
    ]  # fmt: skip
    figure = tone_mapping.curves_figure(points)
    first, second = (a for a in figure.axes if a.get_title())
    assert [a.get_title() for a in (first, second)] == ["log mu=100\n80.0 %", "linear \n50.0 %"]
    joined, curve, marks = first.lines
    np.testing.assert_allclose(xy(joined), [learned, [1 / 3, 2 / 3]])
    np.testing.assert_allclose(curve.get_ydata(), Log(mu=100).apply(curve.get_xdata()))
    np.testing.assert_allclose(marks.get_xdata(), [0.02, 0.3])
    assert "learned thresholds, joined (90.0 %)" in figure.get_suptitle()


def test_transfer_draws_noise_over_signal_of_every_sensor() -> None:
    signal = np.array([1.0, 100.0, 1e4])
    curves = {f"s{n}": (signal, np.sqrt(signal) + n) for n in range(7)}
    curves["s0"][1][-1] = 0.0
    (axes,) = photon_transfer.transfer_figure(curves).axes
    assert [x.get_label() for x in axes.lines] == [*curves, "shot noise alone"]
    np.testing.assert_allclose(xy(axes.lines[3]), [signal, np.sqrt(signal) + 3])
    assert axes.lines[0].get_ydata()[-1] < axes.get_ylim()[0], "no noise left: off the axis"
    np.testing.assert_allclose(axes.lines[-1].get_ydata() ** 2, axes.lines[-1].get_xdata())
    assert len({(x.get_marker(), x.get_color()) for x in axes.lines[:-1]}) == 7
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("signal (e-)", "temporal noise (e- rms)")


def test_rungs_of_the_noise_ladder_lie_on_their_closed_forms() -> None:
    bench, _ = put_on_bench(find_device(photon_transfer.LADDER_SENSOR), rows=100, columns=100)
    (axes,) = photon_transfer.ladder_figure(bench, 4).axes
    marked = [x for x in axes.lines if x.get_linestyle() == "None"]
    lines = [x for x in axes.lines if x.get_linestyle() == "-"]
    assert [x.get_label() for x in marked] == [
        "total", "shot", "read", "fixed pattern: DSNU and PRNU",
    ]  # fmt: skip
    for measured, closed in zip(marked[:2], lines[:2], strict=True):
        np.testing.assert_allclose(measured.get_ydata(), closed.get_ydata(), rtol=0.05)
    assert axes.get_ylabel() == "noise over the pixels of a frame (e- rms)"

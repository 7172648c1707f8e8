"""What the pictures of a trace draw: samples, scales, marks and labels."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.patches import StepPatch

from sensorsim.plotting.pictures import draw

SPACE = ("row", "column", "color")
NUMBERS = np.array([[0, 1, 2], [2, 2, 1]])[..., np.newaxis]


def traced(light: np.ndarray, stops: float = 0.0) -> xr.DataTree:
    """A trace of two thresholds, full scale 1 V and 10,000 e-, as `trace_frame` makes it."""
    seen = light * 0.9 * 2.0**stops
    readout = {
        "code": (SPACE, (2**NUMBERS - 1).astype(np.uint8), {"long_name": "decisions"}),
        "digital_number": (SPACE, NUMBERS, {"units": "DN", "long_name": "thresholds reached"}),
        "transition": ("level", [0.001, 0.5], {"units": "V"}),
        "bit": ["threshold 1", "threshold 2"],
    }
    tree = xr.DataTree.from_dict({
        "scene": xr.Dataset(
            {"light": (SPACE, light), "exposure": stops, "white_illuminance": 43.0},
            attrs={"origin": "folder/a.png", "layout": "mono", "white": "light 1 is white"},
        ),
        "array": xr.Dataset(
            {"light": (SPACE, light), "electrons": (SPACE, 1e4 * seen), "full_well": 1e4}
        ),
        "photodiode": xr.Dataset({"signal": (SPACE, seen), "full_scale": 1.0}),
        "readout": xr.Dataset(readout, attrs={"largest_dn": 2}),
        "network": xr.Dataset({
            "score": ("class", [-1.0, 2.0]), "class_name": ("class", ["cat", "dog"]), "decision": 1,
        }),
    })  # fmt: skip
    for group in ("array", "photodiode", "readout"):
        tree[group].attrs["layout"] = "mono"
    return tree


def legend(axes: Axes) -> list[str]:
    found = axes.get_legend()
    return [] if found is None else [text.get_text() for text in found.get_texts()]


def counts(axes: Axes) -> tuple[np.ndarray, np.ndarray]:
    (steps,) = (p for p in axes.patches if isinstance(p, StepPatch))
    values, edges, _ = steps.get_data()
    return np.asarray(values), np.asarray(edges)


LIGHT = np.array([[0.0, 0.25, 0.5], [0.5, 1.0, 0.25]])[..., np.newaxis]


def test_stages_show_the_samples_with_their_units() -> None:
    figures = draw(traced(LIGHT))
    assert list(figures) == [
        "stages", "1-scene", "2-array", "3-photodiode", "4-readout", "5-bits", "6-network",
    ]  # fmt: skip
    title = figures["stages"].get_suptitle()
    assert title == "a.png (mono), 0 stops, white at 43 lux; light 1 is white"
    pictures, histograms = figures["stages"].axes[0:8:2], figures["stages"].axes[1:8:2]
    for axes, samples in zip(pictures, (LIGHT, LIGHT, 0.9 * LIGHT, NUMBERS), strict=True):
        np.testing.assert_allclose(axes.images[0].get_array(), samples[..., 0])
        assert (axes.get_xlabel(), axes.get_ylabel()) == ("column (pixel)", "row (pixel)")
    assert [a.get_xlabel() for a in histograms] == [
        "relative linear light", "mean electrons of light and dark (e-)",
        "volts at the pixel's output (V)", "thresholds reached (DN), of 0 to 2",
    ]  # fmt: skip
    bars = [a.get_ylabel() for a in figures["stages"].axes[8:]]
    assert bars == [
        "light (1 is white), gamma 2.2", "light on the array (1 is white), gamma 2.2",
        "volts (V), gamma 2.2", "thresholds reached (DN)",
    ]  # fmt: skip


def test_histogram_of_the_readout_counts_every_number() -> None:
    values, edges = counts(draw(traced(LIGHT))["4-readout"].axes[1])
    assert list(values) == [1, 2, 3]
    assert list(edges) == [-0.5, 0.5, 1.5, 2.5]


@pytest.mark.parametrize("stops", [0.0, -8.0])
def test_dark_scenes_fill_picture_and_histogram(stops: float) -> None:
    figures = draw(traced(LIGHT, stops))
    picture, histogram = figures["3-photodiode"].axes[:2]
    norm = picture.images[0].norm
    assert isinstance(norm, PowerNorm)
    shown = np.asarray(norm(0.9 * LIGHT * 2.0**stops))
    assert shown.max() == pytest.approx(1, abs=0.01), "no black tile"
    _, edges = counts(histogram)
    left, right = histogram.get_xlim()
    assert (edges[-1] - edges[0]) / (right - left) > 0.7, "no collapsed histogram"
    if stops:
        assert legend(histogram) == ["gray", "full well 1 V: off the axis", "1 of 2 levels"]
    else:
        assert legend(histogram) == ["gray", "full well", "levels"]
        marks = [line.get_xdata()[0] for line in histogram.lines if len(line.get_xdata())]
        np.testing.assert_allclose(marks, [1, 0.001, 0.5])


def test_light_above_white_is_drawn_on_a_logarithmic_axis() -> None:
    figures = draw(traced(np.geomspace(1e-4, 50, 6).reshape(2, 3, 1)))
    for name in ("1-scene", "2-array"):
        axes = figures[name].axes[1]
        assert axes.get_xscale() == "log"
        assert "all darker in the first bin" in axes.get_xlabel()
        values, edges = counts(axes)
        assert values.sum() == 6
        assert edges[0] > 0


def test_every_bit_is_a_picture_with_its_share() -> None:
    axes = draw(traced(LIGHT))["5-bits"].axes
    np.testing.assert_array_equal(axes[0].images[0].get_array(), NUMBERS[..., 0] >= 1)
    np.testing.assert_array_equal(axes[1].images[0].get_array(), NUMBERS[..., 0] >= 2)
    assert [a.get_title() for a in axes[:2]] == [
        "threshold 1: 83.3 %", "threshold 2: 50 %",
    ]  # fmt: skip
    np.testing.assert_allclose([bar.get_height() for bar in axes[2].patches], [500 / 6, 50])
    assert (axes[2].get_xlabel(), axes[2].get_ylabel()) == ("bit", "samples at 1 (%)")


def test_codes_of_several_samples_are_drawn_as_gray_values() -> None:
    tree = traced(LIGHT)
    readout = tree["readout"].to_dataset().drop_vars(["digital_number", "transition"])
    readout["shown"] = (SPACE, 0.5 * LIGHT)
    tree["readout"] = xr.DataTree(readout)
    figures = draw(tree)
    picture, histogram = figures["4-readout"].axes[:2]
    np.testing.assert_allclose(picture.images[0].get_array(), 0.5 * LIGHT[..., 0])
    assert histogram.get_xlabel() == "codes as gray values (1)"
    assert legend(figures["3-photodiode"].axes[1]) == ["gray", "full well"]


def test_scores_stand_in_the_order_of_the_classes_and_mark_the_decision() -> None:
    (axes,) = draw(traced(LIGHT))["6-network"].axes
    assert [bar.get_width() for bar in axes.patches] == [-1, 2]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["cat", "dog"]
    assert axes.get_title() == "decision: dog"
    assert axes.get_xlabel() == "class score (1)"
    cat, dog = (bar.get_facecolor() for bar in axes.patches)
    assert cat != dog
    assert axes.yaxis_inverted()

"""Pictures of a trace: one scene after every stage, with histograms and units."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import Normalize, PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sensorsim.optics.cfa import LUMINANCE, bayer, cell_colors, network_planes
from sensorsim.plotting.styles import GRAY, VERMILION

_LONGEST_SIDE = 600
"""Pixels of a picture; larger frames are shown as means over blocks."""
_BINS = 200
_MOST_CODES = 256
_MOST_LEVELS = 32
_GAMMA = 1 / 2.2
_HIGH_RANGE, _DARKEST = 1.05, 1e-6
"""Light above the first is drawn on a logarithmic axis, which begins at the second or later."""
_TAIL_PERCENT = 0.1
"""Brightest samples that a picture shows as white, and darkest in the first bin of that axis."""
_NEAR = 1.25
"""A mark farther to the right of the samples than this is named, not drawn."""
_TICKS = (0, 0.01, 0.05, 0.1, 0.2, 0.4, 0.7, 1)
_LINES = {
    "R": ("tab:red", "-"), "G": ("tab:green", "--"), "G1": ("tab:green", "--"),
    "G2": ("olive", ":"), "B": ("tab:blue", "-."), "gray": ("black", "-"),
}  # fmt: skip

Samples = npt.NDArray[Any]


def draw(tree: xr.DataTree) -> dict[str, Figure]:
    """Draw a figure of every stage of a trace, and one of all stages.

    Parameters
    ----------
    tree : DataTree
        Result of `sensorsim.pipeline.single_frame.trace_frame`.

    Returns
    -------
    dict of Figure
        By file name without suffix: ``stages`` shows scene, array, photodiode and readout; each of
        the others shows one stage.
    """
    stages: dict[str, Callable[[Axes, Axes, xr.DataTree], None]] = {
        "1-scene": _scene, "2-array": _array, "3-photodiode": _photodiode, "4-readout": _readout,
    }  # fmt: skip
    overview = Figure(figsize=(10, 3.3 * len(stages) + 0.5), layout="constrained")
    rows = overview.subplots(len(stages), 2, squeeze=False)
    overview.suptitle(_title(tree), fontsize=9)
    figures = {"stages": overview}
    for row, (name, stage) in zip(rows, stages.items(), strict=True):
        stage(row[0], row[1], tree)
        figure = figures[name] = Figure(figsize=(10, 3.8), layout="constrained")
        left, right = figure.subplots(1, 2)
        stage(left, right, tree)
    figures["5-bits"] = _bits(tree)
    if "network" in tree.children:
        figures["6-network"] = _network(tree)
    return figures


def _title(tree: xr.DataTree) -> str:
    scene = tree["scene"]
    origin = str(scene.attrs["origin"]).rsplit("/", 1)[-1]
    return (
        f"{origin} ({scene.attrs['layout']}), {scene['exposure'].item():g} stops, "
        f"white at {scene['white_illuminance'].item():.3g} lux; {scene.attrs['white']}"
    )


def _scene(picture: Axes, histogram: Axes, tree: xr.DataTree) -> None:
    scene = tree["scene"]
    light, layout = scene["light"].to_numpy(), str(scene.attrs["layout"])
    _picture(picture, light, layout, _display(light), "light (1 is white)")
    picture.set_title("scene", fontsize=9)
    _light_histogram(histogram, light, layout, "relative linear light", light.max() > _HIGH_RANGE)
    _mark(histogram, 1.0, "white", "")


def _array(picture: Axes, histogram: Axes, tree: xr.DataTree) -> None:
    """Light as a picture; mean electrons as a histogram, also above the full well."""
    group = tree["array"]
    light, layout = group["light"].to_numpy(), str(group.attrs["layout"])
    _picture(picture, light, layout, _display(light), "light on the array (1 is white)")
    picture.set_title("array, behind lens and color filters", fontsize=9)
    electrons = group["electrons"].to_numpy()
    label, high = "mean electrons of light and dark (e-)", light.max() > _HIGH_RANGE
    _light_histogram(histogram, electrons, layout, label, high)
    _mark(histogram, group["full_well"].item(), "full well", " e-")


def _photodiode(picture: Axes, histogram: Axes, tree: xr.DataTree) -> None:
    group = tree["photodiode"]
    volts, layout = group["signal"].to_numpy(), str(group.attrs["layout"])
    full = group["full_scale"].item()
    _picture(picture, volts, layout, _display(volts), "volts (V)")
    picture.set_title("photodiode", fontsize=9)
    _histogram(histogram, _planes(volts, layout), "volts at the pixel's output (V)")
    _mark(histogram, full, "full well", " V")
    readout = tree["readout"]
    if "transition" in readout and readout["transition"].size <= _MOST_LEVELS:
        _levels(histogram, readout["transition"].to_numpy())


def _levels(histogram: Axes, levels: Samples) -> None:
    """Mark the levels of the readout that lie on the axis."""
    right = histogram.get_xlim()[1]
    shown = levels[levels <= right]
    for level in shown:
        histogram.axvline(level, color="gray", linewidth=0.6, linestyle=":")
    name = "levels" if shown.size == levels.size else f"{shown.size} of {levels.size} levels"
    histogram.plot([], [], color="gray", linewidth=0.6, linestyle=":", label=name)
    histogram.legend(fontsize=7)


def _readout(picture: Axes, histogram: Axes, tree: xr.DataTree) -> None:
    """Numbers of the readout; gray values of its codes if they do not stand for one sample."""
    group = tree["readout"]
    layout = str(group.attrs["layout"])
    picture.set_title("readout", fontsize=9)
    if "digital_number" not in group:
        shown = group["shown"].to_numpy()
        _picture(picture, shown, layout, Normalize(0, 1), "codes as gray values")
        _histogram(histogram, _planes(shown, layout), "codes as gray values (1)")
        return
    numbers = group["digital_number"].to_numpy()
    largest = int(group.attrs["largest_dn"])
    label = f"{group['digital_number'].attrs['long_name']} (DN)"
    _picture(picture, numbers.astype(np.float32), layout, Normalize(0, largest), label)
    step = -(-(largest + 1) // _MOST_CODES)
    edges = np.arange(-0.5, largest + 0.5 + step, step)
    _histogram(histogram, _planes(numbers, layout), f"{label}, of 0 to {largest}", edges)


def _bits(tree: xr.DataTree) -> Figure:
    """Every bit of the samples as a picture, and the share of samples at 1."""
    group = tree["readout"]
    codes, layout = group["code"].to_numpy(), str(group.attrs["layout"])
    names = [str(name) for name in group["bit"].to_numpy()]
    count = len(names)
    columns = min(4, count + 1)
    rows = -(-(count + 1) // columns)
    height, width = codes.shape[:2]
    figure = Figure(
        figsize=(2.6 * columns + 0.6, rows * (2.3 * min(1.5, height / width) + 0.5) + 0.4),
        layout="constrained",
    )
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    shares = []
    image = None
    for bit, axes in enumerate(grid[:count]):
        plane = ((codes >> codes.dtype.type(bit)) & codes.dtype.type(1)).astype(np.float32)
        shares.append(float(plane.mean()))
        shown = shrunk(plane, layout)
        image = axes.imshow(shown, cmap="gray", vmin=0, vmax=1, interpolation="nearest")
        axes.set_title(f"{names[bit]}: {100 * shares[-1]:.3g} %", fontsize=8)
        axes.set(xticks=[], yticks=[])
    if image is not None:
        bar = figure.colorbar(image, ax=list(grid[:count]), ticks=[0, 1], shrink=0.6)
        whole = image.get_array().shape == (height, width)
        bar.set_label(_of(codes, "bit" if whole else "bit (mean over a block)"), fontsize=8)
    grid[count].bar(range(count), 100 * np.array(shares), color=GRAY)
    grid[count].set_xlabel("bit", fontsize=8)
    grid[count].xaxis.set_major_locator(MaxNLocator(integer=True))
    grid[count].tick_params(labelsize=7)
    grid[count].set_ylabel("samples at 1 (%)", fontsize=8)
    grid[count].set_ylim(0, 100)
    for axes in grid[count + 1 :]:
        axes.set_axis_off()
    figure.suptitle(
        f"bits that leave the readout, white: 1; share of samples at 1\n{_title(tree)}", fontsize=8
    )
    return figure


def _network(tree: xr.DataTree) -> Figure:
    network = tree["network"]
    names = [str(n) for n in network["class_name"].to_numpy()]
    decision = network["decision"].item()
    figure = Figure(figsize=(6, 0.28 * len(names) + 1.2), layout="constrained")
    axes = figure.subplots()
    colors = [VERMILION if i == decision else GRAY for i in range(len(names))]
    axes.barh(names, network["score"].to_numpy(), color=colors)
    axes.invert_yaxis()
    axes.set_xlabel("class score (1)")
    axes.set_title(f"decision: {names[decision]}", fontsize=9)
    return figure


def shrunk(samples: Samples, layout: str) -> npt.NDArray[np.float32]:
    """Reduce samples to a gray picture of at most about 600 pixels a side.

    Color becomes luminance. Large frames become means over blocks; in a mosaic, a block holds whole
    cells of the color filter array.

    Parameters
    ----------
    samples : array [H, W, C]
        Samples; C is 1 or 3.
    layout : str
        Layout of the array, like "bayer-rggb".

    Returns
    -------
    float32 [H', W']
        The picture, in the unit of the samples.
    """
    color = samples.shape[-1] == 3
    image = samples @ np.array(LUMINANCE, np.float32) if color else samples[..., 0]
    height, width = image.shape
    side = -(-max(height, width) // _LONGEST_SIDE)
    if side > 1 and bayer(layout):
        side += side % 2
    if side == 1 or min(height, width) < side:
        return image.astype(np.float32)
    rows, columns = height // side, width // side
    blocks = image[: rows * side, : columns * side].reshape(rows, side, columns, side)
    return blocks.mean((1, 3), dtype=np.float32)


def _display(samples: Samples) -> PowerNorm:
    """Gamma 2.2 from 0 to nearly the brightest sample, so that dark scenes are seen too."""
    top = float(np.percentile(samples, 100 - _TAIL_PERCENT))
    return PowerNorm(_GAMMA, 0, top if top > 0 else 1.0, clip=True)


def _picture(axes: Axes, samples: Samples, layout: str, norm: Normalize, label: str) -> None:
    height, width = samples.shape[:2]
    shown = shrunk(samples, layout)
    image = axes.imshow(
        shown, cmap="gray", norm=norm, interpolation="nearest",
        extent=(-0.5, width - 0.5, height - 0.5, -0.5),
    )  # fmt: skip
    axes.tick_params(labelsize=7)
    axes.set_xlabel("column (pixel)", fontsize=8)
    axes.set_ylabel("row (pixel)", fontsize=8)
    figure = axes.figure
    assert figure is not None
    bar = figure.colorbar(image, ax=axes)
    bar.ax.tick_params(labelsize=7)
    if isinstance(norm, PowerNorm):
        label = f"{label}, gamma 2.2"
        ticks = [float(t * (norm.vmax or 1)) for t in _TICKS]
        bar.set_ticks(ticks, labels=[f"{t:.2g}" for t in ticks])
    elif norm.vmax is not None and norm.vmax <= _MOST_CODES:
        bar.locator = MaxNLocator(integer=True)
        bar.update_ticks()
    bar.set_label(_of(samples, label), fontsize=8)


def _of(samples: Samples, label: str) -> str:
    """Label of a picture; three colors per pixel are shown by their luminance."""
    return f"{label}, luminance" if samples.shape[-1] == 3 else label


def _planes(samples: Samples, layout: str) -> Mapping[str, Samples]:
    """Samples by color: the four of a Bayer cell, red, green and blue, or gray."""
    if samples.shape[-1] == 3:
        return {name: samples[..., c] for c, name in enumerate("RGB")}
    mosaic = bayer(layout)
    if mosaic is None:
        return {"gray": samples[..., 0]}
    rows, columns = (side // 2 * 2 for side in samples.shape[:2])
    cells = network_planes(samples[np.newaxis, :rows, :columns], mosaic)[0]
    greens = iter(("G1", "G2"))
    names = ["RGB"[c] if c != 1 else next(greens) for c in cell_colors(mosaic)]
    return {name: cells[..., place] for place, name in enumerate(names)}


def _histogram(
    axes: Axes, planes: Mapping[str, Samples], label: str, edges: Samples | None = None
) -> None:
    if edges is None:
        low = min(float(p.min()) for p in planes.values())
        high = max(float(p.max()) for p in planes.values())
        bins = int(np.clip(np.sqrt(next(iter(planes.values())).size), 20, _BINS))
        edges = np.linspace(low, high if high > low else low + 1e-6, bins + 1)
    for name, plane in planes.items():
        counts, _ = np.histogram(plane, edges)
        color, line = _LINES[name]
        axes.stairs(counts, edges, color=color, label=name, linewidth=0.9, linestyle=line)
    axes.set_yscale("log")
    axes.set_ylim(bottom=0.7)
    axes.set_xlabel(label, fontsize=8)
    axes.set_ylabel("samples per bin", fontsize=8)
    axes.tick_params(labelsize=7)
    axes.legend(fontsize=7)
    axes.grid(alpha=0.3)


def _light_histogram(
    axes: Axes, samples: Samples, layout: str, label: str, high_range: bool
) -> None:
    """Histogram of light or electrons; on a logarithmic axis if the scene has a high range."""
    if not high_range:
        _histogram(axes, _planes(samples, layout), label)
        return
    darkest = max(_DARKEST, float(np.percentile(samples, _TAIL_PERCENT)))
    edges = np.geomspace(darkest, samples.max(), _BINS + 1)
    planes = _planes(np.maximum(samples, darkest), layout)
    _histogram(axes, planes, f"{label}, all darker in the first bin", edges)
    axes.set_xscale("log")


def _mark(axes: Axes, place: float, name: str, unit: str) -> None:
    """Mark a value on the axis; one far to the right of all samples is only named."""
    if place <= _NEAR * axes.get_xlim()[1]:
        axes.axvline(place, color="tab:orange", linewidth=1, linestyle="--", label=name)
    else:
        axes.plot([], [], " ", label=f"{name} {place:g}{unit}: off the axis")
    axes.legend(fontsize=7)

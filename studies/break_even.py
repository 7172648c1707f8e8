"""When is a learned thermometer cheaper than an ADC? Probabilities over price and link.

    python studies/break_even.py
    python studies/break_even.py --quick

Energy of readout and link, GLT of M thresholds against ADCs: over the percentile of published
converters at which the ADC is bought, and over the price of a bit on the link, by survey and by the
parts of a 65 nm process. There log ramps run at the full rate of the counter, and the linear ADC is
a SAR, the cheapest there is. Written to --out: break_even.nc and break_even.png.
"""

import argparse
from collections.abc import Sequence
from typing import Literal

import common
import numpy as np
import xarray as xr
from common import console
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sensorsim.core.statistics import paired_difference
from sensorsim.experiments.energy_comparison import compare_energy
from sensorsim.experiments.optimize.space import space_of
from sensorsim.experiments.paired import compare
from sensorsim.pipeline.pipeline import load_pipeline

TECHNOLOGIES = ("survey", "cmos65")
THRESHOLDS = (1, 2, 4, 8)
ADCS = {
    "2-bit log": ("adc-log-2", {}), "4-bit log": ("adc-log-4", {}),
    "8-bit log": ("adc-log-8", {}), "8-bit SAR": ("adc-linear-8", {"converter": "sar"}),
}  # fmt: skip
SCOPE = "readout and link"
LINK_PRICES_PJ = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
COLORS = ("tab:orange", "tab:red", "tab:purple", "tab:brown")
LINES: tuple[Literal["-", "--"], ...] = ("-", "--")
"""One for each of `TECHNOLOGIES`."""
WIDTHS = (4.0, 3.0, 2.0, 1.0)
"""The fewer thresholds, the wider: lines that coincide are all seen."""


def measure(args: argparse.Namespace) -> xr.Dataset:
    """Probabilities that GLT is cheaper, and by how much it is more accurate."""
    shape = (len(THRESHOLDS), len(ADCS))
    link = np.empty((len(TECHNOLOGIES), *shape, len(LINK_PRICES_PJ)))
    first, exists = np.full((2, *shape, 3), np.nan)
    for t, technology in enumerate(TECHNOLOGIES):
        base = load_pipeline(common.DESIGN_BASE, {"energy.technology": technology})
        space = space_of(base, None, () if technology == "survey" else ("converter",))
        glts = [common.design(space, f"glt-{m}").chain for m in THRESHOLDS]
        adcs = [
            common.design(space, m, **(how if technology != "survey" else {})).chain
            for m, how in ADCS.values()
        ]
        if technology == "survey":
            results = compare([*glts, *adcs], args.images, args.seed)
        for i, glt in enumerate(glts):
            for j, adc in enumerate(adcs):
                duel = compare_energy(glt, adc, seed=args.seed, link_prices_pj=LINK_PRICES_PJ)
                link[t, i, j] = duel.link[SCOPE].probability
                if technology == "survey":
                    even = duel.percentile[SCOPE]
                    if i == j == 0:
                        percentile = np.empty((*shape, even.axis.size))
                    percentile[i, j] = even.probability
                    exists[i, j] = even.exists
                    if even.at is not None:
                        first[i, j] = even.at.median, even.at.low, even.at.high
    right = [(r["decision"] == r["label"]).to_numpy() for r in results]
    better = [[paired_difference(g, a) for a in right[len(glts) :]] for g in right[: len(glts)]]
    dims = ("thresholds", "adc")
    data = xr.Dataset(
        {
            "probability_over_percentile": ((*dims, "percentile"), percentile),
            "probability_over_link": (("technology", *dims, "link_pj_per_bit"), link),
            "break_even_percentile": ((*dims, "bound"), first),
            "break_even_exists": (dims, exists[..., 0]),
            "accuracy_difference": ((*dims, "end"), np.array(better)),
            "accuracy_glt": ("thresholds", [r.mean() for r in right[: len(glts)]]),
            "accuracy_adc": ("adc", [r.mean() for r in right[len(glts) :]]),
        },
        {
            "thresholds": list(THRESHOLDS), "adc": list(ADCS), "percentile": even.axis,
            "technology": list(TECHNOLOGIES), "link_pj_per_bit": list(LINK_PRICES_PJ),
            "bound": ["median", "low", "high"], "end": ["difference", "low", "high"],
        },
    )  # fmt: skip
    data["link_pj_per_bit"].attrs["units"] = "pJ"
    data.attrs = {"images": right[0].size, "seed": args.seed, "scope": SCOPE}
    return data


def print_table(data: xr.Dataset) -> None:
    """A line for each pair."""
    table = common.table(
        f"P: probability that GLT is cheaper, {data.attrs['scope']}; accuracy on "
        f"{data.attrs['images']} images",
        "GLT against ADC", "its accuracy less\n(paired 95 %)", "P at best\n/p50/p90",
        "even at\npercentile", "P, cmos65,\n1 pJ/bit",
    )  # fmt: skip
    for m in THRESHOLDS:
        for name in ADCS:
            one = data.sel(thresholds=m, adc=name)
            d, low, high = 100 * one["accuracy_difference"].values
            at = one["break_even_percentile"].values
            over = one["probability_over_percentile"]
            price = one["probability_over_link"].sel(technology="cmos65", link_pj_per_bit=1.0)
            table.add_row(
                f"M={m}, {name}", f"{d:+.1f} ({low:+.1f} to {high:+.1f})",
                "/".join(f"{over.sel(percentile=p).item():.2f}" for p in (0, 50, 90)),
                "nowhere" if np.isnan(at[0]) else f"{at[0]:.0f} ({at[1]:.0f}-{at[2]:.0f})",
                f"{price.item():.2f}",
            )  # fmt: skip
        table.add_section()
    console.print(table)


def figure_of(data: xr.Dataset) -> Figure:
    """Over the percentile above, over the link's price below; a column for each ADC."""
    figure = Figure(figsize=(13, 6.4), layout="constrained")
    panels = figure.subplots(2, len(ADCS), sharey=True, squeeze=False)
    for column, b in enumerate(ADCS):
        above, below = panels[:, column]
        for m, color, width in zip(THRESHOLDS, COLORS, WIDTHS, strict=False):
            one = data.sel(adc=b, thresholds=m)
            name = f"GLT M={m} ({100 * one['accuracy_glt'].item():.1f} %)"
            above.plot(data["percentile"], one["probability_over_percentile"], color=color,
                       linewidth=width, marker="o", markersize=3.5, label=name)  # fmt: skip
            for technology, line in zip(TECHNOLOGIES, LINES, strict=True):
                below.plot(
                    data["link_pj_per_bit"],
                    one["probability_over_link"].sel(technology=technology), line, color=color,
                    linewidth=width,
                )  # fmt: skip
        accuracy = 100 * data["accuracy_adc"].sel(adc=b).item()
        above.set_title(f"against {b} ADC ({accuracy:.1f} %)", fontsize=10)
        above.set_xlabel("percentile of published ADCs")
        below.set(xscale="log", xlabel="link (pJ per bit)")
        for axes in (above, below):
            axes.grid(alpha=0.3)
            axes.set_ylim(-0.03, 1.03)
    for axes in panels[:, 0]:
        axes.set_ylabel("probability that GLT is cheaper")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    for technology, line in zip(TECHNOLOGIES, LINES, strict=True):
        handles.append(Line2D([], [], color="black", linestyle=line))
        labels.append(f"below: {technology}")
    figure.legend(handles, labels, fontsize=8, loc="outside lower center", ncols=len(labels))
    figure.suptitle(
        "Energy of readout and link; above: link 0.5 pJ per bit, survey; below: all percentiles. "
        f"In brackets: accuracy on {data.attrs['images']} images",
        fontsize=10,
    )
    return figure


def study(args: argparse.Namespace) -> None:
    """Measure, print, write."""
    data = measure(args)
    print_table(data)
    common.write(args.out, "break_even", data, figure_of(data))


def main(argv: Sequence[str] | None = None) -> None:
    """Run the study."""
    common.main(study, common.options_of(__doc__, "break_even"), argv)


if __name__ == "__main__":
    main()

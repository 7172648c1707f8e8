"""When is a learned thermometer cheaper than an ADC? Probabilities over price and link.

    python studies/break_even.py
    python studies/break_even.py --quick

Energy of readout and link, every learned readout that ships against every ADC: over the percentile
of published converters at which the ADC is bought, and over the price of a bit on the link, by
survey and by the parts of a 65 nm process. There log ramps run at the full rate of the counter, and
a linear ADC is a SAR, the cheapest there is. Written to --out: break_even.nc and break_even.png.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import common
import numpy as np
import xarray as xr
from common import console
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sensorsim.core.statistics import paired_difference
from sensorsim.experiments.energy_comparison import compare_energy, is_sold
from sensorsim.experiments.optimize.space import space_of
from sensorsim.experiments.paired import compare
from sensorsim.pipeline.pipeline import load_pipeline
from sensorsim.plotting import styles
from sensorsim.readout.families import families

TECHNOLOGIES = ("survey", "cmos65")
SCOPE = "readout and link"
LINK_PRICES_PJ = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
LINES: tuple[Literal["-", "--"], ...] = ("-", "--")
"""One for each of `TECHNOLOGIES`."""
_WIDEST, _NARROWEST = 4.0, 1.0
"""Widths of the first and the last learned readout: lines that coincide are all seen."""


@dataclass(frozen=True)
class Duels:
    """Learned readouts and the ADCs that they are compared with, behind the same pixels."""

    learned: list[common.Design]
    adcs: list[common.Design]


def duels(technology: str) -> Duels:
    """Every shipped learned readout, and every one that is sold as a converter."""
    base = load_pipeline(common.DESIGN_BASE, {"energy.technology": technology})
    space = space_of(base, None, () if technology == "survey" else ("converter",))
    known = families()
    found = [common.design(space, m, **common.converter(space, m)) for m in common.shipped(space)]
    return Duels(
        [d for d in found if known[d.family].learned], [d for d in found if is_sold(d.chain)]
    )


def measure(args: argparse.Namespace) -> xr.Dataset:
    """Probabilities that a learned readout is cheaper, and by how much it is more accurate."""
    by_technology = {t: duels(t) for t in TECHNOLOGIES}
    learned, adcs = (getattr(by_technology["survey"], k) for k in ("learned", "adcs"))
    results = compare([d.chain for d in (*learned, *adcs)], args.images, args.seed)
    right = [(r["decision"] == r["label"]).to_numpy() for r in results]
    compared = {
        technology: [
            [
                compare_energy(a.chain, b.chain, seed=args.seed, link_prices_pj=LINK_PRICES_PJ)
                for b in found.adcs
            ]
            for a in found.learned
        ]
        for technology, found in by_technology.items()
    }
    link = [[[c.link[SCOPE].probability for c in row] for row in t] for t in compared.values()]
    even = [[c.percentile[SCOPE] for c in row] for row in compared["survey"]]
    first = [
        [[np.nan] * 3 if e.at is None else [e.at.median, e.at.low, e.at.high] for e in row]
        for row in even
    ]
    better = [
        [paired_difference(g, a) for a in right[len(learned) :]] for g in right[: len(learned)]
    ]
    dims = ("learned", "adc")
    data = xr.Dataset(
        {
            "probability_over_percentile": (
                (*dims, "percentile"), [[e.probability for e in row] for row in even]
            ),
            "probability_over_link": (("technology", *dims, "link_pj_per_bit"), link),
            "break_even_percentile": ((*dims, "bound"), first),
            "break_even_exists": (dims, [[e.exists for e in row] for row in even]),
            "accuracy_difference": ((*dims, "end"), np.array(better)),
            "accuracy_learned": ("learned", [r.mean() for r in right[: len(learned)]]),
            "accuracy_adc": ("adc", [r.mean() for r in right[len(learned) :]]),
            "adc_family": ("adc", [d.family for d in adcs]),
        },
        {
            "learned": [d.name for d in learned], "adc": [d.name for d in adcs],
            "percentile": even[0][0].axis, "technology": list(TECHNOLOGIES),
            "link_pj_per_bit": list(LINK_PRICES_PJ), "bound": ["median", "low", "high"],
            "end": ["difference", "low", "high"],
        },
    )  # fmt: skip
    data["link_pj_per_bit"].attrs["units"] = "pJ"
    data.attrs = {"images": right[0].size, "seed": args.seed, "scope": SCOPE}
    return data


def print_table(data: xr.Dataset) -> None:
    """A table for each learned readout, a line for each ADC."""
    console.print(
        f"P: probability that the learned readout is cheaper, {data.attrs['scope']}; accuracy on "
        f"{data.attrs['images']} images."
    )
    for learned in data["learned"].values:
        table = common.table(
            str(learned), "against", "its accuracy less\n(paired 95 %)", "P at best\n/p50/p90",
            "even at\npercentile", "P, cmos65,\n1 pJ/bit",
        )  # fmt: skip
        for name in data["adc"].values:
            table.add_row(str(name), *_cells(data.sel(learned=learned, adc=name)))
        console.print(table)


def _cells(one: xr.Dataset) -> tuple[str, ...]:
    d, low, high = 100 * one["accuracy_difference"].values
    at = one["break_even_percentile"].values
    over = one["probability_over_percentile"]
    price = one["probability_over_link"].sel(technology="cmos65", link_pj_per_bit=1.0)
    return (
        f"{d:+.1f} ({low:+.1f} to {high:+.1f})",
        "/".join(f"{over.sel(percentile=p).item():.2f}" for p in (0, 50, 90)),
        "nowhere" if np.isnan(at[0]) else f"{at[0]:.0f} ({at[1]:.0f}-{at[2]:.0f})",
        f"{price.item():.2f}",
    )


def figure_of(data: xr.Dataset) -> Figure:
    """Two rows for each family of ADCs: over the percentile, and over the link's price."""
    by_family = [list(part["adc"].values) for _, part in data.groupby("adc_family", squeeze=False)]
    columns = max(map(len, by_family))
    figure = Figure(figsize=(13, 5.6 * len(by_family) + 0.8), layout="constrained")
    panels = figure.subplots(2 * len(by_family), columns, sharey=True, squeeze=False)
    for number, names in enumerate(by_family):
        above, below = panels[2 * number : 2 * number + 2]
        for axes in (*above[len(names) :], *below[len(names) :]):
            axes.set_axis_off()
        for name, over_percentile, over_link in zip(names, above, below, strict=False):
            _draw(over_percentile, over_link, data.sel(adc=name))
    for axes in panels[:, 0]:
        axes.set_ylabel("probability that the\nlearned readout is cheaper")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    for technology, line in zip(TECHNOLOGIES, LINES, strict=True):
        handles.append(Line2D([], [], color="black", linestyle=line))
        labels.append(f"over the link: {technology}")
    figure.legend(handles, labels, fontsize=8, loc="outside lower center", ncols=len(labels))
    figure.suptitle(
        "Energy of readout and link. Over the percentile: link of 0.5 pJ per bit, survey; over the "
        "link's price: ADCs of all percentiles.\nIn brackets: accuracy on "
        f"{data.attrs['images']} images. In cmos65 a linear ADC is a SAR",
        fontsize=10,
    )
    return figure


def _draw(over_percentile: Axes, over_link: Axes, data: xr.Dataset) -> None:
    """Every learned readout against one ADC."""
    count = data.sizes["learned"]
    widths = np.linspace(_WIDEST, _NARROWEST, count)
    for number, width in enumerate(widths):
        one = data.isel(learned=number)
        color = styles.PALETTE[number % len(styles.PALETTE)]
        name = f"{one['learned'].item()} ({100 * one['accuracy_learned'].item():.1f} %)"
        over_percentile.plot(
            data["percentile"], one["probability_over_percentile"], color=color, linewidth=width,
            marker="o", markersize=3.5, label=name,
        )  # fmt: skip
        for technology, line in zip(TECHNOLOGIES, LINES, strict=True):
            over_link.plot(
                data["link_pj_per_bit"], one["probability_over_link"].sel(technology=technology),
                line, color=color, linewidth=width,
            )  # fmt: skip
    accuracy = 100 * data["accuracy_adc"].item()
    over_percentile.set_title(f"against {data['adc'].item()} ({accuracy:.1f} %)", fontsize=10)
    over_percentile.set_xlabel("percentile of published ADCs")
    over_link.set(xscale="log", xlabel="link (pJ per bit)")
    for axes in (over_percentile, over_link):
        axes.grid(alpha=0.3)
        axes.set_ylim(-0.03, 1.03)


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

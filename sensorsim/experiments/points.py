"""Readout families under several lights and comparator offsets: the points of a trade-off."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xarray as xr

from sensorsim.experiments.entries import Entry
from sensorsim.experiments.paired import compare
from sensorsim.readout.families import families
from sensorsim.scenes.exposure import Exposure

COLUMNS = [
    "readout", "levels", "symbol", "exposure_law", "exposure_stops", "offset_mv", "accuracy",
    "accuracy_low", "accuracy_high", "bits_per_sample", "link_bits_per_sample",
    "readout_energy_pj_low", "readout_energy_pj_typical", "readout_energy_pj_high", "energy_pj_low",
    "energy_pj_typical", "energy_pj_high", "weight_bits", "images",
]  # fmt: skip
Plan = Sequence[tuple[Sequence[Entry], Mapping[str, Any]]]
"""Groups of readouts, each with the dotted fields that it changes."""


@dataclass(frozen=True)
class Point:
    """One result: a readout under one light and one comparator offset.

    Attributes
    ----------
    entry : Entry
        The readout with its trained network.
    exposure : Exposure
        The exposure law.
    offset_mv : float
        Residual offset of the comparators, mV rms.
    result : Dataset
        What `Pipeline.run` gives.
    """

    entry: Entry
    exposure: Exposure
    offset_mv: float
    result: xr.Dataset

    def value(self, name: str) -> Any:
        """A number of the result.

        Parameters
        ----------
        name : str
            A scalar variable of ``result``.

        Returns
        -------
        float, int or str
            The variable of that name.
        """
        return self.result[name].item()

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether each decision was right.

        Returns
        -------
        bool [images]
            In the order of the images.
        """
        found: npt.NDArray[np.bool_] = (self.result["decision"] == self.result["label"]).to_numpy()
        return found

    def row(self) -> dict[str, Any]:
        """The point as a row of the table.

        Returns
        -------
        dict of str to value
            By `COLUMNS`; ``exposure_stops`` is NaN where every image has its own.
        """
        law = self.exposure.law
        row: dict[str, Any] = {
            "readout": self.entry.family, "levels": self.entry.levels,
            "symbol": families()[self.entry.family].symbol, "exposure_law": law,
            "exposure_stops": self.exposure.high_stops if law == "fixed" else np.nan,
            "offset_mv": self.offset_mv,
        }  # fmt: skip
        return row | {c: self.value(c) for c in COLUMNS if c not in row}


def table_of(points: Sequence[Point]) -> pd.DataFrame:
    """Points as a table.

    Parameters
    ----------
    points : sequence of Point
        One for each row.

    Returns
    -------
    DataFrame
        With the columns `COLUMNS`.
    """
    return pd.DataFrame([p.row() for p in points], columns=COLUMNS)


def run_plan(
    plan: Plan, images: int | None, seed: int, report: Callable[[int], None] | None = None
) -> list[Point]:
    """Groups of readouts, each group behind the same pixels, under some settings.

    Parameters
    ----------
    plan : sequence of (entries, settings)
        Groups with the dotted fields that they change.
    images : int or None
        How many test images, from the first; all if None.
    seed : int, 0 to 2**32 - 1
        Of all noise.
    report : callable, optional
        Called with the number of images that one readout has just classified.

    Returns
    -------
    list of Point
        In the order of the plan.
    """
    points = []
    for group, settings in plan:
        chains = [e.chain.replace(settings) if settings else e.chain for e in group]
        results = compare(chains, images, seed, report)
        for entry, chain, result in zip(group, chains, results, strict=True):
            exposure = chain.description.scene.exposure
            points.append(Point(entry, exposure, chain.readout.comparator.offset_mv, result))
    return points

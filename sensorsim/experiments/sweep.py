"""Run a grid of configurations into one Dataset; finished points can be stored to resume."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sensorsim.core.errors import InputError
from sensorsim.core.store import PointStore
from sensorsim.core.units import unit_of
from sensorsim.pipeline.pipeline import Pipeline

Report = Callable[[int, int], None]


def sweep(
    pipeline: Pipeline,
    axes: Mapping[str, Sequence[Any]],
    store: str | Path | None = None,
    images: int | None = None,
    seed: int = 0,
    report: Report | None = None,
) -> xr.Dataset:
    """Run a pipeline at every point of a grid.

    Parameters
    ----------
    pipeline : Pipeline
        The pipeline to vary.
    axes : mapping of str to sequence
        Values of each dotted field, like ``{"readout.comparator.offset_mv": [0, 2, 4, 8]}``.
    store : str or Path, optional
        Folder for finished points. The same call resumes from it; another call raises.
    images : int, optional
        Number of images per point, from the first; all if left out.
    seed : int, 0 to 2**32 - 1
        Seed of all noise.
    report : callable, optional
        Called with the number of points done and the number of all points.

    Returns
    -------
    Dataset
        All scalar results of `Pipeline.run`, with units, over one dimension per axis.

    Raises
    ------
    InputError
        If an axis is empty, a value is out of bounds, or the store belongs to another sweep.
    """
    for field, values in axes.items():
        if not len(values):
            raise InputError(f"{field}: no values to sweep over; expected at least one")
    grid = list(itertools.product(*axes.values()))
    chains = [pipeline.replace(dict(zip(axes, point, strict=True))) for point in grid]
    plan = {
        "pipeline": pipeline.description.model_dump(mode="json"),
        "axes": {k: list(v) for k, v in axes.items()},
        "images": images,
        "seed": seed,
    }
    kept = None if store is None else PointStore(store, "sweep", plan)
    points = []
    for number, chain in enumerate(chains):
        point = kept.read(number) if kept else None
        if point is None:
            point = scalars(chain.run(images, seed))
            if kept:
                kept.write(number, point)
        points.append(point)
        if report:
            report(number + 1, len(chains))
    shape = tuple(len(v) for v in axes.values())
    data = {
        name: (tuple(axes), np.array([p[name] for p in points]).reshape(shape))
        for name in points[0]
    }
    result = xr.Dataset(data, coords={k: list(v) for k, v in axes.items()})
    for name in result.data_vars:
        result[name].attrs["units"] = unit_of(str(name))
    result.attrs = {"pipeline": pipeline.description.model_dump_json(), "seed": seed}
    return result


def scalars(result: xr.Dataset) -> dict[str, float]:
    """Pick the scalar results of a run.

    Parameters
    ----------
    result : Dataset
        Result of `Pipeline.run`.

    Returns
    -------
    dict of str to float
        Values by name.
    """
    return {str(k): v.item() for k, v in result.data_vars.items() if v.ndim == 0}

"""Run a grid of configurations into one Dataset; finished points can be stored to resume."""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sensorsim.core.errors import InputError
from sensorsim.core.store import PointStore
from sensorsim.core.units import unit_of
from sensorsim.pipeline.dependencies import contents
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
        Values of each dotted field, like ``{"readout.comparator.offset_mv": [0, 2, 4, 8]}``;
        numbers, texts, lists or tables.
    store : str or Path, optional
        Folder for finished points. The same call resumes from it, if model, images, labels,
        technology, sensor and code have the same content; another call raises.
    images : int, optional
        Number of images per point, from the first; all if left out.
    seed : int, 0 to 2**32 - 1
        Seed of all noise.
    report : callable, optional
        Called with the number of points done and the number of all points.

    Returns
    -------
    Dataset
        All scalar results of `Pipeline.run`, with units, over one dimension per axis. Lists and
        tables are labelled by their JSON.

    Raises
    ------
    InputError
        If an axis is empty or states a value twice, a value is out of bounds, or the store
        belongs to another sweep.
    """
    stated = _stated(axes)
    for field, values in stated.items():
        _check_axis(field, values)
    grid = list(itertools.product(*stated.values()))
    chains = [pipeline.replace(dict(zip(stated, point, strict=True))) for point in grid]
    with nullcontext() if store is None else _store(store, chains, stated, images, seed) as kept:
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
    shape = tuple(len(v) for v in stated.values())
    data = {
        name: (tuple(stated), np.array([p[name] for p in points]).reshape(shape))
        for name in points[0]
    }
    coordinates = {field: _coordinate(values) for field, values in stated.items()}
    result = xr.Dataset(data, coords=coordinates)
    for name in result.data_vars:
        result[name].attrs["units"] = unit_of(str(name))
    result.attrs = {"pipeline": pipeline.description.model_dump_json(), "seed": seed}
    return result


def _stated(axes: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    if not isinstance(axes, Mapping):
        raise InputError(
            f"axes {axes!r}: expected a table of fields and their values, like {{'die': [0, 1]}}"
        )
    for field, values in axes.items():
        if not isinstance(field, str):
            raise InputError(f"axes: field {field!r}: expected a dotted name, like 'readout.bits'")
        if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray):
            raise InputError(f"{field}: values {values!r}: expected a list of values")
    return {field: [_plain(v) for v in values] for field, values in axes.items()}


def _store(
    folder: str | Path, chains: list[Pipeline], axes: Mapping[str, list[Any]], images: int | None,
    seed: int,
) -> PointStore:  # fmt: skip
    plan = {"axes": axes, "images": images, "seed": seed, **contents(chains)}
    return PointStore(folder, "sweep", plan)


def _plain(value: Any) -> Any:
    """A value of numpy's types, or a sequence or table of them, as Python's own types."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def _check_axis(field: str, values: list[Any]) -> None:
    if not values:
        raise InputError(f"{field}: no values to sweep over; expected at least one")
    texts = [_text(v) for v in values]
    twice = next((t for i, t in enumerate(texts) if t in texts[:i]), None)
    if twice is not None:
        raise InputError(f"{field}: the value {twice} is stated twice; state each once")


def _coordinate(values: list[Any]) -> list[Any]:
    """Labels of an axis: the values if all are numbers or all are texts, else their JSON."""
    if all(isinstance(v, str) for v in values):
        return values
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        return values
    return [_text(v) for v in values]


def _text(value: Any) -> str:
    """A value as text that tells it from every other."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 1 and 1.0 are the same setting
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


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

"""Run a grid of configurations into one Dataset; finished points can be stored to resume."""

import itertools
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sensorsim.core import streams
from sensorsim.core.arguments import mapping, whole_number
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
        numbers, texts, lists or tables. Names joined by ``+`` change together, and each value
        lists one for each: ``{"readout.bits+network.model": [(4, "m4.npz"), (8, "m8.npz")]}``.
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
        tables are labelled by their JSON; an axis of joined names by its values, joined by ``:``,
        beside a coordinate for each name.

    Raises
    ------
    InputError
        If the axes are no mapping of fields to lists, an axis is empty or states a field or a
        value twice, a value is out of bounds, images or seed are no whole numbers, or the store
        belongs to another sweep.
    """
    images = None if images is None else whole_number("images", images, 1)
    seed = whole_number("seed", seed, 0, streams.MAX_SEED)
    stated = {axis: _listed(axis, values) for axis, values in _checked(axes).items()}
    for axis, values in stated.items():
        _check_axis(axis, values)
    grid = list(itertools.product(*stated.values()))
    chains = [pipeline.replace(_settings(stated, point)) for point in grid]
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
    coordinates: dict[str, Any] = {}
    for axis, values in stated.items():
        coordinates |= _coordinates(axis, values)
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


def fields_of(axis: str) -> list[str]:
    """Names of the fields that an axis changes together.

    Parameters
    ----------
    axis : str
        A dotted field, or several joined by ``+``.

    Returns
    -------
    list of str
        The fields.
    """
    return [field.strip() for field in axis.split("+")]


def _checked(axes: Any) -> Mapping[str, Any]:
    found = mapping("axes", axes, "{'readout.comparator.offset_mv': [0, 2, 4]}")
    fields = [field for axis in found for field in fields_of(axis)]
    if twice := next((f for i, f in enumerate(fields) if f in fields[:i]), None):
        raise InputError(f"axes: {twice} is stated twice; state a field in one axis")
    return found


def _listed(axis: str, values: Any) -> list[Any]:
    plain = _plain(list(values)) if isinstance(values, Iterable) else values
    if isinstance(values, str | bytes | Mapping) or not isinstance(plain, list):
        raise InputError(f"{axis}: {values!r} is no list; expected its values, like [{values!r}]")
    return plain


def _check_axis(axis: str, values: list[Any]) -> None:
    if not values:
        raise InputError(f"{axis}: no values to sweep over; expected at least one")
    count = len(fields_of(axis))
    for value in values if count > 1 else ():
        if not isinstance(value, list) or len(value) != count:
            raise InputError(
                f"{axis}: {value!r}; expected {count} values that belong together, one for each of "
                f"{', '.join(fields_of(axis))}"
            )
    texts = [_text(v) for v in values]
    twice = next((t for i, t in enumerate(texts) if t in texts[:i]), None)
    if twice is not None:
        raise InputError(f"{axis}: the value {twice} is stated twice; state each once")


def _settings(axes: Mapping[str, Any], point: tuple[Any, ...]) -> dict[str, Any]:
    """Values by field at a point of the grid."""
    settings: dict[str, Any] = {}
    for axis, value in zip(axes, point, strict=True):
        fields = fields_of(axis)
        settings |= zip(fields, value, strict=True) if len(fields) > 1 else {fields[0]: value}
    return settings


def _coordinates(axis: str, values: list[Any]) -> dict[str, Any]:
    """Labels of an axis and, if it changes several fields, the values of each."""
    fields = fields_of(axis)
    if len(fields) == 1:
        return {axis: _coordinate(values)}
    columns = zip(fields, zip(*values, strict=True), strict=True)
    labels = [":".join(map(_text, value)) for value in values]
    return {axis: labels} | {f: (axis, _coordinate(list(column))) for f, column in columns}


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

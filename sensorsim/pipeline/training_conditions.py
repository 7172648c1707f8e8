"""Whether a network is used as it was trained: behind which pixel, light, readout and reference."""

import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from sensorsim.core import resources
from sensorsim.core.files import read_toml
from sensorsim.pipeline.chain import Chain
from sensorsim.pipeline.configuration import load_description

_UNKNOWN = (
    "the model file does not record behind which pixel and in which light the network was trained"
)
_NO_DIFFERENCE = {
    "white_full_well_fraction", "white_illuminance_lux",  # white_e follows from them
    "link", "conversion_time_us",  # price and time only
}  # fmt: skip
"""Last names of what makes no difference of its own to decisions."""
_OF_SCENE = ("exposure", "lens", "spectrum", "white_reflectance", "layout")
_CLOSE = 1e-5
"""Relative difference of numbers that are the same, but for the digits that a file states."""


def trained_otherwise(chain: Chain) -> list[str]:
    """List in what a pipeline differs from the conditions that its network was trained in.

    The conditions are those that the model file records or, for a model that ships, those of the
    pipeline that ships with it.

    Parameters
    ----------
    chain : Chain
        The pipeline.

    Returns
    -------
    list of str
        One line for each field, with both values; a line that says so if they are not recorded.
    """
    training, stated = chain.model.training, chain.description
    lines = []
    if training.dataset and training.dataset != stated.scene.dataset:
        lines.append(_line("scene.dataset", training.dataset, stated.scene.dataset))
    camera = training.camera or _shipped_camera(chain)
    if camera is None:
        lines.append(_UNKNOWN)
    else:
        for name, one, two in _unequal(camera, chain.camera.plan()):
            scene = "scene." if name.partition(".")[0] in _OF_SCENE else ""
            field = "white of a 0-stop image, e-" if name == "white_e" else f"{scene}{name}"
            lines.append(_line(field, one, two))
    trained, used = chain.model.readout.model_dump(), chain.readout.model_dump()
    return lines + [_line(f"readout.{name}", a, b) for name, a, b in _unequal(trained, used)]


def _line(field: str, trained: Any, used: Any) -> str:
    return f"{field}: trained with {_shown(trained)}, used with {_shown(used)}"


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_shown, value))}]"
    return f"{value:.6g}" if isinstance(value, float) else "none" if value is None else str(value)


def _unequal(
    one: Mapping[str, Any], two: Mapping[str, Any], place: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Dotted fields in which two plans differ, with both values; None is not stated."""
    unused = {"low_stops"} if one.get("law") == two.get("law") == "fixed" else set()
    for name in {**one, **two}:
        a, b = one.get(name), two.get(name)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            yield from _unequal(a, b, f"{place}{name}.")
        elif name not in _NO_DIFFERENCE | unused and not _same(a, b):
            yield f"{place}{name}", a, b


def _same(one: Any, two: Any) -> bool:
    if isinstance(one, list | tuple) and isinstance(two, list | tuple):
        return len(one) == len(two) and all(map(_same, one, two))
    if isinstance(one, float) and isinstance(two, float):
        return math.isclose(one, two, rel_tol=_CLOSE)
    return bool(one == two)


def _shipped_camera(chain: Chain) -> dict[str, Any] | None:
    """Camera of the pipeline that ships with a model, if the model is one that ships."""
    models = resources.data("models").resolve()
    path = chain.network.path.resolve()
    if not path.is_relative_to(models):
        return None
    pipeline = _pipelines_by_model().get(path.relative_to(models).with_suffix("").as_posix())
    return None if pipeline is None else load_description(pipeline)[0].camera().plan()


@cache
def _pipelines_by_model() -> dict[str, str]:
    """Names of the pipelines that ship, by the model that they name."""
    files = sorted(resources.pipelines().glob("*.toml"))
    return {read_toml(file)["network"]["model"]: file.stem for file in files}

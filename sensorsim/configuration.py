"""What a pipeline is: its description, read from TOML, checked, and changed by dotted fields."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from sensorsim import resources, streams
from sensorsim.description import Description
from sensorsim.energy.ledger import EnergySettings
from sensorsim.errors import InputError
from sensorsim.photodiode import Photodiode
from sensorsim.radiometry import Lens
from sensorsim.readout import Adc, Comparator, Thermometer
from sensorsim.scenes.exposure import Exposure


class Scene(Description):
    """What light arrives."""

    dataset: str = Field("fashion-mnist", description="Name of a dataset, or 'folder'.")
    data_dir: str | None = Field(None, description="Where the dataset lies; a folder or a zip.")
    exposure: Exposure = Exposure()
    lens: Lens = Lens()
    white_reflectance: float = Field(
        0.9, gt=0, le=1, description="Reflectance of white; sets the illuminance in lux only."
    )


class LearnedReadout(Description):
    """The readout that the model file was trained with, under comparator errors stated here."""

    kind: Literal["learned"] = "learned"
    comparator: Comparator = Comparator()


class Network(Description):
    """Which binary network decides."""

    model: str = Field(
        description="Name of a model that ships, like 'fashion-mnist/glt-8', or a path."
    )


class PipelineDescription(Description):
    """A whole chain, as a TOML file states it."""

    name: str = Field("pipeline", description="What to call it in results.")
    scene: Scene = Scene()
    photodiode: Photodiode = Photodiode()
    readout: Annotated[Adc | Thermometer | LearnedReadout, Field(discriminator="kind")]
    network: Network
    energy: EnergySettings
    die: int = Field(0, ge=0, le=streams.MAX_DIE, description="Number of the die.")


def load_description(
    source: str | Path, settings: Mapping[str, Any] | None = None
) -> tuple[PipelineDescription, Path]:
    """Read a pipeline's description alone, and the folder that its files lie beside.

    Raises
    ------
    InputError
        Like `load_pipeline`, but for the files that the description names.
    """
    path = _find_pipeline(source)
    try:
        raw = tomllib.loads(path.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a TOML file: {error}") from None
    for field, value in (settings or {}).items():
        _set(raw, field, value)
    raw.setdefault("name", path.stem)
    return _validate(raw, str(path)), path.parent


def change(description: PipelineDescription, settings: Mapping[str, Any]) -> PipelineDescription:
    """The same description with some dotted fields changed, like ``{"readout.bits": 6}``.

    Raises
    ------
    InputError
        If a field does not exist or its value is out of bounds.
    """
    raw = description.model_dump()
    for field, value in settings.items():
        _set(raw, field, value)
    return _validate(raw, description.name)


def _find_pipeline(source: str | Path) -> Path:
    path = Path(source)
    if path.is_file():
        return path
    shipped = resources.pipelines() / f"{path.stem}.toml"
    if shipped.is_file() and path.parent.name in ("", "pipelines"):
        return shipped
    names = ", ".join(sorted(p.stem for p in resources.pipelines().glob("*.toml")))
    raise InputError(f"{source}: no such pipeline; expected a TOML file or one of {names}")


def _set(raw: dict[str, Any], field: str, value: Any) -> None:
    *parents, last = field.split(".")
    level = raw
    for parent in parents:
        child = level.setdefault(parent, {})
        if not isinstance(child, dict):
            raise InputError(f"{field}: {parent} is a single value, it has no field {last!r}")
        level = child
    level[last] = value


def _validate(raw: dict[str, Any], origin: str) -> PipelineDescription:
    try:
        return PipelineDescription.model_validate(raw)
    except ValidationError as error:
        raise InputError("; ".join(_explain(e, origin) for e in error.errors())) from None


def _explain(error: Any, origin: str) -> str:
    kinds = {
        "adc", "thermometer", "learned", "linear", "gamma", "log", "single-slope", "sar", "cyclic",
    }  # fmt: skip
    field = ".".join(str(x) for x in error["loc"] if x not in kinds)
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        return (
            f"{origin}: {field}: no such field; check its spelling ('sensorsim schema' lists all)"
        )
    if error["type"] == "missing":
        return f"{origin}: {field}: is missing; write it into the pipeline"
    value = error.get("input")
    got = "" if isinstance(value, dict) else f" (got {value!r})"
    return f"{origin}: {field}: {message}{got}"

"""What a pipeline is: its description, read from TOML, checked, and changed by dotted fields."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from sensorsim.bnn.faults import Faults
from sensorsim.circuits.settings import EnergySettings
from sensorsim.core import resources, streams
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.core.files import read_toml
from sensorsim.optics.cfa import Layout
from sensorsim.optics.lens import Lens
from sensorsim.optics.spectrum import MONOCHROMATIC_555NM, LightSpectrum
from sensorsim.readout import StatedReadout, nearest, uses_readouts
from sensorsim.scenes.exposure import Exposure
from sensorsim.sensor import Photodiode
from sensorsim.sensor.camera import WHITE_REFLECTANCE, Camera
from sensorsim.sensor.presets import Sensor, load_sensor


class Scene(Description):
    """What light arrives."""

    dataset: str = Field("fashion-mnist", description="Name of a dataset, or 'folder'.")
    data_dir: str | None = Field(None, description="Where the dataset lies; a folder or a zip.")
    size_px: int | None = Field(
        None,
        ge=1,
        description="Side in pixels that the images of class folders or of vww are brought to; "
        "null: class folders hold images of one size, vww has 96.",
    )
    layout: Layout = Field(
        "scene",
        description="Color filters: mono (luminance), rgb (co-sited) or a Bayer mosaic; scene: a "
        "sample of every color that the scene has.",
    )
    exposure: Exposure = Exposure()
    lens: Lens = Lens()
    spectrum: LightSpectrum = Field(
        MONOCHROMATIC_555NM, description="Spectrum of the light, between electrons and lux."
    )
    white_reflectance: float = Field(
        WHITE_REFLECTANCE, gt=0, le=1, description="Reflectance of white, between light and lux."
    )


class Network(Description):
    """Which binary network decides."""

    model: str = Field(
        description="Name of a model that ships, like 'fashion-mnist/glt-8', or a path."
    )
    faults: Faults = Field(Faults(), description="Flipped and stuck bits, narrow accumulators.")


@uses_readouts
class PipelineDescription(Description):
    """A whole chain, as a TOML file states it."""

    name: str = Field("pipeline", description="What to call it in results.")
    scene: Scene = Scene()
    photodiode: Photodiode = Photodiode()
    readout: StatedReadout
    network: Network
    energy: EnergySettings
    die: int = Field(0, ge=0, le=streams.MAX_DIE, description="Number of the die.")

    def camera(self) -> Camera:
        """What stands before the readout."""
        scene = self.scene
        return Camera(
            self.photodiode, scene.exposure, scene.lens, scene.spectrum, scene.white_reflectance,
            scene.layout,
        )  # fmt: skip


def load_description(
    source: str | Path, settings: Mapping[str, Any] | None = None
) -> tuple[PipelineDescription, Path]:
    """Read a pipeline's description alone, and the folder that its files lie beside.

    Raises
    ------
    InputError
        Like `load_pipeline`, but for the files that the description names.
    """
    raw, path = _read(source, settings)
    _read_sensor(raw, path.parent)
    raw.setdefault("name", path.stem)
    return _validate(raw, str(path)), path.parent


def find_pipeline(source: str | Path) -> Path:
    """Path of a pipeline by path or name of one that ships, like "glt4" or "pipelines/glt4.toml".

    Raises
    ------
    InputError
        If there is none.
    """
    path = Path(source)
    if path.is_file():
        return path
    shipped = resources.pipelines() / f"{path.stem}.toml"
    named = str(source) in (path.stem, f"pipelines/{path.stem}.toml")
    if named and shipped.is_file():
        return shipped
    names = ", ".join(sorted(p.stem for p in resources.pipelines().glob("*.toml")))
    raise InputError(f"{source}: no such pipeline; expected a TOML file or one of {names}")


def named_sensor(source: str | Path, settings: Mapping[str, Any] | None = None) -> Sensor | None:
    """The sensor that a pipeline's ``photodiode.sensor`` names; None if it names none.

    Raises
    ------
    InputError
        If the pipeline or the sensor's file cannot be read.
    """
    raw, path = _read(source, settings)
    return _sensor_of(raw, path.parent)


def change(description: PipelineDescription, settings: Mapping[str, Any]) -> PipelineDescription:
    """The same description with some dotted fields changed, like ``{"readout.bits": 6}``.

    Raises
    ------
    InputError
        If a field does not exist or its value is out of bounds.
    """
    raw = description.model_dump()
    _apply(raw, settings)
    _read_sensor(raw, None)
    return _validate(raw, description.name)


def _read(source: str | Path, settings: Mapping[str, Any] | None) -> tuple[dict[str, Any], Path]:
    """A pipeline's file as it stands, some fields changed, and where it lies."""
    path = find_pipeline(source)
    raw = read_toml(path)
    _apply(raw, settings or {})
    return raw, path


def _apply(raw: dict[str, Any], settings: Mapping[str, Any]) -> None:
    """Change dotted fields in place."""
    if "photodiode.sensor" in settings:  # another sensor leaves nothing of this one
        raw["photodiode"] = {}
    for field, value in settings.items():
        _set(raw, field, value)


def _set(raw: dict[str, Any], field: str, value: Any) -> None:
    *parents, last = field.split(".")
    level = raw
    for parent in parents:
        child = level.setdefault(parent, {})
        if not isinstance(child, dict):
            raise InputError(f"{field}: {parent} is a single value, it has no field {last!r}")
        level = child
    level[last] = value


def _read_sensor(raw: dict[str, Any], folder: Path | None) -> None:
    """Put a sensor's figures where ``photodiode.sensor`` names it, below those stated beside it."""
    sensor = _sensor_of(raw, folder)
    if sensor is not None:
        stated = {name: value for name, value in raw["photodiode"].items() if name != "sensor"}
        raw["photodiode"] = sensor.photodiode_fields() | stated


def _sensor_of(raw: dict[str, Any], folder: Path | None) -> Sensor | None:
    stated = raw.get("photodiode")
    if not isinstance(stated, dict) or "sensor" not in stated:
        return None
    name = stated["sensor"]
    if not isinstance(name, str):
        raise InputError(f"photodiode.sensor {name!r}: expected a name or the path of a TOML file")
    beside = folder / name if folder else None
    return load_sensor(beside if beside is not None and beside.is_file() else name)


def _validate(raw: dict[str, Any], origin: str) -> PipelineDescription:
    try:
        return PipelineDescription.model_validate(raw)
    except ValidationError as error:
        raise InputError("; ".join(_explain(e, origin) for e in error.errors())) from None


def _kinds() -> set[str]:
    """All values of ``kind`` that choose a part, like "adc"; pydantic counts them as fields."""
    parts = PipelineDescription.model_json_schema()["$defs"].values()
    return {p["properties"]["kind"]["const"] for p in parts if "kind" in p.get("properties", {})}


def _explain(error: Any, origin: str) -> str:
    kinds = _kinds()
    loc = error["loc"]
    # A field may be named like a kind (gamma.gamma): what follows a kind is a field.
    field = ".".join(str(x) for i, x in enumerate(loc) if x not in kinds or loc[i - 1] in kinds)
    place = f"{origin}: {field}" if field else origin
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        return f"{place}: no such field; check its spelling ('sensorsim schema' lists all)"
    if error["type"] == "missing":
        return f"{place}: is missing; write it into the pipeline"
    value = error.get("input")
    if error["type"] == "union_tag_invalid" and loc == ("readout",):
        kind = str(value["kind"])
        return f"{place}.kind {kind!r}: no such readout; {nearest(kind)}"
    if error["type"] == "union_tag_not_found":
        return f"{place}: state its kind beside the other fields, like {field}.kind"
    if error["type"] in ("model_type", "model_attributes_type") and not isinstance(value, dict):
        return f"{place} {value!r}: expected a table, like {{ kind = ... }}; see 'sensorsim schema'"
    got = "" if isinstance(value, dict) else f" (got {value!r})"
    return f"{place}: {message}{got}"

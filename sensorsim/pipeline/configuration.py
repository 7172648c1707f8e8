"""Read a pipeline's description from TOML, check it, and change its fields."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from sensorsim.bnn.faults import Faults
from sensorsim.circuits.settings import EnergySettings
from sensorsim.core import resources, streams
from sensorsim.core.arguments import mapping
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.core.files import beside, read_toml
from sensorsim.core.json_schema import Schema
from sensorsim.core.nearest import suggestion
from sensorsim.core.validation_errors import explain
from sensorsim.optics.cfa import Layout
from sensorsim.optics.lens import Lens
from sensorsim.optics.spectrum import MONOCHROMATIC_555NM, LightSpectrum
from sensorsim.readout import StatedReadout, uses_readouts
from sensorsim.scenes.exposure import Exposure
from sensorsim.sensor import Photodiode
from sensorsim.sensor.camera import WHITE_REFLECTANCE, Camera
from sensorsim.sensor.presets import Sensor, load_sensor

UNSET = "none"
"""Value of a setting that removes a field, so that its default holds; so does None."""


class Scene(Description):
    """What light arrives."""

    dataset: str = Field("fashion-mnist", description="Name of a dataset, or 'folder'.")
    data_dir: str | None = Field(
        None,
        description="Where the dataset lies: a folder or a zip, beside this file or in the current "
        "folder.",
    )
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
        """Make the camera: everything in front of the readout.

        Returns
        -------
        Camera
            Photodiode, exposure, lens, light and color filters.
        """
        scene = self.scene
        return Camera(
            self.photodiode, scene.exposure, scene.lens, scene.spectrum, scene.white_reflectance,
            scene.layout,
        )  # fmt: skip


def load_description(
    source: str | Path, settings: Mapping[str, Any] | None = None
) -> tuple[PipelineDescription, Path]:
    """Read a pipeline's description from a TOML file.

    Parameters
    ----------
    source : str or Path
        Path of a TOML file, or name of a shipped pipeline, like "glt4".
    settings : mapping, optional
        Dotted fields to change, like ``{"readout.bits": 6}``; None or "none" removes a field.

    Returns
    -------
    PipelineDescription
        The checked description.
    Path
        Folder of the file, in which the files that it names may lie.

    Raises
    ------
    InputError
        If the file is missing or not TOML, a field is unknown or out of bounds, or the sensor that
        it names cannot be read. Model and technology are not read here.
    """
    raw, path = _read(source, settings)
    _read_sensor(raw, path.parent)
    raw.setdefault("name", path.stem)
    return _validate(raw, str(path)), path.parent


def lit_by(lux: float) -> dict[str, Any]:
    """Settings that state the light of a pipeline in lux, whatever it states.

    Parameters
    ----------
    lux : float
        Illuminance of the scene in a 0-stop image, lux.

    Returns
    -------
    dict of str to value
        Dotted fields, as `change` takes them; the exposure law stays.

    Examples
    --------
    >>> load_description("glt4", lit_by(100))[0].scene.exposure.white_illuminance_lux
    100.0
    """
    return {
        "scene.exposure.white_full_well_fraction": None,
        "scene.exposure.white_illuminance_lux": lux,
    }


def find_pipeline(source: str | Path) -> Path:
    """Find the file of a pipeline.

    Parameters
    ----------
    source : str or Path
        Path of a TOML file, or name of a shipped pipeline, like "glt4" or "pipelines/glt4.toml".

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If there is no such file or shipped pipeline.
    """
    if not isinstance(source, str | Path):
        raise InputError(f"pipeline {source!r}: expected a path, or the name of one that ships")
    path = Path(source)
    if path.is_file():
        return path
    shipped = resources.pipelines() / f"{path.stem}.toml"
    named = str(source) in (path.stem, f"pipelines/{path.stem}.toml")
    if named and shipped.is_file():
        return shipped
    names = [p.stem for p in resources.pipelines().glob("*.toml")]
    raise InputError(f"{source}: no such pipeline; {suggestion(path.stem, names)}")


def named_sensor(source: str | Path, settings: Mapping[str, Any] | None = None) -> Sensor | None:
    """Read the sensor that a pipeline's ``photodiode.sensor`` names.

    Parameters
    ----------
    source : str or Path
        Path of a TOML file, or name of a shipped pipeline.
    settings : mapping, optional
        Dotted fields to change.

    Returns
    -------
    Sensor or None
        The sensor; None if the pipeline names none.

    Raises
    ------
    InputError
        If the pipeline or the sensor's file cannot be read.
    """
    raw, path = _read(source, settings)
    return _sensor_of(raw, path.parent)


def change(
    description: PipelineDescription, settings: Mapping[str, Any], folder: Path | None = None
) -> PipelineDescription:
    """Copy a description with some fields changed.

    Parameters
    ----------
    description : PipelineDescription
        The description to copy.
    settings : mapping of str to value
        Dotted fields to change, like ``{"readout.bits": 6}``; None or "none" removes a field.
    folder : Path, optional
        Where a sensor file that the settings name may lie, beside the current folder.

    Returns
    -------
    PipelineDescription
        The checked copy.

    Raises
    ------
    InputError
        If a field does not exist or its value is out of bounds.
    """
    raw = description.model_dump()
    _apply(raw, settings)
    _read_sensor(raw, folder)
    return _validate(raw, description.name)


def _read(source: str | Path, settings: Mapping[str, Any] | None) -> tuple[dict[str, Any], Path]:
    """Read a pipeline's file unchecked, with some fields changed; also return its path."""
    path = find_pipeline(source)
    raw = read_toml(path)
    _apply(raw, settings or {})
    return raw, path


def _apply(raw: dict[str, Any], settings: Mapping[str, Any]) -> None:
    """Change dotted fields in place."""
    settings = mapping("settings", settings, "{'readout.bits': 6}")
    if "photodiode.sensor" in settings:  # another sensor replaces all fields
        raw["photodiode"] = {}
    for field, value in settings.items():
        if (value is None or value == UNSET) and _can_be_unset(raw, field):
            _table_of(raw, field).pop(field.rpartition(".")[2], None)
        else:
            _table_of(raw, field)[field.rpartition(".")[2]] = value


def _can_be_unset(raw: dict[str, Any], field: str) -> bool:
    """Whether there is such a field, and "none" is no value of its own, as of photodiode.noise."""
    schema, (*parents, last) = Schema(PipelineDescription.model_json_schema()), field.split(".")
    table = schema.at(tuple(parents), raw)
    known = last in schema.fields(table, _table_of(raw, field))
    return known and UNSET not in schema.choices(schema.at((*parents, last), raw))


def _table_of(raw: dict[str, Any], field: str) -> dict[str, Any]:
    """The table that a dotted field lies in; made if it is not there."""
    *parents, last = field.split(".")
    level = raw
    for parent in parents:
        child = level.setdefault(parent, {})
        if not isinstance(child, dict):
            raise InputError(f"{field}: {parent} is a single value, it has no field {last!r}")
        level = child
    return level


def _read_sensor(raw: dict[str, Any], folder: Path | None) -> None:
    """Replace ``photodiode.sensor`` by that sensor's figures; stated fields override them."""
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
    return load_sensor(beside(name, folder))


def _validate(raw: dict[str, Any], origin: str) -> PipelineDescription:
    try:
        return PipelineDescription.model_validate(raw)
    except ValidationError as error:
        schema = PipelineDescription.model_json_schema()
        found = explain(error, raw, schema, "'sensorsim schema'")
        raise InputError("\n".join(f"{origin}: {line}" for line in found)) from None

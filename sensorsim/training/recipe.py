"""Recipes: TOML files that state data, light, pipeline, network, teacher and schedule.

A recipe for a network names a pipeline, which gives sensor and readout. A recipe for a teacher
needs only photographs.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from sensorsim.core import resources
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.core.files import read_toml
from sensorsim.core.nearest import suggestion
from sensorsim.core.validation_errors import explain
from sensorsim.readout import MAX_THRESHOLDS
from sensorsim.readout.families import families
from sensorsim.scenes.exposure import Exposure
from sensorsim.training.architecture import Topology
from sensorsim.training.distillation import Distillation
from sensorsim.training.pruning import Pruning
from sensorsim.training.schedule import Schedule
from sensorsim.training.teacher import TeacherDescription


class Data(Description):
    """The labelled photographs."""

    dataset: str = Field(description="Name of a dataset, or 'folder'.")
    data_dir: str | None = Field(None, description="Folder or zip of the dataset.")
    size_px: int | None = Field(
        None, ge=8, le=1024, description="Side to which photographs of a folder are resized."
    )


class TeacherUse(Distillation):
    """The teacher of a network, and its share of the loss."""

    file: str | None = Field(
        None,
        description="Float teacher: a file from a teacher recipe, or the name of one that ships.",
    )
    model: str | None = Field(
        None, description="Binary teacher: the name of a model that ships, or a model file."
    )

    @model_validator(mode="after")
    def _there_is_one(self) -> Self:
        if (self.file is None) == (self.model is None):
            raise ValueError("teacher: state file, a float teacher, or model, a binary one")
        return self


class NetworkRecipe(Description):
    """A binary network for a pipeline's readout."""

    kind: Literal["network"]
    pipeline: str = Field(
        description="Sensor and readout: the name of a pipeline that ships, or a file."
    )
    data: Data
    light: Exposure = Field(
        description="Brightness of the images; replaces the pipeline's exposure."
    )
    levels: int | None = Field(
        None, ge=1, le=MAX_THRESHOLDS, description="Number of levels of a learned readout."
    )
    family: str = Field("glt", description="Which readout is learned, if the pipeline's is.")
    network: Topology
    limit_bits: int | None = Field(
        None, ge=1, description="Upper limit of the bits that the model stores, all parameters."
    )
    schedule: Schedule
    pruning: Pruning | None = None
    teacher: TeacherUse | None = None

    @model_validator(mode="after")
    def _family_is_learned(self) -> Self:
        learned = [name for name, family in families().items() if family.learned]
        if self.family not in learned:
            raise ValueError(f"family {self.family!r}: expected one of {', '.join(learned)}")
        return self


class TeacherRecipe(Description):
    """A float network that serves as a teacher."""

    kind: Literal["teacher"]
    data: Data
    schedule: TeacherDescription


Recipe = NetworkRecipe | TeacherRecipe
_RECIPE: TypeAdapter[Recipe] = TypeAdapter(
    Annotated[NetworkRecipe | TeacherRecipe, Field(discriminator="kind")]
)


def find_recipe(source: str | Path) -> Path:
    """Find the file of a recipe.

    Parameters
    ----------
    source : str or Path
        A TOML file, or the name of a recipe that ships, like "cifar10_teacher".

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If there is no such recipe.
    """
    path = Path(source)
    shipped = resources.recipes() / f"{path.name}.toml"
    for candidate in (path, shipped):
        if candidate.is_file():
            return candidate
    names = [p.stem for p in resources.recipes().glob("*.toml")]
    raise InputError(f"{source}: no such recipe; {suggestion(path.stem, names)}")


def load_recipe(source: str | Path, changes: dict[str, Any] | None = None) -> tuple[Recipe, Path]:
    """Read a recipe and change some of its fields.

    Parameters
    ----------
    source : str or Path
        A TOML file, or the name of a recipe that ships.
    changes : dict, optional
        Values by dotted field, like ``{"schedule.epochs": 2.0}``.

    Returns
    -------
    recipe : NetworkRecipe or TeacherRecipe
        The changed recipe.
    path : Path
        The file that was read.

    Raises
    ------
    InputError
        If there is no such recipe, it is not TOML, or a field is missing, unknown or out of
        range.
    """
    path = find_recipe(source)
    raw = read_toml(path)
    for field, value in (changes or {}).items():
        *parents, last = field.split(".")
        level = raw
        for parent in parents:
            level = level.setdefault(parent, {})
            if not isinstance(level, dict):
                raise InputError(
                    f"{path}: {field}: {parent} is not a table; state it whole, like {parent}=[...]"
                )
        level[last] = value
    try:
        return _RECIPE.validate_python(raw), path
    except ValidationError as error:
        found = explain(error, raw, _RECIPE.json_schema())
        raise InputError("\n".join(f"{path}: {line}" for line in found)) from None

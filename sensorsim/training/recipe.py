"""What a training is: a TOML file that states data, light, pipeline, network, teacher, schedule.

A recipe for a network names a pipeline, which gives sensor and readout. A recipe for a teacher
needs photographs alone.
"""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from sensorsim.core import resources
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.core.files import read_toml
from sensorsim.readout import MAX_THRESHOLDS
from sensorsim.readout.families import families
from sensorsim.scenes.exposure import Exposure
from sensorsim.training.architecture import Topology
from sensorsim.training.distillation import Distillation
from sensorsim.training.pruning import Pruning
from sensorsim.training.schedule import Schedule
from sensorsim.training.teacher import TeacherDescription


class Data(Description):
    """Which labelled photographs."""

    dataset: str = Field(description="Name of a dataset, or 'folder'.")
    data_dir: str | None = Field(None, description="Where the dataset lies; a folder or a zip.")
    size_px: int | None = Field(
        None, ge=8, le=1024, description="Side to which photographs of a folder are resized."
    )


class TeacherUse(Distillation):
    """Who teaches, and how much of the loss is the teacher's."""

    file: str | None = Field(
        None, description="Float teacher: a file that a teacher's recipe made, or one that ships."
    )
    model: str | None = Field(
        None, description="Binary teacher: a model that ships, or the path of a model file."
    )

    @model_validator(mode="after")
    def _there_is_one(self) -> Self:
        if (self.file is None) == (self.model is None):
            raise ValueError("teacher: state file, a float teacher, or model, a binary one")
        return self


class NetworkRecipe(Description):
    """A binary network for a pipeline's readout."""

    kind: Literal["network"]
    pipeline: str = Field(description="Sensor and readout: a pipeline that ships, or a path.")
    data: Data
    light: Exposure = Field(description="How bright the images are; stands in for the pipeline's.")
    levels: int | None = Field(
        None, ge=1, le=MAX_THRESHOLDS, description="Levels of a readout that is learned."
    )
    family: str = Field("glt", description="Which readout is learned, if the pipeline's is.")
    network: Topology
    limit_bits: int | None = Field(
        None, ge=1, description="Most bits that the model may store, all parameters counted."
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
    """A float network that teaches others."""

    kind: Literal["teacher"]
    data: Data
    schedule: TeacherDescription


Recipe = NetworkRecipe | TeacherRecipe
_RECIPE: TypeAdapter[Recipe] = TypeAdapter(
    Annotated[NetworkRecipe | TeacherRecipe, Field(discriminator="kind")]
)


def find_recipe(source: str | Path) -> Path:
    """Path of a recipe.

    Parameters
    ----------
    source : str or Path
        A TOML file, or the name of a recipe that ships, like "cifar10_teacher".

    Returns
    -------
    Path

    Raises
    ------
    InputError
        If there is none.
    """
    path = Path(source)
    shipped = resources.recipes() / f"{path.name}.toml"
    for candidate in (path, shipped):
        if candidate.is_file():
            return candidate
    names = ", ".join(sorted(p.stem for p in resources.recipes().glob("*.toml")))
    raise InputError(f"{source}: no such recipe; expected a TOML file or one of {names}")


def load_recipe(source: str | Path, changes: dict[str, Any] | None = None) -> tuple[Recipe, Path]:
    """Read a recipe and change some of its fields.

    Parameters
    ----------
    source : str or Path
        Like that of `find_recipe`.
    changes : dict, optional
        Dotted fields and their values, like ``{"schedule.epochs": 2.0}``.

    Returns
    -------
    recipe : NetworkRecipe or TeacherRecipe
    path : Path
        The file that was read.

    Raises
    ------
    InputError
        If there is no such file, it is not TOML, or a field is missing, unknown or out of bounds.
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
                    f"{path}: {field}: {parent} is no table; state it whole, like {parent}=[...]"
                )
        level[last] = value
    try:
        return _RECIPE.validate_python(raw), path
    except ValidationError as error:
        raise InputError(
            "\n".join(f"{path}: {_explain(dict(e))}" for e in error.errors())
        ) from None


def _explain(error: dict[str, Any]) -> str:
    field = ".".join(map(str, error["loc"][1:]))  # behind the recipe's own kind
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "missing":
        return f"{field}: is missing; write it into the recipe"
    if error["type"] == "extra_forbidden":
        return f"{field}: no such field; check its spelling"
    if error["type"] in ("union_tag_not_found", "union_tag_invalid"):
        return 'kind: expected kind = "network" or kind = "teacher"'
    got = "" if isinstance(error.get("input"), dict) else f" (got {error.get('input')!r})"
    return f"{field}: {message}{got}"

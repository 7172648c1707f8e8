"""Registry of readouts by kind: the packages in this folder, and those that others register.

A package registers its readouts by an entry point of the group ``sensorsim.readouts`` whose value
is the class (docs/extending.md), or at run time by `register`.
"""

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from operator import getitem
from types import MappingProxyType
from typing import Annotated, Any, TypeVar, Union, get_args

from pydantic import BaseModel, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from sensorsim.core.errors import InputError
from sensorsim.core.nearest import suggestion
from sensorsim.readout.learned import LearnedReadout
from sensorsim.readout.protocol import Readout

GROUP = "sensorsim.readouts"
_BY_KIND = Field(discriminator="kind")
_FIELDS = ("kind", "comparator")
_kinds: dict[str, type[Readout]] = {}
_users: list[type[BaseModel]] = []
Model = TypeVar("Model", bound=type[BaseModel])


def kinds() -> Mapping[str, type[Readout]]:
    """List all registered readouts.

    Returns
    -------
    mapping of str to class
        Subclasses of `Readout` by kind.
    """
    return MappingProxyType(_kinds)


def register(readout: type[Readout], package: str) -> None:
    """Register a readout by its kind, for pipelines, model files and the JSON schema.

    Parameters
    ----------
    readout : subclass of Readout
        The class.
    package : str
        Package that it comes from, for error messages.

    Raises
    ------
    InputError
        If it is not a subclass of `Readout`, lacks a member, or its kind is taken.
    """
    kind = _checked(readout, package)
    _kinds[kind] = readout
    _rebuild()


def unregister(kind: str) -> None:
    """Remove a readout from the registry.

    Parameters
    ----------
    kind : str
        Kind of a registered readout.

    Raises
    ------
    InputError
        If it is not registered.
    """
    if kind not in _kinds:
        raise InputError(f"readout.kind {kind!r}: not registered; {suggestion(kind, _kinds)}")
    del _kinds[kind]
    _rebuild()


def _rebuild() -> None:
    for model in _users:
        model.model_rebuild(force=True)


def uses_readouts(model: Model) -> Model:
    """Decorate a description with a field of type `AnyReadout` or `StatedReadout`.

    Its validation is rebuilt whenever a readout is registered or removed.

    Parameters
    ----------
    model : class
        The description.

    Returns
    -------
    class
        The same class.
    """
    _users.append(model)
    return model


def _checked(readout: type[Readout], package: str) -> str:
    name = getattr(readout, "__name__", repr(readout))
    if not (isinstance(readout, type) and issubclass(readout, Readout)):
        raise InputError(
            f"{package}: {name} is no subclass of sensorsim.readout.protocol.Readout; expected one"
        )
    missing = [f for f in _FIELDS if f not in readout.model_fields]
    missing += sorted(getattr(readout, "__abstractmethods__", ()))
    missing += [] if hasattr(readout, "level_fields") else ["level_fields"]
    if (readout.shown, readout.digital_numbers) == (Readout.shown, Readout.digital_numbers):
        missing.append("shown or digital_numbers")
    if missing:
        raise InputError(
            f"{package}: readout {name} lacks {', '.join(missing)}; a readout needs every member "
            "that sensorsim.readout.protocol.Readout declares abstract, level_fields, and shown if "
            "its codes are no digital numbers"
        )
    unknown = [f for f in readout.level_fields if f not in readout.model_fields]
    if unknown:
        raise InputError(
            f"{package}: readout {name}: level_fields {', '.join(unknown)}: no such field; "
            f"expected some of {', '.join(readout.model_fields)}"
        )
    values = get_args(readout.model_fields["kind"].annotation)
    if len(values) != 1 or not isinstance(values[0], str):
        raise InputError(
            f"{package}: readout {name}: kind is {readout.model_fields['kind'].annotation}; "
            'expected a Literal of one name, like Literal["log-gradient"]'
        )
    kind = values[0]
    if kind in _kinds or kind == LearnedReadout.model_fields["kind"].default:
        taken = _kinds.get(kind, LearnedReadout)
        raise InputError(
            f"{package}: readout {name}: kind {kind!r} is taken by "
            f"{taken.__module__}.{taken.__qualname__}; expected another name"
        )
    return kind


class _ByKind:
    """A field that takes any registered readout, chosen by its ``kind``."""

    def __init__(self, *others: type[BaseModel]) -> None:
        self._others = others

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Schema of the union of the readouts registered so far; `register` rebuilds it."""
        # The union is made at run time, so static type checkers cannot check it.
        union = getitem(Union, (*_kinds.values(), *self._others))
        return handler.generate_schema(getitem(Annotated, (union, _BY_KIND)))


def _load(point: EntryPoint) -> None:
    package = point.dist.name if point.dist else point.value
    try:
        readout = point.load()
    except Exception as error:  # whatever a foreign module raises
        raise InputError(
            f"{package}: entry point {point.name} = {point.value} of {GROUP} cannot be imported "
            f"({type(error).__name__}: {error}); repair the package or uninstall it"
        ) from error
    register(readout, package)


def _register_folders() -> None:
    """Register ``READOUT`` of every subpackage."""
    package = import_module(__package__)
    for folder in pkgutil.iter_modules(package.__path__, f"{__package__}."):
        if folder.ispkg:
            register(import_module(folder.name).READOUT, folder.name)


_register_folders()

AnyReadout = Annotated[Readout, _ByKind()]
"""Type of a field that takes any registered readout."""
StatedReadout = Annotated[Readout | LearnedReadout, _ByKind(LearnedReadout)]
"""Type of a field that takes any registered readout, or `LearnedReadout`."""


def load_entry_points() -> None:
    """Register the readouts of other installed packages, from their entry points.

    Raises
    ------
    InputError
        If one of them cannot be imported, lacks a member, or takes a kind that is taken.
    """
    for point in entry_points(group=GROUP):
        _load(point)


load_entry_points()

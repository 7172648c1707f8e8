"""Base class of all descriptions: immutable, no unknown fields, no NaN, strict scalar types."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Self, get_args, get_origin

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError


class Description(BaseModel):
    """Base of all descriptions: frozen pydantic models with units in the names of their fields.

    Stricter than pydantic: ``true`` or ``"1"`` is not accepted for the number 1, 1 or ``"yes"`` not
    for ``true``, and 8.0 not for 8. An integer is accepted for a float, as in TOML.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """Only what differs from the defaults: a line for a reader."""
        fields = type(self).model_fields
        for name, value in super().__repr_args__():
            field = fields.get(name or "")
            if field is None or value != field.get_default(call_default_factory=True):
                yield name, value

    # A model validator: pydantic allows no "before" field validator on a discriminator. It wraps
    # the others, so that all mistakes are found at once.
    @model_validator(mode="wrap")
    @classmethod
    def _kinds_are_meant(cls, stated: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Raise on a boolean or string where a number is expected, and the reverse."""
        wrong = _of_wrong_kind(cls, stated)
        try:
            made = handler(stated)
        except ValidationError as error:
            wrong += _details(error, {details["loc"][0] for details in wrong})
        if wrong:
            raise ValidationError.from_exception_data(cls.__name__, wrong)
        return made


def _of_wrong_kind(model: type[BaseModel], stated: Any) -> list[InitErrorDetails]:
    """Errors of the fields whose values pydantic would convert."""
    if not isinstance(stated, Mapping):
        return []
    found = []
    for name, value in stated.items():
        field = model.model_fields.get(name)
        if field and (text := _mistake(value, set(_kinds(field.annotation)))):
            kind = PydanticCustomError("wrong_kind", "{text}", {"text": text})
            found.append(InitErrorDetails(type=kind, loc=(name,), input=value))
    return found


def _details(error: ValidationError, told: set[int | str]) -> list[InitErrorDetails]:
    """Errors of the fields that are not in ``told``, to be raised again."""
    found = []
    for one in error.errors():
        if not one["loc"] or one["loc"][0] not in told:
            kind: str | PydanticCustomError = one["type"]
            if kind == "wrong_kind":
                kind = PydanticCustomError("wrong_kind", "{text}", one["ctx"])
            found.append(
                InitErrorDetails(
                    type=kind, loc=one["loc"], input=one["input"], ctx=one.get("ctx", {})
                )
            )
    return found


def _mistake(value: Any, kinds: set[Any]) -> str:
    """What is wrong with the first value that is not of its field's kinds; empty if none is."""
    plain = {k for k in kinds if not isinstance(k, str)} <= {bool, int, float, str, type(None)}
    for scalar in _scalars(value) if plain else [value]:
        if due := _what_is_due(scalar, kinds):
            return f"{scalar!r}: expected {due}"
    return ""


def _kinds(annotation: Any) -> Iterator[Any]:
    """Types that a single value of the field may have, and string literals that it may equal."""
    if get_origin(annotation) is Literal:
        yield from (a if isinstance(a, str) else type(a) for a in get_args(annotation))
    elif get_origin(annotation) is dict:
        yield from _kinds(get_args(annotation)[1])
    elif get_args(annotation):
        # Arguments of Annotated[...] and tuple[...] that are no types are metadata or an ellipsis.
        for part in get_args(annotation):
            if isinstance(part, type) or get_args(part):
                yield from _kinds(part)
    else:
        yield annotation


def _scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        yield value
        return
    for part in value:
        yield from _scalars(part)


def _what_is_due(value: Any, kinds: set[Any]) -> str:
    """What a single value should have been; empty where pydantic decides."""
    number, switch = int in kinds or float in kinds, bool in kinds
    if isinstance(value, bool):
        return "a number, not true or false" if number and not switch else ""
    if isinstance(value, str) and kinds.isdisjoint((str, value)) and (number or switch):
        due = "a number" if number else "true or false"
        if words := sorted(k for k in kinds if isinstance(k, str)):
            return f"{due}, or one of {', '.join(map(repr, words))}"
        return f"{due}, not a string; leave out the quotes"
    if isinstance(value, int | float) and switch and not number:
        return "true or false, not a number"
    if isinstance(value, float) and int in kinds and float not in kinds:
        return "a whole number, without a decimal point"
    return ""

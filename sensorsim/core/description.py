"""Base class of all descriptions: immutable, no unknown fields, no NaN, strict scalar types."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, model_validator


class Description(BaseModel):
    """Base of all descriptions: frozen pydantic models with units in the names of their fields.

    Stricter than pydantic: ``true`` or ``"1"`` is not accepted for the number 1, 1 or ``"yes"`` not
    for ``true``, and 8.0 not for 8. An integer is accepted for a float, as in TOML.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    # A model validator: pydantic allows no "before" field validator on a discriminator.
    @model_validator(mode="before")
    @classmethod
    def _kinds_are_meant(cls, stated: Any) -> Any:
        """Raise on a boolean or string where a number is expected, and the reverse."""
        if isinstance(stated, Mapping):
            for name, value in stated.items():
                if field := cls.model_fields.get(name):
                    _check_field(name, value, set(_kinds(field.annotation)))
        return stated


def _check_field(name: str, value: Any, kinds: set[Any]) -> None:
    plain = {k for k in kinds if not isinstance(k, str)} <= {bool, int, float, str, type(None)}
    for scalar in _scalars(value) if plain else [value]:
        if due := _what_is_due(scalar, kinds):
            raise ValueError(f"{name} {scalar!r}: expected {due}")


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

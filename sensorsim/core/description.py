"""What every description shares: immutable, no unknown fields, no NaN, no number from a word."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ConfigDict, model_validator


class Description(BaseModel):
    """Base of all descriptions: frozen pydantic models with units in the names of their fields.

    pydantic would take ``true`` or ``"1"`` for the number 1, and 1 or "yes" for ``true``; here they
    are mistakes, and so is 8.0 for 8. An integer may stand for a float, as in TOML.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    # Not a validator of fields: pydantic allows none before that of a discriminator.
    @model_validator(mode="before")
    @classmethod
    def _kinds_are_meant(cls, stated: Any) -> Any:
        """Refuse a switch or a word where a number is due, and a number or word for a switch."""
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
    """Types of the single values that a field may hold, and words that it may be."""
    if get_origin(annotation) is Literal:
        yield from (a if isinstance(a, str) else type(a) for a in get_args(annotation))
    elif get_origin(annotation) is dict:
        yield from _kinds(get_args(annotation)[1])
    elif get_args(annotation):
        # Of Annotated[kind, ...] and tuple[kind, ...], what else stands there is no type.
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
    """What a single value should have been; empty if pydantic may judge it."""
    number, switch = int in kinds or float in kinds, bool in kinds
    if isinstance(value, bool):
        return "a number, not a switch" if number and not switch else ""
    if isinstance(value, str) and kinds.isdisjoint((str, value)) and (number or switch):
        due = "a number" if number else "true or false"
        if words := sorted(k for k in kinds if isinstance(k, str)):
            return f"{due}, or one of {', '.join(map(repr, words))}"
        return f"{due}, not a text; leave out the quotes"
    if isinstance(value, int | float) and switch and not number:
        return "true or false, not a number"
    if isinstance(value, float) and int in kinds and float not in kinds:
        return "a whole number, without a decimal point"
    return ""

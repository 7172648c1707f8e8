"""Say what is wrong with a description, one line for each mistake, in words of the file."""

import difflib
import re
from collections.abc import Callable, Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from sensorsim.core.errors import InputError

Say = Callable[[str, Any], str | None]
"""``say(place, error)`` words one of pydantic's errors, or returns None for the usual words."""

_INTERNAL = re.compile(r"[\[\](){}]|^constrained-|^(float|int|str|bool|none|nullable|default)$")
"""Locations that are branches of a union in pydantic, and no fields of a file."""
_VALID = (
    ("Input should be ", "expected "), ("Tuple should have ", "expected "), ("Value error, ", ""),
    ("a valid ", "a "), ("a dictionary", "a table"), ("a tuple", "a list"),
    ("expected greater", "expected a value greater"), ("expected less", "expected a value less"),
)  # fmt: skip
_TABLES = ("model_type", "model_attributes_type")
_LONGEST = 80


def explain(origin: str, error: ValidationError, root: Any, say: Say | None = None) -> InputError:
    """Word the mistakes that pydantic found.

    Parameters
    ----------
    origin : str
        The file, or another name of what was validated.
    error : ValidationError
        What pydantic raised.
    root : type
        Type of what was validated: a description, or a union of them.
    say : callable, optional
        Words for some errors, in place of the usual ones.

    Returns
    -------
    InputError
        To raise; a line for each mistake: place, what was expected, and the value.
    """
    lines = _lines(error, root, say)
    if len(lines) == 1:
        return InputError(f"{origin}: {lines[0]}")
    return InputError("\n  ".join([f"{origin}: {len(lines)} mistakes", *lines]))


def _lines(error: ValidationError, root: Any, say: Say | None) -> list[str]:
    said: dict[str, list[tuple[bool, str]]] = {}
    places = [_place(_fields(one["loc"], root)) for one in error.errors()]
    for place, one in zip(places, error.errors(), strict=True):
        if one["type"] == "too_short" and any(p.startswith(f"{place}[") for p in places):
            continue  # its items were wrong, and are named
        table = isinstance(one.get("input"), dict)
        whole = one["type"] in _TABLES or (table and one["type"].endswith("_type"))
        words = say(place, one) if say else None
        parts = _fields(one["loc"], root)
        said.setdefault(place, []).append((whole, words or _words(place, parts, one, root)))
    found = []
    for lines in said.values():
        # A value of a union fails in each of its types: those that want a table come last.
        alone = [words for whole, words in lines if not whole] or [words for _, words in lines]
        found += list(dict.fromkeys(alone))
    return found


def _fields(loc: tuple[Any, ...], root: Any) -> list[Any]:
    """Names and numbers of a location, without branches of unions."""
    kept: list[Any] = []
    chosen = False
    for part in loc:
        models = [] if isinstance(part, int) else _models_at(root, kept)
        # Of several descriptions, pydantic states the kind as a part of the location. A field may
        # be named like a kind (gamma.gamma): what follows a kind is a field.
        if not chosen and len(models) > 1 and any(part in _kinds(m) for m in models):
            chosen = True
            continue
        branch = isinstance(part, str) and _INTERNAL.search(part)
        if not branch and part not in {m.__name__ for m in models}:
            kept.append(part)
            chosen = False
    return kept


def _kinds(model: type[BaseModel]) -> tuple[Any, ...]:
    field = model.model_fields.get("kind")
    return () if field is None else get_args(field.annotation)


def _place(parts: list[Any]) -> str:
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _words(place: str, parts: list[Any], error: Any, root: Any) -> str:
    value = error.get("input")
    if error["type"] == "extra_forbidden":
        return f"{place}: no such field; {_nearest(str(parts[-1]), _names_at(root, parts[:-1]))}"
    if error["type"] == "missing":
        return f"{place}: is missing; add it"
    if error["type"] == "union_tag_not_found":
        return f"{place}: state its kind beside the other fields, like {place}.kind"
    if error["type"] == "union_tag_invalid":
        kinds = re.findall(r"'([^']*)'", str(error["ctx"]["expected_tags"]))
        kind = value.get("kind") if isinstance(value, dict) else value
        return f"{place}.kind {kind!r}: no such kind; {_nearest(str(kind), kinds)}"
    if error["type"] in _TABLES:
        return f"{place} {_shown(value)}: expected a table, like {{ kind = ... }}"
    message = error["msg"]
    for old, new in _VALID:
        message = message.replace(old, new)
    got = "" if isinstance(value, dict) else f" (got {_shown(value)})"
    return f"{place}: {message}{got}" if place else f"{message}{got}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _nearest(name: str, known: list[str]) -> str:
    """The most similar names, or all if there are few."""
    close = difflib.get_close_matches(name, known, 3, 0.6)
    if close:
        return f"did you mean {' or '.join(map(repr, close))}?"
    if len(known) <= 12:
        return f"expected one of {', '.join(known)}"
    return "check its spelling ('sensorsim schema' lists all)"


def _names_at(root: Any, parts: list[Any]) -> list[str]:
    """Fields of the descriptions that a location may hold."""
    return sorted({name for model in _models_at(root, parts) for name in model.model_fields})


def _models_at(root: Any, parts: list[Any]) -> list[type[BaseModel]]:
    models = list(_models_of(root))
    for part in parts:
        if isinstance(part, int):
            continue
        models = [
            inner
            for model in models
            if part in model.model_fields
            for inner in _models_of(model.model_fields[part].annotation)
        ]
    return models


def _models_of(annotation: Any) -> Iterator[type[BaseModel]]:
    """Descriptions among the types of an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        yield from (m for m in annotation.__subclasses__() if m.__module__ != __name__)
    for part in get_args(annotation):
        yield from _models_of(part)

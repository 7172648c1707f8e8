"""Say what is wrong with a description, one line for each field, in the words of its author.

Pydantic names types and validators; a reader of a TOML file knows fields, values and bounds. What
was expected is read from the description's JSON schema.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from sensorsim.core.json_schema import Path, Schema, has
from sensorsim.core.nearest import similar, suggestion

_OWN_WORDS = ("value_error", "assertion_error", "wrong_kind")
"""Types of errors whose message was written in this program."""
_LONGEST_VALUE = 60


def explain(
    error: ValidationError, stated: Any, schema: Mapping[str, Any], listed_by: str = ""
) -> list[str]:
    """List the mistakes of a description.

    Parameters
    ----------
    error : ValidationError
        What validation raised.
    stated : object
        What was validated: tables, lists and values.
    schema : mapping
        JSON schema of the description.
    listed_by : str
        What lists all fields, like "'sensorsim schema'"; said if they are too many for a message.

    Returns
    -------
    list of str
        For each wrong field a line: its dotted name, its value, and what was expected.
    """
    known = Schema(schema, listed_by)
    found: dict[Path, list[Any]] = {}
    for one in error.errors():
        found.setdefault(_path(one, stated, known), []).append(one)
    return [
        _line(path, errors, stated, known)
        for path, errors in found.items()
        if not _is_other_choice(path, errors, found)
    ]


def _path(error: Any, stated: Any, schema: Schema) -> Path:
    """Where the error lies in what was stated: its location without kinds and names of types."""
    path: list[str | int] = []
    level, location, chosen = stated, error["loc"], -1
    for number, part in enumerate(location):
        last = number == len(location) - 1
        named = isinstance(level, Mapping) and part == level.get("kind")
        if named and chosen < len(path) and schema.is_choice(tuple(path), stated):
            chosen = len(path)  # a field may be named like its kind: only the first is the kind
            continue
        if has(level, part):
            level = level[part]
        elif not (last and error["type"] == "missing" and isinstance(part, str)):
            continue  # a list that is too short is itself what is wrong
        path.append(part)
    return tuple(path)


def _is_other_choice(path: Path, errors: list[Any], found: Mapping[Path, Any]) -> bool:
    """Whether errors only say that a table is no number, while the table itself has errors."""
    inner = any(other[: len(path)] == path and len(other) > len(path) for other in found)
    return inner and not any(e["type"] in _OWN_WORDS for e in errors)


def _line(path: Path, errors: list[Any], stated: Any, schema: Schema) -> str:
    own = [e for e in errors if e["type"] in _OWN_WORDS]
    place, error = _dotted(path), (own or errors)[0]
    if error["type"] == "wrong_kind":
        return f"{place} {error['msg']}"
    if own:
        text = "; ".join(dict.fromkeys(map(_own_text, own)))
        return f"{place}: {text}" if place and not text.startswith(place) else text
    node = schema.at(path, stated)
    if error["type"] == "extra_forbidden":
        return f"{place}: {_no_such_field(path, stated, schema)}"
    if error["type"] == "missing" and isinstance(error["loc"][-1], str):
        return f"{place}: is missing; expected {schema.words(node)}"
    value = error["input"]
    if error["type"] in ("union_tag_not_found", "union_tag_invalid"):
        kind = value.get("kind") if isinstance(value, Mapping) else getattr(value, "kind", None)
        return _kind_line(place, kind, schema.kinds(node))
    expected = schema.words(node)
    if error["type"] == "finite_number":
        expected = expected.replace("a number", "a finite number", 1)
    if isinstance(value, str) and (close := similar(value, schema.choices(node))):
        expected += f"; did you mean {close!r}?"
    return f"{place} {shown(value)}: expected {expected}".lstrip()


def _kind_line(place: str, kind: Any, kinds: list[str]) -> str:
    """The line of a table whose ``kind`` is missing (None) or unknown."""
    field, known = f"{place}.kind" if place else "kind", ", ".join(map(repr, kinds))
    if kind is not None:
        guess = f"; did you mean {close!r}?" if (close := similar(str(kind), kinds)) else ""
        return f"{field} {kind!r}: expected one of {known}{guess}"
    if place:
        return f"{place}: state its kind beside the other fields, like {field}; one of {known}"
    return f"kind: is missing; expected one of {known}"


def _own_text(error: Any) -> str:
    return str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")


def _no_such_field(path: Path, stated: Any, schema: Schema) -> str:
    """Which field, or which kind of table, was probably meant by a field that does not exist."""
    *parents, name = path
    node, table = schema.at(tuple(parents), stated), _value_at(tuple(parents), stated)
    if kinds := schema.kinds_with(str(name), node):
        field = _dotted([*parents, "kind"])
        return (
            f"{field} {table['kind']!r} has no such field (one of {', '.join(kinds)}); remove it, "
            "or state that kind"
        )
    here = schema.fields(node, table)
    elsewhere = [p for p in schema.places(str(name)) if p.rpartition(".")[0] != _dotted(parents)]
    if close := similar(str(name), here):
        return f"no such field; did you mean {close!r}?"
    if elsewhere:
        return f"no such field; did you mean {elsewhere[0]!r}?"
    known = suggestion(str(name), here, schema.listed_by) if here else "remove it"
    return f"no such field; {known}"


def _dotted(path: Iterable[str | int]) -> str:
    return ".".join(map(str, path))


def _value_at(path: Path, stated: Any) -> Any:
    for part in path:
        stated = stated[part]
    return stated


def shown(value: Any) -> str:
    """Format a stated value for an error message.

    Parameters
    ----------
    value : object
        Any value.

    Returns
    -------
    str
        The value, shortened; a table or a list by its kind and size.
    """
    if isinstance(value, Mapping | BaseModel):
        return "(a table)"
    text = repr(value)
    if len(text) <= _LONGEST_VALUE:
        return text
    if isinstance(value, list | tuple):
        return f"(a list of {len(value)})"
    return f"{text[:_LONGEST_VALUE]}..."

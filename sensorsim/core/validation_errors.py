"""Say what is wrong with a description, one line for each field, in the words of its author.

Pydantic names types and validators; a reader of a TOML file knows fields, values and bounds. What
was expected is read from the description's JSON schema.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from sensorsim.core.nearest import similar, suggestion

Path = tuple[str | int, ...]
_OWN_WORDS = ("value_error", "assertion_error", "wrong_kind")
"""Types of errors whose message was written in this program."""
_LONGEST_VALUE = 60
_MOST_NAMED = 4
_TABLE = "a table"


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
    known = _Schema(schema, listed_by)
    found: dict[Path, list[Any]] = {}
    for one in error.errors():
        found.setdefault(_path(one, stated, known), []).append(one)
    return [
        _line(path, errors, stated, known)
        for path, errors in found.items()
        if not _is_other_choice(path, errors, found)
    ]


def _path(error: Any, stated: Any, schema: "_Schema") -> Path:
    """Where the error lies in what was stated: its location without kinds and names of types."""
    path: list[str | int] = []
    level, location, chosen = stated, error["loc"], -1
    for number, part in enumerate(location):
        last = number == len(location) - 1
        named = isinstance(level, Mapping) and part == level.get("kind")
        if named and chosen < len(path) and schema.is_choice(tuple(path), stated):
            chosen = len(path)  # a field may be named like its kind: only the first is the kind
            continue
        if _has(level, part):
            level = level[part]
        elif not (last and error["type"] == "missing"):
            continue
        path.append(part)
    return tuple(path)


def _has(level: Any, part: str | int) -> bool:
    if isinstance(level, list | tuple):
        return isinstance(part, int) and part < len(level)
    return isinstance(level, Mapping) and part in level


def _is_other_choice(path: Path, errors: list[Any], found: Mapping[Path, Any]) -> bool:
    """Whether errors only say that a table is no number, while the table itself has errors."""
    inner = any(other[: len(path)] == path and len(other) > len(path) for other in found)
    return inner and not any(e["type"] in _OWN_WORDS for e in errors)


def _line(path: Path, errors: list[Any], stated: Any, schema: "_Schema") -> str:
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
    if error["type"] == "missing":
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


def _no_such_field(path: Path, stated: Any, schema: "_Schema") -> str:
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
    return "no such field; " + (suggestion(str(name), here, schema.listed_by) if here else "remove it")


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


class _Schema:
    """A JSON schema, walked along a path of fields."""

    def __init__(self, schema: Mapping[str, Any], listed_by: str) -> None:
        self._root = schema
        self.listed_by = listed_by

    def _resolved(self, node: Any) -> Any:
        while isinstance(node, Mapping) and "$ref" in node:
            node = self._root["$defs"][node["$ref"].rpartition("/")[2]]
        return node

    def _members(self, node: Any) -> list[Any]:
        """The choices of a union, or the node itself."""
        node = self._resolved(node)
        choices = node.get("anyOf") or node.get("oneOf")
        return [m for c in choices for m in self._members(c)] if choices else [node]

    def at(self, path: Path, stated: Any) -> Any:
        """Find the schema of a field; that of anything if there is none."""
        node: Any = self._root
        for part in path:
            node = self._child(node, part, stated)
            known = isinstance(stated, Mapping) and part in stated
            stated = stated[part] if known or isinstance(stated, list | tuple) else None
        return self._resolved(node)

    def _child(self, node: Any, part: str | int, stated: Any) -> Any:
        for member in self._fitting(node, stated):
            if isinstance(part, int):
                places = member.get("prefixItems", [])
                child = places[part] if part < len(places) else member.get("items")
            else:
                child = member.get("properties", {}).get(part, member.get("additionalProperties"))
            if isinstance(child, Mapping):
                return child
        return {}

    def _fitting(self, node: Any, stated: Any) -> list[Any]:
        """The members of a union that have the stated kind, or all if none has."""
        members = self._members(node)
        kind = stated.get("kind") if isinstance(stated, Mapping) else None
        named = [m for m in members if self._kind(m) == kind is not None]
        return named or members

    def _kind(self, node: Any) -> str | None:
        return self._resolved(node.get("properties", {}).get("kind", {})).get("const")

    def is_choice(self, path: Path, stated: Any) -> bool:
        """Whether a table's ``kind`` chooses what it is."""
        node = self.at(path, stated)
        return ("anyOf" in node or "oneOf" in node) and bool(self.kinds(node))

    def kinds(self, node: Any) -> list[str]:
        """Values of ``kind`` among the choices of a union."""
        return [k for m in self._members(node) if (k := self._kind(m))]

    def fields(self, node: Any, stated: Any) -> list[str]:
        """Names of the fields of a table."""
        return [f for m in self._fitting(node, stated) for f in m.get("properties", {})]

    def kinds_with(self, name: str, node: Any) -> list[str]:
        """Values of ``kind`` among the choices of a union that have a field of a name."""
        return [
            kind
            for m in self._members(node)
            if name in m.get("properties", {}) and (kind := self._kind(m))
        ]

    def choices(self, node: Any) -> list[str]:
        """Strings that a field may equal."""
        found = [m.get("enum", [m["const"]] if "const" in m else []) for m in self._members(node)]
        return [v for values in found for v in values if isinstance(v, str)]

    def places(self, name: str) -> list[str]:
        """Dotted names of all fields of a name, those of the fewest parts first."""
        found = (p for p in self._dotted(self._root, (), ()) if p.rpartition(".")[2] == name)
        return sorted(dict.fromkeys(found), key=lambda p: (p.count("."), p))

    def _dotted(self, node: Any, path: tuple[str, ...], seen: tuple[int, ...]) -> Iterator[str]:
        for member in self._members(node):
            if id(member) in seen:
                continue
            for name, child in member.get("properties", {}).items():
                yield ".".join((*path, name))
                yield from self._dotted(child, (*path, name), (*seen, id(member)))

    def words(self, node: Any) -> str:
        """What a field expects, in words."""
        words = [self._one(m) for m in self._members(node) if m.get("type") != "null"]
        tables = [w for w in words if w.startswith(_TABLE)]
        if len(tables) > 1:
            kinds = ", ".join(map(repr, self.kinds(node)))
            words = [w for w in words if w not in tables] + [f"{_TABLE} with kind = one of {kinds}"]
        return ", or ".join(dict.fromkeys(words)) or "something else"

    def _one(self, node: Any) -> str:
        node = self._resolved(node)
        kind = node.get("type")
        if "enum" in node:
            return f"one of {', '.join(map(repr, node['enum']))}"
        if "const" in node:
            return repr(node["const"])
        if kind in ("number", "integer"):
            return f"a {'whole ' if kind == 'integer' else ''}number{_bounds(node)}"
        if kind == "array":
            return self._list(node)
        if kind == "object":
            return _TABLE + self._table(node)
        return {"boolean": "true or false", "string": "a string in quotes"}.get(
            kind, "something else"
        )

    def _list(self, node: Any) -> str:
        least, most = node.get("minItems"), node.get("maxItems")
        size = "" if least is None else f"{least} " if least == most else f"at least {least} "
        if least is not None and most is not None and least != most:
            size = f"{least} to {most} "
        if "prefixItems" in node:
            return f"a list of {', '.join(map(self.words, node['prefixItems']))}"
        one = self.words(node.get("items", {})).removeprefix("a ")
        head, space, tail = one.partition(" ")
        plural = {"number": "numbers", "whole": "whole numbers", "string": "strings",
                  "list": "lists"}.get(head)  # fmt: skip
        if plural is None:
            return f"a list of {size}values: {one}"
        return f"a list of {size}{plural}{space}{tail.removeprefix('number').lstrip()}".rstrip()

    def _table(self, node: Any) -> str:
        kind = self._kind(node)
        needed = [f for f in node.get("required", ()) if f != "kind"]
        named = [f"kind = {kind!r}"] if kind else []
        named += needed or ([] if kind else list(node.get("properties", {})))
        more = ", ..." if len(named) > _MOST_NAMED else ""
        return f" with {', '.join(named[:_MOST_NAMED])}{more}" if named else ""


def _bounds(node: Mapping[str, Any]) -> str:
    """Bounds of a number, like " above 0, at most 100"."""
    low, above = node.get("minimum"), node.get("exclusiveMinimum")
    high, below = node.get("maximum"), node.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f" from {_number(low)} to {_number(high)}"
    bounds = (("of at least", low), ("above", above), ("at most", high), ("below", below))
    parts = [f"{word} {_number(bound)}" for word, bound in bounds if bound is not None]
    return f" {' and '.join(parts)}" if parts else ""


def _number(bound: float) -> str:
    return (
        f"{bound:,.0f}"
        if math.isfinite(bound) and bound >= 1000 and bound % 1 == 0
        else f"{bound:g}"
    )

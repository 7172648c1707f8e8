"""What a field of a description expects, read from the description's JSON schema."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

Path = tuple[str | int, ...]
"""Names of tables and fields, and numbers of list items, from the outside in."""
_MOST_NAMED = 4
_TABLE = "a table"


def has(stated: Any, part: str | int) -> bool:
    """Whether a table or list of a description has an entry.

    Parameters
    ----------
    stated : object
        A table, list or value.
    part : str or int
        Name of a field, or number of a list item.

    Returns
    -------
    bool
        True if it has one.
    """
    if isinstance(stated, list | tuple):
        return isinstance(part, int) and part < len(stated)
    return isinstance(stated, Mapping) and part in stated


class Schema:
    """A JSON schema, walked along a path of fields.

    Attributes
    ----------
    listed_by : str
        What lists all fields, for messages; empty if nothing does.

    Parameters
    ----------
    schema : mapping
        The JSON schema of a description.
    listed_by : str
        What lists all fields.
    """

    def __init__(self, schema: Mapping[str, Any], listed_by: str = "") -> None:
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
        """Find the schema of a field.

        Parameters
        ----------
        path : tuple of str and int
            Where the field lies.
        stated : object
            Tables and values of a description, whose kinds choose the schema.

        Returns
        -------
        dict
            The schema of the field; an empty one if there is no such field.
        """
        node: Any = self._root
        for part in path:
            node = self._child(node, part, stated)
            stated = stated[part] if has(stated, part) else None
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
        """Whether a table's ``kind`` chooses what it is.

        Parameters
        ----------
        path : tuple of str and int
            Where the table lies.
        stated : object
            Tables and values of a description.

        Returns
        -------
        bool
            True if it does.
        """
        node = self.at(path, stated)
        return ("anyOf" in node or "oneOf" in node) and bool(self.kinds(node))

    def kinds(self, node: Any) -> list[str]:
        """List the values of ``kind`` among the choices of a union.

        Parameters
        ----------
        node : dict
            Schema of a field.

        Returns
        -------
        list of str
            The kinds; none if it is no table.
        """
        return [k for m in self._members(node) if (k := self._kind(m))]

    def fields(self, node: Any, stated: Any) -> list[str]:
        """List the names of the fields of a table.

        Parameters
        ----------
        node : dict
            Schema of a field.
        stated : object
            Content of the table.

        Returns
        -------
        list of str
            The names.
        """
        return [f for m in self._fitting(node, stated) for f in m.get("properties", {})]

    def kinds_with(self, name: str, node: Any) -> list[str]:
        """List the values of ``kind`` among the choices of a union that have a field.

        Parameters
        ----------
        name : str
            Name of the field.
        node : dict
            Schema of the table.

        Returns
        -------
        list of str
            The kinds.
        """
        return [
            kind
            for m in self._members(node)
            if name in m.get("properties", {}) and (kind := self._kind(m))
        ]

    def choices(self, node: Any) -> list[str]:
        """List the strings that a field may equal.

        Parameters
        ----------
        node : dict
            Schema of a field.

        Returns
        -------
        list of str
            The strings; none if it takes any string, or none at all.
        """
        found = [m.get("enum", [m["const"]] if "const" in m else []) for m in self._members(node)]
        return [v for values in found for v in values if isinstance(v, str)]

    def places(self, name: str) -> list[str]:
        """List the dotted names of all fields of a name, those of the fewest parts first.

        Parameters
        ----------
        name : str
            Last part of the dotted names.

        Returns
        -------
        list of str
            The dotted names.
        """
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
        """Say what a field expects.

        Parameters
        ----------
        node : dict
            Schema of a field.

        Returns
        -------
        str
            Like "a number from 0 to 1".
        """
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
        items = node.get("prefixItems") or [node.get("items", {})]
        each = [self.words(item) for item in items]
        if len(set(each)) > 1:
            return f"a list of {', '.join(each)}"
        one = each[0].removeprefix("a ")
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

"""Write tables as TOML; the standard library only reads it."""

import json
from collections.abc import Mapping
from typing import Any


def toml_text(table: Mapping[str, Any], name: str = "") -> str:
    """Format a table as TOML; tables in lists become inline tables, one per line.

    Parameters
    ----------
    table : mapping
        Texts, numbers, booleans, lists and tables with plain names; TOML has no null.
    name : str, optional
        Dotted name of the table; the root if left out.

    Returns
    -------
    str
        TOML, with a final newline.

    Examples
    --------
    >>> print(toml_text({"kind": "network", "data": {"size_px": 32}}), end="")
    kind = "network"
    <BLANKLINE>
    [data]
    size_px = 32
    """
    lines = [] if not name else [f"[{name}]"]
    lines += [f"{k} = {_value(v)}" for k, v in table.items() if not isinstance(v, Mapping)]
    parts = ["".join(f"{line}\n" for line in lines)]
    for key, value in table.items():
        if isinstance(value, Mapping):
            parts.append(toml_text(value, f"{name}.{key}" if name else key))
    return "\n".join(p for p in parts if p)


def _value(value: Any) -> str:
    if isinstance(value, list | tuple) and any(isinstance(v, Mapping) for v in value):
        return "[\n" + "".join(f"    {toml_inline(v)},\n" for v in value) + "]"
    return toml_inline(value)


def toml_inline(value: Any) -> str:
    """Format a value as TOML on one line, tables in braces.

    Parameters
    ----------
    value : str, number, bool, list or mapping
        The value; numbers are finite.

    Returns
    -------
    str
        TOML.
    """
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{k} = {toml_inline(v)}' for k, v in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_inline, value))}]"
    # JSON strings, booleans and finite numbers are also TOML, except one control character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")

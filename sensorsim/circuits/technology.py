"""Technologies: files of figures with sources, built on one another, scaled to a node.

A file may name a ``base``: it then starts from all figures of that file, and its own override them.
A figure is overridden by a number, which then has no spread, or by a whole table.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from pydantic import ValidationError

from sensorsim.circuits.constant import Constant
from sensorsim.circuits.figures import Process, Survey
from sensorsim.circuits.scaling import scaled
from sensorsim.core import resources
from sensorsim.core.description import Description
from sensorsim.core.errors import InputError
from sensorsim.core.files import read_toml
from sensorsim.core.nearest import similar, suggestion
from sensorsim.core.units import unit_of

Raw = dict[str, Any]
Table = TypeVar("Table", bound=Description)

_FIGURES = {"typical", "percentiles"}
"""One of them is in every constant that is stated whole."""
_KEPT = ("unit", "size_bits")
"""What a figure that replaces another may leave out."""
_BOUNDS = {
    "nonlinear_ramp": (1.0, math.inf), "mean_signal": (0.0, 1.0), "settling_bits": (1.0, 24.0),
}  # fmt: skip
"""Of figures that can be wrong in other ways than by their sign."""
_NEVER_ZERO = ("V", "us", "ns")
"""Units of what is divided by, or without which no circuit works."""


def technology_names() -> list[str]:
    """Names of the shipped technologies, without base files.

    Returns
    -------
    list of str
        Sorted.
    """
    files = sorted(resources.data("technologies").glob("*.toml"))
    return [p.stem for p in files if "name" in read_toml(p)]


def load_technology(name: str | Path) -> Survey | Process:
    """Read a technology by the name of one that ships, or by path.

    Parameters
    ----------
    name : str or Path
        A name that ships, like "cmos65", or a TOML file.

    Returns
    -------
    Survey or Process
        A process at its own node and supply.

    Raises
    ------
    InputError
        If it or its base is missing, is not TOML, lacks a figure, states one that does not exist or
        makes no sense, gives a unit that is not its field's, or lies where no rule scales to.
    """
    path = _find(name, None)
    raw = _merged(path, ())
    if "name" not in raw:
        raise InputError(
            f"{path}: names no technology, it is a base of others; expected one of "
            f"{', '.join(technology_names())}, or a file of your own with name and base"
        )
    kind = Process if "node_nm" in raw else Survey
    try:
        found = kind.model_validate(raw)
        _check(found)
        return _at_its_node(found) if isinstance(found, Process) else found
    except ValidationError as error:
        lines = [_explain(one, kind) for one in error.errors()]
        raise InputError("\n".join(f"{path}: {line}" for line in lines)) from None
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def as_process(technology: Survey | Process, wanted: str) -> Process:
    """Return the technology if it prices the parts of circuits.

    Parameters
    ----------
    technology : Survey or Process
        Prices of whole circuits, or of the parts of a process.
    wanted : str
        Setting that needs it, for the error message.

    Returns
    -------
    Process
        The same technology.

    Raises
    ------
    InputError
        If it prices whole circuits only.
    """
    if isinstance(technology, Survey):
        raise InputError(
            f"{wanted} with energy.technology {technology.name!r}, which prices whole circuits; "
            "expected a process, like cmos65"
        )
    return technology


def _find(name: str | Path, folder: Path | None) -> Path:
    """A file beside the one that names it, one that ships, or a path as it stands."""
    path = Path(name)
    if path.suffix or path.parent.name:
        beside = folder / path if folder else path
        return beside if beside.is_file() else path
    return resources.data("technologies", f"{name}.toml")


def _merged(path: Path, above: tuple[Path, ...]) -> Raw:
    """Merge a file with its chain of base files."""
    found = path.resolve()  # the same file may be named in several ways, like ../x.toml
    if found in above:
        circle = " -> ".join(p.name for p in (*above[above.index(found) :], found))
        raise InputError(f"{path}: base files form a circle ({circle}); remove one `base`")
    raw = _read(path)
    base = raw.pop("base", None)
    if base is None:
        return _over({}, raw, path.name)
    if not isinstance(base, str):
        raise InputError(f"{path}: base {base!r}: expected a name or the path of a TOML file")
    below = _merged(_find(base, path.parent), (*above, found))
    return _over(below, raw, path.name)


def _read(path: Path) -> Raw:
    try:
        return read_toml(path)
    except FileNotFoundError:
        raise InputError(
            f"energy.technology {path.stem if path.parent.name == 'technologies' else str(path)!r}:"
            f" no such file or name; {suggestion(path.stem, technology_names())}"
        ) from None


def _over(below: Raw, own: Raw, origin: str, section: str = "") -> Raw:
    """One table over another; constants get their id, and remember the file they come from."""
    result = dict(below)
    for key, value in own.items():
        previous = below.get(key)
        kept = {k: previous[k] for k in _KEPT if k in previous} if _is_constant(previous) else {}
        if _states_a_constant(value) or (kept and isinstance(value, dict)):
            result[key] = kept | value | _address(section, key, origin, previous)
        elif kept and type(value) in (int, float):
            result[key] = (
                kept
                | {"low": value, "typical": value, "high": value}
                | {"basis": "stated", "verified": True, "law": "triangular"}
                | {"source": f"stated in {origin}, without a spread"}
                | _address(section, key, origin, previous)
            )
        elif isinstance(value, dict) and not _is_constant(previous):
            table = previous if isinstance(previous, dict) else {}
            result[key] = _over(table, value, origin, f"{section}{key}.")
        else:
            result[key] = value
    return result


def _states_a_constant(value: Any) -> TypeGuard[Raw]:
    """A whole table; what it does not state of `_KEPT` is that of the figure which it replaces."""
    return isinstance(value, dict) and "source" in value and not value.keys().isdisjoint(_FIGURES)


def _is_constant(value: Any) -> TypeGuard[Raw]:
    return _states_a_constant(value) and "unit" in value


def _address(section: str, key: str, origin: str, previous: Any) -> Raw:
    return {"id": f"{section}{key}", "origin": origin, "overrides": previous is not None}


def constants_of(table: Description, section: str = "") -> Iterator[tuple[str, str, Constant]]:
    """Address, name and value of all constants of a technology, section by section.

    Parameters
    ----------
    table : Description
        A technology, or a section of one.
    section : str
        Its address, with a dot behind it.
    """
    for name, value in table:
        if isinstance(value, Constant):
            yield f"{section}{name}", name, value
        elif isinstance(value, Description):
            yield from constants_of(value, f"{section}{name}.")


def _check(technology: Survey | Process) -> None:
    for address, field, constant in constants_of(technology):
        if constant.unit != unit_of(field):
            raise InputError(
                f"{address}: unit {constant.unit!r}, expected {unit_of(field)!r}; "
                "convert the figure"
            )
        if address.startswith("memory.") != (constant.size_bits is not None):
            raise InputError(
                f"{address}: size_bits {constant.size_bits}; expected the size in bits of a "
                "memory, and none of anything else"
            )
        if constant.scaling != "none" and isinstance(technology, Survey):
            raise InputError(
                f"{address}: scaling {constant.scaling!r} in a survey, which has no node to scale "
                "to; expected 'none'"
            )
        _check_bounds(address, field, constant)


def _check_bounds(address: str, field: str, constant: Constant) -> None:
    least, most = _BOUNDS.get(field, (0.0, math.inf))
    if constant.low < least or constant.high > most:
        bounds = f"{least:g} to {most:g}" if most < math.inf else f"at least {least:g}"
        raise InputError(
            f"{address}: {constant.low:g} to {constant.high:g} {constant.unit}, expected {bounds}"
        )
    if constant.low == 0 and constant.unit in _NEVER_ZERO:
        raise InputError(f"{address}: 0 {constant.unit}, expected more than 0")


def _at_its_node(process: Process) -> Process:
    """The same process with all its constants at its node and digital supply."""
    return _scaled_table(process, process.node_nm, process.supply.digital_v.typical)


def _scaled_table(table: Table, node_nm: float, supply_v: float) -> Table:
    changed: Raw = {}
    for name, value in table:
        if isinstance(value, Constant):
            try:
                changed[name] = scaled(value, node_nm, supply_v)
            except InputError as error:
                raise InputError(f"{value.id}: {error}") from None
        elif isinstance(value, Description):
            changed[name] = _scaled_table(value, node_nm, supply_v)
    return table.model_copy(update=changed)


def _explain(error: Any, kind: type[Description]) -> str:
    field = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        if field in Process.model_fields:
            return f"{field}: a survey has no such part; expected a process as base, like cmos65"
        close = similar(str(error["loc"][-1]), _names_beside(error["loc"], kind))
        return f"{field}: no such figure; {f'did you mean {close!r}?' if close else 'remove it'}"
    if error["type"] == "missing":
        return f"{field}: is missing"
    value = error["input"]
    if error["type"] == "model_type":
        due = "a table of figures"
        if error["ctx"]["class_name"] == Constant.__name__:
            due = "a number, or a table with low, typical, high, basis and source"
        return f"{field}: {value!r}; expected {due}"
    got = f" (got {value!r})" if isinstance(value, str | int | float) else ""
    return f"{field}: {error['msg'].removeprefix('Value error, ')}{got}"


def _names_beside(location: tuple[int | str, ...], kind: type[Description]) -> list[str]:
    """Names of the figures of the table that ``location`` lies in."""
    table: Any = kind
    for part in location[:-1]:
        field = getattr(table, "model_fields", {}).get(part)
        table = field.annotation if field else None
    return list(getattr(table, "model_fields", {}))

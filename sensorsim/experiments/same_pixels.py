"""Check that pipelines read the same volts, so that these need simulating only once."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sensorsim.core.errors import InputError
from sensorsim.pipeline.pipeline import Pipeline


def check_same_pixels(chains: Sequence[Pipeline], parts: Sequence[str]) -> None:
    """Raise unless pipelines agree in some parts of their descriptions.

    Parameters
    ----------
    chains : sequence of Pipeline
        The pipelines.
    parts : sequence of str
        Fields of a pipeline's description, like "scene".

    Raises
    ------
    InputError
        If there is no pipeline, or two differ in one of the parts.
    """
    if not chains:
        raise InputError("no pipelines to compare; expected at least one")
    first, *others = (c.description for c in chains)
    expected = first.model_dump(include=set(parts))
    for other in others:
        for field, one, two in _unequal(expected, other.model_dump(include=set(parts))):
            raise InputError(
                f"{field}: {one!r} in {first.name}, {two!r} in {other.name}; pipelines that are "
                f"compared on the same pixels share {', '.join(parts)}: change it in both, or run "
                "them one by one"
            )


def _unequal(
    one: Mapping[str, Any], two: Mapping[str, Any], place: str = ""
) -> Iterator[tuple[str, Any, Any]]:
    """Dotted fields in which two descriptions differ, with both values."""
    for name in {**one, **two}:
        a, b = one.get(name), two.get(name)
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            yield from _unequal(a, b, f"{place}{name}.")
        elif a != b:
            yield f"{place}{name}", a, b

"""What the verbs share: the command itself, its options, and how their text becomes values.

A verb imports what it runs when it runs, so that ``--help`` answers at once.
"""

import json
import math
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sensorsim.pipeline.pipeline import Pipeline

app = typer.Typer(
    help="Simulate an image sensor from photons to a binary network's decision, bit for bit.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

PipelineArgument = Annotated[
    str, typer.Argument(metavar="PIPELINE", help="A TOML file, or a name that ships, like glt4.")
]
ImagesOption = Annotated[
    int | None, typer.Option("--images", min=1, help="How many test images; all if left out.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed of all noise.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="Change a field, like readout.bits=6."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@contextmanager
def extra(verb: str, name: str) -> Iterator[None]:
    """Imports that only an extra of the package makes possible."""
    from sensorsim.core.errors import InputError

    try:
        yield
    except ModuleNotFoundError as error:
        raise InputError(
            f"{verb} needs {error.name}; install it with: pip install 'sensorsim[{name}]'"
        ) from None


def load(pipeline: str, settings: list[str] | None) -> "Pipeline":
    """The pipeline that a verb names, with the fields of ``--set`` changed."""
    from sensorsim.pipeline.pipeline import load_pipeline

    return load_pipeline(pipeline, settings_of(settings))


def settings_of(items: list[str] | None) -> dict[str, Any]:
    """Values of ``FIELD=VALUE`` items by field."""
    return {field: value(text) for field, text in map(split, items or [])}


def split(item: str) -> tuple[str, str]:
    """Field and value of one ``FIELD=VALUE`` item, both as text."""
    from sensorsim.core.errors import InputError

    field, equals, value = item.partition("=")
    if not (field and equals and value):
        raise InputError(f"{item!r}: expected FIELD=VALUE, like readout.bits=6")
    return field.strip(), value.strip()


def value(text: str) -> Any:
    """A value as TOML reads it; a bare word is a string."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def setting(field: str, content: Any) -> str:
    """The ``FIELD=VALUE`` item that `split` and `value` read as this content."""
    return f"{field}={_toml(content)}"


def _toml(content: Any) -> str:
    if isinstance(content, dict):
        return f"{{ {', '.join(f'{k} = {_toml(v)}' for k, v in content.items())} }}"
    if isinstance(content, list | tuple):
        return f"[{', '.join(map(_toml, content))}]"
    # JSON's strings, booleans and finite numbers are TOML's, too.
    return json.dumps(content)


def print_json(content: Any) -> None:
    """One line of JSON on standard output; null stands for NaN and infinities, which it has not."""
    print(json.dumps(_finite(content), allow_nan=False))


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {k: _finite(v) for k, v in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(v) for v in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def values(text: str) -> list[Any]:
    """Values of a comma-separated list."""
    return [value(part.strip()) for part in text.split(",")]


def integers(option: str, text: str) -> list[int]:
    """Whole numbers of a comma-separated list that an option was given."""
    from sensorsim.core.errors import InputError

    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{option} {text!r}: expected whole numbers, like 48,64,128") from None

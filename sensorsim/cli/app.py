"""The command, the options that verbs share, and how their text becomes values.

Each verb imports what it needs when it runs, so that ``--help`` is fast.
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
    rich_markup_mode=None,  # boxes cut long options in narrow terminals
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"sensorsim {version('sensorsim')}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    """Simulate an image sensor from photons to a binary network's decision, bit for bit."""


PipelineArgument = Annotated[
    str,
    typer.Argument(
        metavar="PIPELINE", help="A TOML file, or the name of a pipeline that ships, like glt4."
    ),
]
ImagesOption = Annotated[
    int | None, typer.Option("--images", min=1, help="Number of test images; all if left out.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Seed of all noise.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="FIELD=VALUE",
        help="Change a field, like readout.bits=6, or unset it with =none; may be repeated.",
    ),
]
LuxOption = Annotated[
    float | None,
    typer.Option(
        "--lux", help="Illuminance of the scene in a 0-stop image, lux; the exposure law stays."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@contextmanager
def extra(verb: str, name: str) -> Iterator[None]:
    """Report a missing optional dependency as an `InputError` that names the extra to install.

    Parameters
    ----------
    verb : str
        The verb that needs it.
    name : str
        Name of the package's extra.

    Yields
    ------
    None
        Run the imports inside the context.

    Raises
    ------
    InputError
        If an import inside the context finds no module.
    """
    from sensorsim.core.errors import InputError

    try:
        yield
    except ModuleNotFoundError as error:
        raise InputError(
            f"{verb} needs {error.name}; install it with: pip install 'sensorsim[{name}]'"
        ) from None


def load(pipeline: str, settings: list[str] | None, lux: float | None = None) -> "Pipeline":
    """Load the pipeline that a verb names, and change the fields of ``--set``.

    Parameters
    ----------
    pipeline : str
        A TOML file or the name of a pipeline that ships.
    settings : list of str or None
        ``FIELD=VALUE`` items.
    lux : float, optional
        Illuminance of the scene in a 0-stop image, lux, in place of what the pipeline states.

    Returns
    -------
    Pipeline
        The changed pipeline.
    """
    from sensorsim.pipeline.configuration import lit_by
    from sensorsim.pipeline.pipeline import load_pipeline

    light = {} if lux is None else lit_by(lux)
    return load_pipeline(pipeline, light | settings_of(settings))


def settings_of(items: list[str] | None) -> dict[str, Any]:
    """Parse ``FIELD=VALUE`` items.

    Parameters
    ----------
    items : list of str or None
        The items; none if None.

    Returns
    -------
    dict
        Values by field.
    """
    return {field: value(text) for field, text in map(split, items or [])}


def split(item: str) -> tuple[str, str]:
    """Split one ``FIELD=VALUE`` item.

    Parameters
    ----------
    item : str
        The item.

    Returns
    -------
    field, value : str
        Both as text, without surrounding spaces.

    Raises
    ------
    InputError
        If the field, the equals sign or the value is missing.
    """
    from sensorsim.core.errors import InputError

    field, equals, value = item.partition("=")
    if not (field and equals and value):
        raise InputError(f"{item!r}: expected FIELD=VALUE, like readout.bits=6")
    return field.strip(), value.strip()


def value(text: str) -> Any:
    """Parse a value as TOML; text that is not TOML is a string.

    Parameters
    ----------
    text : str
        The value as text.

    Returns
    -------
    object
        Number, boolean, string, list, table or time.

    Examples
    --------
    >>> value("[1, 2.5]"), value("linear")
    ([1, 2.5], 'linear')
    """
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def setting(field: str, content: Any) -> str:
    """Format a ``FIELD=VALUE`` item, which `split` and `value` parse.

    Parameters
    ----------
    field : str
        Dotted name of the field.
    content : object
        Number, boolean, string, list or table.

    Returns
    -------
    str
        The item.
    """
    return f"{field}={_toml(content)}"


def _toml(content: Any) -> str:
    if isinstance(content, dict):
        return f"{{ {', '.join(f'{k} = {_toml(v)}' for k, v in content.items())} }}"
    if isinstance(content, list | tuple):
        return f"[{', '.join(map(_toml, content))}]"
    # JSON strings, booleans and finite numbers are also TOML.
    return json.dumps(content, ensure_ascii=False)


def print_json(content: Any) -> None:
    """Print one line of JSON on standard output; NaN and infinities become null.

    Parameters
    ----------
    content : object
        Data of types that JSON has.
    """
    print(json.dumps(_finite(content), allow_nan=False))


def _finite(content: Any) -> Any:
    if isinstance(content, dict):
        return {k: _finite(v) for k, v in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(v) for v in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


def values(text: str) -> list[Any]:
    """Parse a comma-separated list, whose items may be lists and tables.

    Parameters
    ----------
    text : str
        The list.

    Returns
    -------
    list
        Values, each parsed by `value`.
    """
    try:
        found: list[Any] = tomllib.loads(f"v = [{text}]")["v"]
    except tomllib.TOMLDecodeError:  # text without quotes, like names of models
        return [value(part.strip()) for part in text.split(",")]
    return found


def integers(option: str, text: str) -> list[int]:
    """Parse an option's comma-separated list of integers.

    Parameters
    ----------
    option : str
        Name of the option, for the message.
    text : str
        The list.

    Returns
    -------
    list of int
        The integers.

    Raises
    ------
    InputError
        If a part is not an integer.
    """
    from sensorsim.core.errors import InputError

    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(f"{option} {text!r}: expected whole numbers, like 48,64,128") from None

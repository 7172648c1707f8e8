"""File access: atomic writes, and errors that name the file."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from sensorsim.core.errors import InputError


def check_place(option: str, path: Path) -> None:
    """Raise if a file cannot be written to ``path``; call it before a long computation.

    Parameters
    ----------
    option : str
        Command line option that set the path, like ``--out``; used in messages.
    path : Path
        File to be written later.

    Raises
    ------
    InputError
        If the folder does not exist, the path is a folder, or the folder is not writable.
    """
    if not path.absolute().parent.is_dir():
        raise InputError(f"{option} {path}: its folder does not exist; make it first")
    if path.is_dir():
        raise InputError(f"{option} {path}: is a folder; expected the name of a file")
    try:
        with NamedTemporaryFile(dir=path.absolute().parent, prefix=f".{path.name}."):
            pass
    except OSError as error:
        raise InputError(f"{option} {path}: cannot be written ({error.strerror})") from None


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path : Path
        File to read.

    Returns
    -------
    dict of str to Any
        Content of the file.

    Raises
    ------
    FileNotFoundError
        If the file does not exist; the caller can name the alternatives.
    InputError
        If it cannot be read, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a TOML file: {error}") from None


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write to a temporary file in the same folder, then rename it to ``path``.

    Parameters
    ----------
    path : Path
        File to write.

    Yields
    ------
    Path
        Temporary file ``.<name>.part``; deleted if the block raises.

    Raises
    ------
    InputError
        If an `OSError` occurs while writing or renaming; an existing file stays unchanged.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        part.unlink(missing_ok=True)

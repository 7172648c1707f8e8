"""Files: whole or absent when written, named when they cannot be read."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from sensorsim.core.errors import InputError


def check_place(option: str, path: Path) -> None:
    """Refuse a place where no file can be written, before anything is computed for it.

    Parameters
    ----------
    option : str
        What the user named the path by, like ``--out``.

    Raises
    ------
    InputError
        If the folder is not there, the path is a folder itself, or the file system refuses.
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
    """What a TOML file holds.

    Raises
    ------
    FileNotFoundError
        If there is none; the caller knows what else could be named.
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
def whole(path: Path) -> Iterator[Path]:
    """A path beside this one to write to, which takes its place once all is written.

    Raises
    ------
    InputError
        If the file system refuses; what stood there stays.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        yield part
        part.replace(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        part.unlink(missing_ok=True)

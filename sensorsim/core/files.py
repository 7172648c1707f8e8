"""File access: places that can be written, atomic writes, and errors that name the file."""

import glob
import os
import platform
import secrets
import tomllib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

from sensorsim.core.errors import InputError

PART = ".part"
"""End of the names of temporary files."""


def check_place(option: str, path: Path, suffixes: tuple[str, ...] = ()) -> None:
    """Raise if a file cannot be written to ``path``; call it before a long computation.

    Temporary files for ``path`` that killed processes of this computer left are deleted.

    Parameters
    ----------
    option : str
        Command line option that set the path, like ``--out``; used in messages.
    path : Path
        File to be written later.
    suffixes : tuple of str
        Suffixes that fit the format of the file, in lower case, like ``(".nc",)``; a name without
        a suffix fits any format. Any suffix is right if left out.

    Raises
    ------
    InputError
        If the folder does not exist or is not writable, the path is a folder, device, pipe or
        socket, or it has the suffix of another format.
    """
    if suffixes and path.suffix and path.suffix.lower() not in suffixes:
        raise InputError(
            f"{option} {path}: has the suffix of another format; expected {' or '.join(suffixes)}"
        )
    try:
        target = _target(path)
    except InputError as error:
        raise InputError(f"{option} {error}") from None
    if not target.parent.is_dir():
        raise InputError(f"{option} {path}: its folder does not exist; make it first")
    try:
        with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name[:64]}."):
            pass
    except OSError as error:
        raise InputError(
            f"{option} {path}: cannot be written ({error.strerror}); name a folder in which you "
            "may write"
        ) from None
    _remove_parts_of_ended_processes(target)


def beside(name: str | Path, folder: Path | None, *, or_folder: bool = False) -> Path:
    """Find what a file names: beside that file, else in the current folder.

    Parameters
    ----------
    name : str or Path
        Path that a file states.
    folder : Path or None
        Folder of that file; None if no file states the path.
    or_folder : bool
        Whether the path may be that of a folder.

    Returns
    -------
    Path
        ``folder / name`` if it exists, else ``name`` itself.
    """
    if folder is not None:
        found = folder / name
        if found.is_file() or (or_folder and found.is_dir()):
            return found
    return Path(name)


def _target(path: Path) -> Path:
    """The file that writing to ``path`` replaces; a symbolic link stands for its target."""
    try:
        target = path.resolve() if path.is_symlink() else path.absolute()
    except (OSError, RuntimeError) as error:  # a loop of links; Python 3.13 raises OSError
        raise InputError(
            f"{path}: a symbolic link without a target ({error}); remove it or name another"
        ) from None
    if target.is_dir():
        raise InputError(f"{path}: is a folder; expected the name of a file")
    if target.exists() and not target.is_file():
        raise InputError(
            f"{path}: is a device, a pipe or a socket; expected the name of a regular file"
        )
    return target


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file, which is UTF-8 in every locale, with or without a byte order mark.

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
        If it cannot be read, is not UTF-8, or is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path}: not a TOML file: byte {error.start} is not UTF-8; save it as UTF-8"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: not a TOML file: {error}") from None
    except RecursionError:
        raise InputError(f"{path}: not a TOML file: nested too deeply") from None


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write to a temporary file in the same folder, then rename it to ``path``.

    Each call has a temporary file of its own, so that of several writers of one path the last one
    wins, and none publishes what another has half written. A symbolic link stays, and its target
    is replaced.

    Parameters
    ----------
    path : Path
        File to write.

    Yields
    ------
    Path
        Temporary file ``.<name>.<computer>-<process>-<digits>.part``; deleted if the block raises.

    Raises
    ------
    InputError
        If ``path`` is no regular file, or an `OSError` occurs while writing or renaming; an
        existing file stays unchanged.
    """
    target = _target(path)
    # A file name has at most 255 bytes in common file systems, and UTF-8 takes up to 4 a character.
    owner = f"{_host()}-{os.getpid()}-{secrets.token_hex(4)}"
    part = target.with_name(f".{target.name[:48]}.{owner}{PART}")
    try:
        yield part
        part.replace(target)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None
    finally:
        part.unlink(missing_ok=True)


def _host() -> str:
    """Eight digits for this computer: folders may be shared by several."""
    return f"{zlib.crc32(platform.node().encode()):08x}"


def _remove_parts_of_ended_processes(target: Path) -> None:
    if os.name != "posix":  # elsewhere signal 0 ends the process that it asks for
        return
    for part in target.parent.glob(f".{glob.escape(target.name[:48])}.{_host()}-*{PART}"):
        number = part.name.removesuffix(PART).split("-")[-2]
        if not number.isdigit():
            continue
        try:
            os.kill(int(number), 0)
        except ProcessLookupError:
            part.unlink(missing_ok=True)
        except (PermissionError, OverflowError):  # another user's, or no process number
            continue


def remove_parts(path: Path) -> None:
    """Delete temporary files of `atomic_write` that killed processes left.

    Parameters
    ----------
    path : Path
        File that they were to become; no other process may be writing it.
    """
    target = _target(path)
    for part in target.parent.glob(f".{glob.escape(target.name[:48])}.*-*{PART}"):
        part.unlink(missing_ok=True)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Fill a temporary folder beside ``path``, then rename it to ``path``.

    Parameters
    ----------
    path : Path
        Folder to create.

    Yields
    ------
    Path
        Empty folder to fill; deleted if the block raises.

    Raises
    ------
    InputError
        If ``path`` exists already, or an `OSError` occurs while writing or renaming.
    """
    if path.exists() or path.is_symlink():
        raise InputError(f"{path}: exists already; name a new folder")
    try:
        with TemporaryDirectory(prefix=f".{path.name[:48]}.", dir=path.absolute().parent) as room:
            part = Path(room) / "part"
            part.mkdir()
            yield part
            part.rename(path)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror or error})") from None

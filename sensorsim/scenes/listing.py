"""Files of a folder or of a zip, listed and read alike.

Files and folders whose names begin with a dot, and ``__MACOSX``, are left out. Links to folders are
followed, except into a folder that they lie in.
"""

import os
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from sensorsim.core.errors import InputError

_UTF8_NAME = 0x800
"""Flag of a zip member whose name is UTF-8 (APPNOTE 4.4.4)."""
_EXPECTED = "expected a folder or zip of class folders"


class Files(NamedTuple):
    """Visible files.

    Attributes
    ----------
    names : list of PurePosixPath
        Paths relative to the folder or zip, in order.
    read : callable
        Returns the bytes of one of them.
    """

    names: list[PurePosixPath]
    read: Callable[[PurePosixPath], bytes]


@contextmanager
def opened(path: Path) -> Iterator[Files]:
    """List the files of a folder or zip, which stay readable within the context.

    Parameters
    ----------
    path : Path
        Folder or zip file.

    Yields
    ------
    Files
        Names, and the function that reads one.

    Raises
    ------
    InputError
        If the path is neither a folder nor a readable zip, or one of its folders cannot be listed.
    """
    if path.is_dir():
        yield Files(sorted(_walked(path)), lambda name: (path / name).read_bytes())
        return
    if not path.exists():
        raise InputError(f"{path}: no such file; {_EXPECTED}")
    if not path.is_file():
        raise InputError(f"{path}: neither a file nor a folder; {_EXPECTED}")
    try:
        archive = zipfile.ZipFile(path)
    except (
        zipfile.BadZipFile, OSError, struct.error, NotImplementedError, UnicodeDecodeError,
        ValueError,
    ) as error:  # fmt: skip
        raise InputError(f"{path}: not a readable zip ({error}); {_EXPECTED}") from None
    with archive:
        named = ((_name(i), i) for i in archive.infolist())
        members = {PurePosixPath(n): i for n, i in named if n and not n.endswith("/")}
        yield Files(
            sorted(n for n in members if not any(map(_hidden, n.parts))),
            lambda name: archive.read(members[name]),
        )


def _walked(root: Path) -> Iterator[PurePosixPath]:
    """Visible files below a folder; also links that lead nowhere, which then cannot be read."""

    def refuse(error: OSError) -> None:
        raise InputError(
            f"{error.filename}: cannot be listed ({error.strerror}); allow it"
        ) from None

    for folder, below, names in os.walk(root, onerror=refuse, followlinks=True):
        here = Path(folder)
        below[:] = [b for b in below if not _hidden(b) and not _leads_up(here / b)]
        for name in names:
            file = here / name
            if not _hidden(name) and (file.is_file() or not file.exists()):
                yield PurePosixPath(file.relative_to(root).as_posix())


def _leads_up(path: Path) -> bool:
    """Whether a link leads to a folder that it lies in, so that following it would not end."""
    return path.is_symlink() and path.parent.resolve().is_relative_to(path.resolve())


def _hidden(name: str) -> bool:
    return (name.startswith(".") and name != "..") or name == "__MACOSX"


def _name(member: zipfile.ZipInfo) -> str:
    """Path of a member; names in UTF-8 are recognized without their flag, which macOS omits."""
    name = member.filename
    if not member.flag_bits & _UTF8_NAME and not name.isascii():
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:  # an older encoding, which zipfile reads as cp437
            name = member.filename
    return name.replace("\\", "/")

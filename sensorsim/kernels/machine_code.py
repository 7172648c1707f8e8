"""Check of the byte order, and Numba's cache: where it lies, and removal of outdated kernels.

Numba checks whether the file of a cached function changed, but not the files of the kernels that
were compiled into it. An edit, or an upgrade that keeps file times, would leave outdated machine
code in use. So the cache is deleted whenever the content of a source changed.
"""

import atexit
import hashlib
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

import numba
from numba.misc.appdirs import AppDirs

_STAMP = "sources.sha256"


def refuse_big_endian(byteorder: str) -> None:
    """Raise on a big-endian machine: kernels read 64-bit words as bytes, lowest byte first.

    Parameters
    ----------
    byteorder : str
        `sys.byteorder` of the machine.

    Raises
    ------
    ImportError
        If ``byteorder`` is not "little".
    """
    if byteorder != "little":
        raise ImportError(
            f"sensorsim needs a little-endian machine, and this one is {byteorder}-endian: its "
            "kernels read words as bytes, the lowest first"
        )


def drop_stale(folder: Path, *inlined: Path | str) -> None:
    """Delete Numba's cached machine code unless it was compiled from the current sources.

    A cache elsewhere, where the folder is not writable or ``NUMBA_CACHE_DIR`` is set, is not found:
    delete it by hand after changing kernels.

    Parameters
    ----------
    folder : Path
        Holds the sources, and Numba's cache in ``__pycache__``.
    *inlined : Path or str
        Folders of kernels that those of ``folder`` call.
    """
    digest = hashlib.sha256()
    for place in (folder, *map(Path, inlined)):
        for source in sorted(place.glob("*.py")):
            digest.update(source.read_bytes())
    cache = folder / "__pycache__"
    stamp, stated = cache / _STAMP, digest.hexdigest()
    with suppress(OSError):
        if stamp.read_text("utf-8") == stated:
            return
    with suppress(OSError):
        cache.mkdir(exist_ok=True)
        for compiled in cache.glob("*.nb[ic]"):
            compiled.unlink(missing_ok=True)
        part = stamp.with_suffix(".part")
        part.write_text(stated, "utf-8")
        part.replace(stamp)


def place_cache(folder: Path) -> None:
    """Let Numba compile into a temporary folder if it can write to no cache that lasts.

    That is so if the program is installed read-only and there is no writable home. Numba would
    then raise as soon as a kernel is defined. The folder is deleted at the end of the process, so
    that every process compiles anew; ``NUMBA_CACHE_DIR`` names one that lasts.

    Parameters
    ----------
    folder : Path
        Holds the sources.

    Raises
    ------
    ImportError
        If there is no temporary folder either.
    """
    home = Path(AppDirs(appname="numba", appauthor=False).user_cache_dir)
    if numba.config.CACHE_DIR or _writable(folder / "__pycache__") or _writable(home):  # type: ignore[attr-defined]
        return
    try:
        place = tempfile.mkdtemp(prefix="sensorsim-")
    except OSError as error:
        raise ImportError(
            f"sensorsim: no folder to compile kernels into ({error.strerror}): set NUMBA_CACHE_DIR "
            "to one that can be written"
        ) from None
    numba.config.CACHE_DIR = place  # type: ignore[attr-defined]
    atexit.register(_delete, place, os.getpid())


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _delete(place: str, owner: int) -> None:
    if os.getpid() == owner:  # not a forked process
        shutil.rmtree(place, ignore_errors=True)

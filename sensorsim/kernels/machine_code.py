"""Check of the byte order, and removal of outdated kernels from Numba's cache.

Numba checks whether the file of a cached function changed, but not the files of the kernels that
were compiled into it. An edit, or an upgrade that keeps file times, would leave outdated machine
code in use. So the cache is deleted whenever the content of a source changed.
"""

import hashlib
from contextlib import suppress
from pathlib import Path

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
        if stamp.read_text() == stated:
            return
    with suppress(OSError):
        cache.mkdir(exist_ok=True)
        for compiled in cache.glob("*.nb[ic]"):
            compiled.unlink(missing_ok=True)
        part = stamp.with_suffix(".part")
        part.write_text(stated)
        part.replace(stamp)

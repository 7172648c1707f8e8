"""Machines whose words the kernels can read, and Numba's cache of kernels compiled for them.

Numba asks whether the file of a cached function changed, and not those of the kernels that were
compiled into it. An edit, or an upgrade whose files keep their times, would leave old bits behind:
the cache is kept to the sources that it was compiled from.
"""

import hashlib
from contextlib import suppress
from pathlib import Path

_STAMP = "sources.sha256"


def refuse_big_endian(byteorder: str) -> None:
    """Kernels read 64-bit words as bytes, codes and counts, the lowest byte first.

    Raises
    ------
    ImportError
        If the machine's words begin with their highest byte.
    """
    if byteorder != "little":
        raise ImportError(
            f"sensorsim needs a little-endian machine, and this one is {byteorder}-endian: its "
            "kernels read words as bytes, the lowest first"
        )


def drop_stale(folder: Path, *inlined: Path | str) -> None:
    """Delete the machine code beside some sources unless it was made from all of them as they are.

    Numba's cache lies elsewhere where the folder cannot be written or ``NUMBA_CACHE_DIR`` is set;
    whoever changes kernels there has to empty it.

    Parameters
    ----------
    folder : Path
        Holds the sources, and Numba's cache in ``__pycache__``.
    *inlined : Path or str
        Folders whose kernels those of ``folder`` call.
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

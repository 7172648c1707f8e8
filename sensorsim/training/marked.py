"""Text files whose first line states that this program wrote them.

Only files with that line are replaced, so that a user's own file is never overwritten.
"""

from pathlib import Path

from sensorsim.core.errors import InputError
from sensorsim.core.files import atomic_write


def check_replaceable(path: Path, marker: str) -> None:
    """Raise if a path holds a file that this program did not write.

    Parameters
    ----------
    path : Path
        File that is about to be written.
    marker : str
        First line of the files that this program writes there.

    Raises
    ------
    InputError
        If the file exists without the marker, or cannot be read.
    """
    begin = marker.encode()
    try:
        with path.open("rb") as file:
            found = file.read(len(begin))
    except FileNotFoundError:
        return
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror}), and would be replaced; move it away or "
            "name another --out"
        ) from None
    if found != begin:
        raise InputError(
            f"{path}: would be replaced, but this program did not write it (expected a file that "
            f"begins with {marker!r}); move it away or name another --out"
        )


def write_marked(path: Path, marker: str, text: str) -> None:
    """Write a marker line and a text to a temporary file, then rename it.

    Parameters
    ----------
    path : Path
        File to write.
    marker : str
        The first line.
    text : str
        The text after it; written as UTF-8.

    Raises
    ------
    InputError
        If the path holds a file that this program did not write, or cannot be written.
    """
    check_replaceable(path, marker)
    with atomic_write(path) as part:
        part.write_text(f"{marker}\n{text}", encoding="utf-8", newline="\n")

"""Text files that say in their first line that this program wrote them.

What a user wrote or edited from scratch is not replaced: only files with that line are.
"""

from pathlib import Path

from sensorsim.core.errors import InputError
from sensorsim.core.files import whole


def check_replaceable(path: Path, marker: str) -> None:
    """Refuse a place where something lies that this program did not write.

    Parameters
    ----------
    path : Path
    marker : str
        First line of what this program writes there.

    Raises
    ------
    InputError
        If something else is there.
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
    """Write a text behind its marker: to a temporary file, which is then renamed.

    Parameters
    ----------
    path : Path
    marker : str
        The first line.
    text : str
        What follows; written as UTF-8.

    Raises
    ------
    InputError
        If something lies there that this program did not write, or the file system refuses.
    """
    check_replaceable(path, marker)
    with whole(path) as part:
        part.write_text(f"{marker}\n{text}", encoding="utf-8", newline="\n")

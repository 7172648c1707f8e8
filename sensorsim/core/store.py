"""Finished points of a long computation, one JSON file each, so that it can be resumed."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sensorsim.core.errors import InputError
from sensorsim.core.files import atomic_write


class PointStore:
    """A folder of finished points, and the plan that they belong to.

    Parameters
    ----------
    folder : str or Path
        Created if it does not exist.
    kind : str
        Word for the computation; the plan is written to ``<kind>.json``.
    plan : mapping
        Everything that the points depend on; must be serializable as JSON.

    Raises
    ------
    InputError
        If the folder holds points of another plan, or cannot be created.
    """

    def __init__(self, folder: str | Path, kind: str, plan: Mapping[str, Any]) -> None:
        self.folder = Path(folder)
        text = json.dumps(plan, indent=1)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{self.folder}: cannot be a store ({error.strerror}); name a folder, or a path "
                "where one can be created"
            ) from None
        file = self.folder / f"{kind}.json"
        if file.exists() and file.read_text() != text:
            raise InputError(
                f"{self.folder}: holds the points of another {kind} (see {file.name}); "
                "name another store or remove it"
            )
        _write_whole(file, text)

    def read(self, number: int) -> dict[str, Any] | None:
        """Read a finished point.

        Parameters
        ----------
        number : int
            Number of the point.

        Returns
        -------
        dict of str to Any, or None
            The point; None if it is not finished.
        """
        file = self.folder / f"{number}.json"
        return json.loads(file.read_text()) if file.exists() else None

    def write(self, number: int, point: Mapping[str, Any]) -> None:
        """Write a finished point atomically to ``<number>.json``.

        Parameters
        ----------
        number : int
            Number of the point.
        point : mapping
            Result; must be serializable as JSON.
        """
        _write_whole(self.folder / f"{number}.json", json.dumps(point))


def _write_whole(file: Path, text: str) -> None:
    with atomic_write(file) as part:
        part.write_text(text)

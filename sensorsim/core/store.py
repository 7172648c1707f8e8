"""Finished points of a long computation, a JSON file each: it goes on where it was stopped."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sensorsim.core.errors import InputError
from sensorsim.core.files import whole


class PointStore:
    """A folder of finished points, and a plan that says what they are points of.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    kind : str
        Word for the computation; the plan is written to ``<kind>.json``.
    plan : mapping
        All that the points depend on.

    Raises
    ------
    InputError
        If the folder holds points of another plan, or cannot be made.
    """

    def __init__(self, folder: str | Path, kind: str, plan: Mapping[str, Any]) -> None:
        self.folder = Path(folder)
        text = json.dumps(plan, indent=1)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{self.folder}: cannot be a store ({error.strerror}); name a folder, or a place "
                "where one can be made"
            ) from None
        file = self.folder / f"{kind}.json"
        if file.exists() and file.read_text() != text:
            raise InputError(
                f"{self.folder}: holds the points of another {kind} (see {file.name}); "
                "name another store or remove it"
            )
        _write_whole(file, text)

    def read(self, number: int) -> dict[str, Any] | None:
        """A finished point, or None."""
        file = self.folder / f"{number}.json"
        return json.loads(file.read_text()) if file.exists() else None

    def write(self, number: int, point: Mapping[str, Any]) -> None:
        """Keep a finished point, whole or not at all."""
        _write_whole(self.folder / f"{number}.json", json.dumps(point))


def _write_whole(file: Path, text: str) -> None:
    with whole(file) as part:
        part.write_text(text)

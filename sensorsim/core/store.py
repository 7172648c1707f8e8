"""Finished points of a long computation, one JSON file each, so that it can be resumed."""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from sensorsim.core.errors import InputError
from sensorsim.core.files import PART, atomic_write

_LOG = logging.getLogger(__name__)


class PointStore:
    """A folder of finished points, and the plan that they belong to.

    A context manager: within it no other process uses the folder. A second one waits.

    Parameters
    ----------
    folder : str or Path
        Created if it does not exist.
    kind : str
        Word for the computation; the plan is written to ``<kind>.json``.
    plan : mapping
        Everything that the points depend on, by content; must be serializable as JSON.
    """

    def __init__(self, folder: str | Path, kind: str, plan: Mapping[str, Any]) -> None:
        self.folder = Path(folder)
        self._kind = kind
        self._plan = json.loads(json.dumps(plan))  # as it is after a round trip
        self._lock = FileLock(self.folder / ".lock")

    def __enter__(self) -> "PointStore":
        """Create the folder or check what it holds.

        Returns
        -------
        PointStore
            This one.

        Raises
        ------
        InputError
            If the folder cannot be created, or holds other files or the points of another plan;
            the message names what differs.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._no_store(error) from None
        self._acquire()
        try:
            self._check()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()

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

        Raises
        ------
        InputError
            If its file is damaged.
        """
        file = self.folder / f"{number}.json"
        return _read(file) if file.exists() else None

    def write(self, number: int, point: Mapping[str, Any]) -> None:
        """Write a finished point atomically to ``<number>.json``.

        Parameters
        ----------
        number : int
            Number of the point.
        point : mapping
            Result; must be serializable as JSON.
        """
        _write(self.folder / f"{number}.json", point)

    def _acquire(self) -> None:
        try:
            try:
                self._lock.acquire(timeout=0)
            except Timeout:
                _LOG.warning("%s: another process uses this store; waiting for it", self.folder)
                self._lock.acquire()
        except OSError as error:
            raise self._no_store(error) from None

    def _check(self) -> None:
        file = self.folder / f"{self._kind}.json"
        if not file.exists():
            others = sorted(p.name for p in self.folder.iterdir() if not p.name.startswith("."))
            if others:
                raise InputError(
                    f"{self.folder}: is no store of a {self._kind}, it holds {others[0]}"
                    f"{' and more' if others[1:] else ''}; name an empty or a new folder"
                )
            _write(file, self._plan)
            return
        stored = _read(file)
        names = sorted(stored.keys() | self._plan.keys())
        differing = [n for n in names if stored.get(n) != self._plan.get(n)]
        if differing:
            raise InputError(
                f"{self.folder}: holds the points of another {self._kind} ({', '.join(differing)} "
                f"differ, see {file.name}); name another store or remove it"
            )
        for part in self.folder.glob(f".*{PART}"):  # of a process that was killed
            part.unlink(missing_ok=True)

    def _no_store(self, error: OSError) -> InputError:
        return InputError(
            f"{self.folder}: cannot be a store ({error.strerror}); name a folder, or a path where "
            "one can be created"
        )


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from None
    except ValueError as error:  # of JSON and of UTF-8
        raise InputError(
            f"{file}: damaged ({error}); remove it, then it is computed again"
        ) from None
    if not isinstance(found, dict):
        raise InputError(f"{file}: damaged (no table); remove it, then it is computed again")
    return found


def _write(file: Path, content: Mapping[str, Any]) -> None:
    with atomic_write(file) as part:
        part.write_text(json.dumps(content, indent=1), "utf-8")

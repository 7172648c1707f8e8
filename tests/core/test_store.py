"""Finished points are kept whole, and only for the computation they belong to."""

from pathlib import Path

import pytest

from sensorsim.core.errors import InputError
from sensorsim.core.store import PointStore


def test_points_are_read_as_written_by_the_same_plan(tmp_path: Path) -> None:
    PointStore(tmp_path / "s", "search", {"seed": 1}).write(3, {"accuracy": 0.25})
    again = PointStore(tmp_path / "s", "search", {"seed": 1})
    assert again.read(3) == {"accuracy": 0.25}
    assert again.read(4) is None
    assert not list((tmp_path / "s").glob("*.part"))


def test_another_plan_is_refused(tmp_path: Path) -> None:
    PointStore(tmp_path, "search", {"seed": 1})
    with pytest.raises(InputError, match="another search"):
        PointStore(tmp_path, "search", {"seed": 2})


def test_a_file_is_no_store(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("")
    for place in (file, file / "deeper"):
        with pytest.raises(InputError, match=r"mine\.toml.*: cannot be a store"):
            PointStore(place, "search", {})
    assert file.read_text() == ""

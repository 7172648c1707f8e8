"""Finished points are kept whole, and only for the computation they belong to."""

import subprocess
import sys
from pathlib import Path

import pytest

from sensorsim.core.errors import InputError
from sensorsim.core.store import PointStore


def test_points_are_read_as_written_by_the_same_plan(tmp_path: Path) -> None:
    with PointStore(tmp_path / "s", "search", {"seed": (1, 2)}) as store:
        store.write(3, {"accuracy": 0.25})
    with PointStore(tmp_path / "s", "search", {"seed": [1, 2]}) as again:
        assert again.read(3) == {"accuracy": 0.25}
        assert again.read(4) is None


def test_another_plan_is_refused(tmp_path: Path) -> None:
    with PointStore(tmp_path, "search", {"seed": 1, "images": 5}):
        pass
    other = PointStore(tmp_path, "search", {"seed": 2, "images": 5})
    with pytest.raises(InputError, match=r"another search \(seed differ"), other:
        pass
    with PointStore(tmp_path, "search", {"seed": 1, "images": 5}):
        pass


@pytest.mark.parametrize(
    "other", [{"seed": 1}, {"seed": 1, "images": 5, "die": 0}, {"seed": 1, "images": 6},
              {"seed": 1, "images": 4}, {"seed": 1, "images": None}],
)  # fmt: skip
def test_a_plan_with_an_entry_more_less_or_other_is_refused(tmp_path: Path, other: dict) -> None:
    with PointStore(tmp_path / "deep" / "er", "sweep", {"seed": 1, "images": 5}):
        pass
    with (
        pytest.raises(InputError, match=r"\((die|images) differ"),
        PointStore(tmp_path / "deep" / "er", "sweep", other),
    ):
        pass


def test_a_file_is_no_store(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("")
    for place in (file, file / "deeper"):
        with (
            pytest.raises(InputError, match=r"mine\.toml.*: cannot be a store"),
            PointStore(place, "search", {}),
        ):
            pass
    assert file.read_text() == ""


def test_a_folder_of_other_files_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "photos.txt").write_text("mine")
    with pytest.raises(InputError, match=r"holds photos\.txt;"), PointStore(tmp_path, "sweep", {}):
        pass
    (tmp_path / "a.txt").write_text("mine")
    with (
        pytest.raises(InputError, match=r"holds a\.txt and more;"),
        PointStore(tmp_path, "sweep", {}),
    ):
        pass
    assert sorted(p.name for p in tmp_path.iterdir() if p.suffix) == ["a.txt", "photos.txt"]


@pytest.mark.parametrize("content", [b"", b'{"accuracy": 0.', b"\xff", b"[]"])
def test_a_damaged_point_is_named(tmp_path: Path, content: bytes) -> None:
    with PointStore(tmp_path, "sweep", {}) as store:
        (tmp_path / "0.json").write_bytes(content)
        with pytest.raises(InputError, match=r"0\.json: damaged"):
            store.read(0)


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    with PointStore(tmp_path, "sweep", {}):
        pass
    left = tmp_path / ".0.json.12-ab.part"
    left.write_text("half")
    with PointStore(tmp_path, "sweep", {}):
        assert not left.exists()


def test_a_second_process_waits_for_the_store(tmp_path: Path) -> None:
    code = (
        "import sys; from sensorsim.core.store import PointStore\n"
        "with PointStore(sys.argv[1], 'sweep', {}) as store: print(store.read(0)['x'])"
    )
    with PointStore(tmp_path, "sweep", {}) as store:
        other = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert other.stderr is not None
        assert "another process uses this store; waiting" in other.stderr.readline()
        store.write(0, {"x": 5})
    assert other.communicate(timeout=20)[0] == "5\n"

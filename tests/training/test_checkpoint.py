"""Checkpoints: kept whole, used by their own training alone, and what differs is named."""

import errno
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")

from sensorsim.core.errors import InputError  # noqa: E402
from sensorsim.training import checkpoint  # noqa: E402

PLAN = {"images": "a", "schedule": {"epochs": 1.0}, "shape": (3, 4)}


def test_state_comes_back(tmp_path: Path) -> None:
    state = {"step": 3, "log": [{"loss": 0.5, "thresholds": [0.1]}], "w": {"a": torch.ones(2)}}
    checkpoint.save(tmp_path / "folder" / "c", PLAN, state)
    found = checkpoint.load(tmp_path / "folder" / "c", PLAN)
    assert found is not None
    assert (found["step"], found["log"]) == (3, state["log"])
    assert torch.equal(found["w"]["a"], torch.ones(2))
    assert checkpoint.load(tmp_path / "none", PLAN) is None


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({**PLAN, "images": "b"}, "images"),
        ({**PLAN, "schedule": {"epochs": 2.0}}, "schedule"),
        ({**PLAN, "new": 1}, "new"),
        ({"images": "a", "schedule": {"epochs": 1.0}}, "shape"),
    ],
)
def test_another_plan_is_refused_by_what_differs(
    tmp_path: Path, other: dict[str, Any], named: str
) -> None:
    checkpoint.save(tmp_path / "c", PLAN, {"step": 3})
    with pytest.raises(InputError, match=rf"another training \({named} differ\)"):
        checkpoint.load(tmp_path / "c", other)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("PytorchStreamWriter failed writing file"),
    ],
)
def test_full_disk_keeps_the_last_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    path = tmp_path / "c"
    checkpoint.save(path, PLAN, {"step": 3})

    def full(_: object, part: Path) -> None:
        part.write_bytes(b"half")
        raise error

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(InputError, match="cannot be written"):
        checkpoint.save(path, PLAN, {"step": 4})
    found = checkpoint.load(path, PLAN)
    assert found is not None
    assert found["step"] == 3
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04half a zip"])
def test_damaged_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c").write_bytes(content)
    with pytest.raises(InputError, match="not a readable checkpoint"):
        checkpoint.load(tmp_path / "c", PLAN)


def test_file_of_something_else_is_named(tmp_path: Path) -> None:
    torch.save({"plan": 3}, tmp_path / "c")
    with pytest.raises(InputError, match="not a readable checkpoint"):
        checkpoint.load(tmp_path / "c", PLAN)
    torch.save([1, 2], tmp_path / "d")
    with pytest.raises(InputError, match="not a readable checkpoint"):
        checkpoint.load(tmp_path / "d", PLAN)


def test_nothing_of_a_user_is_unpickled(tmp_path: Path) -> None:
    import pickle

    class Harm:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.write_text, (tmp_path / "harmed", "x")

    (tmp_path / "c").write_bytes(pickle.dumps(Harm(), 2))
    with pytest.raises(InputError, match="not a readable checkpoint"):
        checkpoint.load(tmp_path / "c", PLAN)
    assert not (tmp_path / "harmed").exists()

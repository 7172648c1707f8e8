"""Some mutants of each kind of file; the script makes more of them."""

from pathlib import Path

import mutants
import pytest

pytest.importorskip("torch")


@pytest.mark.slow
def test_no_mutant_gives_a_traceback_a_hang_or_an_impossible_number(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    kinds = mutants.kinds(tmp_path)
    assert len(kinds) == 6
    for kind in kinds:
        outcomes, faults = mutants.attack(
            kind, 5 if kind.name == "point" else 100, 7, tmp_path / "room"
        )
        assert not faults, "\n".join(faults)
        assert outcomes["refused"] > 0
        assert kind.sealed or kind.name == "point" or outcomes["used"] > 0


@pytest.mark.parametrize(
    ("numbers", "fault"),
    [
        ({"accuracy": 1.5}, "accuracy = 1.5"),
        ({"energy_pj": -1.0}, "energy_pj = -1.0"),
        ({"energy_pj": float("nan")}, "energy_pj = nan"),
        ({"accuracy": 1.0, "energy_pj_per_correct_decision": float("nan")}, ""),
    ],
)
def test_impossible_numbers_are_found(numbers: dict[str, float], fault: str) -> None:
    assert mutants.impossible(numbers) == fault


def test_a_traceback_and_a_message_of_a_library_are_found(tmp_path: Path) -> None:
    def fails(path: Path) -> dict[str, float]:
        raise KeyError("x")

    def internal(path: Path) -> dict[str, float]:
        raise mutants.InputError("x.function-after[_is_a_curve()]: bad")

    for use, words in ((fails, "KeyError"), (internal, "function-")):
        kind = mutants.Kind("x", [], use)
        assert words in mutants.fault_of(kind, tmp_path, True)[1]

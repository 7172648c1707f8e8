"""The name that was probably meant."""

import pytest

from sensorsim.core.nearest import similar, suggestion


@pytest.mark.parametrize(
    ("word", "meant"),
    [("full_wel_e", "full_well_e"), ("FULL_WELL_E", "full_well_e"), ("xyz", None), ("", None)],
)
def test_a_misspelt_name_is_found_in_any_case(word: str, meant: str | None) -> None:
    assert similar(word, ["full_well_e", "fill_factor"]) == meant


def test_few_names_are_listed_and_many_are_counted() -> None:
    assert suggestion("x", ["b", "a"]) == "expected one of a, b"
    many = [f"name-{k}" for k in range(50)]
    words = suggestion("x", many, "'sensorsim schema'")
    assert words.startswith("expected one of 50 names, like name-0, ")
    assert words.endswith("; 'sensorsim schema' lists all")
    assert len(words) < 120

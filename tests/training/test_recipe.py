"""Recipes: what ships can be read, and what is wrong with one is said."""

from pathlib import Path

import pytest

pytest.importorskip("torch")

from sensorsim.core import resources
from sensorsim.core.errors import InputError
from sensorsim.training.recipe import (
    NetworkRecipe,
    TeacherRecipe,
    find_recipe,
    load_recipe,
)

SHIPPED = sorted(resources.recipes().glob("*.toml"))
PLAIN = """
kind = "network"
pipeline = "glt4"
levels = 4
data = { dataset = "fashion-mnist" }
light = { law = "fixed" }
network = { blocks = [{ channels = 8, pool = 2 }] }
schedule = { epochs = 1.0 }
"""


def recipe(folder: Path, text: str) -> Path:
    path = folder / "recipe.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_recipe_that_ships_is_read_by_its_name(path: Path) -> None:
    found, where = load_recipe(path.stem)
    assert where == path
    assert isinstance(found, NetworkRecipe | TeacherRecipe)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_every_line_of_a_recipe_that_ships_is_commented(path: Path) -> None:
    for line in path.read_text().splitlines():
        stated = "=" in line and not line.startswith(("#", "    {"))
        assert not stated or "#" in line, line


def test_flags_override_single_lines(tmp_path: Path) -> None:
    changes = {"schedule.epochs": 3.0, "schedule.seed": 9, "data.data_dir": "there"}
    found, _ = load_recipe(recipe(tmp_path, PLAIN), changes)
    assert isinstance(found, NetworkRecipe)
    assert (found.schedule.epochs, found.schedule.seed) == (3.0, 9)
    assert found.data.data_dir == "there"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "network"', "", "kind: is missing; expected"),
        ('kind = "network"', 'kind = "networks"', "kind 'networks': expected"),
        ("levels = 4", "levels = 64", r"levels 64: expected .* to 32"),
        ("epochs = 1.0", "", "schedule.epochs: is missing"),
        ("epochs = 1.0", "epochs = 0", "schedule.epochs 0: expected a number above 0"),
        ("channels = 8", "chanels = 8", "network.blocks.0.chanels: no such field"),
        ("channels = 8", "channels = 8, kernel = 2", "network.blocks.0: kernel 2"),
        ("channels = 8", "channels = 8, mix = true", "network.blocks.0: mix"),
        ("channels = 8", "channels = 8, shuffle = true", "network.blocks.0: shuffle"),
        ("epochs = 1.0", "epochs = 1.0, batch = 1", "schedule.batch"),
        ("epochs = 1.0", 'epochs = "long"', "schedule.epochs 'long'"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in PLAIN
    with pytest.raises(InputError, match=rf"(?s)recipe.toml: .*{said}"):
        load_recipe(recipe(tmp_path, PLAIN.replace(old, new)))


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    text = PLAIN.replace("epochs = 1.0", "").replace("levels = 4", "levels = 0")
    with pytest.raises(InputError) as caught:
        load_recipe(recipe(tmp_path, text))
    assert "schedule.epochs" in str(caught.value)
    assert "levels" in str(caught.value)


@pytest.mark.parametrize("teacher", ["{}", '{ file = "a", model = "b" }'])
def test_there_is_one_teacher(tmp_path: Path, teacher: str) -> None:
    with pytest.raises(InputError, match="teacher: state file"):
        load_recipe(recipe(tmp_path, f"{PLAIN}teacher = {teacher}\n"))


def test_unknown_recipe_names_those_that_ship() -> None:
    with pytest.raises(InputError, match="fashion_compact"):
        find_recipe("fashion_compct")

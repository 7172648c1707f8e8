"""The recipes for STL-10 and Visual Wake Words, from files of the published layout to a model.

Only epochs and batch are changed, since the files hold few images.
"""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from sensorsim.bnn.model_file import load_model  # noqa: E402
from sensorsim.training.command import Place, run_recipe  # noqa: E402

FEW = {"schedule.epochs": 1.0, "schedule.batch": 8, "schedule.recalibration_batches": 1}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def stl10(tmp_path: Path) -> Path:
    """Thirty training and twenty test images, planes stored column by column, labels 1 to 10."""
    folder = tmp_path / "stl10_binary"
    folder.mkdir()
    random = np.random.default_rng(0)
    for split, count in (("train", 30), ("test", 20)):
        random.integers(0, 256, (count, 3, 96, 96), np.uint8).tofile(folder / f"{split}_X.bin")
        (1 + np.arange(count, dtype=np.uint8) % 10).tofile(folder / f"{split}_y.bin")
    return folder


@pytest.fixture
def coco(tmp_path: Path) -> Path:
    """Twenty training and six validation images; every second one shows a person."""
    root = tmp_path / "coco"
    (root / "annotations").mkdir(parents=True)
    for split, count in (("train", 20), ("val", 6)):
        (root / f"{split}2017").mkdir()
        images, people = [], []
        for i in range(count):
            name = f"{i:012}.jpg"
            Image.new("RGB", (160, 120), (12 * i, 99, 180)).save(root / f"{split}2017" / name)
            images.append({"id": i, "file_name": name, "width": 160, "height": 120})
            if i % 2:
                people.append({"id": i, "image_id": i, "category_id": 1, "area": 4000.0})
        categories = [{"id": 1, "name": "person"}]
        content = {"images": images, "annotations": people, "categories": categories}
        path = root / "annotations" / f"instances_{split}2017.json"
        path.write_text(json.dumps(content))
    return root


@pytest.mark.parametrize(
    ("recipe", "data", "classes"), [("stl10", "stl10", 10), ("vww", "coco", 2)]
)
def test_recipe_runs_once_a_user_has_the_data(
    recipe: str, data: str, classes: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    changes = {"data.data_dir": str(request.getfixturevalue(data)), **FEW}
    run_recipe(recipe, changes, Place(tmp_path / "m.npz", tmp_path / "work", "cpu", "test"))
    model = load_model(tmp_path / "m.npz")
    assert (model.input.height, model.input.width, model.input.colors) == (96, 96, 3)
    assert len(model.class_names) == classes
    assert model.stored_bits <= 1_000_000
    assert model.training.test_accuracy is not None

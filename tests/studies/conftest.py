"""How the tests run a study, look at its pictures, and train on little."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from PIL import Image

from sensorsim.scenes.datasets import load_dataset


@pytest.fixture(scope="session")
def run() -> Callable[..., None]:
    """Run a study as its command line would: ``run(module, folder, *arguments)``."""

    def run_study(study: ModuleType, folder: Path, *arguments: str) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", [study.__name__, "--out", str(folder), *arguments])
            study.study(study.parse())

    return run_study


@pytest.fixture(scope="session")
def is_picture() -> Callable[[Path], bool]:
    """Whether a file is an image with something on it."""

    def look(path: Path) -> bool:
        with Image.open(path) as picture:
            colors = picture.convert("L").getcolors() or range(300)
            return min(picture.size) > 300 and len(colors) > 20

    return look


@pytest.fixture
def small_training(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few images, few steps and a tiny network for the scripts that train Fashion-MNIST."""
    pytest.importorskip("torch")
    import train_mismatch_models
    import train_models
    import train_tone_models

    from sensorsim.training.architecture import Architecture, Block
    from sensorsim.training.schedule import Schedule

    name = "fashion-mnist"
    few = load_dataset(name, "test").first(400)
    recipe = Schedule(epochs=1, batch=64, seed=1)
    tiny = Architecture(blocks=(Block(channels=8, stride=2, pool=2),))
    for script in (train_models, train_tone_models, train_mismatch_models):
        monkeypatch.setattr(script, "load_dataset", lambda *_: few)
    monkeypatch.setattr(train_mismatch_models, "RECIPES", {"adc": recipe, "thermometer": recipe})
    monkeypatch.setitem(train_models.ARCHITECTURES, name, tiny)
    monkeypatch.setitem(train_models.TRUNK, name, {"adc": recipe, "thermometer": recipe})
    monkeypatch.setitem(train_models.BRANCH, name, recipe)

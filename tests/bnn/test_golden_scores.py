"""Scores of every shipped model on fixed pseudo-random bits, as the first simulator gave them.

`golden_scores.csv` holds digests made before networks ran as compiled plans; they change only with
the models themselves, by running this file as a program.
"""

import csv
import hashlib
from pathlib import Path

import numpy as np
import pytest

from sensorsim.bnn import simulator
from sensorsim.bnn.model import Model
from sensorsim.bnn.model_file import load_model
from sensorsim.core import resources
from sensorsim.core.bits import pack

MODELS = resources.data("models")
GOLDEN = Path(__file__).with_name("golden_scores.csv")
IMAGES = 200


def golden() -> dict[str, str]:
    with GOLDEN.open(newline="") as file:
        return dict(csv.reader(file))


def fixed_words(model: Model) -> np.ndarray:
    """Packed input that no random generator's next version changes; images get ever brighter."""
    i = model.input
    shape = (IMAGES, i.planes, i.height, i.width, i.channels)
    stream = hashlib.shake_256(b"golden scores").digest(int(np.prod(shape)))
    noise = np.frombuffer(stream, np.uint8).reshape(shape)
    brightness = np.linspace(16, 240, IMAGES).reshape(-1, 1, 1, 1, 1)
    return pack(noise < brightness)


def digest(model: Model) -> str:
    scores = simulator.scores(model, fixed_words(model))
    return hashlib.sha256(scores.astype("<i8").tobytes()).hexdigest()


def shipped() -> list[str]:
    return sorted(p.relative_to(MODELS).with_suffix("").as_posix() for p in MODELS.rglob("*.npz"))


def test_every_shipped_model_has_a_digest() -> None:
    assert sorted(golden()) == shipped()


@pytest.mark.parametrize("name", shipped())
def test_scores_are_those_of_the_first_simulator(name: str) -> None:
    assert digest(load_model(MODELS / f"{name}.npz")) == golden()[name]


if __name__ == "__main__":
    with GOLDEN.open("w", newline="") as file:
        for name in shipped():
            csv.writer(file).writerow([name, digest(load_model(MODELS / f"{name}.npz"))])

"""The images that every choice is made on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sensorsim.core.errors import InputError
from sensorsim.scenes.datasets import load_dataset
from sensorsim.scenes.labelled import Labelled
from sensorsim.scenes.validation import split_validation


def numbered(count: int) -> Labelled:
    """Images whose label is their number."""
    images = np.zeros((count, 6, 6, 1), np.uint8)
    return Labelled(images, np.arange(count), tuple(map(str, range(count))), "x", "x")


@pytest.mark.parametrize("count", [10, 25, 40, 89])
def test_a_tenth_is_set_apart(count: int) -> None:
    training, validation = split_validation(numbered(count))
    assert len(validation) == count // 10
    assert sorted([*training.labels, *validation.labels]) == list(range(count))


def test_at_most_a_tenth_of_very_few_images_is_set_apart() -> None:
    training, validation = split_validation(numbered(5))
    assert (len(training), len(validation)) == (5, 0)


def test_shipped_validation_images_are_those_that_trainings_hold_out() -> None:
    try:
        training = load_dataset("fashion-mnist", "train")
    except InputError:
        pytest.skip("training images of Fashion-MNIST are not here")
    assert (
        load_dataset("fashion-mnist", "validation").digest == split_validation(training)[1].digest
    )


def test_shipped_validation_images_are_no_test_images() -> None:
    validation, test = load_dataset("fashion-mnist", "validation"), load_dataset("fashion-mnist")
    assert len(validation) == 5000
    assert np.bincount(validation.labels).min() > 400
    tested = {image.tobytes() for image in test.images}
    # Two photographs of the published dataset are in both of its splits.
    assert sum(image.tobytes() in tested for image in validation.images) <= 2
    assert validation.class_names == test.class_names


def test_validation_images_of_a_users_folder_are_held_out_of_its_training_images(
    tmp_path: Path,
) -> None:
    generator = np.random.default_rng(0)
    for split, count in (("train", 20), ("test", 3)):
        for name in "ab":
            (tmp_path / split / name).mkdir(parents=True)
            for i in range(count):
                pixels = generator.integers(0, 256, (8, 8), np.uint8)
                Image.fromarray(pixels).save(tmp_path / split / name / f"{i}.png")
    found = load_dataset("folder", "validation", tmp_path)
    assert len(found) == 4
    train = load_dataset("folder", "train", tmp_path)
    expected = replace(split_validation(train)[1], origin=found.origin)
    assert found.digest == expected.digest
    assert "held out of training" in found.origin


def test_too_few_images_to_choose_on_are_said(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / "train" / name).mkdir(parents=True)
        Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "train" / name / "0.png")
    with pytest.raises(InputError, match="2 training images, expected at least 10"):
        load_dataset("folder", "validation", tmp_path)

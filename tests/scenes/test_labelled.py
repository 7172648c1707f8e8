"""Labelled images: what fits together, and how parts are taken."""

import numpy as np
import pytest

from sensorsim.errors import InputError
from sensorsim.scenes.labelled import Labelled


def test_first_images_keep_their_labels_names_and_origin(tiny: Labelled) -> None:
    part = tiny.first(3)
    np.testing.assert_array_equal(part.images, tiny.images[:3])
    assert part.labels.tolist() == [0, 1, 2]
    assert (part.class_names, part.name, part.origin) == (tiny.class_names, "tiny", "here")


def test_none_means_all(tiny: Labelled) -> None:
    assert len(tiny.first(None)) == len(tiny.first(40)) == 40


@pytest.mark.parametrize("count", [-1, 0, 41])
def test_more_or_fewer_than_there_are_is_refused(tiny: Labelled, count: int) -> None:
    with pytest.raises(InputError, match=rf"images = {count}: expected 1 to 40 \(here\)"):
        tiny.first(count)


def test_taken_images_come_in_the_order_asked(tiny: Labelled) -> None:
    part = tiny.take(np.array([7, 2, 2]))
    assert part.labels.tolist() == [3, 2, 2]
    np.testing.assert_array_equal(part.images[0], tiny.images[7])
    np.testing.assert_array_equal(part.images[1], part.images[2])


@pytest.mark.parametrize("label", [-1, 4])
def test_label_without_a_class_is_refused(tiny: Labelled, label: int) -> None:
    labels = tiny.labels.copy()
    labels[17] = label
    with pytest.raises(InputError, match=r"here: labels from .* expected 0 to 3"):
        Labelled(tiny.images, labels, tiny.class_names, "x", "here")

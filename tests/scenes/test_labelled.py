"""Labelled images: what fits together, and how parts are taken."""

from dataclasses import replace

import numpy as np
import pytest

from sensorsim.core.errors import InputError
from sensorsim.scenes.labelled import Labelled, check_for_training


def test_first_images_keep_their_labels_names_and_origin(tiny: Labelled) -> None:
    part = tiny.first(3)
    np.testing.assert_array_equal(part.images, tiny.images[:3])
    assert part.labels.tolist() == [0, 1, 2]
    assert (part.class_names, part.name, part.origin) == (tiny.class_names, "tiny", "here")


def test_none_means_all(tiny: Labelled) -> None:
    assert len(tiny.first(None)) == len(tiny.first(40)) == 40


@pytest.mark.parametrize("count", [-1, 0, 41])
def test_more_or_fewer_than_there_are_is_refused(tiny: Labelled, count: int) -> None:
    with pytest.raises(InputError, match=rf"images {count}: expected .* 1 to 40 \(here\)"):
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


def test_digest_covers_images_labels_names_and_shape_but_not_the_place(tiny: Labelled) -> None:
    images, labels = tiny.images.copy(), tiny.labels.copy()
    images[-1, -1, -1] ^= 1
    labels[[0, 1]] = labels[[1, 0]]
    others = [
        replace(tiny, images=images),
        replace(tiny, labels=labels),
        replace(tiny, class_names=("a", "b", "c", "e")),
        replace(tiny, images=tiny.images.reshape(40, 4, 16, 1)),
    ]
    assert len({tiny.digest, *(o.digest for o in others)}) == 5
    assert replace(tiny, origin="there", name="other").digest == tiny.digest
    turned = tiny.images.transpose(0, 2, 1, 3).copy().transpose(0, 2, 1, 3)
    assert not turned.flags.c_contiguous
    assert replace(tiny, images=turned).digest == tiny.digest


def test_what_can_be_trained_on_passes(tiny: Labelled) -> None:
    check_for_training(tiny)


@pytest.mark.parametrize(
    ("names", "labels", "words"),
    [
        (("a", "b"), [], "here: no training images"),
        ((), [], r"here: no class, expected at least two"),
        (("a",), [0, 0], r"here: a single class \(a\), expected at least two"),
        (("a", "b", "c"), [1, 1], "here: no training image of a, c, all are of b"),
        (("a", "b", "c", "d"), [0, 2], "here: no training image of b, d; add some"),
    ],
)
def test_what_cannot_be_trained_on_is_explained(
    tiny: Labelled, names: tuple[str, ...], labels: list[int], words: str
) -> None:
    images = tiny.images[: len(labels)]
    data = Labelled(images, np.array(labels, np.int64), names, "x", "here")
    with pytest.raises(InputError, match=words):
        check_for_training(data)


def test_classes_are_numbered_like_those_of_the_same_names(tiny: Labelled) -> None:
    named = replace(tiny, class_names=("T-shirt-top", "Ankle boot", "bag", "été"))
    wanted = ("bag", "T-shirt/top", "coat", "ÉTÉ", "ankle_boot")
    found = named.numbered_like(wanted)
    assert found.class_names == wanted
    assert found.labels[:8].tolist() == [1, 4, 0, 3, 1, 4, 0, 3]
    np.testing.assert_array_equal(found.images, tiny.images)
    assert found.numbered_like(wanted) is found


@pytest.mark.parametrize(
    "wanted", [("a", "b", "c"), ("a", "b", "c", "e"), ("a", "A", "b", "c", "d")]
)
def test_classes_that_others_lack_or_name_twice_stay_as_they_are(
    tiny: Labelled, wanted: tuple[str, ...]
) -> None:
    assert tiny.numbered_like(wanted) is tiny

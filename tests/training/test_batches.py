"""Batches: addressed by step, each image once an epoch, never through a die of evaluation."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sensorsim.core import streams  # noqa: E402
from sensorsim.core.errors import InputError  # noqa: E402
from sensorsim.optics.lens import Lens  # noqa: E402
from sensorsim.scenes.exposure import Exposure  # noqa: E402
from sensorsim.scenes.labelled import Labelled  # noqa: E402
from sensorsim.sensor import Photodiode  # noqa: E402
from sensorsim.sensor.camera import Camera  # noqa: E402
from sensorsim.training.batches import (  # noqa: E402
    _FRAMES_PER_DIE,
    TRAINING_DIES,
    Batches,
)

CAMERA = Camera(Photodiode(), Exposure())


def numbered(count: int) -> Labelled:
    """Images whose label is their number."""
    images = np.zeros((count, 6, 6, 1), np.uint8)
    return Labelled(images, np.arange(count), tuple(map(str, range(count))), "x", "x")


def test_same_step_gives_the_same_batch_whatever_was_asked_before(tiny: Labelled) -> None:
    one, other = Batches(tiny, CAMERA, 8, 1), Batches(tiny, CAMERA, 8, 1)
    other.batch(9)
    for step in (0, 7, 3, 7):
        a, b = one.batch(step), other.batch(step)
        np.testing.assert_array_equal(a[0], b[0])
        np.testing.assert_array_equal(a[1], b[1])
        np.testing.assert_array_equal(a[2].frames, b[2].frames)


def test_another_seed_gives_other_batches(tiny: Labelled) -> None:
    one, other = (Batches(tiny, CAMERA, 8, seed).batch(0) for seed in (1, 2))
    assert (one[0] != other[0]).mean() > 0.9


@pytest.mark.parametrize("size", [4, 8, 9])
def test_every_epoch_covers_each_image_at_most_once(size: int) -> None:
    batches = Batches(numbered(40), CAMERA, size, 0)
    orders = []
    for epoch in range(3):
        steps = range(epoch * (40 // size), (epoch + 1) * (40 // size))
        seen = np.concatenate([batches.batch(s)[1] for s in steps])
        assert np.unique(seen).size == seen.size == 40 // size * size
        orders.append(seen.tolist())
    assert orders[0] != orders[1] != orders[2]


def test_dies_are_those_of_training_and_never_of_evaluation(tiny: Labelled) -> None:
    batches = Batches(tiny, CAMERA, 32, 0)
    steps = TRAINING_DIES * _FRAMES_PER_DIE // 32
    dies = np.concatenate([batches.batch(s)[2].dies for s in range(steps)])
    first = streams.MAX_DIE + 1
    assert np.unique(dies).tolist() == list(range(first, first + TRAINING_DIES))


def test_noise_is_never_used_twice(tiny: Labelled) -> None:
    batches = Batches(tiny, CAMERA, 8, 0)
    frames = np.concatenate([batches.batch(s)[2].frames for s in range(20)])
    assert np.unique(frames).size == frames.size == 160


def test_views_are_drawn_alike_and_their_shifts_are_told() -> None:
    image = np.zeros((1, 9, 9, 1), np.uint8)
    image[0, 4, 4] = 255
    one = Labelled(image, np.array([0]), ("a",), "x", "x").take(np.zeros(600, np.int64))
    batches = Batches(one, CAMERA, 600, 0)
    batch = batches.batch(0)
    _, rows, columns, _ = np.nonzero(batch.volts > 0.02)
    assert rows.size == 600, "the point is never lost"
    for place in (rows, columns):
        assert np.unique(place).tolist() == [2, 3, 4, 5, 6]
        assert np.bincount(place)[2:].min() > 80
    dy = np.array(batches.photographs.views.shifts)[batch.shifts, 0]
    np.testing.assert_array_equal(rows, 4 - dy)


def test_fewer_images_than_a_batch_are_refused() -> None:
    with pytest.raises(InputError, match="20"):
        Batches(numbered(5), CAMERA, 20, 0)


def test_training_sees_through_the_lens(tiny: Labelled) -> None:
    shaded = Camera(Photodiode(), Exposure(), Lens(chief_ray_angle_deg=45))
    one, other = (Batches(tiny, sensor, 32, 1).batch(0)[0] for sensor in (CAMERA, shaded))
    assert other[:, 0, 0].mean() < 0.5 * one[:, 0, 0].mean()

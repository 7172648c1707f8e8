"""Distillation: the loss by hand, and answers that are kept."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.nn import functional as F  # noqa: E402

from sensorsim.core.errors import InputError  # noqa: E402
from sensorsim.scenes.labelled import Labelled  # noqa: E402
from sensorsim.training.answers import kept_answers  # noqa: E402
from sensorsim.training.distillation import (  # noqa: E402
    Distillation,
    Lessons,
    distillation_loss,
)
from sensorsim.training.views import Photographs, Views  # noqa: E402

VIEWS = Views(shift_px=1)


def softened(scores: np.ndarray, temperature: float) -> np.ndarray:
    shifted = np.exp(scores / temperature)
    return shifted / shifted.sum(1, keepdims=True)


def test_loss_is_labels_and_softened_answers() -> None:
    random = np.random.default_rng(0)
    scores, answers = random.normal(size=(2, 5, 3)) * 3
    labels = np.array([0, 2, 1, 1, 0])
    hard = -np.log(softened(scores, 1)[np.arange(5), labels]).mean()
    p, q = softened(answers, 2.5), softened(scores, 2.5)
    soft = (p * np.log(p / q)).sum(1).mean()
    loss = distillation_loss(
        torch.from_numpy(scores), torch.from_numpy(labels), torch.from_numpy(answers),
        Distillation(temperature=2.5, weight=0.3),
    )  # fmt: skip
    assert float(loss) == pytest.approx(0.7 * hard + 0.3 * 2.5**2 * soft, rel=1e-12)


def test_without_weight_it_is_the_cross_entropy_and_the_teacher_s_own_scores_cost_nothing() -> None:
    scores = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(6) % 4
    plain = distillation_loss(scores, labels, -scores, Distillation(weight=0))
    assert float(plain) == pytest.approx(float(F.cross_entropy(scores, labels)))
    same = distillation_loss(scores, labels, scores, Distillation(weight=1))
    assert float(same) == pytest.approx(0, abs=1e-6)


def brightness(images: np.ndarray, _: int = 0) -> np.ndarray:
    """A teacher that scores a few pixels."""
    return images[:, :2, :2, 0].reshape(len(images), 4).astype(np.float32)


def test_answers_are_those_to_the_shifted_images(tiny: Labelled, tmp_path: Path) -> None:
    found = kept_answers(brightness, "t", tiny, VIEWS, tmp_path, lambda *_: None)
    photographs = Photographs(tiny.images, VIEWS)
    lessons = Lessons(Distillation(), found)
    index = np.arange(len(tiny))
    for view in range(VIEWS.count):
        if view % 2:
            continue  # a mirrored view has its image's answer
        shift = VIEWS.shift_of(np.full(len(tiny), view))
        seen = photographs.take(index, np.full(len(tiny), view))
        np.testing.assert_array_equal(lessons.of(index, shift).numpy(), brightness(seen))


def test_answers_are_computed_once_and_a_stopped_run_goes_on(
    tiny: Labelled, tmp_path: Path
) -> None:
    asked: list[int] = []

    def ask(images: np.ndarray, _: int) -> np.ndarray:
        asked.append(len(images))
        if len(asked) == 4:
            raise KeyboardInterrupt
        return brightness(images)

    with pytest.raises(KeyboardInterrupt):
        kept_answers(ask, "t", tiny, VIEWS, tmp_path, lambda *_: None)
    stopped = kept_answers(ask, "t", tiny, VIEWS, tmp_path, lambda *_: None)
    assert len(asked) == len(VIEWS.shifts) + 1
    again = kept_answers(ask, "t", tiny, VIEWS, tmp_path, lambda *_: None)
    assert len(asked) == len(VIEWS.shifts) + 1
    np.testing.assert_array_equal(stopped, again)


@pytest.mark.parametrize("change", ["teacher", "images", "labels", "views"])
def test_answers_to_something_else_are_not_taken(
    tiny: Labelled, tmp_path: Path, change: str
) -> None:
    kept_answers(brightness, "t", tiny, VIEWS, tmp_path, lambda *_: None)
    dataset, views, digest = tiny, VIEWS, "t"
    if change == "teacher":
        digest = "u"
    elif change == "images":
        dataset = Labelled(255 - tiny.images, tiny.labels, tiny.class_names, "x", "x")
    elif change == "labels":
        dataset = Labelled(tiny.images, tiny.labels[::-1].copy(), tiny.class_names, "x", "x")
    else:
        views = Views(shift_px=1, mirror=False)
    kept_answers(brightness, digest, dataset, views, tmp_path, lambda *_: None)
    assert len(list(tmp_path.iterdir())) == 2


def test_teacher_of_other_classes_is_refused(tiny: Labelled, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="other classes"):
        kept_answers(lambda x, _: brightness(x)[:, :2], "t", tiny, VIEWS, tmp_path, lambda *_: None)


def test_answers_that_are_not_finite_are_refused(tiny: Labelled, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="finite"):
        kept_answers(
            lambda x, _: np.nan * brightness(x), "t", tiny, VIEWS, tmp_path, lambda *_: None
        )

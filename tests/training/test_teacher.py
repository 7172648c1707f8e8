"""The float teacher: whitening, learning, resuming, and its file."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sensorsim.core.errors import InputError  # noqa: E402
from sensorsim.scenes.labelled import Labelled  # noqa: E402
from sensorsim.training import teacher as module  # noqa: E402
from sensorsim.training.teacher import (  # noqa: E402
    TeacherDescription,
    answers,
    build_teacher,
    train_teacher,
)
from sensorsim.training.teacher_file import (  # noqa: E402
    TeacherRecord,
    find_teacher,
    load_teacher,
    save_teacher,
)

CPU = torch.device("cpu")
DESCRIPTION = TeacherDescription(widths=(6, 8), epochs=3, batch=8, seed=4)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def silent(*_: object) -> None:
    """Report to nobody."""


def textures(count: int) -> Labelled:
    """Noisy images: flat, stripes in rows, stripes in columns, a chessboard."""
    random = np.random.default_rng(0)
    images = random.integers(0, 80, (count, 12, 12, 3))
    labels = np.arange(count) % 4
    y, x = np.indices((12, 12))
    patterns = np.stack((0 * y, y // 2 % 2, x // 2 % 2, (y // 2 + x // 2) % 2))
    images += 120 * patterns[labels][..., np.newaxis]
    return Labelled(images.astype(np.uint8), labels, tuple("abcd"), "textures", "here")


def test_whitening_decorrelates_patches() -> None:
    images = textures(40).images / 255.0 - 0.4
    filters = module._whitening(images)
    assert filters.shape == (24, 3, 2, 2)
    np.testing.assert_allclose(filters[:12], -filters[12:])
    patches = np.lib.stride_tricks.sliding_window_view(images, (2, 2), (1, 2)).reshape(-1, 12)
    white = patches @ filters[:12].reshape(12, 12).T
    moments = white.T @ white / len(white)
    np.testing.assert_allclose(moments - np.diag(np.diag(moments)), 0, atol=1e-8)
    assert (np.diag(moments) <= 1).all()
    assert np.diag(moments).max() > 0.9


def test_teacher_learns(tmp_path: Path) -> None:
    data = textures(160)
    d = TeacherDescription(widths=(8, 16), epochs=20, batch=32)
    teacher = train_teacher(d, data, tmp_path / "t.pt", silent, CPU)
    decisions = answers(teacher, data.images, False, CPU).argmax(1)
    assert (decisions == data.labels).mean() > 0.95


@pytest.mark.parametrize("stop", [1, 5, 7])
def test_stopped_teacher_goes_on_with_the_same_bits(
    tmp_path: Path, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHECKPOINT_STEPS", 1)
    data = textures(24)
    whole = train_teacher(DESCRIPTION, data, tmp_path / "a.pt", silent, CPU)
    advance = module._TeacherRun.advance

    def until(run: module._TeacherRun) -> float:
        if run.step == stop:
            raise KeyboardInterrupt
        return advance(run)

    with monkeypatch.context() as broken:
        broken.setattr(module._TeacherRun, "advance", until)
        with pytest.raises(KeyboardInterrupt):
            train_teacher(DESCRIPTION, data, tmp_path / "b.pt", silent, CPU)
    again = train_teacher(DESCRIPTION, data, tmp_path / "b.pt", silent, CPU)
    theirs = again.state_dict()
    assert all(torch.equal(v, theirs[k]) for k, v in whole.state_dict().items())


def test_checkpoint_of_other_images_is_refused(tmp_path: Path) -> None:
    data = textures(24)
    train_teacher(DESCRIPTION, data, tmp_path / "a.pt", silent, CPU)
    other = Labelled(255 - data.images, data.labels, data.class_names, "textures", "here")
    with pytest.raises(InputError, match=r"another training \(images differ\)"):
        train_teacher(DESCRIPTION, other, tmp_path / "a.pt", silent, CPU)


def test_loss_that_is_not_finite_keeps_the_last_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHECKPOINT_STEPS", 1)
    data, path = textures(24), tmp_path / "a.pt"
    advance = module._TeacherRun.advance
    monkeypatch.setattr(
        module._TeacherRun, "advance", lambda run: advance(run) * (1 if run.step < 3 else np.nan)
    )
    with pytest.raises(InputError, match="step 3: the loss is nan"):
        train_teacher(DESCRIPTION, data, path, silent, CPU)
    assert torch.load(path, weights_only=True)["step"] == 2


def test_mirrored_answers_are_the_mean_of_both(tmp_path: Path) -> None:
    data = textures(8)
    teacher = build_teacher(DESCRIPTION, data)
    plain = answers(teacher, data.images, False, CPU)
    mirrored = answers(teacher, data.images[:, :, ::-1], False, CPU)
    both = answers(teacher, data.images, True, CPU)
    np.testing.assert_allclose(both, (plain + mirrored) / 2, rtol=1e-5, atol=1e-6)


def test_images_too_small_are_refused() -> None:
    small = Labelled(np.zeros((4, 8, 8, 1), np.uint8), np.zeros(4, int), ("a",), "x", "x")
    with pytest.raises(InputError, match="nothing"):
        build_teacher(TeacherDescription(widths=(4, 4, 4)), small)


def test_file_keeps_a_teacher_to_half_precision(tmp_path: Path) -> None:
    data = textures(8)
    teacher = build_teacher(DESCRIPTION, data)
    record = TeacherRecord(
        dataset="textures", class_names=data.class_names, image_shape=(12, 12, 3),
        training_images="x", widths=DESCRIPTION.widths, command="test", seed=4,
        validation_accuracy=0.5,
    )  # fmt: skip
    save_teacher(teacher, record, tmp_path / "t.pt")
    again, kept = load_teacher(tmp_path / "t.pt")
    assert kept == record
    ours, theirs = (answers(t, data.images, True, CPU) for t in (teacher, again))
    np.testing.assert_allclose(ours, theirs, atol=2e-3 * np.abs(ours).max())
    assert find_teacher("t.pt", tmp_path) == tmp_path / "t.pt"


def test_file_that_is_no_teacher_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.pt").write_bytes(b"nonsense")
    with pytest.raises(InputError, match=r"x\.pt"):
        load_teacher(tmp_path / "x.pt")
    torch.save({"plan": "{}", "teacher": {}}, tmp_path / "y.pt")
    with pytest.raises(InputError, match=r"y\.pt: not a teacher"):
        load_teacher(tmp_path / "y.pt")
    with pytest.raises(InputError, match="no such file"):
        find_teacher("nowhere", tmp_path)

"""The training loop: its rates, and that a stopped run goes on as if nothing had been."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sensorsim.core.errors import InputError  # noqa: E402
from sensorsim.readout import Adc, Comparator, Thermometer  # noqa: E402
from sensorsim.scenes.exposure import Exposure  # noqa: E402
from sensorsim.scenes.labelled import Labelled  # noqa: E402
from sensorsim.sensor import Photodiode  # noqa: E402
from sensorsim.sensor.camera import Camera  # noqa: E402
from sensorsim.training.architecture import Architecture, Block  # noqa: E402
from sensorsim.training.batches import Batches  # noqa: E402
from sensorsim.training.checkpoint import save  # noqa: E402
from sensorsim.training.encoder import LearnedLevels  # noqa: E402
from sensorsim.training.fit import Trainer  # noqa: E402
from sensorsim.training.network import Network, initialize  # noqa: E402
from sensorsim.training.progress import Progress  # noqa: E402
from sensorsim.training.schedule import Schedule  # noqa: E402
from sensorsim.training.session import Task, train  # noqa: E402

CAMERA = Camera(Photodiode(), Exposure())
ARCHITECTURE = Architecture(blocks=(Block(channels=5, pool=2),), classes=4)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def ignore(now: Progress) -> None:
    """Report to nobody."""


def trainer(data: Labelled, seed: int = 5) -> Trainer:
    """Twenty steps of eight images; thresholds freeze after fourteen."""
    network = Network(ARCHITECTURE, 2, 8, 8)
    initialize(network, seed)
    encoder = LearnedLevels(Thermometer(thresholds=(0.05, 0.3), comparator=Comparator()), 1.0)
    return Trainer(encoder, network, Batches(data, CAMERA, 8, 6), Schedule(epochs=4, batch=8))


def advance(run: Trainer, step: int) -> None:
    while run.step < step:
        run._advance()


def states(run: Trainer) -> list[torch.Tensor]:
    return [*run.network.state_dict().values(), *run.encoder.state_dict().values()]


@pytest.mark.parametrize("stop", [1, 13, 14, 19])
def test_resumed_training_ends_with_the_same_bits(
    tiny: Labelled, tmp_path: Path, stop: int
) -> None:
    whole, first, second = trainer(tiny), trainer(tiny), trainer(tiny, seed=99)
    whole.run(None, ignore)
    advance(first, stop)
    save(tmp_path / "c.checkpoint", {"seed": 5}, first._state())
    second.run(tmp_path / "c.checkpoint", ignore, {"seed": 5})
    assert whole.log == second.log
    assert (whole.step, whole.steps) == (second.step, second.steps) == (20, 20)
    for a, b in zip(states(whole), states(second), strict=True):
        assert torch.equal(a, b)


def test_time_of_all_runs_is_counted(tiny: Labelled, tmp_path: Path) -> None:
    first, second = trainer(tiny), trainer(tiny)
    first.seconds = 1000.0
    save(tmp_path / "c.checkpoint", {}, first._state())
    started = time.monotonic()
    second.run(tmp_path / "c.checkpoint", ignore)
    assert 1000 < second.seconds <= 1000 + time.monotonic() - started
    third = trainer(tiny)
    third.run(tmp_path / "c.checkpoint", ignore)
    assert third.seconds == second.seconds, "nothing was left to train"


def test_thresholds_learn_and_then_stand_still(tiny: Labelled) -> None:
    run = trainer(tiny)
    start = run.encoder.logits.detach().clone()
    advance(run, 14)
    frozen = run.encoder.logits.detach().clone()
    weights = run.network.classifier.latent.detach().clone()
    advance(run, 20)
    assert not torch.equal(start, frozen)
    assert torch.equal(run.encoder.logits, frozen)
    assert not torch.equal(run.network.classifier.latent, weights)


def test_limits_hold_after_every_step(tiny: Labelled) -> None:
    run = trainer(tiny)
    for group in run.optimizer.param_groups:
        group["base"] = 2.0
    for step in range(1, 6):
        advance(run, step)
        for layer in [*run.network.blocks, run.network.classifier]:
            assert layer.latent.abs().max() <= 1
            assert layer.norm.weight.min() > 0


def test_whole_checkpoint_is_not_trained_further(tiny: Labelled, tmp_path: Path) -> None:
    first, second = trainer(tiny), trainer(tiny)
    first.run(tmp_path / "c.checkpoint", ignore)
    reports: list[int] = []
    second.run(tmp_path / "c.checkpoint", lambda now: reports.append(now.step))
    assert reports == []
    assert all(torch.equal(a, b) for a, b in zip(states(first), states(second), strict=True))
    assert [p.name for p in tmp_path.iterdir()] == ["c.checkpoint"]


def test_damaged_checkpoint_is_named(tiny: Labelled, tmp_path: Path) -> None:
    path = tmp_path / "c.checkpoint"
    trainer(tiny).run(path, ignore)
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(InputError, match=r"c\.checkpoint"):
        trainer(tiny).run(path, ignore)


def test_checkpoint_of_another_dataset_is_refused(tiny: Labelled, tmp_path: Path) -> None:
    task = Task(
        family="x", readout=Adc(bits=2), learned=False, architecture=ARCHITECTURE,
        schedule=Schedule(epochs=1, batch=8), camera=CAMERA,
    )  # fmt: skip
    path = tmp_path / "c.checkpoint"
    train(task, tiny, path, ignore)
    other = replace(tiny, images=255 - tiny.images, name="negative")
    with pytest.raises(InputError, match="another training"):
        train(task, other, path, ignore)


def test_same_task_gives_the_same_network(tiny: Labelled) -> None:
    task = Task(
        family="glt", readout=Thermometer(thresholds=(0.05, 0.3)), learned=True,
        architecture=ARCHITECTURE, schedule=Schedule(epochs=2, batch=8), camera=CAMERA,
    )  # fmt: skip
    one, other = (train(task, tiny, None, ignore) for _ in range(2))
    assert one.encoder.description() == other.encoder.description()
    assert one.validation_accuracy == other.validation_accuracy
    ours, theirs = one.network.state_dict(), other.network.state_dict()
    assert all(torch.equal(v, theirs[k]) for k, v in ours.items())


@pytest.mark.parametrize(("warmup", "decay"), [(0.05, 1.0), (0.1, 0.5), (0.0, 0.2), (0.5, 0.0)])
def test_rate_rises_then_falls_and_stays_between_nothing_and_one(
    warmup: float, decay: float
) -> None:
    recipe = Schedule(epochs=1, warmup=warmup, decay=decay)
    rates = np.array([recipe.rate(s, 200) for s in range(200)])
    assert rates.min() > 0
    assert rates.max() <= 1
    turns = np.sign(np.diff(rates))
    assert (np.diff(turns[turns != 0]) <= 0).all(), "up, then down, never up again"
    if decay:
        assert rates[-1] == pytest.approx(1 / (decay * 200))


def test_plain_run_of_one_step_trains_at_full_rate() -> None:
    assert Schedule(epochs=1).rate(0, 1) == 1


def test_loss_that_is_not_finite_keeps_the_last_state(
    tiny: Labelled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sensorsim.training.fit._CHECKPOINT_S", 0.0)
    path, run = tmp_path / "c", trainer(tiny)
    loss = Trainer._loss
    monkeypatch.setattr(
        Trainer, "_loss", lambda self, *a: loss(self, *a) * (1 if self.step < 3 else np.nan)
    )
    with pytest.raises(InputError, match="step 3: the loss is nan"):
        run.run(path, ignore)
    assert torch.load(path, weights_only=True)["step"] == 3


def test_early_validation_is_kept_in_the_log(tiny: Labelled) -> None:
    network = Network(ARCHITECTURE, 2, 8, 8)
    initialize(network, 5)
    encoder = LearnedLevels(Thermometer(thresholds=(0.05, 0.3), comparator=Comparator()), 1.0)
    schedule = Schedule(epochs=4, batch=8, validate_every_epochs=2, validation_images=15)
    run = Trainer(encoder, network, Batches(tiny, CAMERA, 8, 6), schedule, validation=tiny)
    run.run(None, ignore)
    assert [row["step"] for row in run.log] == [10, 20]
    for row in run.log:
        assert round(15 * row["validation_accuracy"], 9) % 1 == 0
        assert len(row["thresholds"]) == 2


def test_recalibration_takes_the_mean_over_batches(tiny: Labelled) -> None:
    run = trainer(tiny)
    run.schedule = Schedule(epochs=4, batch=8, recalibration_batches=3)
    run.run(None, ignore)
    means = []
    block = run.network.blocks[0]
    for step in range(20, 23):
        batch = run.batches.batch(step)
        bits = run.encoder(batch.volts, batch.key)
        pooled = torch.nn.functional.max_pool2d(block.accumulate(bits), 2)
        means.append(pooled.mean((0, 2, 3)))
    expected = torch.stack(means).mean(0)
    torch.testing.assert_close(block.norm.running_mean, expected)
    assert block.norm.momentum == 0.1

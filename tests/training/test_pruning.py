"""Block pruning: fades, removal, and what is left."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sensorsim.readout import Thermometer  # noqa: E402
from sensorsim.scenes.exposure import Exposure  # noqa: E402
from sensorsim.scenes.labelled import Labelled  # noqa: E402
from sensorsim.sensor import Photodiode  # noqa: E402
from sensorsim.sensor.camera import Camera  # noqa: E402
from sensorsim.training.architecture import (  # noqa: E402
    Architecture,
    Block,
    block_products,
)
from sensorsim.training.binary_layers import BinaryBlock  # noqa: E402
from sensorsim.training.export import export  # noqa: E402
from sensorsim.training.fit import Trainer  # noqa: E402
from sensorsim.training.network import Network, initialize  # noqa: E402
from sensorsim.training.pruning import Pruning, fade_heavy_paths  # noqa: E402
from sensorsim.training.schedule import Schedule  # noqa: E402
from sensorsim.training.session import Task, train  # noqa: E402

BLOCKS = (
    Block(channels=8, pool=2),
    Block(channels=8, groups=4),
    Block(channels=12, groups=2, mix=True),
)
ARCHITECTURE = Architecture(blocks=BLOCKS, classes=4)
TASK = Task(
    family="glt", readout=Thermometer(thresholds=(0.05, 0.3)), learned=True,
    architecture=ARCHITECTURE, schedule=Schedule(epochs=4, batch=8),
    camera=Camera(Photodiode(), Exposure()), pruning=Pruning(start=0.2, end=0.7),
)  # fmt: skip


def test_blocks_fade_one_after_another() -> None:
    pruning = Pruning(start=0.2, end=0.8)
    assert pruning.fades(0.1, 3) == (1, 1, 1)
    assert pruning.fades(0.3, 3) == pytest.approx((0.5, 1, 1))
    assert pruning.fades(0.5, 3) == pytest.approx((0, 0.5, 1))
    assert pruning.fades(0.8, 3) == pytest.approx((0, 0, 0))
    last = Pruning(start=0.2, end=0.8, order="last")
    assert last.fades(0.3, 3) == pytest.approx((1, 1, 0.5))


def test_fades_never_rise() -> None:
    fades = np.array([Pruning().fades(p, 4) for p in np.linspace(0, 1, 101)])
    assert (np.diff(fades, axis=0) <= 0).all()
    assert (fades[0] == 1).all()
    assert (fades[-1] == 0).all()


def test_products_of_a_training_count_what_is_computed() -> None:
    # On 8 x 8 pixels of 2 channels: a full block of 8, then 4 x 4 pixels. Groups of 4 and 2.
    light = (64 * 18 * 8, 16 * 72 * 8 // 4, 16 * 72 * 12 // 2 + 16 * 8 * 12)
    assert [p.light for p in block_products(ARCHITECTURE, 2, 8, 8)] == list(light)
    pruning = Pruning(start=0.2, end=0.8)
    assert pruning.lifetimes(2) == pytest.approx((0.5, 0.8))
    assert Pruning(start=0.2, end=0.8, order="last").lifetimes(2) == pytest.approx((0.8, 0.5))
    heavy = 0.5 * 16 * 72 * 8 + 0.8 * 16 * 72 * 12
    expected = 1 + heavy / sum(light)
    assert pruning.relative_products(ARCHITECTURE, 2, 8, 8) == pytest.approx(expected)


def test_start_must_lie_before_the_end() -> None:
    with pytest.raises(ValueError, match="start"):
        Pruning(start=0.5, end=0.5)


def test_heavy_path_is_a_full_convolution_that_counts_fade_times() -> None:
    block = BinaryBlock(4, Block(channels=4, groups=2), heavy=True)
    with torch.no_grad():
        block.latent.fill_(-1)
        block.heavy.fill_(1)
        block.fade.fill_(0.25)
    ones = torch.ones(1, 4, 3, 3)
    middle = block.accumulate(ones)[0, :, 1, 1]
    # Two channels of nine ones with weight -1, and four with weight +1 that count a quarter.
    assert middle.tolist() == [-18 + 0.25 * 36] * 4


def test_only_grouped_blocks_are_heavy_and_none_is_left_at_the_end() -> None:
    network = Network(ARCHITECTURE, 2, 8, 8, heavy=True)
    assert [b.heavy is not None for b in network.blocks] == [False, True, True]
    fade_heavy_paths(network, Pruning(start=0.2, end=0.8), 0.5)
    assert [b.heavy is not None for b in network.blocks] == [False, False, True]
    fade_heavy_paths(network, Pruning(start=0.2, end=0.8), 0.65)
    assert float(network.blocks[2].fade) == pytest.approx(0.5)
    fade_heavy_paths(network, Pruning(start=0.2, end=0.8), 1.0)
    assert all(b.heavy is None for b in network.blocks)


def test_heavy_paths_do_not_reach_a_model(tiny: Labelled) -> None:
    network = Network(ARCHITECTURE, 2, 8, 8, heavy=True)
    initialize(network, 0)
    with pytest.raises(ValueError, match="heavy path"):
        export(network, TASK.readout, (8, 8, 1), tuple("abcd"), None)  # type: ignore[arg-type]


def test_pruned_network_has_the_light_network_s_weights(tiny: Labelled) -> None:
    pruned = train(TASK, tiny, None, lambda _: None).network
    light = train(replace(TASK, pruning=None), tiny, None, lambda _: None).network
    assert {k: v.shape for k, v in pruned.state_dict().items()} == {
        k: v.shape for k, v in light.state_dict().items()
    }


@pytest.mark.parametrize("stop", [3, 9, 12, 15])
def test_stopped_pruning_goes_on_with_the_same_bits(
    tiny: Labelled, tmp_path: Path, stop: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(TASK, tiny, None, lambda _: None)
    place = tmp_path / "c.pt"
    monkeypatch.setattr("sensorsim.training.fit._CHECKPOINT_S", 0.0)
    advance = Trainer._advance

    def until(run: Trainer) -> None:
        if run.step == stop:
            raise KeyboardInterrupt
        advance(run)

    with monkeypatch.context() as broken:
        broken.setattr(Trainer, "_advance", until)
        with pytest.raises(KeyboardInterrupt):
            train(TASK, tiny, place, lambda _: None)
    again = train(TASK, tiny, place, lambda _: None)
    ours, theirs = whole.network.state_dict(), again.network.state_dict()
    assert all(torch.equal(v, theirs[k]) for k, v in ours.items())
    assert whole.log == again.log

"""Training: pseudo-gradients, batches, resuming, and the way to integers."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from sensorsim.bnn import simulator  # noqa: E402
from sensorsim.bnn.model import Training  # noqa: E402
from sensorsim.core import streams  # noqa: E402
from sensorsim.core.errors import InputError  # noqa: E402
from sensorsim.readout import Adc, Comparator, Readout, Thermometer  # noqa: E402
from sensorsim.scenes.datasets import load_dataset  # noqa: E402
from sensorsim.scenes.exposure import Exposure  # noqa: E402
from sensorsim.scenes.labelled import Labelled  # noqa: E402
from sensorsim.scenes.validation import split_validation  # noqa: E402
from sensorsim.sensor import Photodiode  # noqa: E402
from sensorsim.sensor.camera import Camera  # noqa: E402
from sensorsim.training.architecture import Architecture, Block  # noqa: E402
from sensorsim.training.batches import Batches  # noqa: E402
from sensorsim.training.binary_layers import _Sign, _Step  # noqa: E402
from sensorsim.training.checkpoint import save  # noqa: E402
from sensorsim.training.encoder import FixedEncoder, LearnedLevels  # noqa: E402
from sensorsim.training.export import export  # noqa: E402
from sensorsim.training.fit import Trainer  # noqa: E402
from sensorsim.training.network import Network, initialize  # noqa: E402
from sensorsim.training.schedule import Schedule  # noqa: E402
from sensorsim.training.session import adopt_trunk  # noqa: E402
from sensorsim.training.views import Photographs, Views  # noqa: E402

CAMERA = Camera(Photodiode(), Exposure())
IDEAL = Comparator(noise_mv=0, offset_mv=0)
RECORD = Training(
    dataset="x", family="x", command="x", seed=0, validation_accuracy=0, test_accuracy=0
)


@pytest.fixture(scope="module")
def few() -> Labelled:
    return load_dataset("fashion-mnist").first(200)


def test_step_and_sign_and_their_pseudo_gradients() -> None:
    x = torch.tensor([-2.0, -0.5, 0.0, 0.25, 3.0], requires_grad=True)
    step = _Step.apply(x)
    assert step.tolist() == [0, 0, 1, 1, 1]
    step.sum().backward()
    assert x.grad.tolist() == [0, 0.5, 1, 0.75, 0]
    w = torch.tensor([-0.3, 0.0, 0.7], requires_grad=True)
    sign = _Sign.apply(w)
    assert sign.tolist() == [-1, 1, 1]
    (sign * torch.tensor([2.0, 3.0, 4.0])).sum().backward()
    assert w.grad.tolist() == [2, 3, 4]


def test_learned_thresholds_start_where_told_and_stay_ordered() -> None:
    start = [0.002, 0.01, 0.3]
    encoder = LearnedLevels(Thermometer(thresholds=tuple(start), comparator=IDEAL), 1.0)
    assert encoder.levels().tolist() == pytest.approx(start)
    with torch.no_grad():
        encoder.logits.add_(torch.tensor([5.0, -8.0, 3.0, 0.0]))
    t = encoder.levels().detach().numpy()
    assert (np.diff(t) > 0).all()
    assert 0 < t[0] <= t[-1] < 1


def test_threshold_falls_when_more_ones_are_wanted() -> None:
    encoder = LearnedLevels(Thermometer(thresholds=(0.2, 0.5), comparator=IDEAL), 1.0)
    volts = np.full((1, 2, 2, 1), 0.19, np.float32)
    bits = encoder(volts, streams.Key.of(0, [0]))
    (-bits[:, 0].sum()).backward()
    before = encoder.levels().detach()[0]
    with torch.no_grad():
        encoder.logits -= 0.1 * encoder.logits.grad
    assert encoder.levels()[0] < before


def test_bright_pixels_do_not_move_a_threshold_near_black() -> None:
    encoder = LearnedLevels(Thermometer(thresholds=(0.004, 0.5), comparator=IDEAL), 1.0)
    volts = np.full((1, 2, 2, 1), 0.3, np.float32)
    bits = encoder(volts, streams.Key.of(0, [0]))
    bits[:, 0].sum().backward()
    assert encoder.logits.grad.abs().max() == 0


def test_encoder_bits_are_those_of_the_readout(few: Labelled) -> None:
    key = streams.Key.of(0, np.arange(20), 3)
    volts = CAMERA.volts(few.images[:20], key)
    readout = Thermometer(thresholds=(0.001, 0.02, 0.3))
    learned = LearnedLevels(readout, 1.0)
    ours = learned(volts, key).detach().numpy().transpose(0, 2, 3, 1)
    expected = learned.description().convert(volts, 1.0, key)
    np.testing.assert_array_equal(ours, readout.channel_values(expected))
    fixed = FixedEncoder(readout, 1.0)(volts, key).numpy().transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(fixed, readout.channel_values(readout.convert(volts, 1.0, key)))


def test_a_batch_is_always_the_same_and_an_epoch_sees_every_image_once(few: Labelled) -> None:
    unique = Labelled(few.images, np.arange(200), tuple(map(str, range(200))), "x", "x")
    batches = Batches(unique, CAMERA, 20, seed=4)
    first, labels, key, _, _ = batches.batch(3)
    seen = np.concatenate([batches.batch(s)[1] for s in range(10)])
    assert sorted(seen) == list(range(200))
    again = Batches(unique, CAMERA, 20, seed=4).batch(3).volts
    np.testing.assert_array_equal(first, again)
    assert (batches.batch(13)[1] != labels).any()
    assert key.dies.min() > streams.MAX_DIE, "no die of evaluation is for training"


def test_validation_images_are_not_trained_on(few: Labelled) -> None:
    marked = Labelled(few.images, np.arange(200), tuple(map(str, range(200))), "x", "x")
    training, validation = split_validation(marked, 0)
    assert len(validation) == 20
    assert not set(training.labels) & set(validation.labels)
    assert len(set(training.labels) | set(validation.labels)) == 200


def test_rate_warms_up_holds_and_decays_to_zero() -> None:
    recipe = Schedule(epochs=1, warmup=0.1, decay=0.5)
    rates = [recipe.rate(s, 100) for s in range(100)]
    assert rates[0] == pytest.approx(0.1)
    assert max(rates) == 1 == rates[30]
    assert rates[75] == pytest.approx(0.5)
    assert rates[99] == pytest.approx(0.02)
    assert Schedule(epochs=1, decay=0).rate(99, 100) == 1


def trainer(few: Labelled, epochs: float = 3) -> Trainer:
    torch.set_num_threads(1)
    network = Network(Architecture(blocks=(Block(channels=6, stride=2, pool=2),)), 2, 28, 28)
    initialize(network, 5)
    encoder = LearnedLevels(Thermometer(thresholds=(0.01, 0.1), comparator=Comparator()), 1.0)
    recipe = Schedule(epochs=epochs, batch=20, seed=5)
    return Trainer(encoder, network, Batches(few, CAMERA, 20, 6), recipe)


def test_stopped_training_goes_on_as_if_nothing_had_been(few: Labelled, tmp_path: Path) -> None:
    whole = trainer(few)
    whole.run(None, lambda *_: None)
    first = trainer(few)
    while first.step < 12:
        first._advance()
    save(tmp_path / "c.pt", {}, first._state())
    second = trainer(few)
    second.run(tmp_path / "c.pt", lambda *_: None)
    for a, b in zip(whole.network.parameters(), second.network.parameters(), strict=True):
        assert torch.equal(a, b)
    assert torch.equal(whole.encoder.logits, second.encoder.logits)


def test_checkpoint_of_another_training_is_refused(few: Labelled, tmp_path: Path) -> None:
    first = trainer(few, epochs=0.1)
    first.run(tmp_path / "c.pt", lambda *_: None, {"epochs": 0.1, "seed": 5})
    with pytest.raises(InputError, match=r"another training \(epochs differ\)"):
        trainer(few).run(tmp_path / "c.pt", lambda *_: None, {"epochs": 3, "seed": 5})


def test_training_learns(few: Labelled) -> None:
    losses: list[float] = []
    t = trainer(few, epochs=12)
    while t.step < t.steps:
        losses.append(t._train_step())
        t.step += 1
    assert np.mean(losses[-20:]) < 0.85 * np.mean(losses[:5])


@pytest.mark.parametrize(
    "readout",
    [Adc(bits=3), Adc(bits=8), Thermometer(thresholds=(0.001, 0.01, 0.05, 0.2, 0.5))],
    ids=["adc3", "adc8", "thermometer5"],
)
def test_torch_and_the_simulator_agree_on_every_image(few: Labelled, readout: Readout) -> None:
    blocks = (
        Block(channels=12, pool=2),
        Block(channels=14, groups=2, stride=2),
        Block(channels=6, kernel=5),
    )
    network = Network(Architecture(blocks=blocks), readout.channels(1), 28, 28)
    initialize(network, 3)
    generator = torch.Generator().manual_seed(0)
    key = streams.Key.of(0, np.arange(200))
    volts = CAMERA.volts(few.images, key)
    x = FixedEncoder(readout, 1.0)(volts, key).double()
    network.double().train()
    network(x)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, torch.nn.BatchNorm1d | torch.nn.BatchNorm2d):
                module.weight.copy_(torch.rand(module.weight.shape, generator=generator) + 0.1)
                module.bias.copy_(torch.randn(module.bias.shape, generator=generator))
        expected = network.eval()(x).numpy()
    model = export(network, readout, (28, 28, 1), few.class_names, RECORD)
    scores = simulator.scores(model, readout.pack(readout.convert(volts, 1.0, key)))
    np.testing.assert_allclose(scores / 2.0**24, expected, atol=1e-3)
    np.testing.assert_array_equal(simulator.decide(scores), expected.argmax(1))


def test_trunk_gives_its_layers_and_the_nearest_levels() -> None:
    architecture = Architecture(blocks=(Block(channels=4, pool=2), Block(channels=5)))
    trunk = Network(architecture, 8, 12, 12)
    initialize(trunk, 1)
    state = trunk.state_dict()
    for levels in (1, 2, 4, 8):
        network = Network(architecture, levels, 12, 12)
        adopt_trunk(network, state, 1)
        assert torch.equal(network.blocks[1].latent, trunk.blocks[1].latent)
        first = network.blocks[0].latent
        if levels == 1:
            assert torch.allclose(first[:, 0], trunk.blocks[0].latent.mean(1))
        else:
            assert torch.equal(first[:, 0], trunk.blocks[0].latent[:, 0])
            assert torch.equal(first[:, -1], trunk.blocks[0].latent[:, -1])


def test_training_leaves_the_arithmetic_of_the_process_alone(few: Labelled) -> None:
    trainer(few, epochs=0.1).run(None, lambda *_: None)
    least = np.array([5e-324])
    assert (least * 1.0)[0] > 0


def test_architecture_that_does_not_fit_is_named() -> None:
    with pytest.raises(InputError, match=r"network\.blocks\.1: .*leave nothing"):
        Network(
            Architecture(blocks=(Block(channels=4, pool=4), Block(channels=4, pool=4))), 1, 8, 8
        )
    with pytest.raises(InputError, match=r"network\.blocks\.0: 2 groups"):
        Network(Architecture(blocks=(Block(channels=4, groups=2),)), 3, 8, 8)


def test_digits_are_not_mirrored(few: Labelled) -> None:
    digits = Photographs(few.images, Views(mirror=False))
    others = Photographs(few.images, Views())
    index, shifts = np.arange(25), np.arange(25)
    shifted = digits.take(index, shifts)
    np.testing.assert_array_equal(shifted, others.take(index, 2 * shifts))
    np.testing.assert_array_equal(shifted[:, :, ::-1], others.take(index, 2 * shifts + 1))

"""Export: torch in double precision and the bit-level simulator decide alike."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from sensorsim.bnn import simulator  # noqa: E402
from sensorsim.bnn.layers import Convolution, MaxPool, Scores, Threshold, Votes  # noqa: E402
from sensorsim.bnn.model import Model, Training  # noqa: E402
from sensorsim.core import streams  # noqa: E402
from sensorsim.readout import Adc, Readout, Thermometer  # noqa: E402
from sensorsim.training.architecture import Architecture, Block  # noqa: E402
from sensorsim.training.binary_layers import VoteHead, latents  # noqa: E402
from sensorsim.training.encoder import FixedEncoder  # noqa: E402
from sensorsim.training.export import FRACTION_BITS, export  # noqa: E402
from sensorsim.training.network import Network, initialize  # noqa: E402

RECORD = Training(
    dataset="x", family="x", command="x", seed=0, validation_accuracy=0, test_accuracy=0
)
CLASSES = ("a", "b", "c", "d")
KEY = streams.Key.of(0, np.arange(150))
READOUTS = [Adc(bits=3), Thermometer(thresholds=(0.1, 0.3, 0.45, 0.6, 0.9))]
SHAPES: dict[str, dict[str, Any]] = {
    "pooling": {"blocks": (Block(channels=9, pool=2), Block(channels=5, pool=3))},
    "stride": {"blocks": (Block(channels=9, stride=2), Block(channels=5, kernel=5, stride=2))},
    "groups": {
        "blocks": (
            Block(channels=8),
            Block(channels=12, groups=4, pool=2),
            Block(channels=6, groups=3),
        )
    },
    "one pixel": {
        "blocks": (Block(channels=70, kernel=1), Block(channels=66, kernel=1, groups=2))
    },
    "shuffle": {
        "blocks": (
            Block(channels=8, groups=2, shuffle=True),
            Block(channels=12, groups=4, shuffle=True, pool=2),
            Block(channels=12, groups=3),
        )
    },
    "mix": {
        "blocks": (
            Block(channels=10, groups=2, mix=True),
            Block(channels=15, groups=5, mix=True, stride=2),
        )
    },
    "concat": {
        "blocks": (
            Block(channels=8),
            Block(channels=8, groups=4, concat=True, shuffle=True),
            Block(channels=16, groups=8, mix=True, concat=True),
            Block(channels=6, groups=2, concat=True),
        )
    },
    "hidden": {"blocks": (Block(channels=6, pool=3),), "hidden": (20, 30)},
    "votes": {
        "blocks": (Block(channels=6), Block(channels=12, groups=2, pool=2)), "head": "votes",
    },
}  # fmt: skip


def random_network(shape: dict[str, Any], readout: Readout, seed: int) -> Network:
    """Random weights, and batch-norm statistics that spread bits and scores."""
    network = Network(Architecture(classes=4, **shape), readout.channels(2), 9, 10)
    initialize(network, seed)
    generator = torch.Generator().manual_seed(seed)
    largest = 2**readout.planes - 1
    with torch.no_grad():
        for layer in [*network.blocks, *network.hidden, network.classifier]:
            norm, weights = layer.norm, weights_of(layer)
            fan_in = weights.shape[1]
            size = norm.weight.shape
            spread = largest * fan_in**0.5
            norm.weight.copy_(torch.rand(size, generator=generator) + 0.05)
            norm.bias.copy_(0.2 * torch.randn(size, generator=generator))
            middle = largest / 2 * weights.sum(1)
            off = 0.1 * spread * torch.randn(size, generator=generator)
            norm.running_mean.copy_(middle + off)
            norm.running_var.copy_(spread**2 * (torch.rand(size, generator=generator) + 0.1))
            largest = 1
    return network.double().eval()


def weights_of(layer: nn.Module) -> torch.Tensor:
    """Bipolar weights of every output, [outputs, products]; votes count ones, that is +1 each."""
    if isinstance(layer, VoteHead):
        return torch.ones(layer.classes, 3 * 4 * 5)
    parts = [p.flatten(1) for p in latents(layer)]
    return 2.0 * (torch.cat(parts, 1) >= 0) - 1


def both_scores(network: Network, readout: Readout) -> tuple[np.ndarray, np.ndarray, Model]:
    random = np.random.default_rng(0)
    spots = random.random((150, 9, 10, 2)) ** random.uniform(0.1, 8, (150, 1, 1, 1))
    volts = spots.astype(np.float32)
    with torch.no_grad():
        ours = network(FixedEncoder(readout, 1.0)(volts, KEY).double()).numpy()
    model = export(network, readout, (9, 10, 2), CLASSES, RECORD)
    words = readout.pack(readout.convert(volts, 1.0, KEY))
    return ours, simulator.scores(model, words), model


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("readout", READOUTS, ids=["adc3", "thermometer5"])
def test_every_decision_agrees_and_scores_differ_by_rounding_only(
    readout: Readout, shape: str
) -> None:
    network = random_network(SHAPES[shape], readout, seed=6)
    expected, scores, model = both_scores(network, readout)
    last = model.layers[-1]
    assert isinstance(last, Scores | Votes)
    rounding = 0.5 * (model.steps[-1].before.bits + 1) * 2.0**-FRACTION_BITS
    np.testing.assert_allclose(scores * 2.0**-FRACTION_BITS, expected, rtol=0, atol=1.01 * rounding)
    np.testing.assert_array_equal(simulator.decide(scores), expected.argmax(1))
    assert np.unique(simulator.decide(scores)).size > 1
    assert np.ptp(expected, 0).min() > 1e3 * rounding


def test_layers_come_in_the_order_that_the_model_wants() -> None:
    network = random_network(SHAPES["groups"], READOUTS[0], seed=6)
    model = export(network, READOUTS[0], (9, 10, 2), CLASSES, RECORD)
    kinds = [Convolution, Threshold, Convolution, Threshold, MaxPool, Convolution, Threshold]
    assert [type(layer) for layer in model.layers] == [*kinds, Scores]
    assert (model.input.planes, model.input.channels) == (3, 2)
    assert (model.readout, model.class_names, model.training) == (READOUTS[0], CLASSES, RECORD)


def test_batch_norm_centred_on_an_integer_folds_to_that_integer() -> None:
    readout = Thermometer(thresholds=(0.5,))
    network = Network(Architecture(blocks=(Block(channels=2000, kernel=1),)), 2, 1, 1).double()
    scales = np.random.default_rng(0).uniform(0.01, 3, 2000)
    for mean in (0, 1, 2):
        with torch.no_grad():
            network.blocks[0].norm.weight.copy_(torch.from_numpy(scales))
            network.blocks[0].norm.running_mean.fill_(mean)
        model = export(network, readout, (1, 1, 2), tuple(map(str, range(10))), RECORD)
        threshold = model.layers[1]
        assert isinstance(threshold, Threshold)
        assert (threshold.levels == 2 * mean - 2).all(), "all weights are +1: a = 2 y - 2"


def test_scale_that_is_not_positive_is_refused() -> None:
    network = random_network(SHAPES["stride"], READOUTS[0], seed=6)
    with torch.no_grad():
        network.blocks[1].norm.weight[2] = 0
    with pytest.raises(ValueError, match="must be positive"):
        export(network, READOUTS[0], (9, 10, 2), CLASSES, RECORD)


def test_constant_channels_survive() -> None:
    network = random_network(SHAPES["pooling"], READOUTS[1], seed=6)
    with torch.no_grad():
        network.blocks[0].norm.bias[:2] = torch.tensor([1e6, -1e6], dtype=torch.float64)
    expected, scores, _ = both_scores(network, READOUTS[1])
    np.testing.assert_array_equal(simulator.decide(scores), expected.argmax(1))

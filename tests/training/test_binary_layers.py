"""Binary layers: forward values, pseudo-gradients, and the limits kept after each step."""

import pytest

torch = pytest.importorskip("torch")

from sensorsim.training.architecture import Block  # noqa: E402
from sensorsim.training.binary_layers import (  # noqa: E402
    MIN_SCALE,
    BinaryBlock,
    BinaryClassifier,
    _Sign,
    _Step,
    constrain,
)


@pytest.mark.parametrize(
    ("value", "bit", "slope"),
    [(-1.5, 0, 0), (-1, 0, 0), (-0.75, 0, 0.25), (0, 1, 1), (0.5, 1, 0.5), (1, 1, 0), (9, 1, 0)],
)
def test_step_at_hand_values(value: float, bit: float, slope: float) -> None:
    x = torch.tensor([float(value)], requires_grad=True)
    y = _Step.apply(x)
    (3 * y).sum().backward()
    assert y.item() == bit
    assert x.grad.item() == 3 * slope


def test_step_leaves_its_input_alone() -> None:
    x = torch.tensor([-0.5, 0.5], requires_grad=True)
    _Step.apply(x).sum().backward()
    assert x.tolist() == [-0.5, 0.5]


@pytest.mark.parametrize(("latent", "sign"), [(-1, -1), (-1e-9, -1), (0.0, 1), (-0.0, 1), (1, 1)])
def test_sign_at_hand_values_passes_the_gradient(latent: float, sign: float) -> None:
    w = torch.tensor([latent], dtype=torch.float64, requires_grad=True)
    y = _Sign.apply(w)
    (-7 * y).sum().backward()
    assert y.dtype == torch.float64
    assert (y.item(), w.grad.item()) == (sign, -7)


def test_block_convolves_pools_normalizes_and_steps() -> None:
    block = BinaryBlock(1, Block(channels=1, pool=2)).eval()
    with torch.no_grad():
        block.norm.running_mean.fill_(3.5)
    bits = torch.zeros(1, 1, 4, 4)
    bits[..., :2, :2] = 1
    assert block(bits).squeeze().tolist() == [[1, 0], [0, 0]]
    with torch.no_grad():
        block.norm.running_mean.fill_(1.5)
    assert block(bits).squeeze().tolist() == [[1, 1], [1, 0]]


def test_classifier_scores_are_signed_sums() -> None:
    classifier = BinaryClassifier(3, 2).double().eval()
    with torch.no_grad():
        classifier.latent.copy_(torch.tensor([[1.0, -0.2, 0.3], [-1.0, -1.0, 0.0]]))
        classifier.norm.eps = 0.0
    scores = classifier(torch.tensor([[1.0, 1.0, 1.0], [1.0, 0.0, 0.0]], dtype=torch.float64))
    assert scores.tolist() == [[1, -1], [1, -1]]


def test_constrain_clips_latents_and_keeps_scales_positive() -> None:
    module = torch.nn.Sequential(BinaryBlock(1, Block(channels=2)), BinaryClassifier(4, 2))
    with torch.no_grad():
        for layer in module:
            layer.latent.copy_(torch.linspace(-3, 3, layer.latent.numel()).view_as(layer.latent))
            layer.norm.weight.copy_(torch.tensor([-2.0, 0.7]))
    constrain(module)
    for layer in module:
        assert (layer.latent.min(), layer.latent.max()) == (-1, 1)
        assert layer.norm.weight.tolist() == pytest.approx([MIN_SCALE, 0.7])

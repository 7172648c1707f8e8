"""Encoders: thresholds that stay in their range, and gradients worked out by hand."""

from collections.abc import Sequence

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from sensorsim.core import streams  # noqa: E402
from sensorsim.core.errors import InputError  # noqa: E402
from sensorsim.readout import Adc, Comparator, Thermometer, ThermometerCircuit  # noqa: E402
from sensorsim.training.encoder import FixedEncoder, LearnedLevels, _Compare  # noqa: E402

IDEAL = Comparator(noise_mv=0, offset_mv=0)
KEY = streams.Key.of(0, [0])
PLAIN = ThermometerCircuit()


def learned(
    start: Sequence[float],
    comparator: Comparator,
    full_scale_v: float = 1.0,
    circuit: ThermometerCircuit = PLAIN,
) -> LearnedLevels:
    """A thermometer whose thresholds learn."""
    fields = circuit.circuit_fields() | {"thresholds": tuple(start), "comparator": comparator}
    return LearnedLevels(Thermometer(**fields), full_scale_v)


def volts(*values: float) -> np.ndarray:
    return np.array(values, np.float32).reshape(1, 1, -1, 1)


@settings(deadline=None)
@given(st.lists(st.floats(-8, 8), min_size=2, max_size=33))
def test_thresholds_ascend_between_zero_and_one_wherever_learning_takes_them(
    logits: list[float],
) -> None:
    encoder = learned(np.arange(1, len(logits)) / len(logits), IDEAL)
    with torch.no_grad():
        encoder.logits.copy_(torch.tensor(logits, dtype=torch.float64))
    t = encoder.levels().detach().numpy()
    assert t.size == len(logits) - 1
    assert (np.diff(t) > 0).all()
    assert 0 < t[0] <= t[-1] < 1
    assert encoder.description().levels == t.size


@pytest.mark.parametrize("start", [[0.5], [1e-4, 2e-4, 0.9999]])
def test_learning_starts_at_the_thresholds_of_a_readout(start: list[float]) -> None:
    encoder = learned(start, IDEAL, 1.0)
    assert encoder.levels().tolist() == pytest.approx(start, rel=1e-12)
    assert encoder.description().thresholds == pytest.approx(start, rel=1e-12)


def test_gradient_of_a_threshold_is_minus_its_triangle() -> None:
    t = torch.tensor([0.2, 0.5], dtype=torch.float64, requires_grad=True)
    relative = torch.tensor([0.19, 0.30, 0.60]).reshape(1, 1, 3, 1)
    bits = torch.tensor([0, 0, 1, 0, 1, 1]).reshape(1, 1, 3, 2)
    _Compare.apply(t, bits.float(), relative.unsqueeze(-1), (0.0, 1.0)).sum().backward()
    near_black = (1 - 0.01 / 0.2) / 0.2 + (1 - 0.10 / 0.2) / 0.2
    bright = sum((1 - away / 0.4) / 0.4 for away in (0.31, 0.20, 0.10))
    assert t.grad.tolist() == pytest.approx([-near_black, -bright], rel=1e-5)


def test_gradient_reaches_the_threshold_of_its_own_channel_and_colour() -> None:
    encoder = learned([0.2, 0.5], IDEAL, 1.0)
    seen = np.array([0.19, 0.45], np.float32).reshape(1, 1, 1, 2)
    upper_of_second_colour = encoder(seen, KEY)[0, 3].sum()
    t = encoder.levels()
    slope = -(1 - 0.05 / 0.4) / 0.4
    (wanted,) = torch.autograd.grad(t[1] * slope, encoder.logits)
    (got,) = torch.autograd.grad(upper_of_second_colour, encoder.logits)
    assert torch.allclose(got, wanted, rtol=1e-5)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_descent_step_moves_the_threshold_the_right_way(sign: float) -> None:
    encoder = learned([0.5], IDEAL, 1.0)
    (sign * encoder(volts(0.48, 0.52), KEY).sum()).backward()
    with torch.no_grad():
        encoder.logits -= 0.01 * encoder.logits.grad
    moved = encoder.levels().item() - 0.5
    assert moved * sign > 0, "fewer ones want a higher threshold"


def test_full_scale_is_where_a_threshold_of_one_lies() -> None:
    encoder = learned([0.25, 0.5], IDEAL, 2.0)
    bits = encoder(volts(0.49, 0.51, 0.99, 1.01), KEY).detach()
    assert bits[0, :, 0].tolist() == [[0, 1, 1, 1], [0, 0, 0, 1]]


def test_fixed_adc_gives_its_codes_as_numbers() -> None:
    codes = FixedEncoder(Adc(bits=3, comparator=IDEAL), 1.0)(volts(0, 0.3, 0.99, 1.5), KEY)
    assert codes.dtype == torch.float32
    assert codes.flatten().tolist() == [0, 2, 7, 7]


def test_fixed_encoder_has_nothing_to_learn_and_returns_its_readout() -> None:
    readout = Thermometer(thresholds=(0.1, 0.2))
    encoder = FixedEncoder(readout, 1.0)
    assert list(encoder.parameters()) == []
    assert encoder.description() is readout


def test_learning_compares_with_the_circuit_that_it_is_given() -> None:
    circuit = ThermometerCircuit(
        mode="sequential", hysteresis_mv=30, reference_mismatch_percent=5, bubbles="corrected",
        link="encoded",
    )  # fmt: skip
    encoder = learned([0.2, 0.25, 0.5], Comparator(offset_mv=20), circuit=circuit)
    readout = encoder.description()
    assert readout.circuit_fields() == circuit.circuit_fields()
    seen = np.random.default_rng(0).random((2, 20, 9, 2)).astype(np.float32)
    key = streams.Key.of(0, [0, 1], [0, 1])
    ours = encoder(seen, key).detach().numpy().transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(ours, readout.channel_values(readout.convert(seen, 1.0, key)))
    plain = learned([0.2, 0.25, 0.5], Comparator(offset_mv=20))(seen, key)
    assert (ours != plain.detach().numpy().transpose(0, 2, 3, 1)).any()


def test_learning_behind_a_reference_dac_is_refused() -> None:
    with pytest.raises(InputError, match=r"readout\.reference_bits 6"):
        learned([0.2, 0.5], IDEAL, circuit=ThermometerCircuit(reference_bits=6))

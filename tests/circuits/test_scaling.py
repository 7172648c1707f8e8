"""Scaling between nodes."""

import itertools

import pytest

from sensorsim.circuits.constant import Constant
from sensorsim.circuits.scaling import factor, gate_energy, scaled
from sensorsim.core.errors import InputError


def constant(scaling: str, node_nm: float, supply_v: float | None = None) -> Constant:
    return Constant(
        low=1, typical=2, high=4, unit="fJ", source="arithmetic alone", basis="assumed",
        scaling=scaling, node_nm=node_nm, supply_v=supply_v,
    )  # fmt: skip


def test_dennard_rules_are_products() -> None:
    assert factor(constant("none", 1), 65, 1.2) == 1
    assert factor(constant("capacitance", 130), 65, 1.2) == pytest.approx(0.5)
    assert factor(constant("cv2", 130, 2.4), 65, 1.2) == pytest.approx(1 / 8)


def test_gate_energy_repeats_the_example_of_the_authors_corrigendum() -> None:
    # 1 pJ in 65 nm at 1.3 V becomes 0.1755 pJ in 32 nm (high performance) at 0.9 V.
    assert gate_energy().factor(32, 0.9) == pytest.approx(0.4571, abs=1e-4)
    assert gate_energy().factor(65, 1.3) == pytest.approx(2.604, abs=1e-3)
    assert factor(constant("gate-energy", 65, 1.3), 32, 0.9) == pytest.approx(0.1755, abs=2e-4)


def test_gate_energy_ascends_with_supply_and_node() -> None:
    table = gate_energy()
    volts = [table.supply_low_v, 1.0, 1.2, 1.5, table.supply_high_v]
    nodes = [20, 22, 28, 32, 40, 45, 65, 90, 130, 180]
    for node in nodes:
        assert all(table.factor(node, a) < table.factor(node, b) for a, b in
                   itertools.pairwise(volts))  # fmt: skip
    for v in volts:
        assert all(table.factor(a, v) < table.factor(b, v) for a, b in itertools.pairwise(nodes))


def test_there_and_back_is_the_same() -> None:
    there = scaled(constant("gate-energy", 130, 1.8), 28, 0.9)
    back = scaled(there.model_copy(update={"node_nm": 28, "supply_v": 0.9}), 130, 1.8)
    assert back.typical == pytest.approx(2)
    assert there.high / there.low == pytest.approx(4), "the spread keeps its ratio"


def test_source_says_what_was_done() -> None:
    moved = scaled(constant("cv2", 65, 1.2), 130, 1.2)
    assert moved.source == "arithmetic alone [cv2 from 65 nm, 1.2 V: x 2]"
    assert moved.basis == "derived"
    assert scaled(constant("cv2", 65, 1.2), 65, 1.2).source == "arithmetic alone"


@pytest.mark.parametrize(("node", "volts", "words"), [(7, 0.9, "node_nm 7"), (65, 0.5, "0.5 V")])
def test_beyond_the_fit_is_refused(node: float, volts: float, words: str) -> None:
    with pytest.raises(InputError, match=words):
        factor(constant("gate-energy", 65, 1.2), node, volts)

"""Accuracy over dies: what each die gives alone, and how much of the spread is the dies' own."""

import numpy as np
import pytest

import sensorsim as ss
from sensorsim.core.errors import InputError
from sensorsim.experiments.monte_carlo import (
    accuracies_over_dies,
    accuracy_over_dies,
    spread_over_dies,
    without_sampling_error,
)

IMAGES = 60


def draw(spread: float, dies: int, images: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Right decisions of dies whose true accuracies have a known spread; images differ, too."""
    random = np.random.default_rng(seed)
    shift = random.normal(0, spread, dies)
    ease = random.uniform(0.6, 0.95, images)
    chance = np.clip(ease + shift[:, np.newaxis], 0, 1)
    return random.random((dies, images)) < chance, shift


def test_dies_are_those_of_single_runs() -> None:
    pipe = ss.load_pipeline("glt2", {"readout.comparator.offset_mv": 8})
    data = accuracy_over_dies(pipe, [0, 3], IMAGES, seed=5)
    for die in (0, 3):
        alone = pipe.replace({"die": die}).run(IMAGES, seed=5)
        one = data.sel(die=die)
        for name in ("accuracy", "accuracy_low", "accuracy_high"):
            assert one[name].item() == alone[name].item()


def test_readouts_together_are_those_alone() -> None:
    chains = [ss.load_pipeline(n, {"readout.comparator.offset_mv": 8}) for n in ("glt2", "glt1")]
    together = accuracies_over_dies(chains, [1, 2], IMAGES)
    for chain, data in zip(chains, together, strict=True):
        assert data.identical(accuracy_over_dies(chain, [1, 2], IMAGES))


def test_dies_without_errors_are_all_alike() -> None:
    still = {"readout.comparator.offset_mv": 0, "photodiode.noise": "temporal"}
    data = accuracy_over_dies(ss.load_pipeline("glt2", still), [0, 1, 2], IMAGES)
    assert np.unique(data["accuracy"]).size == 1
    assert data["spread_dies"] == data["spread_sampling"] == 0
    assert data["p_alike"] == 1


def test_known_spread_of_dies_is_found_again() -> None:
    found = [spread_over_dies(draw(0.02, 40, 1500, s)[0]) for s in range(12)]
    own = np.sqrt(np.mean([f.dies**2 for f in found]))
    assert own == pytest.approx(0.02, rel=0.1)
    assert np.mean([f.observed for f in found]) > 1.05 * own, "a mutant that forgets the sampling"
    assert max(f.p_alike for f in found) < 1e-3


def test_dies_that_are_alike_are_not_told_apart() -> None:
    p = [spread_over_dies(draw(0, 12, 400, s)[0]).p_alike for s in range(200)]
    assert np.mean(p) == pytest.approx(0.5, abs=0.07)
    assert np.mean(np.array(p) < 0.05) < 0.1
    found = [spread_over_dies(draw(0, 12, 400, s)[0]) for s in range(50)]
    ratio = np.mean([f.observed**2 for f in found]) / np.mean([f.sampling**2 for f in found])
    assert ratio == pytest.approx(1, abs=0.15)


def test_cochrans_q_of_a_table_by_hand() -> None:
    """Three dies, six images: Q = (k - 1)(k sum G**2 - T**2) / (k T - sum L**2)."""
    right = np.array([[1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 1, 0], [0, 0, 0, 0, 1, 0]], bool)
    g, rows = right.sum(1), right.sum(0)
    q = 2 * (3 * (g**2).sum() - g.sum() ** 2) / (3 * g.sum() - (rows**2).sum())
    assert spread_over_dies(right).p_alike == pytest.approx(np.exp(-q / 2)), "two degrees"


def test_shrunk_accuracies_have_the_spread_of_the_dies() -> None:
    right, _ = draw(0.02, 30, 500, 1)
    spread = spread_over_dies(right)
    shrunk = without_sampling_error(right.mean(1), spread)
    assert shrunk.std(ddof=1) == pytest.approx(spread.dies)
    assert shrunk.mean() == pytest.approx(right.mean())


@pytest.mark.parametrize("dies", [[0], [1, 1], [-1, 0], [0, 2**24]])
def test_wrong_dies_are_refused(dies: list[int]) -> None:
    with pytest.raises(InputError, match="expected"):
        accuracy_over_dies(ss.load_pipeline("glt2"), dies, IMAGES)


def test_other_pixels_are_refused() -> None:
    pipe = ss.load_pipeline("glt2")
    with pytest.raises(ValueError, match="share"):
        accuracies_over_dies([pipe, pipe.replace({"photodiode.prnu_percent": 9})], [0, 1], IMAGES)

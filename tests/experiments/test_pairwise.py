"""Two pipelines side by side."""

import numpy as np
import pytest

import sensorsim as ss
from sensorsim.core.statistics import paired_difference
from sensorsim.experiments.pairwise import compare_pair
from sensorsim.pipeline.pipeline import Pipeline


def test_results_are_those_of_single_runs_and_the_difference_is_paired() -> None:
    first, second = ss.load_pipeline("glt4"), ss.load_pipeline("adc2")
    found = compare_pair(first, second, 60, seed=3)
    for chain, result in zip((first, second), found.results, strict=True):
        assert result.equals(chain.run(60, 3))
    right = [np.asarray(r["decision"] == r["label"]) for r in found.results]
    assert found.accuracy == paired_difference(*right)
    assert found.verdict("A", "B").startswith("A is more accurate than B by ")
    swapped = compare_pair(second, first, 60, seed=3)
    assert swapped.accuracy[0] == -found.accuracy[0]
    assert swapped.verdict("B", "A").startswith("A is more accurate than B by ")


def test_equal_pipelines_cannot_be_told_apart() -> None:
    pipe = ss.load_pipeline("glt2")
    words = compare_pair(pipe, pipe, 40).verdict("A", "B")
    assert words.startswith("A and B cannot be told apart by accuracy (+0.00 points, 95 %: -")
    assert words.endswith("their frames take the same energy")


def test_cheaper_frames_are_named() -> None:
    small = ss.load_pipeline("glt4")
    found = compare_pair(small, small.replace({"energy.static_power_uw": 1e5}), 20)
    assert "a frame of A takes 100 % less energy" in found.verdict("A", "B")


def test_another_light_is_noted_and_other_images_are_refused() -> None:
    pipe = ss.load_pipeline("glt2")
    found = compare_pair(pipe, pipe.replace({"scene.exposure.low_stops": -9}), 40)
    assert any("light, pixel or die differ" in note for note in found.notes)
    assert found.accuracy[0] > 0
    other_images = pipe.dataset.take(np.arange(100, 200))
    other = Pipeline(pipe.replace({"die": 1}).description, dataset=other_images)
    with pytest.raises(ss.InputError, match="expected the same test images"):
        compare_pair(pipe, other, 5)

"""How much a search finds in so many trials, beside a genetic search and chance.

pytest tests/benchmarks/test_search.py --benchmark-only -s

Prints the area under the front: logarithm of the energy below 30 nJ, times accuracy above one half.
"""

import functools

import numpy as np
import optuna
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

import sensorsim as ss
from sensorsim.experiments.optimize.search import Goal, Split, Trial, search
from sensorsim.experiments.optimize.space import Space, space_of

COUNTS = (30, 50, 100, 200)
SEEDS = range(4)
DEAREST_PJ, LEAST = 3e4, 0.5


@pytest.fixture(scope="module")
def space() -> Space:
    return space_of(ss.load_pipeline("glt4", {"energy.technology": "cmos65"}), None)


def area(trials: list[Trial]) -> float:
    found, best = 0.0, LEAST
    ordered = sorted(trials, key=lambda t: t.energy_pj)
    ends = [np.log(min(t.energy_pj, DEAREST_PJ)) for t in ordered] + [np.log(DEAREST_PJ)]
    for trial, start, end in zip(ordered, ends, ends[1:], strict=False):
        best = max(best, trial.accuracy)
        found += (best - LEAST) * (end - start)
    return found


def rival(kind: type[optuna.samplers.BaseSampler], **fixed: int) -> object:
    """A sampler made with the seed that the search hands out, and nothing else of it."""
    return lambda seed=0, **_: functools.partial(kind, **fixed)(seed=seed)


@pytest.mark.parametrize("name", ["Parzen estimator", "NSGA-II", "chance"])
def test_search(
    benchmark: BenchmarkFixture,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    space: Space,
    name: str,
) -> None:
    samplers = {
        "NSGA-II": rival(optuna.samplers.NSGAIISampler, population_size=16),
        "chance": rival(optuna.samplers.RandomSampler),
    }
    if name in samplers:
        monkeypatch.setattr(optuna.samplers, "TPESampler", samplers[name])
    split = Split.of(space.base.dataset, 2000, 500)
    goal = Goal(("readout", "link"))
    runs = benchmark.pedantic(
        lambda: [search(space, goal, split, COUNTS[-1], seed) for seed in SEEDS], rounds=1
    )
    areas = np.array([[area(run[:n]) for n in COUNTS] for run in runs])
    with capsys.disabled():
        for count, column in zip(COUNTS, areas.T, strict=True):
            print(f"\n{name}, {count} trials: median {np.median(column):.3f}, "
                  f"{column.min():.3f} to {column.max():.3f}", end="")  # fmt: skip

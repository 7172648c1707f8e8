"""Search for the designs with the best trade-off between accuracy and energy.

A multi-objective tree-structured Parzen estimator of optuna proposes the designs (Ozaki et al.,
JAIR 73, 2022). It supports categorical parameters and constraints, and needs fewer trials than a
genetic search (NSGA-II) or random search (docs/designs.md). The sampler is seeded for every trial
by seed and trial number, so a resumed search gives the same trials as one that was not interrupted.
"""

import json
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import optuna

from sensorsim.circuits.ledger import STAGES
from sensorsim.core import streams
from sensorsim.core.errors import InputError
from sensorsim.core.statistics import pareto_front
from sensorsim.core.store import PointStore
from sensorsim.experiments.optimize.space import Space
from sensorsim.pipeline.dependencies import SOURCES, contents
from sensorsim.pipeline.evaluation import decide_all
from sensorsim.pipeline.pipeline import Pipeline

MOST_SEARCHED = 2000
"""Default number of images to search on, if there are as many."""
SEARCH_DIES = 8
"""Number of dies over which the images of a search are spread; the pipeline's is not one."""
ENERGY_STEP = 1.02
"""Ratio of energies that count as equal. Prices are only known to a factor, and a search that
distinguished 0.1 % would spend its trials on the cheapest designs."""
STARTUP = 16
"""Number of random trials at the start, including those that try every model once."""


@dataclass(frozen=True)
class Goal:
    """Objectives and limits of a search.

    Attributes
    ----------
    stages : tuple of str
        Stages of the ledger whose energy is minimized.
    max_energy_pj : float, optional
        Largest energy of those stages per frame, at typical prices, pJ.
    min_accuracy : float, optional
        Smallest accuracy, 0 to 1.
    """

    stages: tuple[str, ...] = STAGES
    max_energy_pj: float | None = None
    min_accuracy: float | None = None

    def violations(self, accuracy: float, energy_pj: float) -> dict[str, float]:
        """Compute by how much each limit is missed.

        Parameters
        ----------
        accuracy : float
            Accuracy, 0 to 1.
        energy_pj : float
            Energy of the goal's stages, pJ.

        Returns
        -------
        dict of str to float
            Violation of "energy" (fraction of it) and "accuracy", where limited; 0 or less if the
            limit is kept.
        """
        found = {}
        if self.max_energy_pj is not None:
            found["energy"] = 1 - self.max_energy_pj / energy_pj if energy_pj else 0.0
        if self.min_accuracy is not None:
            found["accuracy"] = self.min_accuracy - accuracy
        return found

    def met(self, accuracy: float, energy_pj: float) -> bool:
        """Whether all limits are kept.

        Parameters
        ----------
        accuracy : float
            Accuracy, 0 to 1.
        energy_pj : float
            Energy of the goal's stages, pJ.

        Returns
        -------
        bool
            True if no limit is missed.
        """
        return all(v <= 0 for v in self.violations(accuracy, energy_pj).values())


@dataclass(frozen=True)
class Trial:
    """A design with its accuracy and energy in the search.

    Attributes
    ----------
    design : dict
        Values of the parameters of `Space`.
    accuracy : float
        Accuracy on the images of the search, 0 to 1.
    energy_pj : float
        Energy of the goal's stages at typical prices, pJ.
    """

    design: dict[str, Any]
    accuracy: float
    energy_pj: float

    @property
    def coarse_energy_pj(self) -> float:
        """Energy rounded to the nearest power of `ENERGY_STEP`.

        Returns
        -------
        float
            Energy, pJ.
        """
        step = math.log(ENERGY_STEP)
        return math.exp(step * round(math.log(self.energy_pj) / step)) if self.energy_pj else 0.0


@dataclass(frozen=True)
class Split:
    """Numbers of images to search on and to report on.

    A search uses validation images, which no network learned from, the report test images.

    Attributes
    ----------
    reported : int
        Number of test images to report on, from the first.
    searched : int
        Number of validation images to search on, from the first.
    """

    reported: int
    searched: int

    @classmethod
    def of(cls, base: Pipeline, reported: int | None, searched: int | None) -> "Split":
        """Check the numbers against the images that a pipeline has.

        Parameters
        ----------
        base : Pipeline
            Pipeline whose images are used.
        reported : int or None
            Number of test images to report on; all if None.
        searched : int or None
            Number of validation images to search on; all, at most `MOST_SEARCHED`, if None.

        Returns
        -------
        Split
            The numbers.

        Raises
        ------
        InputError
            If a number is below 1 or exceeds the number of images, or there are no validation
            images.
        """
        found = []
        for option, number, dataset, most in (
            ("--images", reported, base.dataset, len(base.dataset)),
            ("--search-images", searched, base.validation, MOST_SEARCHED),
        ):
            size = len(dataset)
            number = min(size, most) if number is None else number
            if not 1 <= number <= size:
                raise InputError(f"{option} {number}: expected 1 to {size} ({dataset.origin})")
            found.append(number)
        return cls(*found)


def search(
    space: Space,
    goal: Goal,
    split: Split,
    trials: int = 100,
    seed: int = 0,
    store: str | Path | None = None,
    report: Callable[[int, int], None] | None = None,
) -> list[Trial]:
    """Search for designs of high accuracy and low energy.

    Parameters
    ----------
    space : Space
        The designs to choose from.
    goal : Goal
        Stages whose energy counts, and limits.
    split : Split
        Numbers of reported test images and searched validation images.
    trials : int
        Number of trials, at least one for each model.
    seed : int, 0 to 2**32 - 1
        Seed of the noise and of the search.
    store : str or Path, optional
        Folder for finished trials. The same call resumes from it, also with more trials.
    report : callable, optional
        Called with the number of trials done and the number of all trials.

    Returns
    -------
    list of Trial
        All trials, in their order.

    Raises
    ------
    InputError
        If there are fewer trials than models, the store belongs to another search, or a trial in
        it was made by another version of optuna.
    """
    if trials < len(space.models):
        raise InputError(
            f"--trials {trials}: expected at least {len(space.models)}, one for each model; "
            "or search a folder of fewer"
        )
    if store is None:
        return _search(space, goal, split, trials, seed, None, report)
    with PointStore(store, "search", _plan(space, goal, split, seed)) as kept:
        return _search(space, goal, split, trials, seed, kept, report)


def _search(
    space: Space,
    goal: Goal,
    split: Split,
    trials: int,
    seed: int,
    kept: PointStore | None,
    report: Callable[[int, int], None] | None,
) -> list[Trial]:
    study = _study(space)
    judge = _Judge(space, goal, split, seed)
    found: list[Trial] = []
    for number in range(trials):
        study.sampler = optuna.samplers.TPESampler(
            n_startup_trials=max(STARTUP, len(space.models)), multivariate=False,
            seed=zlib.crc32(f"{seed} {number}".encode()),
        )  # fmt: skip
        asked = study.ask()
        design = _suggest(asked, space)
        known = kept.read(number) if kept else None
        if kept and known and known["design"] != design:
            raise InputError(
                f"{kept.folder}: trial {number} holds another design than this search asks for, "
                "so it was made by another version of optuna; name another store"
            )
        trial = Trial(**known) if known else judge.trial(design)
        if kept and not known:
            kept.write(number, asdict(trial))
        for name, violation in goal.violations(trial.accuracy, trial.energy_pj).items():
            asked.set_constraint(name, violation)
        study.tell(asked, (trial.accuracy, trial.coarse_energy_pj))
        found.append(trial)
        if report:
            report(number + 1, trials)
    return found


def best_designs(trials: list[Trial], goal: Goal) -> list[Trial]:
    """Pareto front of the trials that keep all limits.

    Of designs whose energies round to the same step, only the most accurate is kept.

    Parameters
    ----------
    trials : list of Trial
        All trials.
    goal : Goal
        Limits.

    Returns
    -------
    list of Trial
        The front, in ascending order of energy.

    Raises
    ------
    InputError
        If no trial keeps the limits; the message states what the best of them reached.
    """
    dearest_first = sorted(trials, key=lambda t: -t.energy_pj)
    distinct = list({(t.coarse_energy_pj, t.accuracy): t for t in dearest_first}.values())
    kept = [t for t in distinct if goal.met(t.accuracy, t.energy_pj)]
    if not kept:
        raise InputError(_nothing(distinct, goal))
    front = pareto_front([t.coarse_energy_pj for t in kept], [t.accuracy for t in kept])
    chosen = [t for t, on_it in zip(kept, front, strict=True) if on_it]
    return sorted(chosen, key=lambda t: t.energy_pj)


def _nothing(trials: list[Trial], goal: Goal) -> str:
    energy = goal.max_energy_pj
    words = []
    if energy is not None:
        words.append(f"--max-energy-pj {energy:g}")
        within = [t for t in trials if t.energy_pj <= energy]
    else:
        within = trials
    if goal.min_accuracy is not None:
        words.append(f"--min-accuracy {goal.min_accuracy:g}")
    text = f"{' and '.join(words)}: none of {len(trials)} designs reaches that"
    if within:
        best = max(within, key=lambda t: t.accuracy)
        text += f"; the most accurate{' within that energy' if energy else ''} is {_words(best)}"
    else:
        text += f"; the cheapest is {_words(min(trials, key=lambda t: t.energy_pj))}"
    right = [t for t in trials if t.accuracy >= (goal.min_accuracy or 0)]
    if right and energy is not None and goal.min_accuracy is not None:
        cheapest = min(right, key=lambda t: t.energy_pj)
        text += f"; the cheapest of that accuracy is {_words(cheapest)}"
    return f"{text}; relax a limit, or search with more --trials"


def _words(trial: Trial) -> str:
    return f"{trial.design['model']} with {100 * trial.accuracy:.2f} % and {trial.energy_pj:.4g} pJ"


def _study(space: Space) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(directions=["maximize", "minimize"])
    for design in space.first_designs():
        study.enqueue_trial(design)
    return study


def _suggest(trial: optuna.Trial, space: Space) -> dict[str, Any]:
    design: dict[str, Any] = {"model": trial.suggest_categorical("model", list(space.models))}
    for name, values in space.choices.items():
        design[name] = trial.suggest_categorical(name, list(values))
    for name, (low, high) in space.ranges.items():
        design[name] = trial.suggest_float(name, low, high, log=True)
    return design


def searched_dies(own: int, frames: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Die for each image of the search.

    Parameters
    ----------
    own : int
        The pipeline's die number.
    frames : int64 [N]
        Indices of the images.

    Returns
    -------
    int64 [N]
        Die numbers: the `SEARCH_DIES` that follow ``own``.
    """
    return (own + 1 + frames % SEARCH_DIES) % (streams.MAX_DIE + 1)


def reported_dies(own: int, count: int) -> list[int]:
    """Choose dies to report on that the search did not use.

    Parameters
    ----------
    own : int
        The pipeline's die number.
    count : int
        Number of dies, at least 1.

    Returns
    -------
    list of int
        Die numbers, ``own`` first.
    """
    others = [own + SEARCH_DIES + n for n in range(1, count)]
    return [d % (streams.MAX_DIE + 1) for d in (own, *others)]


class _Judge:
    """Accuracy and energy of designs; results are cached by settings."""

    def __init__(self, space: Space, goal: Goal, split: Split, seed: int) -> None:
        self.space, self.goal = space, goal
        dataset = space.base.validation.first(split.searched)
        frames = np.arange(split.searched)
        dies = searched_dies(space.base.description.die, frames)
        self.key = streams.Key.of(seed, frames, dies)
        self.images, self.labels = dataset.images, dataset.labels
        self.seen: dict[str, tuple[float, float]] = {}

    def trial(self, design: dict[str, Any]) -> Trial:
        settings = self.space.settings(design)
        name = json.dumps(settings, sort_keys=True)
        if name not in self.seen:
            self.seen[name] = self._judged(self.space.base.replace(settings))
        return Trial(design, *self.seen[name])

    def _judged(self, chain: Pipeline) -> tuple[float, float]:
        decisions = decide_all([chain], self.images, self.key)[0]
        energy = chain.cost.ledger().total_pj(*self.goal.stages).typical
        return float((decisions == self.labels).mean()), energy


def _plan(space: Space, goal: Goal, split: Split, seed: int) -> Mapping[str, Any]:
    """Everything that trials depend on, except their number."""
    return {
        "models": list(space.models),
        "choices": {k: list(v) for k, v in space.choices.items()},
        "ranges": {k: list(v) for k, v in space.ranges.items()},
        "goal": asdict(goal),
        "split": asdict(split),
        "seed": seed,
        "validation images and labels": space.base.validation.digest,
        **contents(map(space.chain, space.first_designs()), (*SOURCES, "experiments/optimize")),
    }

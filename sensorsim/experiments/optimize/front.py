"""Measure the designs of a search on images and dies that the search did not use."""

import json
from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from sensorsim.circuits.uncertainty import total_spread
from sensorsim.core.statistics import pareto_front
from sensorsim.experiments.monte_carlo import accuracy_over_dies
from sensorsim.experiments.optimize.search import Goal, Split, Trial, reported_dies
from sensorsim.experiments.optimize.space import Space

_OF_A_RUN = ("accuracy", "accuracy_low", "accuracy_high", "images", "energy_pj_typical")


def measured_front(
    space: Space,
    goal: Goal,
    split: Split,
    designs: Sequence[Trial],
    trials: Sequence[Trial],
    seed: int = 0,
    dies: int = 8,
    report: Callable[[int, int], None] | None = None,
) -> xr.Dataset:
    """Run the chosen designs on the reported images.

    Parameters
    ----------
    space : Space
        The space that was searched.
    goal : Goal
        Stages and limits of the search.
    split : Split
        Numbers of reported and searched images.
    designs : sequence of Trial
        The designs to measure, from `best_designs`.
    trials : sequence of Trial
        All trials of the search, for the record.
    seed : int, 0 to 2**32 - 1
        Seed of all noise and of the draws of prices.
    dies : int
        Number of dies to measure, at least two: the pipeline's own and others.
    report : callable, optional
        Called with the number of designs done and the number of all designs.

    Returns
    -------
    Dataset
        Over ``design``: accuracy of the pipeline's die on the reported images with its Wilson
        interval, and accuracy in the search; ``dies_accuracy_mean`` and ``dies_accuracy_worst``
        over the reported dies; energy of the goal's stages at typical prices (``goal_energy_pj``)
        and its Monte Carlo median and 95 % interval; energy of the whole frame; ``on_front``,
        whether the design is on the Pareto front of energy and mean accuracy over dies; ``met``,
        whether that mean keeps the limits; ``settings`` as JSON. Over ``trial``: model, design,
        accuracy and energy of all trials.

    Raises
    ------
    InputError
        If there are fewer than two dies.
    """
    numbers = reported_dies(space.base.description.die, dies)
    columns: dict[str, list[object]] = {}
    for number, trial in enumerate(designs):
        settings = space.settings(trial.design)
        chain = space.base.replace(settings)
        result = chain.run(split.reported, seed)
        over_dies = accuracy_over_dies(chain, numbers, split.reported, seed)["accuracy"]
        ledger = chain.cost.ledger()
        spread = total_spread(ledger, *goal.stages, seed=seed)
        energy = ledger.total_pj(*goal.stages).typical
        row = {name: result[name].item() for name in _OF_A_RUN} | {
            "model": trial.design["model"],
            "settings": json.dumps(settings),
            "circuit": chain.readout.circuit_words(),
            "offset_mv": chain.readout.comparator.offset_mv,
            "search_accuracy": trial.accuracy,
            "dies_accuracy_mean": over_dies.mean().item(),
            "dies_accuracy_worst": over_dies.min().item(),
            "goal_energy_pj": energy,
            "goal_energy_pj_median": spread.median,
            "goal_energy_pj_low": spread.low,
            "goal_energy_pj_high": spread.high,
            "met": goal.met(over_dies.mean().item(), energy),
        }
        for column, value in row.items():
            columns.setdefault(str(column), []).append(value)
        if report:
            report(number + 1, len(designs))
    data = xr.Dataset({name: ("design", np.array(v)) for name, v in columns.items()})
    on_front = pareto_front(data["goal_energy_pj"].values, data["dies_accuracy_mean"].values)
    data["on_front"] = ("design", on_front)
    data["trial_model"] = ("trial", np.array([t.design["model"] for t in trials]))
    data["trial_design"] = ("trial", np.array([json.dumps(t.design) for t in trials]))
    data["trial_accuracy"] = ("trial", np.array([t.accuracy for t in trials]))
    data["trial_energy_pj"] = ("trial", np.array([t.energy_pj for t in trials]))
    for name in data.data_vars:
        if "energy_pj" in str(name):
            data[name].attrs["units"] = "pJ"
    data["offset_mv"].attrs["units"] = "mV"
    dataset = space.base.dataset.first(split.reported)
    data.attrs = space.base.provenance(dataset, seed) | {
        "stages": ", ".join(goal.stages),
        "search_images": split.searched,
        "dies": ", ".join(map(str, numbers)),
    }
    return data

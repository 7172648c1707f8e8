"""Two pipelines side by side: accuracy on the same images, energy and time of a frame."""

from dataclasses import dataclass

import xarray as xr

from sensorsim.circuits.uncertainty import Difference, difference
from sensorsim.core.errors import InputError
from sensorsim.core.statistics import paired_difference
from sensorsim.experiments.energy_comparison import SCOPES, differences
from sensorsim.experiments.paired import compare
from sensorsim.pipeline.pipeline import Pipeline
from sensorsim.pipeline.time_budget import TimeBudget

_SURE = 0.95
_PIXELS = ("scene", "photodiode", "die")


@dataclass(frozen=True)
class Pair:
    """Results of two pipelines, and their differences, first minus second.

    Attributes
    ----------
    results : tuple of Dataset
        What `Pipeline.run` gives for each.
    accuracy : tuple of float
        Difference of the accuracies with its 95 % interval, from decisions on the same images.
    energy : dict of Difference
        Differences of a frame's energy, pJ, by scope: readout and link, whole frame.
    time : tuple of TimeBudget
        Times of each.
    notes : list of str
        Reasons why a difference is not that of the two readouts alone.
    """

    results: tuple[xr.Dataset, xr.Dataset]
    accuracy: tuple[float, float, float]
    energy: dict[str, Difference]
    time: tuple[TimeBudget, TimeBudget]
    notes: list[str]

    def verdict(self, first: str, second: str) -> str:
        """Say which pipeline is more accurate, and which is cheaper, where that is certain.

        Parameters
        ----------
        first, second : str
            Names of the pipelines.

        Returns
        -------
        str
            A sentence.
        """
        mean, low, high = (100 * x for x in self.accuracy)
        if low > 0 or high < 0:
            better, worse = (first, second) if low > 0 else (second, first)
            ends = sorted((abs(low), abs(high)))
            accuracy = (
                f"{better} is more accurate than {worse} by {abs(mean):.2f} points "
                f"(95 %: {ends[0]:.2f} to {ends[1]:.2f})"
            )
        else:
            accuracy = (
                f"{first} and {second} cannot be told apart by accuracy ({mean:+.2f} points, "
                f"95 %: {low:+.2f} to {high:+.2f})"
            )
        return f"{accuracy}; {self._energy_verdict(first, second)}"

    def _energy_verdict(self, first: str, second: str) -> str:
        found = self.energy["whole frame"]
        energies = [float(r["energy_pj_typical"]) for r in self.results]
        chance = found.probability_first_cheaper
        if found.spread.low == found.spread.high == 0:
            return "their frames take the same energy"
        if _SURE > chance > 1 - _SURE:
            return f"which frame takes less energy is open ({first} with probability {chance:.2f})"
        cheaper = first if chance >= _SURE else second
        ratio = min(energies) / max(energies)
        return f"a frame of {cheaper} takes {100 * (1 - ratio):.0f} % less energy"


def compare_pair(
    first: Pipeline, second: Pipeline, images: int | None = None, seed: int = 0
) -> Pair:
    """Compare two pipelines on the same test images.

    Parameters
    ----------
    first, second : Pipeline
        The pipelines; light and pixel may differ, the test images may not.
    images : int, optional
        Number of images, from the first; all if left out.
    seed : int, 0 to 2**32 - 1
        Seed of all noise.

    Returns
    -------
    Pair
        Results and differences, first minus second.

    Raises
    ------
    InputError
        If the pipelines have other test images, or one cannot read them.
    """
    stated = [c.description.model_dump(include=set(_PIXELS)) for c in (first, second)]
    notes = differences(first, second)
    if stated[0] == stated[1]:
        one, two = compare([first, second], images, seed)
    else:
        if first.dataset.digest != second.dataset.digest:
            raise InputError(
                f"{first.description.name} reads {first.dataset.origin}, "
                f"{second.description.name} {second.dataset.origin}; expected the same test images"
            )
        notes.append("light, pixel or die differ, not only readout and network")
        one, two = first.run(images, seed), second.run(images, seed)
    right = [(r["decision"] == r["label"]).to_numpy() for r in (one, two)]
    ledgers = first.cost.ledger(), second.cost.ledger()
    return Pair(
        (one, two),
        paired_difference(right[0], right[1]),
        {name: difference(*ledgers, *stages, seed=seed) for name, stages in SCOPES.items()},
        (first.cost.time_budget(), second.cost.time_budget()),
        notes,
    )

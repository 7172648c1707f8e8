"""Compare several readouts on the same volts, which are simulated once."""

from collections.abc import Callable, Sequence

import numpy as np
import xarray as xr

from sensorsim.core import streams
from sensorsim.core.arguments import whole_number
from sensorsim.experiments.same_pixels import check_same_pixels
from sensorsim.pipeline.evaluation import decide_all
from sensorsim.pipeline.pipeline import Pipeline


def compare(
    chains: Sequence[Pipeline],
    images: int | None = None,
    seed: int = 0,
    report: Callable[[int], None] | None = None,
) -> list[xr.Dataset]:
    """Run chains that differ only in readout, network and prices.

    Parameters
    ----------
    chains : sequence of Pipeline
        Pipelines with the same scene, photodiode and die.
    images : int, optional
        Number of images, from the first; all if left out.
    seed : int, 0 to 2**32 - 1
        Seed of all noise.
    report : callable, optional
        Called with the number of images that one chain has just classified.

    Returns
    -------
    list of Dataset
        One for each chain, equal to that of `Pipeline.run`.

    Raises
    ------
    InputError
        If there is no chain, the chains do not share scene, photodiode and die, or a chain cannot
        read the images.
    """
    check_same_pixels(chains, ("scene", "photodiode", "die"))
    first, seed = chains[0], whole_number("seed", seed, 0, streams.MAX_SEED)
    dataset = first.dataset.first(images)
    for chain in chains:
        chain.check_dataset(dataset)
    decisions = decide_all(chains, dataset.images, first.key(seed, np.arange(len(dataset))), report)
    return [c.result(dataset, d, seed) for c, d in zip(chains, decisions, strict=True)]

"""Several readouts behind the same pixels: the volts are simulated once and read by each."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import xarray as xr

from sensorsim.bnn import simulator
from sensorsim.core import streams
from sensorsim.pipeline.chain import Pipeline
from sensorsim.scenes.srgb import to_linear

_BATCH = 1000


def compare(
    chains: Sequence[Pipeline],
    images: int | None = None,
    seed: int = 0,
    report: Callable[[int], None] | None = None,
) -> list[xr.Dataset]:
    """Run chains that differ only in readout, network and prices.

    Parameters
    ----------
    chains : pipelines with the same scene, photodiode and die
    images, seed
        As in `Pipeline.run`, and with the same results.
    report : callable, optional
        Called with the number of images that one chain has just classified.

    Returns
    -------
    list of Dataset
        What `Pipeline.run` returns, one for each chain.

    Raises
    ------
    ValueError
        If the chains do not share scene, photodiode and die.
    """
    first = chains[0]
    shared = [(c.description.scene, c.description.photodiode, c.description.die) for c in chains]
    if any(s != shared[0] for s in shared):
        raise ValueError("chains to compare must share scene, photodiode and die")
    dataset = first.dataset.first(images)
    for chain in chains:
        chain.check_dataset(dataset)
    decisions = decide(chains, dataset.images, first.key(seed, np.arange(len(dataset))), report)
    return [c.result(dataset, d, seed) for c, d in zip(chains, decisions, strict=True)]


def decide(
    chains: Sequence[Pipeline],
    images: npt.NDArray[np.uint8],
    key: streams.Key,
    report: Callable[[int], None] | None = None,
) -> npt.NDArray[np.int64]:
    """Decisions of chains that share their pixels, about images seen through any dies.

    Parameters
    ----------
    images : uint8 [N, H, W, C], encoded in sRGB
    key : Key of N frames

    Returns
    -------
    int64 [chains, N]
    """
    decisions = np.empty((len(chains), len(images)), np.int64)
    for start in range(0, len(images), _BATCH):
        batch = slice(start, start + _BATCH)
        part = replace(key, frames=key.frames[batch], dies=key.dies[batch])
        volts = chains[0].volts(to_linear(images[batch]), part)
        for row, chain in enumerate(chains):
            decisions[row, batch] = simulator.decide(chain.scores(volts, part))
            if report:
                report(part.frames.size)
    return decisions

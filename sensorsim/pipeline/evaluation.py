"""The one batch loop: images through the pixels once, then through each readout and network."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sensorsim.bnn import simulator
from sensorsim.bnn.model import Model
from sensorsim.core import streams
from sensorsim.optics.cfa import network_planes
from sensorsim.pipeline.chain import Chain
from sensorsim.scenes.srgb import to_linear
from sensorsim.sensor.camera import Camera

Scores = Callable[[npt.NDArray[np.float32], streams.Key], npt.NDArray[np.int64]]
_BATCH = 1000


def scorer(model: Model, camera: Camera) -> Scores:
    """A model behind its own readout.

    Parameters
    ----------
    model : Model
    camera : Camera
        What stands before the readout.

    Returns
    -------
    callable
        Volts [N, H, W, C] and key to class scores [N, classes].
    """

    def scores(volts: npt.NDArray[np.float32], key: streams.Key) -> npt.NDArray[np.int64]:
        codes = model.readout.convert(volts, camera.photodiode.full_scale_v, key)
        return simulator.scores_of_codes(model, network_planes(codes, camera.layout))

    return scores


def decide(
    volts_of: Callable[[npt.NDArray[np.float32], streams.Key], npt.NDArray[np.float32]],
    scores_of: Sequence[Scores],
    images: npt.NDArray[np.uint8],
    key: streams.Key,
    report: Callable[[int], None] | None = None,
) -> npt.NDArray[np.int64]:
    """Decisions of several readouts and networks about the same pixels.

    Parameters
    ----------
    volts_of : callable
        Light [N, H, W, C] and key to volts.
    scores_of : sequence of callable
        Volts and key to class scores [N, classes], for each readout with its network.
    images : uint8 [N, H, W, C]
        Encoded in sRGB.
    key : Key
        Of N frames, of any dies.
    report : callable, optional
        Called with the number of images that one readout has just classified.

    Returns
    -------
    int64 [readouts, N]
        Classes.
    """
    decisions = np.empty((len(scores_of), len(images)), np.int64)
    for batch, part in _batches(key):
        volts = volts_of(to_linear(images[batch]), part)
        for row, scores in enumerate(scores_of):
            decisions[row, batch] = simulator.decide(scores(volts, part))
            if report:
                report(part.frames.size)
    return decisions


def decide_all(
    chains: Sequence[Chain],
    images: npt.NDArray[np.uint8],
    key: streams.Key,
    report: Callable[[int], None] | None = None,
) -> npt.NDArray[np.int64]:
    """Decisions of chains that share their pixels.

    Parameters
    ----------
    chains : sequence of Chain
        With the same scene and photodiode.
    images : uint8 [N, H, W, C]
        Encoded in sRGB.
    key : Key
        Of N frames, of any dies.
    report : callable, optional
        Called with the number of images that one chain has just classified.

    Returns
    -------
    int64 [chains, N]
        Classes.
    """
    return decide(chains[0].volts, [c.scores for c in chains], images, key, report)


def _batches(key: streams.Key) -> Iterator[tuple[slice, streams.Key]]:
    for start in range(0, key.frames.size, _BATCH):
        batch = slice(start, start + _BATCH)
        yield batch, replace(key, frames=key.frames[batch], dies=key.dies[batch])

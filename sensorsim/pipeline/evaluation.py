"""Classify images batch by batch: through the pixels once, then each readout and network."""

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
    """Make a function that applies a model's own readout, then its network.

    Parameters
    ----------
    model : Model
        Network and readout.
    camera : Camera
        The pixels in front of the readout.

    Returns
    -------
    callable
        ``scores(volts, key)``: volts, float32 [N, H, W, C], V, to class scores, int64 [N, classes].
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
    """Classify images by several readouts and networks that read the same pixels.

    Parameters
    ----------
    volts_of : callable
        ``volts_of(light, key)``: relative linear light, float32 [N, H, W, C], to volts, float32
        [N, H, W, samples per pixel], V.
    scores_of : sequence of callable
        ``scores(volts, key)`` of each readout with its network, as `scorer` makes it.
    images : uint8 [N, H, W, C]
        Images, encoded in sRGB.
    key : Key
        Noise addresses of the N frames; dies may differ.
    report : callable, optional
        Called with the number of images that one readout has just classified.

    Returns
    -------
    int64 [readouts, N]
        Class numbers.
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
    """Classify images by several chains that share their pixels.

    Parameters
    ----------
    chains : sequence of Chain
        Chains of the same scene and photodiode; the volts are those of the first.
    images : uint8 [N, H, W, C]
        Images, encoded in sRGB.
    key : Key
        Noise addresses of the N frames; dies may differ.
    report : callable, optional
        Called with the number of images that one chain has just classified.

    Returns
    -------
    int64 [chains, N]
        Class numbers.
    """
    return decide(chains[0].volts, [c.scores for c in chains], images, key, report)


def _batches(key: streams.Key) -> Iterator[tuple[slice, streams.Key]]:
    for start in range(0, key.frames.size, _BATCH):
        batch = slice(start, start + _BATCH)
        yield batch, replace(key, frames=key.frames[batch], dies=key.dies[batch])

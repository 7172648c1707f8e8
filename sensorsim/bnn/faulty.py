"""Run a network with faults.

Faults of a die (weights, stuck channels) are fixed at fabrication: they give another `Model`, which
the simulator runs at full speed. Faults of a frame (flipped activations, limited accumulators) act
in every image and are simulated layer by layer.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from sensorsim.bnn import layerwise, simulator
from sensorsim.bnn.faults import INPUT, Faults
from sensorsim.bnn.layers import Branching, Layer, Threshold, Weighted
from sensorsim.bnn.model import Model
from sensorsim.bnn.shapes import Step
from sensorsim.core import pool, streams
from sensorsim.core.bits import WordArray, unpack, words_for
from sensorsim.kernels.bit_flips import inject


def faulty_model(model: Model, faults: Faults, die: int, seed: int) -> Model:
    """Apply the faults of one die to a model: flipped and stuck weights, stuck channels.

    Parameters
    ----------
    model : Model
        Model without faults.
    faults : Faults
        Faults to apply; those of frames are ignored.
    die : int, 0 to `streams.MAX_DIE`
        Die number; selects the drawn faults.
    seed : int, 0 to `streams.MAX_SEED`
        Seed of the draws.

    Returns
    -------
    Model
        Model of this die; ``model`` itself if there are no faults of a die.

    Raises
    ------
    InputError
        If a fault names a place that the model does not have.
    """
    faults.check(model)
    if not faults.of_die:
        return model
    address = _Die(seed, die)
    steps = iter(enumerate(model.steps, 1))
    return replace(model, layers=_faulty_chain(model.layers, faults, address, steps))


def observe(
    model: Model, faults: Faults, words: WordArray, die: int, seed: int, frames: npt.ArrayLike
) -> Iterator[layerwise.Observation]:
    """Compute every layer's output under faults, like `layerwise.observe`.

    Parameters
    ----------
    model : Model
        Model without faults.
    faults : Faults
        Faults of die and frames.
    words : uint64 [N, planes, H, W, ceil(channels / 64)]
        Packed input bits.
    die : int, 0 to `streams.MAX_DIE`
        Die number of all images.
    seed : int, 0 to `streams.MAX_SEED`
        Seed of the draws.
    frames : uint32 [N]
        Frame number of each image; selects its drawn faults.

    Returns
    -------
    iterator of Observation
        Outputs of every layer, in the order of `Model.steps`, with faults applied.

    Raises
    ------
    InputError
        If a fault names a place that the model does not have, or the bits do not fit its input.
    """
    faulty = faulty_model(model, faults, die, seed)
    return layerwise.observe(faulty, words, _FrameFaults(faulty, faults, seed, frames))


def scores(
    model: Model, faults: Faults, words: WordArray, key: streams.Key
) -> npt.NDArray[np.int64]:
    """Compute class scores under faults, like `simulator.scores`.

    Parameters
    ----------
    model : Model
        Model without faults.
    faults : Faults
        Faults of die and frames.
    words : uint64 [N, planes, H, W, ceil(channels / 64)]
        Packed input bits.
    key : Key
        Seed of the draws, and frame and die numbers of the N images.

    Returns
    -------
    int64 [N, classes]
        Class scores in units of ``2**-fraction_bits``.

    Raises
    ------
    InputError
        If the bits do not fit the model's input, or a fault names a place that it does not have.
    """
    model.check_words(words)
    if not (faults.of_die or faults.of_frame):
        return simulator.scores(model, words)
    seen, rows = key.distinct_dies()
    out = np.empty((len(words), len(model.class_names)), np.int64)
    for row, die in enumerate(seen):
        mine = rows == row
        if faults.of_frame:
            out[mine] = _layer_by_layer(model, faults, words[mine], int(die), key, mine)
        else:
            faulty = faulty_model(model, faults, int(die), key.seed)
            out[mine] = simulator.scores(faulty, words[mine])
    return out


def _layer_by_layer(
    model: Model, faults: Faults, words: WordArray, die: int, key: streams.Key,
    mine: npt.NDArray[np.bool_],
) -> npt.NDArray[np.int64]:  # fmt: skip
    """Scores of the images ``mine`` of a key; keeps one layer at a time."""
    scored = None
    for seen in observe(model, faults, words, die, key.seed, key.frames[mine]):
        scored = seen.accumulators
    assert scored is not None
    return scored[:, 0, 0]


def limited(
    accumulators: npt.NDArray[np.int64], bits: int, overflow: Literal["saturate", "wrap"]
) -> npt.NDArray[np.int64]:
    """Limit accumulators to a width in two's complement: -2**(bits - 1) to 2**(bits - 1) - 1.

    Parameters
    ----------
    accumulators : int64, any shape
        Exact accumulators.
    bits : int
        Width in bits, including the sign.
    overflow : {"saturate", "wrap"}
        Clip to the range, or keep the lowest ``bits`` bits.

    Returns
    -------
    int64, the same shape
        Limited accumulators.

    Examples
    --------
    >>> limited(np.array([5, 8, -9]), 4, "saturate").tolist()
    [5, 7, -8]
    >>> limited(np.array([5, 8, -9]), 4, "wrap").tolist()
    [5, -8, 7]
    """
    half = 1 << (bits - 1)
    if overflow == "wrap":
        return ((accumulators + half) & (2 * half - 1)) - half
    return np.clip(accumulators, -half, half - 1)


class _Die(NamedTuple):
    """Random-number address of a die's faults."""

    seed: int
    die: int

    def faulty_bits(
        self, stream: int, rate: float, layer: int, rows: int, channels: int
    ) -> tuple[WordArray, WordArray]:
        """Faulty bits and a random value for each: two uint64 [rows, words]."""
        hit, value = _faulty_bits(
            rate, rows, channels, np.zeros(1, np.uint32), layer, self.seed,
            streams.of_die(stream, self.die),
        )  # fmt: skip
        return hit[0], value[0]


class _FrameFaults(layerwise.Hook):
    """Flip activations in every frame and limit the width of accumulators."""

    def __init__(self, model: Model, faults: Faults, seed: int, frames: npt.ArrayLike) -> None:
        self.channels = model.input.channels
        self.numbers = {INPUT: 0} | {s.place: i for i, s in enumerate(model.steps, 1)}
        self.faults = faults
        self.seed = seed
        self.frames = np.asarray(frames, np.uint32)

    def of_input(self, planes: WordArray) -> WordArray:
        rate = self.faults.activation_flip_rates.get(INPUT, 0.0)
        return self._flipped(planes, rate, INPUT, self.channels)

    def of_sums(self, sums: npt.NDArray[np.int64], step: Step) -> npt.NDArray[np.int64]:
        common = self.faults.accumulator_bits
        bits = self.faults.accumulator_bits_by_place.get(step.place, common)
        return sums if bits is None else limited(sums, bits, self.faults.overflow)

    def of_bits(self, words: WordArray, step: Step) -> WordArray:
        common = self.faults.activation_flip_rate if isinstance(step.layer, Threshold) else 0.0
        rate = self.faults.activation_flip_rates.get(step.place, common)
        return self._flipped(words, rate, step.place, step.after.channels)

    def _flipped(self, words: WordArray, rate: float, place: str, channels: int) -> WordArray:
        if rate == 0:
            return words
        rows = math.prod(words.shape[1:-1])
        hit, _ = _faulty_bits(
            rate, rows, channels, self.frames, self.numbers[place], self.seed,
            streams.ACTIVATION_FLIPS,
        )  # fmt: skip
        return words ^ hit.reshape(words.shape)


def _faulty_bits(
    rate: float, rows: int, channels: int, frames: npt.NDArray[np.uint32], layer: int, seed: int,
    stream: int,
) -> tuple[WordArray, WordArray]:  # fmt: skip
    hit = np.zeros((frames.size, rows, words_for(channels)), np.uint64)
    value = np.zeros_like(hit)
    limit = math.inf if rate == 1 else -math.log1p(-rate)

    def work(claimed: pool.Counter) -> None:
        inject(limit, channels, frames, layer, seed, stream, claimed, hit, value)

    pool.share(work, len(frames))
    return hit, value


def _faulty_chain(
    layers: tuple[Layer, ...], faults: Faults, die: _Die, steps: Iterator[tuple[int, Step]]
) -> tuple[Layer, ...]:
    changed: list[Layer] = []
    for layer in layers:
        if isinstance(layer, Branching):
            branches = tuple(_faulty_chain(b, faults, die, steps) for b in layer.branches)
            next(steps)
            changed.append(replace(layer, branches=branches))
            continue
        number, step = next(steps)
        if isinstance(layer, Weighted):
            weights = _faulty_weights(layer, step.place, number, faults, die)
            changed.append(replace(layer, weights=weights))
        elif isinstance(layer, Threshold):
            changed.append(_stuck_threshold(layer, step, number, faults, die))
        else:
            changed.append(layer)
    return tuple(changed)


def _faulty_weights(
    layer: Weighted, place: str, number: int, faults: Faults, die: _Die
) -> WordArray:
    outputs, fan_in = len(layer.weights), layer.fan_in
    rate = faults.weight_flip_rates.get(place, faults.weight_flip_rate)
    flipped, _ = die.faulty_bits(streams.WEIGHT_FLIPS, rate, number, outputs, fan_in)
    stuck, value = die.faulty_bits(
        streams.WEIGHT_STUCK, faults.weight_stuck_rate, number, outputs, fan_in
    )
    weights = ((layer.weights ^ flipped) & ~stuck) | value
    for fault in faults.stuck_weights:
        if fault.layer == place:
            word, bit = fault.index // 64, np.uint64(1 << fault.index % 64)
            weights[fault.output, word] &= ~bit
            weights[fault.output, word] |= bit * np.uint64(fault.value)
    return weights


def _stuck_threshold(
    layer: Threshold, step: Step, number: int, faults: Faults, die: _Die
) -> Threshold:
    """Make stuck channels constant, by a level out of the accumulator's reach."""
    channels = step.after.channels
    hit, value = (
        unpack(w, channels)[0].astype(bool)
        for w in die.faulty_bits(
            streams.CHANNEL_STUCK, faults.channel_stuck_rate, number, 1, channels
        )
    )
    for fault in faults.stuck_channels:
        if fault.layer == step.place:
            hit[fault.channel], value[fault.channel] = True, bool(fault.value)
    beyond = np.where(value, -step.before.max_accumulator - 1, step.before.max_accumulator + 1)
    return Threshold(np.where(hit, beyond, layer.levels), layer.rising | hit)

"""Golden vectors for hardware tests: parameters, inputs and outputs as ``$readmemh`` files.

A folder holds ``manifest.json``, the memories of every layer (``layer0.weights.hex``) and, for
every image, the network's input (``image7.input.hex``) and every layer's output
(``image7.layer0.hex``). The accumulators of the last layer before scale and bias are in
``image7.layer8.sums.hex``. Each line is one hexadecimal word, most significant digit first:

* bits: one word per pixel, row by row; channel c is bit c; plane after plane, plane 0 first;
* integers: one word per pixel and channel, channels fastest, two's complement;
* weights: one word per output; bit ``(ky * kernel + kx) * channels + c`` is the weight of channel c
  of its group, for a dense layer bit ``(row * width + column) * channels + c``;
* thresholds: ``levels.hex``, one word per channel, two's complement, and ``rising.hex``, one word,
  whose bit c is 1 if channel c compares ``>=`` and 0 if it compares ``<=``;
* class scores: ``scale.hex`` and ``bias.hex``, one word per class, two's complement.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from sensorsim.bnn.layers import Branching, Layer, Scores, Threshold, Votes, Weighted
from sensorsim.bnn.layerwise import observe
from sensorsim.bnn.model import Model
from sensorsim.bnn.shapes import Shape, Step
from sensorsim.bnn.simulator import decide
from sensorsim.core import streams
from sensorsim.core.bits import WordArray, pack
from sensorsim.core.files import atomic_folder
from sensorsim.kernels.philox import fill_uniform

FORMAT = "sensorsim-vectors"
VERSION = 1
SCORE_BITS = 64
_CONVENTIONS = {
    "words": "one hexadecimal word per line, most significant digit first, for $readmemh",
    "bits": "a word per pixel, row by row; channel c is bit c; 1 stands for +1, 0 for -1",
    "planes": "one after the other, plane k weighted 2**k",
    "integers": "two's complement, a word per pixel and channel, the channel fastest",
    "weights": "a word per output; bit (ky * kernel + kx) * channels + c of its group, "
    "of dense layers (row * width + column) * channels + c",
    "thresholds": "bit c of rising.hex: 1 is accumulator >= level, 0 is accumulator <= level",
    "ties": "a level that is met gives +1, in both directions",
    "padding": "bit 0 in every plane",
    "pool": "OR over size x size windows, stride size; rows and columns left over are dropped",
    "shuffle": "channel i of group g becomes channel i * groups + g",
    "concat": "channels of the first that it reads, then those of the second, and so on",
    "scores": "scale * accumulator + bias in units of 2**-fraction_bits; the first of the largest "
    "decides",
}


def random_words(model: Model, frames: Sequence[int], seed: int) -> WordArray:
    """Draw random input bits, for networks without a sensor in front.

    Parameters
    ----------
    model : Model
        Network whose input shape is used.
    frames : sequence of int
        Number of each image; the same number and seed give the same bits.
    seed : int
        Seed of the draws.

    Returns
    -------
    uint64 [N, planes, H, W, words]
        Packed bits, 0 and 1 with equal probability.
    """
    view = model.input
    uniform = np.empty((len(frames), view.planes * view.height * view.width * view.channels))
    for row, frame in zip(uniform, frames, strict=True):
        fill_uniform(row, frame, seed, streams.RANDOM_INPUT)
    shape = (len(frames), view.planes, view.height, view.width, view.channels)
    return pack((uniform < 0.5).reshape(shape))


def write_vectors(
    model: Model,
    words: WordArray,
    names: Sequence[int],
    folder: Path,
    provenance: Mapping[str, str | int],
) -> None:
    """Write golden vectors to a temporary folder, then rename it.

    Parameters
    ----------
    model : Model
        Network to run.
    words : uint64 [N, planes, H, W, words]
        Packed input bits.
    names : sequence of int
        Number of each image, for its file names.
    folder : Path
        Folder to create.
    provenance : mapping of str to str or int
        Origin of model and images, for the manifest.

    Raises
    ------
    InputError
        If the folder exists already, or cannot be written, as on a full disk.
    """
    with atomic_folder(folder) as part:
        files = _Files(part)
        manifest = {
            "format": FORMAT,
            "version": VERSION,
            "provenance": dict(provenance),
            "conventions": _CONVENTIONS,
            "input": _shape(_input(model)),
            "class_names": model.class_names,
            "layers": [_layer(step, reads, files) for step, reads in _wired(model)],
            "images": [_image(model, words[i], name, files) for i, name in enumerate(names)],
            "sha256": files.digests,
        }
        (part / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")


class _Files:
    """Write memory files and collect their digests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.digests: dict[str, str] = {}

    def bits(self, name: str, packed: WordArray, word_bits: int) -> dict[str, Any]:
        """Write packed rows, uint64 [words, parts]."""
        rows = packed.reshape(-1, packed.shape[-1])
        values = [sum(int(p) << 64 * i for i, p in enumerate(row)) for row in rows]
        return self._write(name, values, word_bits, signed=False)

    def integers(self, name: str, values: npt.NDArray[np.int64], word_bits: int) -> dict[str, Any]:
        """Write integers of any shape."""
        mask = (1 << word_bits) - 1
        words = [int(v) & mask for v in values.ravel()]
        return self._write(name, words, word_bits, signed=True)

    def _write(
        self, name: str, values: list[int], word_bits: int, *, signed: bool
    ) -> dict[str, Any]:
        digits = -(-word_bits // 4)
        data = "".join(f"{v:0{digits}x}\n" for v in values).encode()
        (self._folder / name).write_bytes(data)
        self.digests[name] = hashlib.sha256(data).hexdigest()
        return {"file": name, "words": len(values), "word_bits": word_bits, "signed": signed}


def integer_bits(max_accumulator: int) -> int:
    """Width of a signed integer that holds ``-max_accumulator - 1`` to ``max_accumulator + 1``.

    Parameters
    ----------
    max_accumulator : int
        Largest magnitude of the accumulator.

    Returns
    -------
    int
        Width, bit.

    Examples
    --------
    >>> integer_bits(6), integer_bits(7)
    (4, 5)
    """
    return (max_accumulator + 1).bit_length() + 1


def _input(model: Model) -> Shape:
    view = model.input
    return Shape(view.height, view.width, view.channels, view.planes)


def _shape(shape: Shape) -> dict[str, int]:
    return {k: v for k, v in shape._asdict().items() if k != "max_accumulator"}


def _wired(model: Model) -> Iterator[tuple[Step, list[str]]]:
    """Every layer with the places that it reads; "input" is the network's input."""
    return zip(model.steps, _reads(model.layers, "input", ""), strict=True)


def _reads(layers: tuple[Layer, ...], source: str, parent: str) -> Iterator[list[str]]:
    for number, layer in enumerate(layers):
        place = f"{parent}{number}"
        if isinstance(layer, Branching):
            ends = []
            for index, branch in enumerate(layer.branches):
                yield from _reads(branch, source, f"{place}.{index}.")
                ends.append(f"{place}.{index}.{len(branch) - 1}" if branch else source)
            yield ends
        else:
            yield [source]
        source = place


def _layer(step: Step, reads: list[str], files: _Files) -> dict[str, Any]:
    layer = step.layer
    numbers = {k: v for k, v in vars(layer).items() if isinstance(v, int)}
    entry = {"place": step.place, "kind": layer.kind, **numbers, "reads": reads}
    if not isinstance(layer, Branching):
        entry["input"] = _shape(step.before)
    entry["output"] = _shape(step.after)
    memories: dict[str, Any] = {}
    name = f"layer{step.place}"
    if isinstance(layer, Weighted):
        memories["weights"] = files.bits(f"{name}.weights.hex", layer.weights, layer.fan_in)
    if isinstance(layer, Threshold):
        max_accumulator = step.before.max_accumulator
        levels = layer.levels.clip(-max_accumulator - 1, max_accumulator + 1)
        memories["levels"] = files.integers(
            f"{name}.levels.hex", levels, integer_bits(max_accumulator)
        )
        rising = pack(layer.rising[np.newaxis])
        memories["rising"] = files.bits(f"{name}.rising.hex", rising, layer.rising.size)
    if isinstance(layer, Scores | Votes):
        for part in ("scale", "bias"):
            memories[part] = files.integers(f"{name}.{part}.hex", getattr(layer, part), SCORE_BITS)
    return entry | {"memories": memories}


def _image(model: Model, words: WordArray, name: int, files: _Files) -> dict[str, Any]:
    read = files.bits(f"image{name}.input.hex", words, model.input.channels)
    given: dict[str, Any] = {}
    for seen in observe(model, words[np.newaxis]):
        step, accumulators, bits = seen.step, seen.accumulators, seen.words
        file = f"image{name}.layer{step.place}.hex"
        if bits is not None:
            given[step.place] = files.bits(file, bits, step.after.channels)
        else:
            assert accumulators is not None
            last = isinstance(step.layer, Scores | Votes)
            width = SCORE_BITS if last else integer_bits(step.after.max_accumulator)
            given[step.place] = files.integers(file, accumulators, width)
            scores, last_sums = accumulators[:, 0, 0], seen.sums
    assert last_sums is not None
    sums = files.integers(
        f"image{name}.layer{step.place}.sums.hex",
        last_sums,
        integer_bits(step.after.max_accumulator),
    )
    return {
        "image": name,
        "input": read,
        "layers": given,
        "sums": sums,
        "scores": scores[0].tolist(),
        "decision": int(decide(scores)[0]),
    }

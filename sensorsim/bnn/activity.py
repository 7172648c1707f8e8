"""What a network does in numbers: operations, ones, toggles and matches of every layer, exact.

Energy of a circuit follows its activity. A *toggle* is a wire that carries another bit in a frame
than in the frame before it; a *match* is an XNOR that gives 1, and so what a popcount counts.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import xarray as xr

from sensorsim.bnn import layerwise
from sensorsim.bnn.compiler import compile_sums
from sensorsim.bnn.layers import Convolution, Weighted
from sensorsim.bnn.layerwise import Observation
from sensorsim.bnn.model import Model
from sensorsim.bnn.shapes import Step, products
from sensorsim.core.bits import WordArray
from sensorsim.kernels.interpreter import WORDS

_BATCH = 64
_COUNTS = ("input_ones", "input_toggles", "output_ones", "output_toggles", "matches")
_UNITS = {
    "operations": ("1", "binary operations of one image, two for each product"),
    "products": ("1", "XNORs of one image, those with padding included"),
    "input_bits": ("bit", "bits of one image that the layer reads, each counted once"),
    "output_bits": ("bit", "bits of one image that the layer gives"),
    "input_ones": ("bit", "ones read, all images"),
    "output_ones": ("bit", "ones given, all images"),
    "input_toggles": ("bit", "read bits unlike the frame before, all pairs of frames"),
    "output_toggles": ("bit", "given bits unlike the frame before, all pairs of frames"),
    "matches": ("1", "XNORs that give 1, all images"),
    "input_ones_fraction": ("1", "ones per bit read"),
    "output_ones_fraction": ("1", "ones per bit given"),
    "input_toggle_fraction": ("1", "toggles per bit read and pair of frames"),
    "output_toggle_fraction": ("1", "toggles per bit given and pair of frames"),
    "match_fraction": ("1", "XNORs that give 1 per XNOR"),
}


def measure(model: Model, words: WordArray | Iterable[WordArray]) -> xr.Dataset:
    """Count what every layer does over a sequence of frames.

    Parameters
    ----------
    words : uint64 [N, planes, H, W, ceil(channels / 64)], or an iterable of such batches
        Frames in the order in which the wires carry them.

    Returns
    -------
    Dataset
        Over ``layer``, in the order of `Model.steps`: counts as int64 and the fractions made of
        them, NaN where a layer has no such bits or there are no pairs of frames. Units in attrs,
        and the number of ``frames``.

    Raises
    ------
    InputError
        If a batch has not the shape of the model's input.
    """
    counts = {name: np.zeros(len(model.steps), np.int64) for name in _COUNTS}
    before: list[tuple[WordArray | None, WordArray | None]] = [(None, None)] * len(model.steps)
    frames = 0
    for batch in _batches(words):
        model.check_words(batch)
        frames += len(batch)
        for row, seen in enumerate(layerwise.observe(model, batch)):
            last_input, last_output = before[row]
            counts["input_ones"][row] += _ones(seen.inputs)
            counts["input_toggles"][row] += _toggles(last_input, seen.inputs)
            counts["output_ones"][row] += _ones(seen.words)
            counts["output_toggles"][row] += _toggles(last_output, seen.words)
            counts["matches"][row] += matches(seen)
            before[row] = (_last(seen.inputs), _last(seen.words))
    return _dataset(model, counts, frames)


def matches(seen: Observation) -> int:
    """XNORs of a batch that give 1: an accumulator of K products is ``2 matches - K``."""
    step, layer, inputs = seen.step, seen.step.layer, seen.inputs
    if not isinstance(layer, Weighted):
        return 0
    assert inputs is not None and seen.sums is not None
    if step.before.planes == 1:
        return int((seen.sums + layer.fan_in).sum()) // 2
    # Weighted planes share an accumulator; each is counted alone.
    single = step._replace(
        before=step.before._replace(planes=1), after=step.after._replace(reach=layer.fan_in)
    )
    assert isinstance(layer, Convolution)
    alone = compile_sums(single)
    return sum(
        int((alone.run(inputs[:, k : k + 1], WORDS) + layer.fan_in).sum()) // 2
        for k in range(step.before.planes)
    )


def _batches(words: WordArray | Iterable[WordArray]) -> Iterator[WordArray]:
    for part in [words] if isinstance(words, np.ndarray) else words:
        for start in range(0, len(part), _BATCH):
            yield part[start : start + _BATCH]


def _ones(words: WordArray | None) -> int:
    return 0 if words is None else int(np.bitwise_count(words).sum(dtype=np.int64))


def _toggles(last: WordArray | None, words: WordArray | None) -> int:
    """Bits unlike those of the frame before, also across the border of two batches."""
    if words is None:
        return 0
    across = 0 if last is None else _ones(last ^ words[:1])
    return across + _ones(words[1:] ^ words[:-1])


def _last(words: WordArray | None) -> WordArray | None:
    return None if words is None else words[-1:].copy()


def _input_bits(step: Step) -> int:
    return 0 if step.before.reach else step.before.bits * step.before.planes


def _output_bits(step: Step) -> int:
    return 0 if step.after.reach else step.after.bits


def _dataset(model: Model, counts: dict[str, npt.NDArray[np.int64]], frames: int) -> xr.Dataset:
    steps = model.steps
    done = np.array([products(s) for s in steps], np.int64)
    read = np.array([_input_bits(s) for s in steps], np.int64)
    given = np.array([_output_bits(s) for s in steps], np.int64)
    pairs = max(frames - 1, 0)
    data = {
        "operations": 2 * done,
        "products": done,
        "input_bits": read,
        "output_bits": given,
        **counts,
        "input_ones_fraction": _fraction(counts["input_ones"], read * frames),
        "output_ones_fraction": _fraction(counts["output_ones"], given * frames),
        "input_toggle_fraction": _fraction(counts["input_toggles"], read * pairs),
        "output_toggle_fraction": _fraction(counts["output_toggles"], given * pairs),
        "match_fraction": _fraction(counts["matches"], done * frames),
    }
    return xr.Dataset(
        {
            name: ("layer", values, dict(zip(("units", "long_name"), _UNITS[name], strict=True)))
            for name, values in data.items()
        },
        {"layer": [s.place for s in steps], "kind": ("layer", [s.layer.kind for s in steps])},
        {"frames": frames},
    )


def _fraction(count: npt.NDArray[np.int64], of: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return np.divide(count, of, out=np.full(count.shape, np.nan), where=of > 0)

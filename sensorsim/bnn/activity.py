"""Activity of every layer: exact counts of operations, ones, toggles and matches.

The energy of a circuit depends on its activity. A *toggle* is a bit that differs from the same bit
of the previous frame. A *match* is an XNOR that gives 1, which is what a popcount counts.
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
    "input_bits": ("bit", "input bits of one image, each counted once"),
    "output_bits": ("bit", "output bits of one image"),
    "input_ones": ("bit", "ones among the input bits, all images"),
    "output_ones": ("bit", "ones among the output bits, all images"),
    "input_toggles": ("bit", "input bits that differ from the previous frame, all frame pairs"),
    "output_toggles": ("bit", "output bits that differ from the previous frame, all frame pairs"),
    "matches": ("1", "XNORs that give 1, all images"),
    "input_ones_fraction": ("1", "ones per input bit"),
    "output_ones_fraction": ("1", "ones per output bit"),
    "input_toggle_fraction": ("1", "toggles per input bit and pair of frames"),
    "output_toggle_fraction": ("1", "toggles per output bit and pair of frames"),
    "match_fraction": ("1", "XNORs that give 1 per XNOR"),
}


def measure(model: Model, words: WordArray | Iterable[WordArray]) -> xr.Dataset:
    """Count the activity of every layer over a sequence of frames.

    Parameters
    ----------
    model : Model
        Network to run.
    words : uint64 [N, planes, H, W, ceil(channels / 64)], or an iterable of such batches
        Packed input bits of the frames, in time order.

    Returns
    -------
    Dataset
        Variables over ``layer``, in the order of `Model.steps`: the counts as int64 and their
        fractions as float64. A fraction is NaN where the layer has no such bits or there are no
        pairs of frames. ``units`` and ``long_name`` are in attrs, and so is the number of
        ``frames``.

    Raises
    ------
    InputError
        If a batch does not have the shape of the model's input.
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
    """Count the XNORs of a batch that give 1; an accumulator of K products is ``2 matches - K``.

    Parameters
    ----------
    seen : Observation
        What `sensorsim.bnn.layerwise.observe` gives for one layer.

    Returns
    -------
    int
        Matches of all outputs and images; 0 for a layer without weights.
    """
    step, layer, inputs = seen.step, seen.step.layer, seen.inputs
    if not isinstance(layer, Weighted):
        return 0
    assert inputs is not None and seen.sums is not None
    if step.before.planes == 1:
        return int((seen.sums + layer.fan_in).sum()) // 2
    # Planes of different weights share an accumulator, so count each plane alone.
    single = step._replace(
        before=step.before._replace(planes=1),
        after=step.after._replace(max_accumulator=layer.fan_in),
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
    """Bits that differ from the previous frame; ``last`` is the last frame of the batch before."""
    if words is None:
        return 0
    across = 0 if last is None else _ones(last ^ words[:1])
    return across + _ones(words[1:] ^ words[:-1])


def _last(words: WordArray | None) -> WordArray | None:
    return None if words is None else words[-1:].copy()


def _input_bits(step: Step) -> int:
    return 0 if step.before.max_accumulator else step.before.bits * step.before.planes


def _output_bits(step: Step) -> int:
    return 0 if step.after.max_accumulator else step.after.bits


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

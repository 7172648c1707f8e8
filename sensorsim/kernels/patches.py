"""Gather the receptive fields of narrow layers into packed words.

A layer of few channels, or of groups of a few, leaves most of a pixel's word empty. Its receptive
fields are therefore gathered first: k x k pixels of C channels in k k C / 64 words. A *piece* is a
run of channels that moves together, from one word of a pixel into one word of the field:
``((source >> right) & mask) << left``, in a table of uint64 with the columns

    source    bytes from the field's origin to the word
    right, mask, left

All fields of a band take the same pieces, a word apart, so neighbors are moved together as vectors.
"""

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from sensorsim.kernels.vector import I64, broadcast, load, pointer

COLUMNS = 4
AT_ONCE = 32
"""Neighboring fields gathered at once; the size of a band's patch is a multiple of this."""


@njit(cache=True)
def gather(source, stride, run, pieces, ends, words, patch, pitch, lanes):
    """Gather the words of a run of receptive fields.

    Parameters
    ----------
    source : int64 address
        Origin of the first field.
    stride : int
        Words between the origins of neighbors.
    run : int
        Number of fields.
    pieces : int64 address of uint64 [:, 4]
        Table of pieces.
    ends : int64 address of int64 [words + 1]
        Word t of a field consists of the pieces ``ends[t]`` to ``ends[t + 1] - 1``.
    words : int
        Words of a field.
    patch : int64 address of uint64
        Output; word t of field i is ``t * pitch + i`` words behind.
    pitch : int
        Words from one word of a field to its next.
    lanes : tuple
        As long as vectors have lanes.
    """
    for word in range(words):
        target = patch + 8 * word * pitch
        bounds = ends + 8 * word
        if stride == 1 and run > 1:
            for field in range(0, run, 4 * len(lanes)):
                _gather_neighbors(source + 8 * field, pieces, bounds, target + 8 * field, lanes)
        else:
            for field in range(run):
                _gather_neighbors(
                    source + 8 * field * stride, pieces, bounds, target + 8 * field, ()
                )


@intrinsic
def _gather_neighbors(typing_context, source, pieces, bounds, target, lanes):
    """One word of four vectors of neighbors, or of a single field if there are no lanes."""
    vector = ir.VectorType(I64, max(lanes.count, 1))
    vectors = 4 if lanes.count else 1

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source, pieces, bounds, target, _ = arguments
        zero = ir.Constant(vector, None)
        found = [cgutils.alloca_once_value(builder, zero) for _ in range(vectors)]
        first, last = (load(builder, bounds, I64, i) for i in range(2))
        with cgutils.for_range_slice(builder, first, last, I64(1), intp=I64) as (index, _):
            piece = builder.add(pieces, builder.mul(index, I64(8 * COLUMNS)))
            words = builder.add(source, load(builder, piece, I64, 0))
            right, mask, left = (
                broadcast(builder, load(builder, piece, I64, column), vector)
                for column in range(1, COLUMNS)
            )
            for number, word in enumerate(found):
                value = builder.lshr(load(builder, words, vector, number), right)
                moved = builder.shl(builder.and_(value, mask), left)
                builder.store(builder.or_(builder.load(word), moved), word)
        for number, word in enumerate(found):
            place = builder.gep(pointer(builder, target, vector), [I64(number)])
            builder.store(builder.load(word), place, align=8)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 4, lanes), generate


@njit(cache=True)
def gather_band(step, band, group, source, tables, pieces, patch, lanes):
    """Gather the receptive fields of a band of rows.

    Parameters
    ----------
    step : record of `sensorsim.kernels.interpreter.STEP`
        The convolution.
    band, group : int
        Numbers of the band and of the channel group.
    source : int64 address
        The activation.
    tables, pieces : arrays
        See `sensorsim.kernels.interpreter.run`.
    patch : int64 address of uint64
        Output, see `gather`.
    lanes : tuple
        As long as vectors have lanes.
    """
    whole = band < step.bands - 1
    runs = step.runs if whole else step.last_runs
    run = step.run if whole else step.last_run
    ends = tables.ctypes.data + 8 * (step.pieces + group * (step.steps + 1))
    origin = source + 8 * (step.source_first + band * step.band_line)
    for r in range(runs):
        gather(
            origin + 8 * r * step.run_line, step.stride, run, pieces.ctypes.data, ends, step.steps,
            patch + 8 * r * run, step.pitch, lanes,
        )  # fmt: skip

"""XNOR-popcount along rows: neighboring pixels side by side in one vector, outputs one by one.

A word plane holds a row's pixels one word after another, so a vector of them is one load, and all
of them share the one word that holds the weights of an output. A word is cut into *elements* of 8,
16, 32 or 64 bits, and each element has its own sum. An element holds the channels of one group
(grouped convolutions), or the whole word. The input is not rearranged first. With groups of eight
channels one XOR, popcount and addition of bytes serve eight groups at once.

Sums start at ``-1 - limit`` instead of 0, so that the sign says ``m <= limit`` (m is the number of
mismatches, as in `sensorsim.kernels.xnor`). A *block* is eight outputs, whose sums stay in
registers over all taps. Then their signs are shifted into the word from the right, the last output
first: an element of as many bits as its group has outputs is then full, and the vector is the next
layer's packed words.

Addresses are int64 and count bytes; `sensorsim.kernels.vector` explains ``lanes``. The bytes of an
element and the spacing of fields are also passed as lengths of tuples, for the same reason.
"""

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from sensorsim.kernels.patches import gather_band
from sensorsim.kernels.vector import (
    I32,
    I64,
    broadcast,
    load,
    pointer,
    popcount,
    shift_in_sign,
    sum_bytes,
    sums_bytes,
)
from sensorsim.kernels.xnor import OUTPUTS

SPACINGS = (1, 2)
"""Supported distances, in pixels, from one field of a row to the next."""
MAX_BYTE_TAPS = 31
"""Most taps whose mismatches, eight each, fit a byte; larger layers are not cut into elements."""
_WORD_BLOCKS = 64 // OUTPUTS
_BYTE, _HALF, _SINGLE, _DOUBLE = ((0,) * size for size in (1, 2, 4, 8))
_NEXT, _SECOND = (0,), (0, 0)


@njit(cache=True)
def at_once(lanes, size):
    """Pixels per vector: as many as lanes, but at least two if words are cut into elements.

    Parameters
    ----------
    lanes : int
        64-bit lanes of a vector.
    size : int
        Bytes of an element.

    Returns
    -------
    int
        Number of pixels.
    """
    return max(lanes, 2) if size < 8 else lanes


@njit(cache=True)
def convolve_rows(step, tables, pieces, weights, source, target, arena, lanes):
    """Binary convolution: loop over bands of rows, groups, words of 64 outputs, then rows.

    Parameters
    ----------
    step : record of `sensorsim.kernels.interpreter.STEP`
        The convolution.
    tables, pieces, weights : arrays
        See `sensorsim.kernels.interpreter.run`.
    source, target : int
        Bytes from the arena's start to the image's input and output activations.
    arena : uint64 [words]
        The worker's own memory.
    lanes : tuple
        As long as vectors have lanes.
    """
    base = arena.ctypes.data
    words = (step.blocks + _WORD_BLOCKS - 1) // _WORD_BLOCKS
    for band in range(step.bands):
        first = band * step.band_rows
        rows = min(step.band_rows, step.height - first)
        for group in range(step.groups):
            if step.gathered:
                x = base + step.patch
                gather_band(step, band, group, base + source, tables, pieces, x, lanes)
            else:
                x = base + source + group * step.group_step + 8 * step.source_first
                x += first * step.row_bytes
            for word in range(words):
                block = group * step.blocks + word * _WORD_BLOCKS
                place = group * words + word
                start = step.target_first + first * step.target_line + place * step.target_plane
                _convolve_word(
                    step, x, rows, tables.ctypes.data,
                    weights.ctypes.data + 8 * step.weights + block * step.kernel_bytes,
                    tables.ctypes.data + 8 * (step.limits + block * OUTPUTS),
                    min(_WORD_BLOCKS, step.blocks - word * _WORD_BLOCKS),
                    tables[step.inverted + place], base + target + 8 * start, lanes,
                )  # fmt: skip


@njit(cache=True)
def _convolve_word(step, x, rows, tables, kernel, starts, blocks, flip, out, lanes):
    """One word of outputs of some rows, in elements of the step's size."""
    if step.element == 8:
        _space_word(step, x, rows, tables, kernel, starts, blocks, flip, out, lanes, _BYTE)
    elif step.element == 16:
        _space_word(step, x, rows, tables, kernel, starts, blocks, flip, out, lanes, _HALF)
    elif step.element == 32:
        _space_word(step, x, rows, tables, kernel, starts, blocks, flip, out, lanes, _SINGLE)
    else:
        _space_word(step, x, rows, tables, kernel, starts, blocks, flip, out, lanes, _DOUBLE)


@njit(cache=True)
def _space_word(step, x, rows, tables, kernel, starts, blocks, flip, out, lanes, size):
    if step.spacing == 1:
        _convolve_lines(
            step, x, rows, tables, kernel, starts, blocks, flip, out, lanes, size, _NEXT
        )
    else:
        _convolve_lines(
            step, x, rows, tables, kernel, starts, blocks, flip, out, lanes, size, _SECOND
        )


@njit(cache=True)
def _convolve_lines(step, x, rows, tables, kernel, starts, blocks, flip, out, lanes, size, spacing):
    """Row after row, a vector of pixels at once."""
    taps = tables + 8 * step.taps
    for row in range(rows):
        fields = x + row * step.row_bytes
        line = out + 8 * row * step.target_line
        for pixel in range(0, step.width, at_once(len(lanes), len(size))):
            _limit_word(
                fields + 8 * pixel * len(spacing), taps, step.steps, kernel, starts, blocks, flip,
                line + 8 * pixel, step.width - pixel, lanes, size, spacing,
            )  # fmt: skip


@intrinsic
def _limit_word(
    typing_context, x, taps, steps, weights, starts, blocks, flip, out, count, lanes, size, spacing
):
    """Bits of one word of outputs for a vector of neighboring fields.

    Parameters
    ----------
    x : the first field's origin; what lies behind the last field is read, but not used
    taps : int64 [steps], bytes from an origin
    weights : uint64 [blocks, steps, 8], the outputs from last to first
    starts : int64 [blocks, 8], -1 - limit in every element
    flip : the word is inverted by this, int64
    out : uint64 [count]
    count : fields that there are; of more than a vector holds the first ones are meant
    size : tuple as long as elements have bytes
    spacing : tuple as long as the fields' distance in words
    """
    pixels = at_once.py_func(lanes.count, size.count)
    vector = ir.VectorType(I64, pixels)
    elements = ir.VectorType(ir.IntType(8 * size.count), pixels * 8 // size.count)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        x, taps, steps, weights, starts, blocks, flip, out, count, *_ = arguments
        bits = cgutils.alloca_once_value(builder, ir.Constant(elements, None))
        with cgutils.for_range(builder, blocks, intp=I64) as loop:
            first = builder.mul(loop.index, I64(8 * OUTPUTS))
            totals = _block(
                builder, (x, taps, steps, builder.add(weights, builder.mul(first, steps))),
                builder.add(starts, first), elements, pixels, spacing.count,
            )  # fmt: skip
            for total in totals:
                builder.store(shift_in_sign(builder, builder.load(bits), total), bits)
        words = builder.bitcast(builder.load(bits), vector)
        words = builder.xor(words, broadcast(builder, flip, vector))
        _store_words(builder, words, out, count)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 9, lanes, size, spacing), generate


def _block(
    builder: Any, field: tuple[Any, ...], starts: Any, elements: Any, pixels: int, spacing: int
) -> list[Any]:
    """Sums of eight outputs, including their starts; LLVM keeps the variables in registers."""
    vector = ir.VectorType(I64, pixels)
    begin = [
        builder.bitcast(broadcast(builder, load(builder, starts, I64, i), vector), elements)
        for i in range(OUTPUTS)
    ]
    steps = field[2]
    if not _in_bytes(elements, pixels):
        sums = [cgutils.alloca_once_value(builder, start) for start in begin]
        _add_taps(builder, field, (I64(0), steps), sums, vector, spacing)
        return [builder.load(total) for total in sums]
    if elements.element.width < 64:  # few taps: the sums in bytes suffice
        found = _count_in_bytes(builder, field, (I64(0), steps), elements, vector, spacing)
        return [builder.add(start, count) for start, count in zip(begin, found, strict=True)]
    sums = [cgutils.alloca_once_value(builder, start) for start in begin]
    part = I64(MAX_BYTE_TAPS)
    with cgutils.for_range_slice(builder, I64(0), steps, part, intp=I64) as (first, _):
        last = builder.add(first, part)
        last = builder.select(builder.icmp_signed("<", last, steps), last, steps)
        found = _count_in_bytes(builder, field, (first, last), elements, vector, spacing)
        for total, count in zip(sums, found, strict=True):
            builder.store(builder.add(builder.load(total), count), total)
    return [builder.load(total) for total in sums]


def _count_in_bytes(
    builder: Any, field: tuple[Any, ...], part: tuple[Any, Any], elements: Any, vector: Any,
    spacing: int,
) -> list[Any]:  # fmt: skip
    """Mismatches of at most MAX_BYTE_TAPS taps, as elements."""
    zero = ir.Constant(ir.VectorType(ir.IntType(8), 8 * vector.count), None)
    counts = [cgutils.alloca_once_value(builder, zero) for _ in range(OUTPUTS)]
    _add_taps(builder, field, part, counts, vector, spacing)
    return [_widen(builder, builder.load(count), elements) for count in counts]


def _in_bytes(elements: Any, pixels: int) -> bool:
    """Whether mismatches are counted in bytes, which become elements once for many taps.

    Eight lanes have instructions for popcounts of every size. Without them a popcount of bytes is
    the cheapest, and that of a word, in plain 64-bit words.
    """
    if elements.element.width == 64:
        return pixels == 4 and sums_bytes()
    return elements.element.width > 8 and pixels < 8


def _add_taps(
    builder: Any, field: tuple[Any, ...], part: tuple[Any, Any], sums: list[Any], vector: Any,
    spacing: int,
) -> None:  # fmt: skip
    """Add the mismatches of some taps, from a first one to before a last one, to eight sums."""
    x, taps, _, weights = field
    first, last = part
    with cgutils.for_range_slice(builder, first, last, I64(1), intp=I64) as (tap, _):
        place = builder.add(x, load(builder, taps, I64, tap))
        words = _load_words(builder, place, vector, spacing)
        output = builder.mul(tap, I64(OUTPUTS))
        for i, total in enumerate(sums):
            weight = load(builder, weights, I64, builder.add(output, I64(i)))
            difference = builder.xor(words, broadcast(builder, weight, vector))
            old = builder.load(total)
            found = popcount(builder, builder.bitcast(difference, old.type))
            builder.store(builder.add(old, found), total)


def _widen(builder: Any, counts: Any, elements: Any) -> Any:
    """Add the bytes of each element."""
    if elements.element.width == 64:
        return sum_bytes(builder, counts)
    while counts.type != elements:
        half = counts.type.element.width
        wide = ir.VectorType(ir.IntType(2 * half), counts.type.count // 2)
        pairs = builder.bitcast(counts, wide)
        low = builder.and_(pairs, ir.Constant(wide, [2**half - 1] * wide.count))
        counts = builder.add(low, builder.lshr(pairs, ir.Constant(wide, [half] * wide.count)))
    return counts


def _load_words(builder: Any, place: Any, vector: Any, spacing: int) -> Any:
    """Words of neighboring fields from an address on: each word, or every second one."""
    parts = [load(builder, place, vector, i) for i in range(spacing)]
    if spacing == 1:
        return parts[0]
    chosen = [I32(spacing * i) for i in range(vector.count)]
    indices = ir.Constant(ir.VectorType(I32, vector.count), chosen)
    return builder.shuffle_vector(*parts, indices)


def _store_words(builder: Any, words: Any, out: Any, count: Any) -> None:
    """Store a vector, or its first ``count`` words; other pixels lie behind them."""
    lanes = words.type.count
    full = builder.icmp_signed(">=", count, I64(lanes))
    with builder.if_else(full, likely=True) as (whole, part):
        with whole:
            builder.store(words, pointer(builder, out, words.type), align=8)
        with part:
            for lane in range(lanes - 1):
                with builder.if_then(builder.icmp_signed(">", count, I64(lane))):
                    place = builder.gep(pointer(builder, out, I64), [I64(lane)])
                    builder.store(builder.extract_element(words, I32(lane)), place, align=8)

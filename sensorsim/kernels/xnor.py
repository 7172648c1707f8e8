"""XNOR-popcount: a few receptive fields against eight outputs, with all sums in registers.

All sums are counts of mismatches, ``m = popcount(x XOR w)``. Over K bipolar products the
accumulator is ``K - 2 m``, so a threshold on the accumulator is a limit on m. Unused bits are 0 in
activations and weights alike, and so never count.

A receptive field is a list of words at *taps*, byte offsets that all fields of a layer share, from
an *origin*, a byte offset of its own. These two tables encode kernel size, stride, groups and image
width, and the padding of -1 is stored in memory around the image, so the code does not branch. One
word is broadcast and compared with the weights of eight outputs at once. Eight outputs make one
byte of the next layer's packed words.

Codes of several bits use the same scheme: where L = 2**planes - 1 is the largest code, a weight of
+1 mismatches a code c by L - c, which is ``c XOR L``, and a weight of -1 by c, which is
``c XOR 0``. So the planes need not be counted one by one with weights 2**k.

All arguments are addresses, int64, and numbers; `sensorsim.kernels.vector` explains ``lanes``.
"""

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from sensorsim.kernels.vector import I8, I32, I64, broadcast, load, pointer, popcount

OUTPUTS = 8
"""Outputs of a block: the bits of a byte."""
CODE_OUTPUTS = 16
"""Outputs of a block over codes: 16-bit lanes of a 256-bit register."""
CODE_PIXELS = 4
MAX_CODE_MISMATCHES = 2**15 - 1


@intrinsic
def limit_block(
    typing_context, x, origins, taps, steps, weights, limits, inverted, out, places, lanes
):
    """Bits of one block of outputs for as many receptive fields as there are lanes.

    Parameters
    ----------
    typing_context : object
        Passed by Numba, not by the caller.
    x : int64 address of uint64
        Activations, from which origins count.
    origins : int64 address of int64 [lanes]
        Bytes from ``x`` to each field.
    taps : int64 address of int64 [steps]
        Bytes from an origin to each word of a field.
    steps : int
        Words of a field.
    weights : int64 address of uint64 [steps, 8]
        Packed weights.
    limits : int64 address of int64 [8]
        Bit = (mismatches <= limit) XOR inverted.
    inverted : int64 address of uint8
        Bits to invert.
    out : int64 address of uint8
        Output: one byte for each field.
    places : int64 address of int64 [lanes]
        Bytes from ``out`` to each field's byte.
    lanes : tuple
        As long as vectors have lanes.

    Returns
    -------
    None
        The bits are written to ``out``.
    """
    vector = ir.VectorType(I64, lanes.count)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        *field, limits, inverted, out, places, _ = arguments
        totals = _mismatches(builder, field, lanes.count, vector, OUTPUTS, popcount)
        flip = load(builder, inverted, I8)
        _store_bits(builder, totals, limits, flip, out, places)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 9, lanes), generate


@intrinsic
def count_block(typing_context, x, origins, taps, steps, weights, used, shift, out, places, lanes):
    """Add mismatches, times ``2**shift``, to the counts of one block of outputs.

    Parameters
    ----------
    typing_context : object
        Passed by Numba, not by the caller.
    x, origins, taps, steps, weights : int64
        As for `limit_block`.
    used : int64 address of int64 [8]
        -1, or 0 for an unused output of the block.
    shift : int
        Power of two of the counts.
    out : int64 address of int32
        Counts: eight for each field.
    places : int64 address of int64 [lanes]
        Bytes from ``out`` to each field's counts.
    lanes : tuple
        As long as vectors have lanes.

    Returns
    -------
    None
        The counts are added to those at ``out``.
    """
    vector = ir.VectorType(I64, lanes.count)
    narrow = ir.VectorType(I32, lanes.count)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        *field, used, shift, out, places, _ = arguments
        totals = _mismatches(builder, field, lanes.count, vector, OUTPUTS, popcount)
        shifts = broadcast(builder, shift, vector)
        for pixel, row in enumerate(totals):
            place = builder.add(out, load(builder, places, I64, pixel))
            for part, total in enumerate(row):
                wanted = builder.and_(total, load(builder, used, vector, part))
                added = builder.trunc(builder.shl(wanted, shifts), narrow)
                old = load(builder, place, narrow, part)
                target = builder.gep(pointer(builder, place, narrow), [I64(part)])
                builder.store(builder.add(old, added), target, align=4)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 9, lanes), generate


@intrinsic
def limit_code_block(
    typing_context, x, origins, taps, steps, weights, limits, inverted, out, places
):
    """Bits of sixteen outputs for four receptive fields of codes.

    Parameters
    ----------
    typing_context : object
        Passed by Numba, not by the caller.
    x : int64 address of int16
        Codes, from which origins count.
    origins : int64 address of int64 [4]
        Bytes from ``x`` to each field.
    taps : int64 address of int64 [steps]
        Bytes from an origin to each code of a field.
    steps : int
        Codes of a field.
    weights : int64 address of int16 [steps, 16]
        The largest code for a weight of +1, 0 for -1.
    limits : int64 address of int16 [16]
        Bit = (mismatches <= limit) XOR inverted.
    inverted : int64 address of uint16
        Bits to invert.
    out : int64 address of uint16
        Output: sixteen bits for each field.
    places : int64 address of int64 [4]
        Bytes from ``out`` to each field's bits.

    Returns
    -------
    None
        The bits are written to ``out``.
    """
    vector = ir.VectorType(ir.IntType(16), CODE_OUTPUTS)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        *field, limits, inverted, out, places = arguments
        totals = _mismatches(
            builder, field, CODE_PIXELS, vector, CODE_OUTPUTS, lambda _, difference: difference
        )
        flip = load(builder, inverted, ir.IntType(CODE_OUTPUTS))
        _store_bits(builder, totals, limits, flip, out, places)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 9), generate


def _mismatches(
    builder: Any, field: list[Any], pixels: int, vector: Any, outputs: int, measure: Any
) -> list[list[Any]]:
    """Sum ``measure(x XOR w)`` over the taps: for each pixel, vectors that hold the outputs.

    LLVM turns the variables into registers.
    """
    x, origins, taps, steps, weights = field
    fields = [builder.add(x, load(builder, origins, I64, pixel)) for pixel in range(pixels)]
    parts = range(outputs // vector.count)
    zero = ir.Constant(vector, None)
    sums = [[cgutils.alloca_once_value(builder, zero) for _ in parts] for _ in fields]
    with cgutils.for_range(builder, steps, intp=I64) as loop:
        offset = load(builder, taps, I64, loop.index)
        first = builder.mul(loop.index, I64(len(parts)))
        kernel = [load(builder, weights, vector, builder.add(first, I64(part))) for part in parts]
        for start, row in zip(fields, sums, strict=True):
            element = load(builder, builder.add(start, offset), vector.element)
            values = broadcast(builder, element, vector)
            for total, weight in zip(row, kernel, strict=True):
                difference = measure(builder, builder.xor(values, weight))
                builder.store(builder.add(builder.load(total), difference), total)
    return [[builder.load(total) for total in row] for row in sums]


def _store_bits(
    builder: Any, totals: list[list[Any]], limits: Any, flip: Any, out: Any, places: Any
) -> None:
    """Compare with the limits, gather the bits of a block, flip some and store them."""
    whole = flip.type
    for pixel, row in enumerate(totals):
        bits = flip
        for part, total in enumerate(row):
            count = total.type.count
            below = builder.icmp_signed("<=", total, load(builder, limits, total.type, part))
            mask = builder.bitcast(below, ir.IntType(count))
            if count < whole.width:
                mask = builder.shl(builder.zext(mask, whole), whole(part * count))
            bits = builder.xor(bits, mask)
        place = builder.add(out, load(builder, places, I64, pixel))
        builder.store(bits, pointer(builder, place, whole), align=1)

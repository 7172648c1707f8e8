"""Explicit LLVM vectors of a chosen width, and the width that this machine supports.

LLVM does not vectorize XNOR-popcount by itself; the functions here emit vector code. A width is a
number of 64-bit *lanes*: 8 is AVX-512, 4 is AVX2, and 1 is plain 64-bit words, which every machine
has. All give the same bits.

Kernels receive the lanes as the length of a tuple, ``(0,) * lanes``: it is part of the tuple's
type, so Numba compiles a kernel once for each width that is used.
"""

from functools import cache
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core.registry import cpu_target
from numba.extending import intrinsic

LANES = (8, 4, 1)
I8, I32, I64 = ir.IntType(8), ir.IntType(32), ir.IntType(64)
_REGISTERS = {8: "zmm", 4: "ymm"}
_PROBE = """
define <{lanes} x i64> @probe(<{lanes} x i64> %a, <{lanes} x i64> %b) {{
    %c = xor <{lanes} x i64> %a, %b
    ret <{lanes} x i64> %c
}}
"""
_POPCOUNT_PROBE = """
declare <4 x i64> @llvm.ctpop.v4i64(<4 x i64>)
define <4 x i64> @probe(<4 x i64> %a) {
    %b = call <4 x i64> @llvm.ctpop.v4i64(<4 x i64> %a)
    ret <4 x i64> %b
}
"""


@cache
def machine_lanes() -> int:
    """Widest vectors of the processor that Numba compiles for.

    It compiles a probe, because ``NUMBA_CPU_NAME`` may name a processor whose features only LLVM
    knows.

    Returns
    -------
    int
        64-bit lanes: 8, 4 or 1.
    """
    for lanes, register in _REGISTERS.items():
        if register in _assembly(_PROBE.format(lanes=lanes)):
            return lanes
    return 1


@cache
def sums_bytes() -> bool:
    """Whether LLVM counts the bits of four words by adding bytes, with AVX2's ``vpsadbw``.

    Returns
    -------
    bool
        True if it does on the processor that Numba compiles for.
    """
    code = _assembly(_POPCOUNT_PROBE)
    return any("vpsadbw" in line and "ymm" in line for line in code.splitlines())


def _assembly(code: str) -> str:
    """Assembly of some LLVM code for the processor that Numba compiles for."""
    triple, processor, features = cpu_target.target_context.codegen().magic_tuple()
    machine = llvm.Target.from_triple(triple).create_target_machine(processor, features)
    return str(machine.emit_assembly(llvm.parse_assembly(code)))


def pointer(builder: Any, address: Any, kind: Any) -> Any:
    """Convert an address to a pointer.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Emits the instruction.
    address : ir.Value, i64
        Address, bytes.
    kind : ir.Type
        Type pointed to.

    Returns
    -------
    ir.Value
        Pointer to ``kind``.
    """
    return builder.inttoptr(address, kind.as_pointer())


def load(builder: Any, address: Any, kind: Any, index: Any = 0) -> Any:
    """Load an element, or a vector, of an array.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Emits the instructions.
    address : ir.Value, i64
        Address of the array, bytes; aligned to its elements, not to vectors.
    kind : ir.Type
        Integer or vector type of the result.
    index : int or ir.Value, i64
        Position in units of ``kind``.

    Returns
    -------
    ir.Value
        Value of type ``kind``.
    """
    position = I64(index) if isinstance(index, int) else index
    place = builder.gep(pointer(builder, address, kind), [position])
    element = kind.element if isinstance(kind, ir.VectorType) else kind
    return builder.load(place, align=element.width // 8)


def broadcast(builder: Any, scalar: Any, vector: Any) -> Any:
    """Copy a scalar to every lane of a vector.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Emits the instructions.
    scalar : ir.Value
        Value of the vector's element type.
    vector : ir.VectorType
        Type of the result.

    Returns
    -------
    ir.Value
        Value of type ``vector``.
    """
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, scalar, I32(0))
    everywhere = ir.Constant(ir.VectorType(I32, vector.count), [0] * vector.count)
    return builder.shuffle_vector(first, undefined, everywhere)


def popcount(builder: Any, vector: Any) -> Any:
    """Number of set bits in every lane; LLVM expands it where the machine lacks an instruction.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Emits the instruction.
    vector : ir.Value
        Vector of integers.

    Returns
    -------
    ir.Value
        Counts, of the type of ``vector``.
    """
    kind = vector.type
    name = f"llvm.ctpop.v{kind.count}i{kind.element.width}"
    return _call(builder, name, kind, vector)


def shift_in_sign(builder: Any, vector: Any, signed: Any) -> Any:
    """Shift every lane left by one bit; the lowest becomes the sign of another vector's lane.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Emits the instruction.
    vector : ir.Value
        Vector of integers.
    signed : ir.Value
        Vector of the same type, whose signs are shifted in.

    Returns
    -------
    ir.Value
        Vector of the same type.
    """
    kind = vector.type
    name = f"llvm.fshl.v{kind.count}i{kind.element.width}"
    return _call(builder, name, kind, vector, signed, ir.Constant(kind, [1] * kind.count))


def sum_bytes(builder: Any, vector: Any) -> Any:
    """Sum the eight bytes of each of four words; only if `sums_bytes`.

    Parameters
    ----------
    builder : llvmlite.ir.IRBuilder
        Emits the instruction.
    vector : ir.Value, 32 x i8
        Bytes.

    Returns
    -------
    ir.Value, 4 x i64
        Sums.
    """
    words = ir.VectorType(I64, 4)
    zero = ir.Constant(vector.type, None)
    return _call(builder, "llvm.x86.avx2.psad.bw", words, vector, zero)


def _call(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    """Call an LLVM intrinsic."""
    function = builder.module.globals.get(name) or ir.Function(
        builder.module, ir.FunctionType(result, [each.type for each in arguments]), name
    )
    return builder.call(function, arguments)


@intrinsic
def count_ones(typing_context, word):
    """Number of set bits.

    Parameters
    ----------
    typing_context : object
        Passed by Numba, not by the caller.
    word : uint64
        Word.

    Returns
    -------
    int64
        0 to 64.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@intrinsic
def claim(typing_context, counter):
    """Increment a counter atomically and return its old value, so that no two threads get the same.

    Parameters
    ----------
    typing_context : object
        Passed by Numba, not by the caller.
    counter : int64 address of int64
        The counter.

    Returns
    -------
    int64
        Value before the increment.
    """

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("add", pointer(builder, arguments[0], I64), I64(1), "monotonic")

    return types.int64(types.int64), generate

"""Vectors of a chosen width, in LLVM's own terms, and the width that this machine has.

Numba leaves the choice of vectors to LLVM, which finds none for XNOR-popcount. The functions here
write them out. A width is its number of 64-bit *lanes*: 8 is AVX-512, 4 is AVX2, and 1 is plain
64-bit words, which every machine has. All give the same bits.

The lanes travel through kernels as the length of a tuple, ``(0,) * lanes``: it belongs to the
tuple's type, so Numba compiles a kernel once for each width that is used.
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
    """The widest vectors of the processor that Numba compiles for.

    The compiler is asked, because ``NUMBA_CPU_NAME`` may name a processor whose features only LLVM
    knows.
    """
    for lanes, register in _REGISTERS.items():
        if register in _assembly(_PROBE.format(lanes=lanes)):
            return lanes
    return 1


@cache
def sums_bytes() -> bool:
    """Whether LLVM counts the bits of four words by adding bytes, with AVX2's ``vpsadbw``."""
    code = _assembly(_POPCOUNT_PROBE)
    return any("vpsadbw" in line and "ymm" in line for line in code.splitlines())


def _assembly(code: str) -> str:
    """Assembly of some LLVM code for the processor that Numba compiles for."""
    triple, processor, features = cpu_target.target_context.codegen().magic_tuple()
    machine = llvm.Target.from_triple(triple).create_target_machine(processor, features)
    return str(machine.emit_assembly(llvm.parse_assembly(code)))


def pointer(builder: Any, address: Any, kind: Any) -> Any:
    """An address, an i64, as a pointer to a type."""
    return builder.inttoptr(address, kind.as_pointer())


def load(builder: Any, address: Any, kind: Any, index: Any = 0) -> Any:
    """Element ``index`` of an array of elements, or of vectors, behind an address."""
    position = I64(index) if isinstance(index, int) else index
    place = builder.gep(pointer(builder, address, kind), [position])
    element = kind.element if isinstance(kind, ir.VectorType) else kind
    return builder.load(place, align=element.width // 8)


def broadcast(builder: Any, scalar: Any, vector: Any) -> Any:
    """A vector that holds a scalar in every lane."""
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, scalar, I32(0))
    everywhere = ir.Constant(ir.VectorType(I32, vector.count), [0] * vector.count)
    return builder.shuffle_vector(first, undefined, everywhere)


def popcount(builder: Any, vector: Any) -> Any:
    """Set bits of every lane; LLVM spells it out where the machine has no instruction for it."""
    kind = vector.type
    name = f"llvm.ctpop.v{kind.count}i{kind.element.width}"
    return _call(builder, name, kind, vector)


def shift_in_sign(builder: Any, vector: Any, signed: Any) -> Any:
    """Every lane shifted left by one bit, its lowest now the sign of another vector's lane."""
    kind = vector.type
    name = f"llvm.fshl.v{kind.count}i{kind.element.width}"
    return _call(builder, name, kind, vector, signed, ir.Constant(kind, [1] * kind.count))


def sum_bytes(builder: Any, vector: Any) -> Any:
    """Sum of the eight bytes of each of four words; only if `sums_bytes`."""
    words = ir.VectorType(I64, 4)
    zero = ir.Constant(vector.type, None)
    return _call(builder, "llvm.x86.avx2.psad.bw", words, vector, zero)


def _call(builder: Any, name: str, result: Any, *arguments: Any) -> Any:
    """Call a function of LLVM's own."""
    function = builder.module.globals.get(name) or ir.Function(
        builder.module, ir.FunctionType(result, [each.type for each in arguments]), name
    )
    return builder.call(function, arguments)


@intrinsic
def count_ones(typing_context, word):
    """Set bits of a uint64, as int64."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@intrinsic
def claim(typing_context, counter):
    """Take the number behind an address and leave the next one; no two threads get the same."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.atomic_rmw("add", pointer(builder, arguments[0], I64), I64(1), "monotonic")

    return types.int64(types.int64), generate

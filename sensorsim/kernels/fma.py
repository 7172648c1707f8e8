"""Fused multiply-add: a polynomial costs one instruction a term and rounds the same everywhere.

LLVM never fuses a product and a sum of its own accord, and it must not: the result would depend on
the machine. Written out, ``fma`` is exact by IEEE 754 and vectorizes.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic
def fma(typing_context, a, b, c):
    """``a * b + c`` of three float32 numbers with one rounding."""
    signature = types.float32(types.float32, types.float32, types.float32)

    def generate(context, builder, signature, arguments):
        single = ir.FloatType()
        function = builder.module.declare_intrinsic(
            "llvm.fma", [single], ir.FunctionType(single, [single] * 3)
        )
        return builder.call(function, arguments)

    return signature, generate

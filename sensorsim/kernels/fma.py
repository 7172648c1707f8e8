"""Fused multiply-add: one instruction per term of a polynomial, and the same rounding everywhere.

LLVM does not fuse a product and a sum unless asked, since the result would depend on the machine.
An explicit ``fma`` is exact by IEEE 754 and vectorizes.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic
def fma(typing_context, a, b, c):
    """``a * b + c`` with one rounding.

    Parameters
    ----------
    typing_context : object
        Passed by Numba, not by the caller.
    a, b, c : float32
        Factors and summand.

    Returns
    -------
    float32
        The result, rounded once.
    """
    signature = types.float32(types.float32, types.float32, types.float32)

    def generate(context, builder, signature, arguments):
        single = ir.FloatType()
        function = builder.module.declare_intrinsic(
            "llvm.fma", [single], ir.FunctionType(single, [single] * 3)
        )
        return builder.call(function, arguments)

    return signature, generate

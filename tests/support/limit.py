"""What this machine can do at most: xor, popcount and add on registers, and nothing else."""

from typing import Any

from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from sensorsim.kernels.vector import I64, broadcast, machine_lanes, popcount

BLOCKS = (6, 12, 16, 24)
"""Sums in flight: enough to hide the latency of an instruction, few enough for the registers. Which
is best depends on the machine; the limit is the best of all."""
SUMS = 240 * 1333


@intrinsic
def _spin(typing_context, steps, seed, lanes, block):
    """``sum += popcount(sum XOR w)``, which no compiler can shorten."""
    vector = ir.VectorType(I64, lanes.count)

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        steps, seed, *_ = arguments
        weights = broadcast(builder, seed, vector)
        starts = [broadcast(builder, builder.add(seed, I64(i)), vector) for i in range(block.count)]
        sums = [cgutils.alloca_once_value(builder, start) for start in starts]
        with cgutils.for_range(builder, steps, intp=I64):
            for total in sums:
                value = builder.load(total)
                count = popcount(builder, builder.xor(value, weights))
                builder.store(builder.add(value, count), total)
        total = builder.load(sums[0])
        for other in sums[1:]:
            total = builder.add(total, builder.load(other))
        return builder.extract_element(total, ir.IntType(32)(0))

    return types.int64(types.int64, types.int64, lanes, block), generate


@njit
def _run(steps, lanes, block):
    return _spin(steps, 1, lanes, block)


def spin(block: int) -> None:
    """Do PRODUCTS XNORs and counts, on one thread; every block divides them."""
    _run(SUMS // block, (0,) * machine_lanes(), (0,) * block)


PRODUCTS = SUMS * machine_lanes() * 64

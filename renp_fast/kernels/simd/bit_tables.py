"""Tables of sixteen numbers, by the first bits of a number, and its power of two: what logarithms need."""

from typing import Any

import numpy as np
from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from renp_fast.kernels.simd.vectors import AVX512, DOUBLE, DOUBLES, INT, LANES, LONG, LONGS, VECTOR, llvm_call

# A positive number a is 2^k m with 43/64 <= m < 43/32, which one of 16 intervals holds; their middles, less 1: below 1
# they are 1/32 wide and above 1/16, as the first bits of a float64 have it, and the one of 1 itself has half of each
TABLE_CENTRES = np.concatenate([np.arange(-10, 0) / 32.0, np.arange(6) / 16.0])


@intrinsic  # type: ignore[untyped-decorator]
def scale_to_one(_typing: Any, a: types.Type) -> Any:
    """(place in a table of 16 as of `TABLE_CENTRES`, 2^52 k, 2^-k) for a = 2^k m, a normal positive number.

    The place is for `look_up` alone; the factor 2^52 spares a shift.
    """

    def build(context: Any, builder: ir.IRBuilder, call: Any, args: list[ir.Value]) -> ir.Value:
        wide = a == VECTOR
        whole, real = (LONGS, DOUBLES) if wide else (LONG, DOUBLE)

        def number(value: int) -> ir.Constant:
            return ir.Constant(whole, [value] * LANES if wide else value)

        bits = builder.sub(builder.bitcast(args[0], whole), number(0x3FE58 << 44))
        place = builder.lshr(bits, number(48))
        exponent = builder.and_(bits, number(-1 << 52))
        scale = builder.sub(number(0x3FF << 52), exponent)
        parts = [builder.bitcast(place, real), builder.sitofp(exponent, real), builder.bitcast(scale, real)]
        return context.make_tuple(builder, call.return_type, parts)

    return types.Tuple((a, a, a))(a), build  # type: ignore[attr-defined]


@intrinsic  # type: ignore[untyped-decorator]
def look_up(_typing: Any, table: types.Type, a: types.Type) -> Any:
    """Entry of a table of 16 numbers whose place is in the last four bits of ``a``."""

    def build(context: Any, builder: ir.IRBuilder, call: Any, args: list[ir.Value]) -> ir.Value:
        data = context.make_array(call.args[0])(context, builder, args[0]).data
        if a != VECTOR:
            place = builder.and_(builder.bitcast(args[1], LONG), LONG(15))
            return builder.load(builder.gep(data, [place]))
        bits = builder.bitcast(args[1], LONGS)
        if AVX512:
            halves = [
                builder.load(builder.bitcast(builder.gep(data, [LONG(start)]), DOUBLES.as_pointer()), align=8)
                for start in (0, LANES)
            ]
            return llvm_call(builder, "llvm.x86.avx512.vpermi2var.pd.512", DOUBLES, halves[0], bits, halves[1])
        result = ir.Constant(DOUBLES, ir.Undefined)
        for lane in range(LANES):
            place = builder.and_(builder.extract_element(bits, INT(lane)), LONG(15))
            result = builder.insert_element(result, builder.load(builder.gep(data, [place])), INT(lane))
        return result

    return a(table, a), build

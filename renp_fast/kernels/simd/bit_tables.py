"""Tables of sixteen numbers, by the first bits of a number, and its power of two: what logarithms need."""

import math
from typing import Any

import numpy as np
from llvmlite import ir

from renp_fast.kernels.simd.tracing import DOUBLE, INT, LONG, Number, llvm_call, traced
from renp_fast.kernels.simd.vectors import AVX512, DOUBLES, LANES
from renp_fast.kernels.types import Array

# A positive number a is 2^k m with 43/64 <= m < 43/32, which one of 16 intervals holds; their middles, less 1: below 1
# they are 1/32 wide and above 1/16, as the first bits of a float64 have it, and the one of 1 itself has half of each
TABLE_CENTRES = np.concatenate([np.arange(-10, 0) / 32.0, np.arange(6) / 16.0])


@traced
def scale_to_one(a: float) -> tuple[Any, float, float]:
    """(place in a table of 16 as of `TABLE_CENTRES`, 2^52 k, 2^-k) for a = 2^k m, a normal positive number.

    The place is for `look_up` alone; the factor 2^52 spares a shift.
    """
    if not isinstance(a, Number):
        m, k = math.frexp(a)
        if m < 43.0 / 64.0:
            m, k = 2.0 * m, k - 1
        first = int(np.float64(m).view(np.int64)) - (0x3FE58 << 44)
        return first >> 48, 2.0**52 * k, 2.0**-k
    builder = a.builder
    whole, real = (ir.VectorType(LONG, a.lanes), a.value.type) if a.lanes else (LONG, DOUBLE)

    def number(value: int) -> ir.Constant:
        return ir.Constant(whole, [value] * a.lanes if a.lanes else value)

    bits = builder.sub(builder.bitcast(a.value, whole), number(0x3FE58 << 44))
    place = builder.lshr(bits, number(48))
    exponent = builder.and_(bits, number(-1 << 52))
    scale = builder.sub(number(0x3FF << 52), exponent)
    parts = builder.bitcast(place, real), builder.sitofp(exponent, real), builder.bitcast(scale, real)
    return tuple(Number(builder, part) for part in parts)


def look_up(table: Array, place: Any) -> float:
    """Entry of a constant table of 16 numbers at a place of `scale_to_one`, for traced functions."""
    if not isinstance(place, Number):
        return float(table[place])
    builder, lanes = place.builder, place.lanes
    entries = ir.Constant(ir.ArrayType(DOUBLE, 16), [float(entry) for entry in table])
    if lanes == LANES and AVX512:
        halves = [ir.Constant(DOUBLES, [float(entry) for entry in table[k : k + LANES]]) for k in (0, LANES)]
        bits = builder.bitcast(place.value, ir.VectorType(LONG, LANES))
        found = llvm_call(builder, "llvm.x86.avx512.vpermi2var.pd.512", DOUBLES, halves[0], bits, halves[1])
        return Number(builder, found)  # type: ignore[return-value]
    name = "renp_fast.table." + "".join(float(entry).hex() for entry in table)
    known = builder.module.globals.get(name)
    if known is None:
        known = ir.GlobalVariable(builder.module, entries.type, name)
        known.initializer, known.global_constant, known.linkage = entries, True, "private"

    def at(bits: ir.Value) -> ir.Value:
        return builder.load(builder.gep(known, [LONG(0), builder.and_(bits, LONG(15))]))

    if not lanes:
        return Number(builder, at(builder.bitcast(place.value, LONG)))  # type: ignore[return-value]
    bits = builder.bitcast(place.value, ir.VectorType(LONG, lanes))
    result = ir.Constant(place.value.type, ir.Undefined)
    for lane in range(lanes):
        result = builder.insert_element(result, at(builder.extract_element(bits, INT(lane))), INT(lane))
    return Number(builder, result)  # type: ignore[return-value]

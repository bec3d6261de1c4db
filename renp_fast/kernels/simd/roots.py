"""Square roots, to the same bits by the CPU's root unit and by its multipliers."""

import numpy as np
from llvmlite import ir

from renp_fast.kernels.simd.tracing import BYTE, INT, LONG, Item, Number, call, llvm_call, traced
from renp_fast.kernels.simd.vectors import AVX512, DOUBLES, LANES, fma, greater


@traced
def root(a: float) -> float:
    """Square root by the CPU's own instruction."""
    return call("sqrt", a) if isinstance(a, Item) else np.sqrt(a)  # type: ignore[no-any-return]


def _estimated_inverse_root(t: Number) -> Number:
    """1/sqrt(t) to 14 bits; the instruction knows eight numbers."""
    builder, parts = t.builder, []
    for start in range(0, t.lanes, LANES):
        lanes = ir.Constant(ir.VectorType(INT, LANES), list(range(start, start + LANES)))
        part = builder.shuffle_vector(t.value, t.value, lanes)
        parts.append(llvm_call(builder, "llvm.x86.avx512.rsqrt14.pd.512", DOUBLES, part, part, BYTE(255)))
    every = ir.Constant(ir.VectorType(INT, t.lanes), list(range(t.lanes)))
    return Number(builder, builder.shuffle_vector(parts[0], parts[-1], every))


def _half(a: Number) -> Number:
    """Half of numbers that are normal and so is their half: the exponent less one, which takes no multiplier."""
    builder, whole = a.builder, ir.VectorType(LONG, a.lanes)
    bits = builder.sub(builder.bitcast(a.value, whole), ir.Constant(whole, [1 << 52] * a.lanes))
    return Number(builder, builder.bitcast(bits, a.value.type))


@traced
def refined_root(t: float) -> float:
    """Square root of 0 or of a number from 1e-260 to 1e260, to the same bits as `root`, but mostly by multipliers.

    From an estimate y of 1/sqrt(t), good to 14 bits, follow g = t y and h = y/2 and, with e = 1/2 - g h, both to some
    53 bits by the series of (1 - 2 e)^(-1/2); the last step g + (t - g^2) h rounds correctly (Markstein, IBM J. Res.
    Dev. 34, 111, 1990). Busy multipliers thus spare a slow root unit.
    """
    if not (AVX512 and isinstance(t, Number) and t.lanes and t.lanes % LANES == 0):
        return root(t)
    y = _estimated_inverse_root(greater(1e-260, t))
    g, h = t * y, _half(y)
    e = fma(-g, h, 0.5)
    step = fma(fma(2.5, e, 1.5), e, 1.0) * e
    g, h = fma(g, step, g), fma(h, step, h)
    return fma(fma(-g, g, t), h, g)

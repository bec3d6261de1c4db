"""Square roots, to the same bits by the CPU's root unit and by its multipliers."""

from typing import Any

from llvmlite import ir
from numba.core import types
from numba.extending import intrinsic

from renp_fast.kernels.simd.vectors import AVX512, BYTE, DOUBLES, INT, LANES, LONG, FloatVector, llvm_call, suffix


@intrinsic  # type: ignore[untyped-decorator]
def root(_typing: Any, a: types.Type) -> Any:
    """Square root by the CPU's own instruction."""

    def build(_context: Any, builder: ir.IRBuilder, _signature: Any, args: list[ir.Value]) -> ir.Value:
        return llvm_call(builder, f"llvm.sqrt.{suffix(args[0])}", args[0].type, args[0])

    return a(a), build


def _estimated_inverse_root(builder: ir.IRBuilder, t: ir.Value) -> ir.Value:
    """1/sqrt(t) to 14 bits; the instruction knows eight numbers."""
    parts = []
    for start in range(0, t.type.count, LANES):
        lanes = ir.Constant(ir.VectorType(INT, LANES), list(range(start, start + LANES)))
        part = builder.shuffle_vector(t, t, lanes)
        parts.append(llvm_call(builder, "llvm.x86.avx512.rsqrt14.pd.512", DOUBLES, part, part, BYTE(255)))
    every = ir.Constant(ir.VectorType(INT, t.type.count), list(range(t.type.count)))
    return builder.shuffle_vector(parts[0], parts[-1], every)


def _half(builder: ir.IRBuilder, a: ir.Value) -> ir.Value:
    """Half of numbers that are normal and so is their half: the exponent less one, which takes no multiplier."""
    whole = ir.VectorType(LONG, a.type.count)
    bits = builder.sub(builder.bitcast(a, whole), ir.Constant(whole, [1 << 52] * a.type.count))
    return builder.bitcast(bits, a.type)


@intrinsic  # type: ignore[untyped-decorator]
def refined_root(_typing: Any, a: types.Type) -> Any:
    """Square root of 0 or of a number from 1e-260 to 1e260, to the same bits as `root`, but mostly by multipliers.

    From an estimate y of 1/sqrt(t), good to 14 bits, follow g = t y and h = y/2 and, with e = 1/2 - g h, both to some
    53 bits by the series of (1 - 2 e)^(-1/2); the last step g + (t - g^2) h rounds correctly (Markstein, IBM J. Res.
    Dev. 34, 111, 1990). Busy multipliers thus spare a slow root unit.
    """

    def build(_context: Any, builder: ir.IRBuilder, _signature: Any, args: list[ir.Value]) -> ir.Value:
        (t,) = args
        if not (AVX512 and isinstance(a, FloatVector)):
            return llvm_call(builder, f"llvm.sqrt.{suffix(t)}", t.type, t)

        def number(value: float) -> ir.Constant:
            return ir.Constant(t.type, [value] * a.lanes)

        def multiply_add(x: ir.Value, y: ir.Value, z: ir.Value) -> ir.Value:
            return llvm_call(builder, f"llvm.fma.{suffix(t)}", t.type, x, y, z)

        positive = builder.select(builder.fcmp_ordered(">", number(1e-260), t), number(1e-260), t)
        y = _estimated_inverse_root(builder, positive)
        g, h = builder.fmul(t, y), _half(builder, y)
        e = multiply_add(builder.fneg(g), h, number(0.5))
        series = multiply_add(multiply_add(number(2.5), e, number(1.5)), e, number(1.0))
        step = builder.fmul(series, e)
        g, h = multiply_add(g, step, g), multiply_add(h, step, h)
        return multiply_add(multiply_add(builder.fneg(g), g, t), h, g)

    return a(a), build

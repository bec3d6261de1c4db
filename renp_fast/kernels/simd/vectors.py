"""Eight or sixteen float64 at once: vector types for kernels, and the operations that scalars and vectors share.

A function that uses only these operations, arithmetic and comparisons can be called with a float64 or with a
`FloatVector` and gives the same bits for either: each operation is rounded as IEEE 754 says, on every CPU. So loops
take whole vectors as long as they can and single numbers for the rest, and nothing depends on where a vector begins.

LLVM turns vectors into whatever instructions the CPU has. Only what it cannot find by itself is asked for by name,
and only where it exists: AVX-512's estimate of 1/sqrt and its table look-up. The environment variable
``RENP_FAST_SIMD`` chooses: "off" for single numbers only, "portable" for vectors without any such instruction.
"""

import operator
from collections.abc import Callable
from typing import Any

import llvmlite.binding
from llvmlite import ir
from numba.core import cgutils, config, types
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import intrinsic, lower_builtin, models, register_model

from renp_fast.kernels.simd.settings import requested_path

# Numbers of a vector; a long one is two vectors side by side, which share what they need of a table in one load
LANES, LONG_LANES = 8, 16
FLOAT = types.float64
DOUBLE, LONG, INT, BYTE = ir.DoubleType(), ir.IntType(64), ir.IntType(32), ir.IntType(8)
DOUBLES, LONGS = ir.VectorType(DOUBLE, LANES), ir.VectorType(LONG, LANES)


def _chosen_path() -> str:
    if requested := requested_path():
        return requested
    if config.CPU_NAME or config.CPU_FEATURES:  # Numba compiles for another CPU than this one
        return "portable"
    features = llvmlite.binding.get_host_cpu_features()
    return "avx512" if all(features.get(f"avx512{part}", False) for part in ("f", "dq", "vl")) else "portable"


PATH = _chosen_path()
AVX512 = PATH == "avx512"
# Where a root takes longer than a dozen multiplications, most are refined from an estimate
SLOW_ROOTS = AVX512 and not llvmlite.binding.get_host_cpu_name().startswith("znver")


class FloatVector(types.Type):
    """Numba type of several float64."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(name=f"FloatVector({lanes})")


class MaskVector(types.Type):
    """Numba type of several truth values."""

    def __init__(self, lanes: int) -> None:
        self.lanes = lanes
        super().__init__(name=f"MaskVector({lanes})")


VECTOR, MASK, LONG_VECTOR = FloatVector(LANES), MaskVector(LANES), FloatVector(LONG_LANES)


@register_model(FloatVector)
class _FloatVectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, type_: Any) -> None:
        super().__init__(manager, type_, ir.VectorType(DOUBLE, type_.lanes))


@register_model(MaskVector)
class _MaskVectorModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, type_: Any) -> None:
        super().__init__(manager, type_, ir.VectorType(ir.IntType(1), type_.lanes))


def _widened(builder: ir.IRBuilder, value: ir.Value, lanes: int) -> ir.Value:
    """A vector as it is, and a number as often as there are lanes."""
    if isinstance(value.type, ir.VectorType):
        return value
    first = builder.insert_element(ir.Constant(ir.VectorType(value.type, lanes), ir.Undefined), value, INT(0))
    return builder.shuffle_vector(first, first, ir.Constant(ir.VectorType(INT, lanes), [0] * lanes))


def _kind(*arguments: types.Type) -> Any:
    """The vectors' type, where there are any."""
    return next((kind for kind in arguments if isinstance(kind, FloatVector)), FLOAT)


def llvm_call(builder: ir.IRBuilder, name: str, result: ir.Type, *arguments: ir.Value) -> ir.Value:
    """Call a function of LLVM."""
    kind = ir.FunctionType(result, [value.type for value in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


def suffix(value: ir.Value) -> str:
    """How the names of LLVM's functions end that work on such a value."""
    return f"v{value.type.count}f64" if isinstance(value.type, ir.VectorType) else "f64"


def _binary(function: Callable[..., Any], build: Callable[..., ir.Value], truth: bool = False) -> None:
    """Teach Numba an operator of vectors, or of a vector and a number, whose result is a vector or truth values."""

    @infer_global(function)
    class Template(AbstractTemplate):  # type: ignore[misc]
        def generic(self, args: tuple[types.Type, ...], kws: object) -> Any:  # noqa: ARG002
            vector = _kind(*args)
            if vector != FLOAT and all(kind == vector or isinstance(kind, types.Float) for kind in args):
                result = MaskVector(vector.lanes) if truth else vector
                return signature(result, *(vector if kind == vector else FLOAT for kind in args))
            return None

    def lower(_context: Any, builder: ir.IRBuilder, call: Any, args: list[ir.Value]) -> ir.Value:
        lanes = call.return_type.lanes
        return build(builder, _widened(builder, args[0], lanes), _widened(builder, args[1], lanes))

    for kinds in ((FloatVector, FloatVector), (FloatVector, FLOAT), (FLOAT, FloatVector)):
        lower_builtin(function, *kinds)(lower)


_binary(operator.add, ir.IRBuilder.fadd)
_binary(operator.sub, ir.IRBuilder.fsub)
_binary(operator.mul, ir.IRBuilder.fmul)
_binary(operator.truediv, ir.IRBuilder.fdiv)
_binary(operator.le, lambda builder, a, b: builder.fcmp_ordered("<=", a, b), truth=True)
_binary(operator.lt, lambda builder, a, b: builder.fcmp_ordered("<", a, b), truth=True)
_binary(operator.gt, lambda builder, a, b: builder.fcmp_ordered(">", a, b), truth=True)
_binary(operator.ge, lambda builder, a, b: builder.fcmp_ordered(">=", a, b), truth=True)
_binary(operator.ne, lambda builder, a, b: builder.fcmp_unordered("!=", a, b), truth=True)


@infer_global(operator.neg)
class _Negative(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: tuple[types.Type, ...], kws: object) -> Any:  # noqa: ARG002
        return signature(args[0], args[0]) if isinstance(args[0], FloatVector) else None


lower_builtin(operator.neg, FloatVector)(lambda _context, builder, _call, args: builder.fneg(args[0]))


@intrinsic  # type: ignore[untyped-decorator]
def fma(_typing: Any, a: types.Type, b: types.Type, c: types.Type) -> Any:
    """A b + c, rounded once."""
    kind = _kind(a, b, c)

    def build(_context: Any, builder: ir.IRBuilder, _signature: Any, args: list[ir.Value]) -> ir.Value:
        if kind != FLOAT:
            args = [_widened(builder, value, kind.lanes) for value in args]
        return llvm_call(builder, f"llvm.fma.{suffix(args[0])}", args[0].type, *args)

    return kind(*(kind if argument == kind else FLOAT for argument in (a, b, c))), build


@intrinsic  # type: ignore[untyped-decorator]
def select(_typing: Any, condition: types.Type, a: types.Type, b: types.Type) -> Any:
    """``a`` where the condition holds, else ``b``; both are computed."""
    kind: Any = FloatVector(condition.lanes) if isinstance(condition, MaskVector) else FLOAT

    def build(_context: Any, builder: ir.IRBuilder, _signature: Any, args: list[ir.Value]) -> ir.Value:
        if kind != FLOAT:
            args = [args[0], *(_widened(builder, value, kind.lanes) for value in args[1:])]
        return builder.select(*args)

    return kind(condition, *(kind if argument == kind else FLOAT for argument in (a, b))), build


@intrinsic  # type: ignore[untyped-decorator]
def greater(_typing: Any, a: types.Type, b: types.Type) -> Any:
    """The greater of two; ``b`` where one of them is NaN."""
    return _one_of(a, b, ">")


@intrinsic  # type: ignore[untyped-decorator]
def lesser(_typing: Any, a: types.Type, b: types.Type) -> Any:
    """The lesser of two; ``b`` where one of them is NaN."""
    return _one_of(a, b, "<")


def _one_of(a: types.Type, b: types.Type, relation: str) -> Any:
    """``a`` where it has a relation to ``b``, else ``b``: for < and > that is one instruction of most CPUs."""
    kind = _kind(a, b)

    def build(_context: Any, builder: ir.IRBuilder, _signature: Any, args: list[ir.Value]) -> ir.Value:
        if kind != FLOAT:
            args = [_widened(builder, value, kind.lanes) for value in args]
        return builder.select(builder.fcmp_ordered(relation, *args), *args)

    return kind(*(kind if argument == kind else FLOAT for argument in (a, b))), build


@intrinsic  # type: ignore[untyped-decorator]
def spread(_typing: Any, a: types.Type, places: types.Type, k: types.Type) -> Any:  # noqa: ARG001
    """The numbers of a vector at the eight places, from 0 to 7, that a flat contiguous array of int64 has from k on."""

    def build(context: Any, builder: ir.IRBuilder, call: Any, args: list[ir.Value]) -> ir.Value:
        place = builder.gep(context.make_array(call.args[1])(context, builder, args[1]).data, [args[2]])
        lanes = builder.load(builder.bitcast(place, LONGS.as_pointer()), align=8)
        if AVX512:
            return llvm_call(builder, "llvm.x86.avx512.permvar.df.512", DOUBLES, args[0], lanes)
        result = ir.Constant(DOUBLES, ir.Undefined)
        for lane in range(LANES):
            chosen = builder.and_(builder.extract_element(lanes, INT(lane)), LONG(LANES - 1))
            result = builder.insert_element(result, builder.extract_element(args[0], chosen), INT(lane))
        return result

    return VECTOR(VECTOR, places, types.intp), build


def _place(context: Any, builder: ir.IRBuilder, call: Any, args: list[ir.Value], kind: Any) -> ir.Value:
    """Pointer to entry ``args[1]`` of a flat array, or to the vector of a kind that begins there."""
    place = builder.gep(context.make_array(call.args[0])(context, builder, args[0]).data, [args[1]])
    return builder.bitcast(place, ir.VectorType(DOUBLE, kind.lanes).as_pointer()) if kind != FLOAT else place


@intrinsic  # type: ignore[untyped-decorator]
def take(_typing: Any, array: types.Type, k: types.Type, like: types.Type) -> Any:  # noqa: ARG001
    """Entry k of a flat contiguous array, or as many from k on as ``like`` has, if that is a vector."""

    def build(context: Any, builder: ir.IRBuilder, call: Any, args: list[ir.Value]) -> ir.Value:
        return builder.load(_place(context, builder, call, args, like), align=8)

    return like(array, types.intp, like), build


@intrinsic  # type: ignore[untyped-decorator]
def put(_typing: Any, array: types.Type, k: types.Type, value: types.Type) -> Any:  # noqa: ARG001
    """Write a number into entry k of a flat contiguous array, or a vector into as many from k on."""

    def build(context: Any, builder: ir.IRBuilder, call: Any, args: list[ir.Value]) -> ir.Value:
        builder.store(args[2], _place(context, builder, call, args, value), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, value), build


@intrinsic  # type: ignore[untyped-decorator]
def stream(_typing: Any, array: types.Type, k: types.Type, value: types.Type) -> Any:  # noqa: ARG001
    """As `put` of a vector, past the caches; the array begins where a cache line does, and k is a multiple of 8."""

    def build(context: Any, builder: ir.IRBuilder, call: Any, args: list[ir.Value]) -> ir.Value:
        place = builder.store(args[2], _place(context, builder, call, args, VECTOR), align=8 * LANES)
        place.set_metadata("nontemporal", builder.module.add_metadata([INT(1)]))
        return context.get_dummy_value()

    return types.void(array, types.intp, value), build


@intrinsic  # type: ignore[untyped-decorator]
def on_cache_line(_typing: Any, array: types.Type) -> Any:
    """Whether a flat array begins where a cache line does."""

    def build(context: Any, builder: ir.IRBuilder, call: Any, args: list[ir.Value]) -> ir.Value:
        data = context.make_array(call.args[0])(context, builder, args[0]).data
        inside = builder.and_(builder.ptrtoint(data, LONG), LONG(8 * LANES - 1))
        return builder.icmp_unsigned("==", inside, LONG(0))

    return types.boolean(array), build


@intrinsic  # type: ignore[untyped-decorator]
def wide(_typing: Any, number: types.Type) -> Any:
    """A number eight times, as a vector."""

    def build(_context: Any, builder: ir.IRBuilder, _call: Any, args: list[ir.Value]) -> ir.Value:
        return _widened(builder, args[0], LANES)

    return VECTOR(number), build


@intrinsic  # type: ignore[untyped-decorator]
def long_wide(_typing: Any, number: types.Type) -> Any:
    """A number sixteen times, as a long vector."""

    def build(_context: Any, builder: ir.IRBuilder, _call: Any, args: list[ir.Value]) -> ir.Value:
        return _widened(builder, args[0], LONG_LANES)

    return LONG_VECTOR(number), build


@intrinsic  # type: ignore[untyped-decorator]
def whole_vectors(_typing: Any, n: types.Type) -> Any:  # noqa: ARG001
    """How many of n numbers go into whole vectors; the rest is for a loop over single numbers."""

    def build(_context: Any, builder: ir.IRBuilder, _call: Any, args: list[ir.Value]) -> ir.Value:
        return LONG(0) if PATH == "off" else builder.and_(args[0], LONG(-LANES))

    return types.intp(types.intp), build


@intrinsic  # type: ignore[untyped-decorator]
def any_of(_typing: Any, mask: types.Type) -> Any:
    """Whether a condition holds anywhere in a vector."""

    def build(_context: Any, builder: ir.IRBuilder, _call: Any, args: list[ir.Value]) -> ir.Value:
        return _compared_bits(builder, mask, args[0], "!=", 0)

    return types.boolean(mask), build


def _compared_bits(builder: ir.IRBuilder, mask: types.Type, truth: ir.Value, relation: str, value: int) -> ir.Value:
    """Compare the bits of some truth values with a number; a single truth value is what it is."""
    if not isinstance(mask, MaskVector):
        return truth
    bits = ir.IntType(mask.lanes)
    return builder.icmp_unsigned(relation, builder.bitcast(truth, bits), bits(value))


@intrinsic  # type: ignore[untyped-decorator]
def greatest_of(_typing: Any, vector: FloatVector) -> Any:
    """The greatest number of a vector without NaN."""

    def build(_context: Any, builder: ir.IRBuilder, _call: Any, args: list[ir.Value]) -> ir.Value:
        lanes = [builder.extract_element(args[0], INT(lane)) for lane in range(vector.lanes)]
        greatest = lanes[0]
        for lane in lanes[1:]:
            greatest = builder.select(builder.fcmp_ordered(">", lane, greatest), lane, greatest)
        return greatest

    return FLOAT(vector), build

"""Eight float64 at once: the operations that numbers and vectors share, for traced functions and for kernels.

Each operation gives the same bits for a number and for every number of a vector, on every CPU. So loops take whole
vectors as long as they can and single numbers for the rest, and nothing depends on where a vector begins.

LLVM turns vectors into whatever instructions the CPU has. Only what it cannot find by itself is asked for by name,
and only where it exists: AVX-512's estimate of 1/sqrt and its table look-up. The environment variable
``RENP_FAST_SIMD`` chooses: "off" for single numbers only, "portable" for vectors without any such instruction.
"""

from typing import Any

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba.core import config

from renp_fast.kernels.simd.settings import requested_path
from renp_fast.kernels.simd.tracing import (
    DOUBLE,
    INT,
    LONG,
    Item,
    Number,
    Truth,
    View,
    Whole,
    alike,
    call,
    llvm_call,
    traced,
    widened,
)
from renp_fast.kernels.types import Array, IntArray

# Numbers of a vector
LANES = 8
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
# Numbers of a vector in loops that need many at a time: what the registers hold
ROW_LANES = {"avx512": LANES, "portable": 4, "off": 0}[PATH]
# From one of them to the next
STEP = max(ROW_LANES, 1)


def _in_kernel(*items: Any) -> bool:
    return any(isinstance(item, Item) for item in items)


@traced
def fma(a: float, b: float, c: float) -> float:
    """A b + c; in kernels it is rounded once."""
    return call("fma", a, b, c) if _in_kernel(a, b, c) else a * b + c


@traced
def select(condition: bool, a: float, b: float) -> float:
    """``a`` where the condition holds, else ``b``; both are computed."""
    if isinstance(condition, bool):
        return a if condition else b
    if not isinstance(condition, Truth):
        return np.where(condition, a, b)[()]
    builder = condition.builder
    lanes = max(condition.lanes, *(item.lanes for item in (a, b) if isinstance(item, Item)), 0)
    values = [item.value if isinstance(item, Number) else ir.Constant(DOUBLE, float(item)) for item in (a, b)]
    return Number(builder, builder.select(condition.value, *(widened(builder, value, lanes) for value in values)))


def _one_of(a: float, b: float, relation: str) -> float:
    """``a`` where it has a relation to ``b``, else ``b``: for < and > that is one instruction of most CPUs."""
    if not _in_kernel(a, b):
        return select(a < b if relation == "<" else a > b, a, b)
    builder, pair = alike(a, b)
    return Number(builder, builder.select(builder.fcmp_ordered(relation, *pair), *pair))  # type: ignore[return-value]


@traced
def greater(a: float, b: float) -> float:
    """The greater of two; ``b`` where one of them is NaN."""
    return _one_of(a, b, ">")


@traced
def lesser(a: float, b: float) -> float:
    """The lesser of two; ``b`` where one of them is NaN."""
    return _one_of(a, b, "<")


@traced
def sine(a: float) -> float:
    """Its sine."""
    return call("sin", a) if _in_kernel(a) else np.sin(a)  # type: ignore[no-any-return]


@traced
def cosine(a: float) -> float:
    """Its cosine."""
    return call("cos", a) if _in_kernel(a) else np.cos(a)  # type: ignore[no-any-return]


@traced
def take(array: Array, k: int, like: float) -> float:
    """Entry k of a flat contiguous array, or as many from k on as ``like`` has, if that is a vector."""
    if not isinstance(array, View):
        return array[k : k + np.size(like)] if np.ndim(like) else array[k]  # type: ignore[return-value]
    if not isinstance(like, Number):
        return array[k]
    builder, place = array.builder, array.place(k)
    return Number(builder, builder.load(builder.bitcast(place, like.value.type.as_pointer()), align=8))


@traced
def put(array: Array, k: int, value: float) -> None:
    """Write a number into entry k of a flat contiguous array, or a vector into as many from k on."""
    if not isinstance(array, View):
        array[k : k + np.size(value)] = value
        return
    if not isinstance(value, Number):
        array[k] = value
        return
    builder, place = array.builder, array.place(k)
    builder.store(value.value, builder.bitcast(place, value.value.type.as_pointer()), align=8)


@traced
def stream(array: Any, k: Any, value: Any) -> None:
    """As `put` of a vector, past the caches; the array begins where a cache line does, and k is a multiple of 8."""
    builder, place = array.builder, array.place(k)
    stored = builder.store(value.value, builder.bitcast(place, DOUBLES.as_pointer()), align=8 * LANES)
    stored.set_metadata("nontemporal", builder.module.add_metadata([INT(1)]))


@traced
def on_cache_line(array: Any) -> Any:
    """Whether a flat array begins where a cache line does."""
    inside = array.builder.and_(array.builder.ptrtoint(array.value, LONG), LONG(8 * LANES - 1))
    return Truth(array.builder, array.builder.icmp_unsigned("==", inside, LONG(0)))


@traced
def spread(a: float, places: IntArray, k: int) -> float:
    """The numbers of a vector at the eight places, from 0 to 7, that a flat contiguous array of int64 has from k on."""
    if not (isinstance(a, Number) and isinstance(places, View)):
        return a[places[k : k + LANES]]  # type: ignore[no-any-return, index]
    builder = a.builder
    lanes = builder.load(builder.bitcast(places.place(k), LONGS.as_pointer()), align=8)
    if AVX512:
        return Number(builder, llvm_call(builder, "llvm.x86.avx512.permvar.df.512", DOUBLES, a.value, lanes))
    result = ir.Constant(DOUBLES, ir.Undefined)
    for lane in range(LANES):
        chosen = builder.and_(builder.extract_element(lanes, INT(lane)), LONG(LANES - 1))
        result = builder.insert_element(result, builder.extract_element(a.value, chosen), INT(lane))
    return Number(builder, result)


@traced
def wide(number: Any) -> Any:
    """A number eight times, as a vector."""
    builder, (value,) = alike(number)
    return Number(builder, widened(builder, value, LANES))


@traced
def row_wide(number: Any) -> Any:
    """A number `ROW_LANES` times, as a vector; a number as it is where there are no vectors."""
    builder, (value,) = alike(number)
    return Number(builder, widened(builder, value, ROW_LANES))


@traced
def whole_vectors(n: Any) -> Any:
    """How many of n numbers go into whole vectors; the rest is for a loop over single numbers."""
    if PATH == "off":
        return 0
    return Whole(n.builder, n.builder.and_(n.value, LONG(-LANES))) if isinstance(n, Whole) else n & -LANES


@traced
def any_of(mask: Any) -> Any:
    """Whether a condition holds anywhere in a vector; a single truth value is what it is."""
    if not mask.lanes:
        return mask
    bits = ir.IntType(mask.lanes)
    return Truth(mask.builder, mask.builder.icmp_unsigned("!=", mask.builder.bitcast(mask.value, bits), bits(0)))


def _folded(vector: Any, relation: str) -> Number:
    builder, value = vector.builder, vector.value
    numbers = [builder.extract_element(value, INT(lane)) for lane in range(vector.lanes)] or [value]
    found = numbers[0]
    for number in numbers[1:]:
        found = builder.select(builder.fcmp_ordered(relation, number, found), number, found)
    return Number(builder, found)


@traced
def greatest_of(vector: Any) -> Any:
    """The greatest number of a vector without NaN."""
    return _folded(vector, ">")


@traced
def least_of(vector: Any) -> Any:
    """The least number of a vector without NaN."""
    return _folded(vector, "<")

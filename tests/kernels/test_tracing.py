"""Traced functions: the same bits for numbers, vectors and Python, where nothing is fused; faults name their line."""

import math
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from renp_fast.kernels.likelihood.poisson import excess_of_some
from renp_fast.kernels.simd import vectors as simd
from renp_fast.kernels.simd.complexes import Complex, complex_number, times_i
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.roots import root
from renp_fast.kernels.simd.tracing import TracingError, traced
from renp_fast.kernels.simd.vectors import fma, greater, lesser, put, row_wide, select, take, wide
from renp_fast.kernels.types import Array


class Pair(NamedTuple):
    first: Any
    other: Any


@traced
def many_operations(a: float, b: float, weights: tuple[float, float], squared: bool) -> Pair:
    """Every operation but those that are fused, a loop and a branch over constants, tuples and complex numbers."""
    total = 0.0
    for power in range(1, 4):
        total = total + weights[0] / (power + abs(a)) - weights[1] * b
    if squared:
        total = total * total
    z = times_i(complex_number(a, b)) * complex_number(b, -a).conjugate() - complex_number(1.5, total) * 0.25
    chosen = select((a <= b) & ~(b > 2.0), greater(a, -b), lesser(total, root(abs(z.real))))
    return Pair(chosen + 2 * z.imag, -chosen / z.real)


@kernel
def by_numbers(a: Array, b: Array, out: Array) -> None:
    for k in range(a.size):
        out[0, k], out[1, k] = many_operations(a[k], b[k], (0.3, 1.7), True)


@kernel
def by_vectors(a: Array, b: Array, out: Array) -> None:
    for start in range(0, a.size, simd.LANES):
        k = min(start, a.size - simd.LANES)
        pair = many_operations(take(a, k, wide(0.0)), take(b, k, wide(0.0)), (0.3, 1.7), True)
        put(out[0], k, pair.first)
        put(out[1], k, pair[1])


@kernel
def by_rows(a: Array, b: Array, out: Array) -> None:
    for start in range(0, a.size, simd.STEP):
        k = min(start, a.size - simd.STEP)
        pair = many_operations(take(a, k, row_wide(0.0)), take(b, k, row_wide(0.0)), (0.3, 1.7), True)
        put(out[0], k, pair.first)
        put(out[1], k, pair.other)


@pytest.mark.parametrize("loop", [by_numbers, by_vectors, by_rows])
def test_numbers_vectors_and_python_have_the_same_bits(loop: Callable[..., None]) -> None:
    """61 numbers are no whole vectors: the last one overlaps."""
    a, b = np.random.default_rng(1).normal(scale=2.0, size=(2, 61))
    out = np.full((2, a.size), np.nan)
    loop(a, b, out)
    python = np.array([many_operations(float(x), float(y), (0.3, 1.7), True) for x, y in zip(a, b, strict=True)]).T
    assert out.tobytes() == np.ascontiguousarray(python).tobytes()
    # NumPy rounds products of complex numbers its own way
    np.testing.assert_allclose(np.array(many_operations(a, b, (0.3, 1.7), True)), python, rtol=1e-13)  # type: ignore[arg-type]
    assert (out != many_operations(a, b, (0.3, 1.7), False)[0]).any()  # type: ignore[arg-type]


@kernel
def fused(a: Array, out: Array) -> None:
    for k in range(a.size):
        out[k] = fma(a[k], a[k], -1.0)


def test_a_fused_product_is_rounded_once() -> None:
    out = np.empty(1)
    fused(np.array([1.0 + 2.0**-30]), out)
    assert out[0] == 2.0**-29 + 2.0**-60
    assert fma(1.0 + 2.0**-30, 1.0 + 2.0**-30, -1.0) == 2.0**-29


@traced
def entries(table: Array, k: int, row: Any) -> tuple[float, float]:
    """Entries of a table of two dimensions, one of them by way of a row; and one that is written."""
    table[k + 1, 2 * k] = 7.5
    return table[k, 2], row[k - 1]


@kernel
def read(table: Array, k: int) -> tuple[float, float]:
    return entries(table, k, table[0])


@pytest.mark.parametrize("layout", ["whole", "strided"])
def test_tables_of_any_layout(layout: str) -> None:
    table = np.arange(40.0).reshape(5, 8)
    given = table.copy() if layout == "whole" else np.repeat(table, 2, axis=1)[:, ::2]
    assert read(given, 2) == (table[2, 2], table[0, 1])
    assert given[3, 4] == 7.5


def test_nan_counts_as_no_relation() -> None:
    """`greater` and `lesser` give the second then, in kernels as in Python; NaN differs from itself."""

    @kernel
    def relations(a: float, b: float) -> tuple[float, float, bool]:
        return greater(a, b), lesser(a, b), a != a

    for a, b in ((math.nan, 1.0), (1.0, math.nan), (-2.0, 3.0)):
        expected = (greater(a, b), lesser(a, b), a != a)
        np.testing.assert_equal(relations(a, b), expected)
        np.testing.assert_equal(expected[:2], (a, b)[::-1] if a == -2.0 else (b, b))


@kernel
def vectors_in_kernels(a: Array, out: Array) -> bool:
    """Operators on vectors outside of traced functions."""
    x = take(a, 0, wide(0.0))
    put(out, 0, (2.0 - x) / -x + x * 3.0)
    return simd.any_of(x > 1.0) and not simd.any_of(x != x)


def test_kernels_compute_with_vectors_too() -> None:
    a, out = np.linspace(0.5, 2.0, 8), np.empty(8)
    assert vectors_in_kernels(a, out)
    assert out.tobytes() == ((2.0 - a) / -a + a * 3.0).tobytes()
    assert not vectors_in_kernels(0.25 * a, out)


def test_logarithms_of_python_are_those_of_kernels() -> None:
    """All intervals of the table; Python does not fuse, which costs some eps of t."""

    @kernel
    def of_kernel(t: float) -> float:
        return excess_of_some(t)

    for t in [*np.linspace(-0.9, 3.0, 50).tolist(), 1e-9, 40.0]:
        assert excess_of_some(t) == pytest.approx(of_kernel(t), rel=0.0, abs=4e-16 * max(1.0, abs(t)))
        assert of_kernel(t) == pytest.approx(t - math.log1p(t), rel=1e-12, abs=4e-16 * max(1.0, abs(t)))


@traced
def branches_on_a_number(a: float) -> float:
    return a if a > 1.0 else 2.0 * a


@traced
def asks_for_what_is_not_there(a: float) -> float:
    return a.hex()  # type: ignore[return-value]


@traced
def returns_a_list(a: float) -> float:
    return [a]  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (branches_on_a_number, "cannot branch on what is known only when the kernel runs"),
        (asks_for_what_is_not_there, "no attribute 'hex'"),
        (returns_a_list, "cannot return"),
    ],
)
def test_faults_name_their_line(function: Callable[[float], float], message: str) -> None:
    def calls(a: float) -> float:
        return function(a)

    with pytest.raises(TracingError, match=message) as raised:
        kernel(calls)(1.0)
    if function is not returns_a_list:
        line = operator.attrgetter("__code__.co_firstlineno")(function) + 2
        assert f"{__file__}:{line}" in str(raised.value)
    assert function.__name__ in str(raised.value)


def test_a_complex_number_is_that_of_python() -> None:
    a, b = Complex(1.5, -2.0), Complex(0.25, 3.0)
    x, y = complex(1.5, -2.0), complex(0.25, 3.0)
    for found, right in (
        (a + b, x + y),
        (a - b, x - y),
        (a * b, x * y),
        (3.0 * a, 3.0 * x),
        (-a, -x),
        (a.conjugate(), x.conjugate()),
        (times_i(a), times_i(x)),
    ):
        assert complex(found.real, found.imag) == right

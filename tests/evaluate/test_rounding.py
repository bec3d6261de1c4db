"""Stored numbers against rounding by exact fractions."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renp_fast.evaluate.rounding import relative_error, rounded

WIDTH = {"float64": 53, "float32": 24}
numbers = st.floats(1e-30, 1e30) | st.floats(-1e30, -1e-30)


def nearest(x: float, bits: int) -> Fraction:
    """The number of so many significant bits that is nearest to x, ties to even, exactly."""
    mantissa, exponent = math.frexp(x)
    return Fraction(round(Fraction(mantissa) * 2**bits) * Fraction(2) ** (exponent - bits))


def one(x: float, dtype: str, bits: int | None) -> float:
    result = rounded(np.array([x]), dtype, bits)
    assert result.dtype == dtype
    return float(result[0])


def storable(dtype: str) -> st.SearchStrategy[int | None]:
    return st.integers(2, WIDTH[dtype] - 1) | st.none()


@pytest.mark.parametrize("dtype", WIDTH)
@settings(max_examples=400, deadline=None)
@given(x=numbers, data=st.data())
def test_nearest_number_and_stated_error(dtype: str, x: float, data: st.DataObject) -> None:
    bits = data.draw(storable(dtype))
    result = Fraction(one(x, dtype, bits))
    assert result == nearest(x, bits or WIDTH[dtype])
    assert abs(result - Fraction(x)) <= Fraction(relative_error(dtype, bits)) * abs(Fraction(x))


@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize("dtype", WIDTH)
def test_next_to_a_tie(dtype: str, side: int) -> None:
    """A little off the middle between two numbers of so many bits: rounding to float32 first must not make it a tie."""
    for bits, lower in itertools.product(range(2, 24), (0, 1)):
        x = 1.0 + lower * 2.0 ** (1 - bits) + 2.0**-bits + side * 2.0**-26
        assert Fraction(one(x, dtype, bits)) == nearest(x, bits)
        assert abs(Fraction(one(x, dtype, bits)) - Fraction(x)) <= Fraction(relative_error(dtype, bits)) * Fraction(x)


@pytest.mark.parametrize("dtype", WIDTH)
def test_ties_go_to_the_even_number(dtype: str) -> None:
    assert [one(x, dtype, 3) for x in (1.125, 1.375, -1.125, -1.375, 1.875)] == [1.0, 1.5, -1.0, -1.5, 2.0]


@pytest.mark.parametrize(("dtype", "bits"), [("float64", None), ("float64", 2), ("float64", 52), ("float32", None)])
def test_stated_error_is_not_larger_than_it_must_be(dtype: str, bits: int | None) -> None:
    """Just above a tie next to a power of two it is reached; float64 as it is has none."""
    stated = relative_error(dtype, bits)
    assert stated == (0.0 if bits is None and dtype == "float64" else 2.0 ** -(bits or WIDTH[dtype]))
    if stated:
        x = 1.0 + stated
        assert abs(one(x, dtype, bits) - x) / x > 0.79 * stated


@pytest.mark.parametrize("bits", [None, 2, 16])
@pytest.mark.parametrize("dtype", WIDTH)
def test_what_is_no_number_stays(dtype: str, bits: int | None) -> None:
    special = np.array([np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0])
    # A NaN whose bits are all ones, which adding a half would carry into the sign
    special[1] = np.array([2**64 - 1], dtype=np.uint64).view(np.float64)[0]
    result = rounded(special, dtype, bits)
    assert np.isnan(result[:2]).all()
    assert result[2:].tolist() == [np.inf, -np.inf, 0.0, 0.0]
    assert np.signbit(result[4:]).tolist() == [False, True]


def test_beyond_the_largest_and_below_the_smallest_float32() -> None:
    assert rounded(np.array([1e300, -1e39, 1e-60]), "float32", None).tolist() == [np.inf, -np.inf, 0.0]
    assert rounded(np.array([1e300, -1e39, 1e-60]), "float32", 12).tolist() == [np.inf, -np.inf, 0.0]


@pytest.mark.parametrize("dtype", WIDTH)
@settings(deadline=None)
@given(x=numbers, data=st.data())
def test_rounding_twice_is_rounding_once(dtype: str, x: float, data: st.DataObject) -> None:
    bits = data.draw(storable(dtype))
    once = one(x, dtype, bits)
    assert one(once, dtype, bits) == once


@pytest.mark.parametrize("dtype", WIDTH)
def test_order_is_kept(dtype: str) -> None:
    x = np.sort(np.random.default_rng(1).normal(size=10_000))
    assert (np.diff(rounded(x, dtype, 7)) >= 0.0).all()


def test_the_given_numbers_are_left_alone() -> None:
    """Shapes without axes too."""
    x = np.array(math.pi)
    assert rounded(x, "float64", 4).shape == ()
    assert float(rounded(x, "float64", 4)) == 3.25
    assert float(x) == math.pi


@settings(deadline=None)
@given(st.floats(1e-300, 1e300))
def test_float64_without_rounding_is_bit_by_bit_the_same(x: float) -> None:
    assert one(x, "float64", None) == x

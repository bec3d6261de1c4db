"""Double-double arithmetic against exact fractions."""

import math
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from renp_fast.kernels.amplitude import double_double as dd

UNIT = Fraction(1, 2**104)  # rounding of a double-double: 2**-53 of its low part
SPREAD = st.floats(1e-30, 1e30) | st.floats(-1e30, -1e-30)


def exact(number: tuple[float, float]) -> Fraction:
    return Fraction(number[0]) + Fraction(number[1])


@st.composite
def double_doubles(draw: st.DrawFn, positive: bool = False) -> tuple[float, float]:
    """A normalised pair: the low part is at most half a unit in the last place of the high one."""
    high = draw(st.floats(1e-30, 1e30) if positive else SPREAD)
    return high, draw(st.floats(-0.5, 0.5)) * math.ulp(high)


def assert_normalised(number: tuple[float, float]) -> None:
    assert number[0] + number[1] == number[0]


@settings(deadline=None)
@given(a=SPREAD, b=SPREAD)
def test_two_sum_is_exact(a: float, b: float) -> None:
    total = dd.two_sum(a, b)
    assert exact(total) == Fraction(a) + Fraction(b)
    assert total[0] == a + b


@settings(deadline=None)
@given(a=SPREAD, b=SPREAD)
def test_two_product_is_exact(a: float, b: float) -> None:
    product = dd.two_product(a, b)
    assert exact(product) == Fraction(a) * Fraction(b)
    assert product[0] == a * b


@settings(deadline=None)
@given(a=double_doubles(), b=double_doubles())
def test_add(a: tuple[float, float], b: tuple[float, float]) -> None:
    """To one rounding of each summand's low part: next to nothing, unless summands of opposite sign cancel."""
    total = dd.add(a, b)
    assert abs(exact(total) - exact(a) - exact(b)) <= 2 * UNIT * (abs(exact(a)) + abs(exact(b)))
    assert_normalised(total)


@settings(deadline=None)
@given(a=double_doubles())
def test_square(a: tuple[float, float]) -> None:
    """What is left out is the square of the low part, 2^-106 of the result, and two roundings of low parts."""
    result = dd.square(a)
    assert abs(exact(result) - exact(a) ** 2) <= 4 * UNIT * exact(a) ** 2
    assert_normalised(result)


@settings(deadline=None)
@given(a=double_doubles(positive=True))
def test_square_root(a: tuple[float, float]) -> None:
    """One Newton step from the float's root; a relative error of r in the root is one of 2 r in its square."""
    root = dd.square_root(a)
    assert abs(exact(root) ** 2 - exact(a)) <= 8 * UNIT * exact(a)
    assert_normalised(root)


@settings(deadline=None)
@given(a=double_doubles(), b=SPREAD)
def test_divide(a: tuple[float, float], b: float) -> None:
    assume(1e-60 < abs(a[0] / b) < 1e60)
    quotient = dd.divide(a, b)
    assert abs(exact(quotient) * Fraction(b) - exact(a)) <= 4 * UNIT * abs(exact(a))
    assert_normalised(quotient)


def test_a_low_part_that_float64_alone_would_drop() -> None:
    third = dd.divide((1.0, 0.0), 3.0)
    assert third[1] != 0.0
    assert abs(exact(third) - Fraction(1, 3)) < UNIT
    tiny = 2.0**-80
    assert dd.add((1.0, tiny), (-1.0, 0.0)) == (tiny, 0.0)


@pytest.mark.parametrize("a", [(0.0, 0.0), (-1e-20, 0.0)])
def test_the_root_of_what_is_not_positive_is_zero(a: tuple[float, float]) -> None:
    """A squared mass that comes out as zero or below by rounding is a massless neutrino, not a NaN."""
    assert dd.square_root(a) == (0.0, 0.0)

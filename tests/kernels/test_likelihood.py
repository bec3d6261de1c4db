"""The Poisson chi^2 of one bin against its definition with 50 digits."""

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from renp_fast.kernels.likelihood.poisson import poisson_chi2

mp = mpmath.MPContext()
mp.dps = 50
EPS = float(np.finfo(float).eps)


def definition(expected: float, change: float) -> mpmath.mpf:
    N0 = mp.mpf(expected)
    N = N0 + mp.mpf(change)
    return 2 * (N - N0 + N0 * mp.log(N0 / N))


def bound(expected: float, change: float) -> float:
    """Relative error that t = change/expected, rounded to u = eps/2, makes in t - ln(1 + t), and a few roundings more.

    The derivative of t - ln(1 + t) is t/(1 + t): a condition number of t^2/((1 + t)(t - ln(1 + t))), which grows
    like 1/(1 + t) towards N = 0. Beyond |t| = 0.1 the difference itself is formed: it magnifies roundings by
    (|t| + |ln(1 + t)|)/(t - ln(1 + t)), at most 43.
    """
    t = change / expected
    value = float(definition(expected, change) / (2 * mp.mpf(expected)))
    condition = t * t / ((1.0 + t) * value)
    cancellation = (abs(t) + abs(math.log1p(t))) / value if abs(t) > 0.1 else 4.0
    return EPS * (condition + cancellation)


@settings(max_examples=300, deadline=None)
@given(
    expected=st.floats(-10.0, 10.0).map(lambda power: 10.0**power),
    size=st.floats(-14.0, 6.0).map(lambda power: 10.0**power),
    sign=st.sampled_from((1.0, -1.0)),
)
def test_against_the_definition(expected: float, size: float, sign: float) -> None:
    change = expected * (sign * size if size <= 0.999999 else size)
    assert abs(poisson_chi2(expected, change) / definition(expected, change) - 1) <= bound(expected, change)


@pytest.mark.parametrize("t", [-0.999999, -0.5, -0.1, -1e-7, -1e-14, 1e-14, 1e-9, 0.1, 0.10000000000000002, 0.7, 1e6])
def test_relative_changes_without_rounding(t: float) -> None:
    """With N0 a power of two change/N0 is exact: 1e-14 everywhere, and the same to both sides of the series' end."""
    assert abs(poisson_chi2(4.0, 4.0 * t) / definition(4.0, 4.0 * t) - 1) < 1e-14


@settings(deadline=None)
@given(change=st.floats(-6.5, 1e9))
def test_positive_for_any_change(change: float) -> None:
    """Unless its square underflows."""
    chi2 = poisson_chi2(6.5, change)
    assert chi2 > 0.0 if abs(change) > 1e-150 else chi2 >= 0.0
    assert poisson_chi2(6.5, 0.0) == 0.0


def test_small_changes_are_the_square_of_the_deviation() -> None:
    """(N - N0)^2/N0, where the definition in float64 has no digit left."""
    assert poisson_chi2(250.0, 1e-9) == pytest.approx(1e-18 / 250.0, rel=1e-11)


def test_without_expected_events_the_logarithm_is_absent() -> None:
    assert poisson_chi2(0.0, 3.5) == 7.0
    assert poisson_chi2(0.0, 0.0) == 0.0


@pytest.mark.parametrize(
    ("expected", "change"),
    [(2.5, -2.5), (2.5, -2.6), (2.5, math.inf), (0.0, math.inf), (1e-300, math.inf), (2.5, -math.inf)],
    ids=["no events", "fewer than none", "pole", "pole without background", "pole, few events", "minus infinity"],
)
def test_infinite(expected: float, change: float) -> None:
    assert poisson_chi2(expected, change) == math.inf


@pytest.mark.parametrize(("expected", "change"), [(2.5, math.nan), (0.0, math.nan), (math.nan, 1.5)])
def test_nan_is_not_silenced(expected: float, change: float) -> None:
    assert math.isnan(poisson_chi2(expected, change))

"""The first crossing of one row, from a guess that is then proved; `likelihood.crossings` is asked if that fails.

Newton's method finds a crossing in a few steps. It is the first one if chi^2 is convex all the way to it; that chi^2
stays above a threshold beyond some coupling follows in the same manner.
"""

import math

from renp_fast.kernels.likelihood.crossings import (
    CONSTANT_CHANGE,
    DOWN,
    EXPECTED,
    FOUND,
    LINEAR_CHANGE,
    SQUARE_CHANGE,
    UNREACHABLE,
    UP,
    bound_beyond,
    chi2_at,
    deviance,
    next_crossing,
)
from renp_fast.kernels.likelihood.minimum import convex, slope
from renp_fast.kernels.likelihood.poisson import excess
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array

# Newton's method has converged when a step is less than this part of the coupling: the next would be its square
CLOSE = 1e-9
MOST_STEPS = 30
# Intervals that are tried before the search of `likelihood.crossings` takes over
MOST_INTERVALS = 24


@kernel
def rough_crossing(terms: Array, target: float) -> float:
    """About where chi^2 reaches the target: there all changes, linear or square alone, would count as Gaussian."""
    linear, square = 0.0, 0.0
    for k in range(terms.shape[0]):
        variance = max(terms[k, EXPECTED], 1.0)
        linear += terms[k, LINEAR_CHANGE] ** 2 / variance
        square += terms[k, SQUARE_CHANGE] ** 2 / variance
    target = max(target, 0.0)
    return 1.0 / (math.sqrt(linear / target) + math.sqrt(math.sqrt(square / target)))


@kernel
def chi2_and_slope(terms: Array, g: float) -> tuple[float, float]:
    """Chi^2 and its derivative by the coupling."""
    chi2, rise = 0.0, 0.0
    for k in range(terms.shape[0]):
        N0, a, b, c = terms[k, EXPECTED], terms[k, CONSTANT_CHANGE], terms[k, LINEAR_CHANGE], terms[k, SQUARE_CHANGE]
        t = (a + g * (b + g * c)) / N0
        if N0 > 0.0:
            chi2 += N0 * excess(t)
            rise += (b + 2.0 * c * g) * (t / (1.0 + t))
        else:
            chi2 += a + g * (b + g * c)
            rise += b + 2.0 * c * g
    return 2.0 * chi2, 2.0 * rise


@kernel
def newton(terms: Array, target: float, g: float) -> float:
    """A coupling above zero where chi^2 rises through the target, from a guess; NaN if none is found.

    Solved for is the root of chi^2, which is nearly linear in the coupling.
    """
    for _ in range(MOST_STEPS):
        chi2, rise = chi2_and_slope(terms, g)
        step = 2.0 * (chi2 - target) / (rise * (1.0 + math.sqrt(target / chi2)))
        if not rise > 0.0 or not step < g:
            step = -g if chi2 < target else 0.5 * g
        g -= step
        if not g < math.inf:
            return math.nan
        if math.fabs(step) <= CLOSE * g:
            return g
    return math.nan


@kernel
def greatest_between(terms: Array, p: float, q: float) -> float:
    """An upper bound of chi^2 between two couplings: of each deviance, that at an end or at the vertex."""
    total = 0.0
    for k in range(terms.shape[0]):
        b, c = terms[k, LINEAR_CHANGE], terms[k, SQUARE_CHANGE]
        greatest = max(deviance(terms, k, p), deviance(terms, k, q))
        if b + 2.0 * c * p < 0.0 < b + 2.0 * c * q:
            greatest = max(greatest, deviance(terms, k, -0.5 * b / c))
        total += greatest
    return total


@kernel
def least_between(terms: Array, p: float, q: float) -> float:
    """A lower bound of chi^2 between two couplings."""
    total = 0.0
    for k in range(terms.shape[0]):
        a, b, c = terms[k, CONSTANT_CHANGE], terms[k, LINEAR_CHANGE], terms[k, SQUARE_CHANGE]
        first, last = a + p * (b + p * c), a + q * (b + q * c)
        lowest = p if first < last else q
        least = min(first, last)
        if b + 2.0 * c * p < 0.0 < b + 2.0 * c * q:
            lowest, least = -0.5 * b / c, a - 0.25 * b * b / c
        if least > 0.0:
            total += deviance(terms, k, lowest)
        elif max(first, last) < 0.0:
            total += deviance(terms, k, p if first > last else q)
    return total


@kernel
def within_until(terms: Array, target: float, start: float, end: float) -> bool:
    """Whether chi^2, within the target at both couplings, is so all the way between them, for certain."""
    p, q = start, end
    for _ in range(MOST_INTERVALS):
        inside = q == end or chi2_at(terms, 0.0, q) <= target
        if inside and (convex(terms, p, q) or (q < end and greatest_between(terms, p, q) <= target)):
            if q == end:
                return True
            p, q = q, end
        elif not inside and convex(terms, p, q):
            return False
        else:
            q = 0.5 * (p + q)
    return False


@kernel
def beyond_for_ever(terms: Array, target: float, start: float) -> bool:
    """Whether chi^2, above the target at ``start``, is so at all couplings beyond, for certain."""
    p, ratio = start, 2.0
    for _ in range(MOST_INTERVALS):
        if bound_beyond(terms, 0.0, p) > target:
            return True
        q = ratio * p
        if (slope(terms, p) >= 0.0 and convex(terms, p, q)) or least_between(terms, p, q) > target:
            p = q
        else:
            ratio = math.sqrt(ratio)
    return False


@kernel
def first_crossing(terms: Array, target: float, start: float, guess: float) -> tuple[float, int]:
    """As `next_crossing` upwards without a stop, for a start within the target, from a guess by `newton`."""
    if guess > start and within_until(terms, target, start, guess):
        return guess, FOUND
    return next_crossing(terms, target, start, math.inf, UP)


@kernel
def next_return(terms: Array, target: float, start: float, stop: float) -> tuple[float, int]:
    """As `next_crossing` downwards, for a start beyond the target."""
    if beyond_for_ever(terms, target, start):
        return math.nan, UNREACHABLE
    return next_crossing(terms, target, start, stop, DOWN)

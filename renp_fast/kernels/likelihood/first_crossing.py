"""A crossing of one row, guessed and then proved to be the first; what cannot be is left to `likelihood.crossings`.

Newton's method finds a crossing in a few steps. It is the first one if chi^2 is convex all the way to it.
"""

import math

from renp_fast.kernels.likelihood.crossings import (
    EXPECTED,
    LINEAR_CHANGE,
    SQUARE_CHANGE,
    change_and_events,
    chi2_at,
    deviance,
)
from renp_fast.kernels.likelihood.minimum import convex
from renp_fast.kernels.likelihood.poisson import excess
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array

# Newton's method has converged when a step is less than this part of the coupling: the next would be its square
CLOSE = 1e-9
MOST_STEPS = 30
# Intervals that are tried
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
        N0, steep = terms[k, EXPECTED], terms[k, LINEAR_CHANGE] + 2.0 * terms[k, SQUARE_CHANGE] * g
        change, N = change_and_events(terms, k, g)
        if N0 == 0.0:
            chi2 += change
            rise += steep
        elif N >= 0.5 * N0:
            chi2 += N0 * excess(change / N0)
            rise += steep * (change / N)
        else:
            chi2 += change + N0 * math.log(N0 / N) if N > 0.0 else math.inf
            rise += steep * (change / N)
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

"""The least chi^2 over all couplings, found for certain.

As in `likelihood.crossings`, every deviance is monotonic between the turning points of the event numbers, so the
lesser of its values at the ends of an interval bounds it from below. Intervals whose bound is no better than the best
chi^2 so far are dropped; where chi^2 is convex its slope is bisected; the others are halved.
"""

import math

import numpy as np

from renp_fast.kernels.likelihood.crossings import (
    CONSTANT_CHANGE,
    EXPECTED,
    LINEAR_CHANGE,
    SQUARE_CHANGE,
    change_and_events,
    chi2_at,
    deviance,
    turning_points,
)
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array

MOST_INTERVALS = 20_000
DEEPEST = 256
# Halvings of an interval of couplings until its ends are neighbouring numbers, and more
MOST_HALVINGS = 1100


@kernel
def slope(terms: Array, g: float) -> float:
    """Derivative of chi^2 by the coupling; NaN or infinite where events are expected and none are left."""
    total = 0.0
    for k in range(terms.shape[0]):
        change, N = change_and_events(terms, k, g)
        rise = terms[k, LINEAR_CHANGE] + 2.0 * terms[k, SQUARE_CHANGE] * g
        total += 2.0 * rise * (change / N if terms[k, EXPECTED] > 0.0 else 1.0)
    return total


@kernel
def convex(terms: Array, p: float, q: float) -> bool:
    """Whether chi^2 is convex for certain between two couplings.

    The second derivative of a deviance is 2 [N'' (1 - N0/N) + N0 N'^2/N^2].
    """
    bound = 0.0
    for k in range(terms.shape[0]):
        N0, a, b, c = terms[k, EXPECTED], terms[k, CONSTANT_CHANGE], terms[k, LINEAR_CHANGE], terms[k, SQUARE_CHANGE]
        if N0 == 0.0:
            bound += 2.0 * c
            continue
        first, last = a + p * (b + p * c), a + q * (b + q * c)
        rise, later = b + 2.0 * c * p, b + 2.0 * c * q
        low, high, slowest = min(first, last), N0 + max(first, last), min(math.fabs(rise), math.fabs(later))
        if rise * later <= 0.0:  # the vertex lies between
            low, slowest = min(low, first + 0.5 * (q - p) * min(rise, 0.0)), 0.0
        if not N0 + low > 0.0:
            return False
        bound += 2.0 * c * (low / (N0 + low)) + N0 * (slowest / high) ** 2
    return bound >= 0.0


@kernel
def zero_of_slope(terms: Array, low: float, high: float) -> float:
    """Where chi^2, convex between low and high, stops falling."""
    for _ in range(MOST_HALVINGS):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        if slope(terms, middle) < 0.0:
            low = middle
        else:
            high = middle
    return low


@kernel
def least_over_coupling(terms: Array) -> tuple[float, float, bool]:
    """The least chi^2 over couplings of either sign, where it is, and whether the search ended.

    Parameters
    ----------
    terms : ndarray
        (triggers, 5) as of `likelihood.crossings`.
    """
    points, stack = np.empty(3 * terms.shape[0] + 1), np.empty((DEEPEST, 2))
    count = turning_points(terms, points)
    best, place = chi2_at(terms, 0.0, 0.0), 0.0
    # Beyond the first and the last turning point every deviance rises
    for i in range(count):
        value = chi2_at(terms, 0.0, points[i])
        if value < best:
            best, place = value, points[i]
    for i in range(1, count):
        depth = 1
        stack[0, 0], stack[0, 1] = points[i - 1], points[i]
        for _ in range(MOST_INTERVALS):
            if depth == 0:
                break
            depth -= 1
            low, high = stack[depth, 0], stack[depth, 1]
            bound, rises, falls = 0.0, True, True
            for k in range(terms.shape[0]):
                first, last = deviance(terms, k, low), deviance(terms, k, high)
                bound += min(first, last)
                rises = rises and last >= first
                falls = falls and last <= first
            middle = 0.5 * (low + high)
            if rises or falls or not bound < best or not low < middle < high:
                continue  # the ends, whose chi^2 is known, are no worse than what lies between
            if convex(terms, low, high):
                middle = zero_of_slope(terms, low, high)
            elif depth + 2 > DEEPEST:
                return best, place, False
            else:
                stack[depth, 0], stack[depth, 1] = middle, high
                stack[depth + 1, 0], stack[depth + 1, 1] = low, middle
                depth += 2
            value = chi2_at(terms, 0.0, middle)
            if value < best:
                best, place = value, middle
        if depth > 0:
            return best, place, False
    return best, place, True

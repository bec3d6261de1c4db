"""Adaptive integration by Gauss-Legendre rules of 15 nodes and Kronrod's 31, which hold them (QUADPACK's qk31).

The range is cut where the integrand has kinks like square roots, that open below: between two cuts it is analytic in
t, where y = upper end - t^2. The difference of both rules is the error of the lower one, and so a bound of that of the
higher one wherever it has begun to converge. Neither sees what is much narrower than an interval and lies between its
nodes: where that may be, the range is to be cut (`line.cuts`). Intervals with too large an error are halved,
until the sum of all errors is small enough or there is no room for more.

Several integrals are done at once, on the same nodes. The loop belongs to the caller, since the integrand is its own:

    number = count = begin(breaks, n, intervals)
    while number > 0:
        count = number
        for row in range(count):
            if intervals[row, FRESH] != 0.0:
                ...                             # values at the nodes, then `add_up`
        number = refined(intervals, count, tolerance)
"""

import math

import numpy as np

from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array

_POSITIVE = np.array(
    [
        (0.1011420669187175, 0.10076984552387559, 0.0),
        (0.20119409399743451, 0.09917359872179196, 0.19843148532711158),
        (0.29918000715316884, 0.09664272698362368, 0.0),
        (0.3941513470775634, 0.09312659817082532, 0.1861610000155622),
        (0.4850818636402397, 0.08856444305621176, 0.0),
        (0.5709721726085388, 0.08308050282313302, 0.16626920581699392),
        (0.650996741297417, 0.07684968075772038, 0.0),
        (0.7244177313601701, 0.06985412131872826, 0.13957067792615432),
        (0.790418501442466, 0.06200956780067064, 0.0),
        (0.8482065834104272, 0.05348152469092809, 0.10715922046717194),
        (0.8972645323440819, 0.04458975132476488, 0.0),
        (0.937273392400706, 0.03534636079137585, 0.07036604748810812),
        (0.9677390756791391, 0.02546084732671532, 0.0),
        (0.9879925180204854, 0.015007947329316122, 0.03075324199611727),
        (0.9980022986933971, 0.005377479872923349, 0.0),
    ]
)
NODES = 31
# Node on (-1, 1), its weight among all 31, and among the 15 of the lower rule
RULE = np.concatenate([_POSITIVE[::-1] * (-1.0, 1.0, 1.0), [(0.0, 0.10133000701479154, 0.2025782419255613)], _POSITIVE])
NODE, WEIGHT, LOWER_WEIGHT = 0, 1, 2
INTEGRALS = 3
# Columns of an interval: upper end of its piece, the range of t, whether it has yet to be done; and for each integral
# its value, its error, and the integral of its absolute value
ANCHOR, FIRST, LAST, FRESH, VALUE, ERROR, SIZE = 0, 1, 2, 3, 4, 4 + INTEGRALS, 4 + 2 * INTEGRALS
COLUMNS = 4 + 3 * INTEGRALS
MOST_INTERVALS = 400
# What `refined` returns at the end
CONVERGED, NOT_CONVERGED = 0, -1


@kernel
def fill_breaks(points: Array, n: int, low: float, high: float, breaks: Array) -> int:
    """Write low, those of the first n ``points`` that lie between, increasing, and high; how many there are."""
    count = 1
    breaks[0] = low
    for point in points[:n]:
        if low < point < high:
            place = count
            while place > 1 and breaks[place - 1] > point:
                breaks[place] = breaks[place - 1]
                place -= 1
            breaks[place] = point
            count += 1
    breaks[count] = high
    return count + 1


@kernel
def begin(breaks: Array, n: int, intervals: Array) -> int:
    """Write an interval for each piece between increasing ``breaks``; how many there are."""
    count = 0
    for k in range(1, n):
        length = breaks[k] - breaks[k - 1]
        if length > 0.0:
            intervals[count, ANCHOR], intervals[count, FIRST] = breaks[k], 0.0
            intervals[count, LAST], intervals[count, FRESH] = math.sqrt(length), 1.0
            count += 1
    return count


@kernel
def node(interval: Array, k: int) -> tuple[float, float]:
    """Node k of an interval: how far y lies below the upper end of the piece, and dy/d(node)."""
    half = 0.5 * (interval[LAST] - interval[FIRST])
    t = 0.5 * (interval[LAST] + interval[FIRST]) + half * RULE[k, NODE]
    return t * t, 2.0 * t * half


@kernel
def add_up(values: Array, weights: Array, interval: Array) -> None:
    """Integrate ``values`` (integrals, nodes) times ``weights`` (nodes): dy/d(node) and whatever all of them share."""
    for j in range(INTEGRALS):
        higher = lower = size = 0.0
        for k in range(NODES):
            value = weights[k] * values[j, k]
            higher += RULE[k, WEIGHT] * value
            lower += RULE[k, LOWER_WEIGHT] * value
            size += RULE[k, WEIGHT] * math.fabs(value)
        interval[VALUE + j], interval[ERROR + j], interval[SIZE + j] = higher, math.fabs(higher - lower), size
    interval[FRESH] = 0.0


@kernel
def total(intervals: Array, count: int, column: int) -> float:
    """Sum of a column over all intervals."""
    result = 0.0
    for row in range(count):
        result += intervals[row, column]
    return result


@kernel
def refined(intervals: Array, count: int, tolerance: float) -> int:
    """Halve the intervals that spoil a total; the number of intervals, or `CONVERGED` or `NOT_CONVERGED`.

    Converged are integrals whose error is at most ``tolerance`` times that of their absolute value.
    """
    worst, before = False, count
    for j in range(INTEGRALS):
        allowed = tolerance * total(intervals, before, SIZE + j)
        if total(intervals, before, ERROR + j) <= allowed:
            continue
        worst = True
        share = 0.5 * allowed / before
        for row in range(before):
            if intervals[row, FRESH] != 0.0 or intervals[row, ERROR + j] <= share:
                continue
            if count == intervals.shape[0]:
                return NOT_CONVERGED
            middle = 0.5 * (intervals[row, FIRST] + intervals[row, LAST])
            if not intervals[row, FIRST] < middle < intervals[row, LAST]:
                return NOT_CONVERGED
            intervals[count, ANCHOR], intervals[count, LAST] = intervals[row, ANCHOR], intervals[row, LAST]
            intervals[row, LAST], intervals[count, FIRST] = middle, middle
            intervals[row, FRESH], intervals[count, FRESH] = 1.0, 1.0
            count += 1
    return count if worst else CONVERGED

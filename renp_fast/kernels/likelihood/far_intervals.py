"""Whether nothing lies beyond the end of an allowed interval, from the least and the most of all nuisance points.

Eight mediators at once. Nothing is allowed at couplings where the events that are too many of the least and can only
rise are too many already; on the way there steps over couplings are made in which chi^2 of all rows rises, or stays
above the threshold.
"""

import math

from renp_fast.kernels.amplitude.models import CONSTANT, IMAGINARY, REAL, SQUARE
from renp_fast.kernels.likelihood.allowed_points import may_be_within, some
from renp_fast.kernels.likelihood.mediator_table import (
    BY_IMAGINARY,
    BY_REAL,
    BY_SQUARE,
    COUNT,
    LEAST_LINEAR,
    MOST_LINEAR,
    greater,
    lesser,
    place_of,
)
from renp_fast.kernels.likelihood.nuisance_search import added
from renp_fast.kernels.simd.jit import inner
from renp_fast.kernels.simd.roots import root
from renp_fast.kernels.simd.vectors import fma, put, select, take
from renp_fast.kernels.types import Array

# The first ratio of the ends of a step, and how often a step is tried
RATIO, MOST_TRIALS = 1.5, 12


@inner
def set_extremes(lane: int, like: float, sign: float, least: Array, most: Array, known: Array) -> None:
    """Write the least and the most linear change of all rows, for couplings of a sign."""
    n = least.shape[1]
    for k in range(n):
        x = sign * take(known, place_of(BY_REAL, k, n, lane), like)
        first, last = x * least[REAL, k], x * most[REAL, k]
        low, high = select(first <= last, first, last), select(first <= last, last, first)
        if least.shape[0] > IMAGINARY:
            x = sign * take(known, place_of(BY_IMAGINARY, k, n, lane), like)
            first, last = x * least[IMAGINARY, k], x * most[IMAGINARY, k]
            low, high = low + select(first <= last, first, last), high + select(first <= last, last, first)
        put(known, place_of(LEAST_LINEAR, k, n, lane), low)
        put(known, place_of(MOST_LINEAR, k, n, lane), high)


@inner
def none_from(lane: int, like: float, p: float, rest: float, least: Array, counts: Array, known: Array) -> float:
    """1 if chi^2 of all rows exceeds the rest at all couplings from p on for certain, else 0.

    What counts are the event numbers that are too many and can only rise.
    """
    above, below, n = 0.0 * like, 0.0 * like + 1.0, counts.shape[1]
    for k in range(n):
        b = take(known, place_of(LEAST_LINEAR, k, n, lane), like)
        c = least[SQUARE, k] * take(known, place_of(BY_SQUARE, k, n, lane), like)
        change = greater(fma(p, fma(p, c, b), least[CONSTANT, k]), 0.0)
        change = select(fma(2.0 * p, c, b) <= 0.0, 0.0, change)
        above, below = added(above, below, change, k, counts)
    return 1.0 - may_be_within(0.0 * like + rest, above, below)


@inner
def none_between(
    lane: int, like: float, p: float, q: float, rest: float, extremes: tuple[Array, Array], counts: Array, known: Array
) -> float:
    """1 if, for certain, chi^2 of all rows rises all the way from coupling p to q or exceeds the rest there, else 0.

    As an event number is convex in the coupling, its change is no more there than at one of the ends, and no less than
    at both and half-way down the tangent at the first. The slope of a deviance is 2 N' d/(N0 + d).
    """
    least, most = extremes
    above, below, slope, n = 0.0 * like, 0.0 * like + 1.0, 0.0 * like, counts.shape[1]
    for k in range(n):
        size = take(known, place_of(BY_SQUARE, k, n, lane), like)
        b, c = take(known, place_of(LEAST_LINEAR, k, n, lane), like), least[SQUARE, k] * size
        first, last = fma(p, fma(p, c, b), least[CONSTANT, k]), fma(q, fma(q, c, b), least[CONSTANT, k])
        slowest = fma(2.0 * p, c, b)
        low = lesser(lesser(first, last), fma(0.5 * (q - p), lesser(slowest, 0.0), first))
        b, c = take(known, place_of(MOST_LINEAR, k, n, lane), like), most[SQUARE, k] * size
        first, last = fma(p, fma(p, c, b), most[CONSTANT, k]), fma(q, fma(q, c, b), most[CONSTANT, k])
        fastest, high = fma(2.0 * q, c, b), greater(first, last)
        above, below = added(above, below, greater(low, 0.0) + lesser(high, 0.0), k, counts)
        if counts[COUNT, k] > 0.0:
            fewest = counts[COUNT, k] + low
            low, high = low / fewest, high / (counts[COUNT, k] + high)
            slope = slope + select(
                fewest <= 0.0,
                -math.inf,
                lesser(lesser(slowest * low, slowest * high), lesser(fastest * low, fastest * high)),
            )
        else:
            slope = slope + slowest
    return select(0.0 * like <= slope, 1.0, 1.0 - may_be_within(0.0 * like + rest, above, below))


@inner
def none_beyond(
    lane: int,
    like: float,
    end: float,
    rest: float,
    extremes: tuple[Array, Array],
    counts: Array,
    known: Array,
) -> float:
    """1 if no row allows a coupling beyond the end for certain, where all exceed the threshold there, else 0."""
    p, ratio, closed = end, 0.0 * like + RATIO, 0.0 * like
    for _ in range(MOST_TRIALS):
        closed = select(closed <= 0.0, none_from(lane, like, p, rest, extremes[0], counts, known), closed)
        if not some(select(closed <= 0.0, 1.0, 0.0)):
            break
        q = ratio * p
        further = none_between(lane, like, p, q, rest, extremes, counts, known)
        p, ratio = select(further <= 0.0, p, q), select(further <= 0.0, root(ratio), ratio)
    return closed

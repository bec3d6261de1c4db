"""Eight mediators at once: where the allowed interval that contains zero ends, and whether no other lies beyond.

Each mediator has a number of a vector to itself, and what is found for one does not depend on the others.

The first guess is where the truth's own chi^2 crosses the threshold. From there the search goes from row to row: to
the one with the least chi^2 of those that still allow the coupling, and on to where that one crosses the threshold,
until no other row allows it. The interval ends there if the last row allows everything from zero on, for certain. What
cannot be shown here is left to `likelihood.profiles`.
"""

import math

import numpy as np

from renp_fast.kernels.amplitude.cancellation import left_over
from renp_fast.kernels.amplitude.models import CONSTANT, IMAGINARY, REAL, SQUARE
from renp_fast.kernels.amplitude.propagator import COUPLING, strength
from renp_fast.kernels.likelihood.allowed_points import SLACK, some
from renp_fast.kernels.likelihood.crossings import (
    CONSTANT_CHANGE,
    EXPECTED,
    LEAST,
    LINEAR_CHANGE,
    SQUARE_CHANGE,
    chi2_at,
)
from renp_fast.kernels.likelihood.crossings import TERMS as ROW_TERMS
from renp_fast.kernels.likelihood.far_intervals import none_beyond, set_extremes
from renp_fast.kernels.likelihood.first_crossing import CLOSE, MOST_STEPS, within_until
from renp_fast.kernels.likelihood.mediator_table import (
    BY_IMAGINARY,
    BY_REAL,
    BY_SQUARE,
    COUNT,
    GAUGE,
    INVERSE,
    INVERSE_ROOT,
    TERMS,
    greater,
    half_deviance,
    lesser,
    place_of,
)
from renp_fast.kernels.likelihood.nuisance_search import (
    Flat,
    Nuisances,
    allowing,
    flat_of,
    least_of_rows,
    likeliest,
    set_coupling,
)
from renp_fast.kernels.simd.jit import inner, kernel
from renp_fast.kernels.simd.roots import root
from renp_fast.kernels.simd.vectors import LANES, fma, put, select, take, whole_vectors, wide
from renp_fast.kernels.types import Array

# Results for a mediator: the size of the coupling at the end, or NaN where it could not be shown, the row that ends
# there, whether nothing lies beyond; what the prior of the row leaves of the threshold, and whether the row allows
# everything up to the end
END, LAST_ROW, CLOSED, REST, SHOWN = 0, 1, 2, 3, 4
RESULTS = 5
# Pieces between zero and the end that are tried
MOST_PIECES = 12
# Rows that the search goes through at most
MOST_JUMPS = 12
# A change that leaves less than this part of the expected events is a difference with few digits
FEW = 1e-2
# How close the first row's crossing is looked for
ROUGHLY = 1e-3


@kernel
def fill_strengths(levels: Array, counts: Array, mediators: Array, known: Array, usable: Array) -> None:
    """Write the strengths of eight mediators for coupling 1, and whether they are finite.

    ``levels`` (triggers, 2); ``known`` (14, triggers, 8). The last mediator fills up what is left of eight.
    """
    for lane in range(LANES):
        mediator = mediators[min(lane, mediators.shape[0] - 1)]
        usable[lane] = 1.0
        for k in range(levels.shape[0]):
            real, imaginary = strength(1.0, mediator[1], mediator[2], levels[k, 0], mediator[3])
            if math.isinf(real):
                real, usable[lane] = 0.0, 0.0
            known[BY_REAL, k, lane] = real
            known[BY_SQUARE, k, lane] = real * real + imaginary * imaginary
            known[BY_IMAGINARY, k, lane] = imaginary
            known[GAUGE, k, lane] = (2.0 / 3.0) * counts[INVERSE_ROOT, k]


@inner
def set_terms(first: int, last: int, sign: float, nuisances: Flat, chosen: Array, known: Array) -> None:
    """Write the changes of the chosen row of each mediator, for couplings of a sign."""
    (powers, n), changes = nuisances[0], nuisances[1]
    for lane in range(first, last):
        place = int(chosen[lane]) * powers * n
        for k in range(n):
            linear = known[place_of(BY_REAL, k, n, lane)] * changes[place + REAL * n + k]
            if powers > IMAGINARY:
                linear += known[place_of(BY_IMAGINARY, k, n, lane)] * changes[place + IMAGINARY * n + k]
            square = known[place_of(BY_SQUARE, k, n, lane)] * changes[place + SQUARE * n + k]
            known[place_of(TERMS, k, n, lane)] = changes[place + k]
            known[place_of(TERMS + 1, k, n, lane)] = sign * linear
            known[place_of(TERMS + 2, k, n, lane)] = square


@inner
def rough_crossings(lane: int, like: float, rest: float, counts: Array, known: Array) -> float:
    """As `likelihood.first_crossing.rough_crossing`."""
    linear, square, n = 0.0 * like, 0.0 * like, counts.shape[1]
    for k in range(n):
        weight = 1.0 / max(counts[COUNT, k], 1.0)
        b, c = take(known, place_of(TERMS + 1, k, n, lane), like), take(known, place_of(TERMS + 2, k, n, lane), like)
        linear = fma(b * b, weight, linear)
        square = fma(c * c, weight, square)
    return 1.0 / (root(linear / rest) + root(root(square / rest)))


@inner
def newton_steps(lane: int, like: float, g: float, rest: float, close: float, counts: Array, known: Array) -> float:
    """As `likelihood.first_crossing.newton`, until a step is less than a part ``close`` of the coupling."""
    moving, n = 0.0 * like + 1.0, counts.shape[1]
    for _ in range(MOST_STEPS):
        half, rise = 0.0 * like, 0.0 * like
        for k in range(n):
            a, b = take(known, place_of(TERMS, k, n, lane), like), take(known, place_of(TERMS + 1, k, n, lane), like)
            c = take(known, place_of(TERMS + 2, k, n, lane), like)
            change, slope = fma(g, fma(g, c, b), a), fma(2.0 * g, c, b)
            half = half + half_deviance(change, k, counts)
            if counts[COUNT, k] > 0.0:
                slope = slope * (change / (change + counts[COUNT, k]))
            rise = rise + slope
        chi2, rise = 2.0 * half, 2.0 * rise
        step = 2.0 * (chi2 - rest) / (rise * (1.0 + root(rest / chi2)))
        step = select(g <= step, 0.5 * g, step)
        step = select(rise <= 0.0, select(chi2 <= rest, -1.0 * g, 0.5 * g), step)
        g = select(moving <= 0.0, g, g - step)
        moving = select(step * step <= close * close * g * g, 0.0, moving)
        if not some(moving):
            break
    return select(moving <= 0.0, g, math.nan)


@inner
def between(lane: int, like: float, p: float, q: float, counts: Array, known: Array) -> tuple[float, float, float]:
    """A lower bound of the bend of chi^2 of the chosen row between two couplings, and upper bounds there and at q.

    The bend is as of `likelihood.minimum.convex`. The deviance of a change d is at most d^2/N0, or
    d^2/(N0 + d) if d is negative.
    """
    bend, most, last_most, n = 0.0 * like, 0.0 * like, 0.0 * like, counts.shape[1]
    for k in range(n):
        N0, a = counts[COUNT, k], take(known, place_of(TERMS, k, n, lane), like)
        b, c = take(known, place_of(TERMS + 1, k, n, lane), like), take(known, place_of(TERMS + 2, k, n, lane), like)
        first, last = fma(p, fma(p, c, b), a), fma(q, fma(q, c, b), a)
        rise, later = fma(2.0 * p, c, b), fma(2.0 * q, c, b)
        turns = rise * later
        low, high = lesser(first, last), greater(first, last)
        low = select(turns <= 0.0, lesser(low, fma(0.5 * (q - p), lesser(rise, 0.0), first)), low)
        if N0 > 0.0:
            slowest = lesser(greater(rise, -1.0 * rise), greater(later, -1.0 * later))
            part, fewest = select(turns <= 0.0, 0.0, slowest) / (N0 + high), N0 + low
            share = low / fewest
            bend = bend + select(fewest <= 0.0, -math.inf, 2.0 * c * share + N0 * part * part)
            above = high * high * counts[INVERSE, k]
            most = most + select(fewest <= 0.0, math.inf, greater(above, select(low <= 0.0, low * share, 0.0)))
            fewest = N0 + lesser(last, 0.0)
            last_most = last_most + select(fewest <= 0.0, math.inf, last * last / fewest)
        else:
            bend, most, last_most = bend + 2.0 * c, most + 2.0 * high, last_most + 2.0 * last
    return bend, most, last_most


@inner
def within_steps(lane: int, like: float, end: float, rest: float, counts: Array, known: Array) -> float:
    """1 if chi^2 of the chosen row, which reaches the rest at the end, is within it from zero on for certain, else 0.

    As `likelihood.first_crossing.within_until`, with bounds where that takes logarithms.
    """
    p, q, shown = 0.0 * like, end, 0.0 * like
    at_zero = between(lane, like, p, p, counts, known)[2]
    for _ in range(MOST_PIECES):
        bend, most, last_most = between(lane, like, p, q, counts, known)
        whole = select(q != end, 0.0, 1.0)
        convex = select(0.0 * like <= bend, select(last_most <= rest, 1.0, whole), 0.0)
        step = select(most <= rest, 1.0, convex)
        shown = select(step <= 0.0, shown, greater(whole, shown))
        p, q = select(step <= 0.0, p, q), select(step <= 0.0, 0.5 * (p + q), end)
        if not some(select(shown <= 0.0, 1.0, 0.0)):
            break
    return select(at_zero <= rest, shown, 0.0)


@inner
def search(
    lane: int, like: float, sign: float, nuisances: Flat, threshold: float, known: Array, results: Array
) -> None:
    """Write `END`, which need not be that of an interval yet, and `LAST_ROW` of one mediator, or of eight."""
    (_, n), _, _, _, priors, counts = nuisances
    row, g, rest = 0.0 * like, 0.0 * like, 0.0 * like
    lanes = LANES if whole_vectors(LANES) == LANES else 1
    going = 0.0 * like + 1.0
    chosen = results[LAST_ROW]
    put(chosen, lane, row)
    for jump in range(MOST_JUMPS):
        set_terms(lane, lane + lanes, sign, nuisances, chosen, known)
        for i in range(lane, lane + lanes):
            results[REST, i] = threshold - priors[int(chosen[i])]
        rest = take(results[REST], lane, like)
        if jump == 0:
            g = rough_crossings(lane, like, rest, counts, known)
        close = ROUGHLY if jump == 0 else CLOSE
        g = select(going <= 0.0, g, newton_steps(lane, like, g, rest, close, counts, known))
        set_coupling(lane, like, sign * g, n, known)
        if jump == 0:
            found = likeliest(lane, like, nuisances, known)
        else:
            found = allowing(lane, like, nuisances, threshold, row, known)
        going = select(found <= -1.0, 0.0, going)
        if not some(going):
            break
        row = select(going <= 0.0, row, found)
        put(chosen, lane, row)
    put(results[END], lane, select(going <= 0.0, g, math.nan))


@inner
def search_and_show(
    lane: int,
    like: float,
    sign: float,
    nuisances: Flat,
    threshold: float,
    extremes: tuple[Array, Array],
    known: Array,
    results: Array,
) -> None:
    """Write the `RESULTS` of one mediator, or of eight; what is not `SHOWN` yet may still be true."""
    priors, counts = nuisances[4], nuisances[5]
    search(lane, like, sign, nuisances, threshold, known, results)
    end, rest = take(results[END], lane, like), take(results[REST], lane, like)
    put(results[SHOWN], lane, within_steps(lane, like, end, rest, counts, known))
    set_extremes(lane, like, sign, extremes[0], extremes[1], known)
    least = threshold * (1.0 + SLACK) - priors[0]
    put(results[CLOSED], lane, none_beyond(lane, like, end, least, extremes, counts, known))


@kernel
def within_from_zero(lane: int, counts: Array, known: Array, results: Array) -> bool:
    """Whether chi^2 of the chosen row of a mediator is within the threshold from zero to the end, for certain."""
    n = counts.shape[1]
    terms = np.empty((n, ROW_TERMS))
    for k in range(n):
        terms[k, EXPECTED] = counts[COUNT, k]
        for column in range(3):
            terms[k, CONSTANT_CHANGE + column] = known[place_of(TERMS + column, k, n, lane)]
        # A background too small to tell it from rounding is left to `likelihood.profiles`
        start = counts[COUNT, k] + terms[k, CONSTANT_CHANGE]
        terms[k, LEAST] = left_over(start, terms[k, LINEAR_CHANGE], 0.0, terms[k, SQUARE_CHANGE])
    rest = results[REST, lane]
    return chi2_at(terms, 0.0, 0.0) <= rest and within_until(terms, rest, 0.0, results[END, lane])


@kernel
def few_left(lane: int, counts: Array, known: Array, end: float) -> bool:
    """Whether so few events of some trigger are left at the end that it is not known to all digits here."""
    n = counts.shape[1]
    for k in range(n):
        a, b = known[place_of(TERMS, k, n, lane)], known[place_of(TERMS + 1, k, n, lane)]
        if counts[COUNT, k] + (a + end * (b + end * known[place_of(TERMS + 2, k, n, lane)])) < FEW * counts[COUNT, k]:
            return True
    return False


@kernel
def fill_ends(sign: float, nuisances: Nuisances, threshold: float, usable: Array, known: Array, results: Array) -> None:
    """Write the `RESULTS` of eight mediators, for couplings of a sign, into ``results`` (5, 8)."""
    flat, counts = flat_of(nuisances), nuisances.counts
    table, extremes = known.reshape(known.size), (nuisances.least, nuisances.most)
    if whole_vectors(LANES) == LANES:
        search_and_show(0, wide(0.0), sign, flat, threshold, extremes, table, results)
    else:
        for lane in range(LANES):
            search_and_show(lane, 0.0, sign, flat, threshold, extremes, table, results)
    for lane in range(LANES):
        end = results[END, lane]
        shown = usable[lane] != 0.0 and 0.0 < end < math.inf and not few_left(lane, counts, table, end)
        if not (shown and (results[SHOWN, lane] != 0.0 or within_from_zero(lane, counts, table, results))):
            results[END, lane], results[CLOSED, lane] = math.nan, 0.0


@kernel
def may_cancel(lane: int, g: float, nuisances: Nuisances, known: Array) -> bool:
    """Whether so few events of some trigger may be left in some row that their number is a difference with few digits.

    Coupling ``g`` is that of the mediator.
    """
    least, most, counts = nuisances.least, nuisances.most, nuisances.counts
    for k in range(least.shape[1]):
        x, y = g * known[BY_REAL, k, lane], g * known[BY_IMAGINARY, k, lane]
        change = least[CONSTANT, k] + g * g * known[BY_SQUARE, k, lane] * least[SQUARE, k]
        change += min(x * least[REAL, k], x * most[REAL, k])
        if least.shape[0] > IMAGINARY:
            change += min(y * least[IMAGINARY, k], y * most[IMAGINARY, k])
        if counts[COUNT, k] + change < FEW * counts[COUNT, k]:
            return True
    return False


@kernel
def fill_least(nuisances: Nuisances, mediators: Array, known: Array, values: Array) -> None:
    """Write the least chi^2 of all rows for eight mediators, at their couplings, into ``values`` (8,)."""
    flat, table, n = flat_of(nuisances), known.reshape(known.size), known.shape[1]
    for lane in range(LANES):
        values[lane] = mediators[min(lane, mediators.shape[0] - 1), COUPLING]
    if whole_vectors(LANES) == LANES:
        set_coupling(0, wide(0.0), take(values, 0, wide(0.0)), n, table)
        put(values, 0, least_of_rows(0, wide(0.0), flat, table))
    else:
        for lane in range(LANES):
            set_coupling(lane, 0.0, values[lane], n, table)
            values[lane] = least_of_rows(lane, 0.0, flat, table)

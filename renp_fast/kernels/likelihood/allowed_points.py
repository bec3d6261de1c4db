"""Many nuisance points at once: which of them may allow a coupling, found without a logarithm.

With N = N0 + d the deviance 2 [d - N0 ln(1 + d/N0)] is at least d^2/(N0 + 2 d/3): both vanish at d = 0, and for
t = d/N0 the derivative of their difference by t is N0 8 t^3/((1 + t) (6 + 4 t)^2), which has the sign of t. Such
fractions are added without a division. Nearly all rows are ruled out like this, eight at a time, and only the others
looked at more closely. The bounds are never too high: what rounding adds is less than `SLACK`.

A table (blocks, 1 + 4 triggers, 8) holds eight rows in each block: their priors, for each trigger the change of the
events without new interaction and the factors of g and g^2 in it, and then, trigger by trigger, the least events over
all couplings. Rows that fill the last block have an infinite prior.
"""

import math
from typing import TypeAlias

import numpy as np

from renp_fast.kernels.amplitude.cancellation import least_events, left_over
from renp_fast.kernels.amplitude.models import IMAGINARY, REAL, SQUARE
from renp_fast.kernels.amplitude.propagator import strength
from renp_fast.kernels.likelihood.crossings import CONSTANT_CHANGE, EXPECTED, LEAST, LINEAR_CHANGE, SQUARE_CHANGE
from renp_fast.kernels.simd.jit import inner, kernel
from renp_fast.kernels.simd.vectors import LANES, any_of, fma, put, select, take, whole_vectors, wide
from renp_fast.kernels.types import Array, IntArray, Row

SLACK = 1e-12
# Added to N0 + 2 d/3: keeps the fraction finite where no events are expected, and is too little to count elsewhere
NOTHING = 1e-30
TWO_THIRDS = 2.0 / 3.0
# A fraction is not known when its denominator, a product over all triggers, exceeds it
LARGEST = 1e300
# Ratios of the ends of a step over couplings, and how often a step is tried, before rows are looked at one by one
FIRST_RATIO, LAST_RATIO = 1.5, 1.3
MOST_TRIALS = 16
# Smallest and largest size of the coupling
Interval: TypeAlias = tuple[float, float]


@kernel
def new_table(source: Array, triggers: int) -> Array:
    """Memory for a table."""
    return np.empty((source.shape[0], 1 + 4 * triggers, LANES))


@kernel
def kept_rows(priors: Array, threshold: float) -> IntArray:
    """Numbers of the rows whose prior alone does not exceed the threshold."""
    kept: IntArray = np.flatnonzero(priors <= threshold)
    return kept


@kernel
def sources(
    forms: Array, levels: Array, yields: Array, priors: Array, kept: IntArray, expected: Array
) -> tuple[Array, bool]:
    """What rows have in common for all mediators, and whether they have the same levels.

    (blocks, 1 + 6 triggers, 8): priors, and for each trigger the change of the events without new interaction and the
    factors of Re x, Im x and |x|^2 for a strength x; then the events without new interaction and without background of
    each trigger, and then the background.
    """
    triggers = forms.shape[2]
    source = np.zeros(((kept.size + LANES - 1) // LANES, 1 + 6 * triggers, LANES))
    source[:, 0, :] = math.inf
    same = True
    for i in range(kept.size):
        row, to = kept[i], source[i // LANES]
        lane = i % LANES
        to[0, lane] = priors[row]
        for k in range(triggers):
            per_W = yields[row, k, 0] * levels[row, k, 1]
            to[1 + 4 * k, lane] = (per_W * forms[row, 0, k] + yields[row, k, 1]) - expected[k]
            to[1 + 4 * triggers + k, lane], to[1 + 5 * triggers + k, lane] = per_W * forms[row, 0, k], yields[row, k, 1]
            if forms.shape[1] > 1:
                to[2 + 4 * k, lane] = per_W * forms[row, REAL, k]
                to[4 + 4 * k, lane] = per_W * forms[row, SQUARE, k]
            if forms.shape[1] == 4:
                to[3 + 4 * k, lane] = per_W * forms[row, IMAGINARY, k]
            if not math.isfinite(to[4 + 4 * k, lane]):  # of averages: a mediator's pole lies within the line
                to[4 + 4 * k, lane] = 0.0
                to[0, lane] = math.inf if per_W != 0.0 else to[0, lane]
            same = same and levels[row, k, 0] == levels[kept[0], k, 0]
    return source, same


@kernel
def fill_strengths(levels: Array, kept: IntArray, first: int, mediator: Row, strengths: Array) -> bool:
    """Write the strengths of eight rows, for coupling 1, into ``strengths`` (triggers, 2, 8); whether any is infinite.

    The rows begin with ``first``.
    """
    polar = False
    for k in range(levels.shape[1]):
        s = math.nan
        for lane in range(LANES):
            level = levels[kept[min(first + lane, kept.size - 1)], k, 0]
            if level != s:
                s = level
                real, imaginary = strength(1.0, mediator[1], mediator[2], s, mediator[3])
                polar = polar or math.isinf(real)
            strengths[k, 0, lane], strengths[k, 1, lane] = real, imaginary
    return polar


@inner
def table_step(
    lane: int, like: float, first: int, place: int, triggers: int, k: int, strengths: Array, source: Array, flat: Array
) -> None:
    """Write what one trigger of eight rows, or of one, needs; the block is ``first`` in the source, ``place`` here."""
    at, to = first + LANES * (1 + 4 * k) + lane, place + LANES * (1 + 3 * k) + lane
    x = take(strengths, 2 * LANES * k + lane, like), take(strengths, 2 * LANES * k + LANES + lane, like)
    real, imaginary = take(source, at + LANES, like), take(source, at + 2 * LANES, like)
    square = take(source, at + 3 * LANES, like)
    put(flat, to, take(source, at, like))
    put(flat, to + LANES, x[0] * real + x[1] * imaginary)
    put(flat, to + 2 * LANES, (x[0] * x[0] + x[1] * x[1]) * square)
    signal = take(source, first + LANES * (1 + 4 * triggers + k) + lane, like)
    offset = take(source, first + LANES * (1 + 5 * triggers + k) + lane, like)
    left = left_over(signal, real, imaginary, square)
    least = least_events(left, offset, real, imaginary, square, x[0], x[1])
    put(flat, place + LANES * (1 + 3 * triggers + k) + lane, least)


@kernel
def fill_table(source: Array, same_levels: bool, levels: Array, kept: IntArray, mediator: Row, table: Array) -> None:
    """Write the events with a mediator into ``table``; a row on the mediator's pole has an infinite prior."""
    triggers = levels.shape[1]
    strengths = np.empty((triggers, 2, LANES))
    flat_strengths = strengths.reshape(strengths.size)
    flat_source, flat = source.reshape(source.size), table.reshape(table.size)
    polar = False
    for block in range(source.shape[0]):
        if block == 0 or not same_levels:
            polar = fill_strengths(levels, kept, LANES * block, mediator, strengths)
        for lane in range(LANES):
            table[block, 0, lane] = source[block, 0, lane]
        for k in range(triggers):
            first, place = LANES * block * source.shape[1], LANES * block * table.shape[1]
            if whole_vectors(LANES) == LANES:
                table_step(0, wide(0.0), first, place, triggers, k, flat_strengths, flat_source, flat)
            else:
                for lane in range(LANES):
                    table_step(lane, 0.0, first, place, triggers, k, flat_strengths, flat_source, flat)
        if polar:
            mend_poles(source[block], strengths, table[block])


@kernel
def mend_poles(of: Array, strengths: Array, to: Array) -> None:
    """Of eight rows: where a mediator's pole is felt, the prior is infinite; where nothing is felt, nothing changes."""
    for k in range(strengths.shape[0]):
        for lane in range(LANES):
            if math.isinf(strengths[k, 0, lane]):
                to[2 + 3 * k, lane] = to[3 + 3 * k, lane] = 0.0
                triggers = strengths.shape[0]
                to[1 + 3 * triggers + k, lane] = of[1 + 4 * triggers + k, lane] + of[1 + 5 * triggers + k, lane]
                if of[4 + 4 * k, lane] != 0.0:
                    to[0, lane] = math.inf


@kernel
def fill_terms(table: Array, row: int, expected: Array, sign: float, terms: Array) -> float:
    """Write what `likelihood.crossings` needs of a row into ``terms`` (triggers, 5); its prior."""
    of, lane = table[row // LANES], row % LANES
    for k in range(expected.size):
        terms[k, EXPECTED] = expected[k]
        terms[k, CONSTANT_CHANGE] = of[1 + 3 * k, lane]
        terms[k, LINEAR_CHANGE] = sign * of[2 + 3 * k, lane]
        terms[k, SQUARE_CHANGE] = of[3 + 3 * k, lane]
        terms[k, LEAST] = of[1 + 3 * expected.size + k, lane]
    return of[0, lane]  # type: ignore[no-any-return]


@inner
def added(above: float, below: float, change: float, expected: float) -> tuple[float, float]:
    """A sum of fractions, above/below, and the bound of one more deviance."""
    weight = fma(change, TWO_THIRDS, expected + NOTHING)
    return fma(above, weight, change * change * below), below * weight


@inner
def may_be_within(room: float, above: float, below: float) -> float:
    """0 if above/below, which is not negative, exceeds the room for certain, else 1."""
    within = select(room * below <= above, select(below <= LARGEST, 0.0, 1.0), 1.0)
    return select(room <= 0.0, 0.0, within)


@inner
def room(place: int, like: float, flat: Array, threshold: float) -> float:
    """What the prior leaves of the threshold, with all slack."""
    return threshold * (1.0 + SLACK) - take(flat, place, like)


@inner
def bound_at(place: int, like: float, flat: Array, expected: Array, g: float) -> tuple[float, float]:
    """A lower bound of chi^2 at coupling g, without the prior, as numerator and denominator."""
    above, below = 0.0 * like, 0.0 * like + 1.0
    for k in range(expected.size):
        at = place + LANES * (1 + 3 * k)
        change = fma(g, fma(g, take(flat, at + 2 * LANES, like), take(flat, at + LANES, like)), take(flat, at, like))
        above, below = added(above, below, change, expected[k])
    return above, below


@inner
def may_allow(place: int, like: float, flat: Array, expected: Array, g: float, threshold: float) -> float:
    """1 unless chi^2 at coupling g exceeds the threshold for certain, else 0."""
    above, below = bound_at(place, like, flat, expected, g)
    return may_be_within(room(place, like, flat, threshold), above, below)


@inner
def chi2_or_less(place: int, like: float, flat: Array, expected: Array, g: float) -> float:
    """A lower bound of chi^2 at coupling g, with the prior."""
    above, below = bound_at(place, like, flat, expected, g)
    return above / below + take(flat, place, like)


@inner
def may_come_back(
    place: int, like: float, flat: Array, expected: Array, sign: float, p: float, threshold: float
) -> float:
    """1 unless chi^2 exceeds the threshold for certain at all sizes of the coupling from p on, else 0.

    What counts are the event numbers that are too many and can only rise.
    """
    above, below, g = 0.0 * like, 0.0 * like + 1.0, sign * p
    for k in range(expected.size):
        at = place + LANES * (1 + 3 * k)
        linear, square = take(flat, at + LANES, like), take(flat, at + 2 * LANES, like)
        change = fma(g, fma(g, square, linear), take(flat, at, like))
        rise = sign * fma(2.0 * g, square, linear)
        change = select(0.0 * like <= rise, select(0.0 * like <= change, change, 0.0), 0.0)
        above, below = added(above, below, change, expected[k])
    return may_be_within(room(place, like, flat, threshold), above, below)


@inner
def may_lie_between(
    place: int, like: float, flat: Array, expected: Array, sign: float, interval: Interval, threshold: float
) -> float:
    """1 unless chi^2 exceeds the threshold for certain at all sizes of the coupling between two, else 0.

    As an event number is convex in g, its change is no more there than at one of the ends, and no less than at both
    and half-way down the tangent at the first: the vertex, if it lies between, is half as far down as the tangent.
    """
    g, h = sign * interval[0], sign * interval[1]
    above, below = 0.0 * like, 0.0 * like + 1.0
    for k in range(expected.size):
        at = place + LANES * (1 + 3 * k)
        constant, linear = take(flat, at, like), take(flat, at + LANES, like)
        square = take(flat, at + 2 * LANES, like)
        first, last = fma(g, fma(g, square, linear), constant), fma(h, fma(h, square, linear), constant)
        rise = (h - g) * fma(2.0 * g, square, linear)
        dip = fma(select(rise <= 0.0, rise, 0.0), 0.5, first)
        least, most = select(first <= last, first, last), select(first <= last, last, first)
        least = select(dip <= least, dip, least)
        change = select(0.0 * like <= least, least, select(most <= 0.0, most, 0.0))
        above, below = added(above, below, change, expected[k])
    return may_be_within(room(place, like, flat, threshold), above, below)


@inner
def some(flags: float) -> bool:
    """Whether a number, or one of eight, is not 0."""
    return any_of(wide(flags) != 0.0)  # type: ignore[no-any-return]


@inner
def open_beyond(
    place: int, like: float, flat: Array, expected: Array, sign: float, g: float, threshold: float
) -> float:
    """1 for rows that may allow a size of the coupling beyond g, else 0.

    Steps over couplings grow until the bounds no longer hold, and are then shortened.
    """
    still = may_come_back(place, like, flat, expected, sign, g, threshold)
    p, ratio = g, FIRST_RATIO
    for _ in range(MOST_TRIALS):
        if ratio < LAST_RATIO or not some(still):
            break
        between = may_lie_between(place, like, flat, expected, sign, (p, ratio * p), threshold)
        if some(select(still <= 0.0, 0.0, between)):
            ratio = math.sqrt(ratio)
        else:
            p *= ratio
            beyond = may_come_back(place, like, flat, expected, sign, p, threshold)
            still = select(beyond <= 0.0, 0.0, still)
    return still


@kernel
def likeliest_row(table: Array, expected: Array, g: float, threshold: float, but: int) -> int:
    """The row, but for one, with the least bound of chi^2 at coupling g, or -1 if none can allow it."""
    flat, size = table.reshape(table.size), LANES * table.shape[1]
    best, least, values = -1, threshold * (1.0 + SLACK), np.empty(LANES)
    for block in range(table.shape[0]):
        place = size * block
        if whole_vectors(LANES) == LANES:
            if not some(may_allow(place, wide(0.0), flat, expected, g, least)):
                continue
            put(values, 0, chi2_or_less(place, wide(0.0), flat, expected, g))
        else:
            for lane in range(LANES):
                values[lane] = chi2_or_less(place + lane, 0.0, flat, expected, g)
        for lane in range(LANES):
            if values[lane] <= least and LANES * block + lane != but:
                best, least = LANES * block + lane, values[lane]
    return best


@kernel
def fill_open(table: Array, expected: Array, g: float, sign: float, threshold: float, rows: IntArray) -> int:
    """Write the rows that may allow a size of the coupling beyond g into ``rows``; their number."""
    flat, size, count, flags = table.reshape(table.size), LANES * table.shape[1], 0, np.empty(LANES)
    for block in range(table.shape[0]):
        place = size * block
        if whole_vectors(LANES) == LANES:
            still = open_beyond(place, wide(0.0), flat, expected, sign, g, threshold)
            if not some(still):
                continue
            put(flags, 0, still)
        else:
            for lane in range(LANES):
                flags[lane] = open_beyond(place + lane, 0.0, flat, expected, sign, g, threshold)
        for lane in range(LANES):
            if flags[lane] != 0.0:
                rows[count] = LANES * block + lane
                count += 1
    return count

"""The nuisance points of a set gone through for eight mediators at once: which of them may allow a coupling.

All mediators of a set share its nuisance points, whose event numbers change by A + B Re x + C |x|^2 (+ D Im x) with the
strength x of each. So the rows of A, B, C, D are gone through one by one, for eight mediators side by side. Rows are
sorted by prior and taken in groups: a group whose nearest change to zero is ruled out is ruled out altogether.
"""

import math
from typing import NamedTuple, TypeAlias

import numpy as np

from renp_fast.kernels.amplitude.models import CONSTANT, IMAGINARY, REAL, SQUARE
from renp_fast.kernels.likelihood.allowed_points import SLACK, may_be_within, some
from renp_fast.kernels.likelihood.mediator_table import (
    BY_IMAGINARY,
    BY_REAL,
    BY_SQUARE,
    COUNT,
    FACTORS,
    GAUGE,
    IMAGINARY_SIZE,
    INVERSE,
    INVERSE_ROOT,
    REAL_SIZE,
    greater,
    half_deviance,
    lesser,
    place_of,
)
from renp_fast.kernels.simd.jit import inner, kernel
from renp_fast.kernels.simd.vectors import fma, put, select, take
from renp_fast.kernels.types import Array, IntArray

# Rows that are tried together before each by itself
GROUP = 16
# The columns that B and D are multiplied with, in a sum and in a sum of sizes
SIGNED, SIZES = (FACTORS + BY_REAL, FACTORS + BY_IMAGINARY), (REAL_SIZE, IMAGINARY_SIZE)
Shape: TypeAlias = tuple[int, int]


class Nuisances(NamedTuple):
    """The nuisance points of a set, for all its mediators, in groups of `GROUP` rows.

    Attributes
    ----------
    changes, scaled : ndarray
        A, B, C, D of each row, in events and in roots of the expected events, (rows, powers, triggers).
    ranges : ndarray
        Middles and half widths of ``scaled`` in each group, (2 groups, powers, triggers).
    least, most : ndarray
        Of the changes of all rows, (powers, triggers).
    priors : ndarray
        (rows,).
    counts : ndarray
        (3, triggers).
    """

    changes: Array
    scaled: Array
    ranges: Array
    least: Array
    most: Array
    priors: Array
    counts: Array


class Flat(NamedTuple):
    """Powers and triggers of `Nuisances`, and what the search needs of them, flat."""

    shape: Shape
    changes: Array
    scaled: Array
    ranges: Array
    priors: Array
    counts: Array


@kernel
def nuisances_of(
    forms: Array, levels: Array, yields: Array, priors: Array, kept: IntArray, expected: Array
) -> Nuisances:
    """The kept rows of the tables of `likelihood.profiles`."""
    powers, triggers = forms.shape[1], forms.shape[2]
    changes, scaled = np.empty((kept.size, powers, triggers)), np.empty((kept.size, powers, triggers))
    groups = (kept.size + GROUP - 1) // GROUP
    ranges = np.empty((2 * groups, powers, triggers))
    least, most = np.full((powers, triggers), math.inf), np.full((powers, triggers), -math.inf)
    counts = np.zeros((3, triggers))
    for k in range(triggers):
        counts[COUNT, k] = expected[k]
        if expected[k] > 0.0:
            counts[INVERSE, k] = 1.0 / expected[k]
            counts[INVERSE_ROOT, k] = 1.0 / math.sqrt(expected[k])
    for group in range(groups):
        first, last = GROUP * group, min(GROUP * (group + 1), kept.size)
        for power in range(powers):
            for k in range(triggers):
                low, high = math.inf, -math.inf
                for i in range(first, last):
                    row = kept[i]
                    change = yields[row, k, 0] * levels[row, k, 1] * forms[row, power, k]
                    if power == CONSTANT:
                        change = (change + yields[row, k, 1]) - expected[k]
                    changes[i, power, k] = change
                    scaled[i, power, k] = change * counts[INVERSE_ROOT, k]
                    low, high = min(low, change), max(high, change)
                least[power, k], most[power, k] = min(least[power, k], low), max(most[power, k], high)
                middle = 0.5 * (low + high)
                ranges[group, power, k] = middle * counts[INVERSE_ROOT, k]
                # What rounding does to the middle is added to the range
                ranges[groups + group, power, k] = ((high - middle) + 1e-15 * math.fabs(middle)) * counts[
                    INVERSE_ROOT, k
                ]
    return Nuisances(changes, scaled, ranges, least, most, priors[kept], counts)


@kernel
def flat_of(nuisances: Nuisances) -> Flat:
    """What the search needs of a set."""
    changes, scaled, ranges, _, _, priors, counts = nuisances
    shape = changes.shape[1], changes.shape[2]
    return Flat(
        shape,
        changes.reshape(changes.size),
        scaled.reshape(scaled.size),
        ranges.reshape(ranges.size),
        priors,
        counts,
    )


@inner
def set_coupling(lane: int, like: float, g: float, n: int, known: Array) -> None:
    """Write what B, C and D are multiplied with at couplings g."""
    for k in range(n):
        real = g * take(known, place_of(BY_REAL, k, n, lane), like)
        imaginary = g * take(known, place_of(BY_IMAGINARY, k, n, lane), like)
        put(known, place_of(FACTORS + BY_REAL, k, n, lane), real)
        put(
            known, place_of(FACTORS + BY_SQUARE, k, n, lane), g * g * take(known, place_of(BY_SQUARE, k, n, lane), like)
        )
        put(known, place_of(FACTORS + BY_IMAGINARY, k, n, lane), imaginary)
        put(known, place_of(REAL_SIZE, k, n, lane), greater(real, -1.0 * real))
        put(known, place_of(IMAGINARY_SIZE, k, n, lane), greater(imaginary, -1.0 * imaginary))


@inner
def change_at(
    row: int, k: int, lane: int, like: float, shape: Shape, columns: tuple[int, int], rows: Array, known: Array
) -> float:
    """Sum at trigger k of a row of the flat ``rows``, with the ``columns`` as the factors of B and D."""
    powers, n = shape
    place = row * powers * n + k
    factor = take(known, place_of(columns[0], k, n, lane), like)
    change = fma(factor, take(rows, place + REAL * n, 0.0), take(rows, place, 0.0))
    factor = take(known, place_of(FACTORS + BY_SQUARE, k, n, lane), like)
    change = fma(factor, take(rows, place + SQUARE * n, 0.0), change)
    if powers > IMAGINARY:
        factor = take(known, place_of(columns[1], k, n, lane), like)
        change = fma(factor, take(rows, place + IMAGINARY * n, 0.0), change)
    return change


@inner
def added(above: float, below: float, change: float, k: int, counts: Array) -> tuple[float, float]:
    """A sum of fractions, above/below, and the bound of `likelihood.allowed_points` for the deviance of trigger k."""
    weight = fma(change, (2.0 / 3.0) * counts[INVERSE, k], 1.0)
    return fma(above, weight, change * change * counts[INVERSE, k] * below), below * weight


@inner
def group_may(
    group: int, groups: int, lane: int, like: float, room: float, shape: Shape, ranges: Array, known: Array
) -> float:
    """0 if chi^2 of all rows of a group, at the coupling that was set, exceeds the room for certain, else 1.

    The bound is that of `likelihood.allowed_points`, for the change of the group that is nearest to zero.
    """
    above, below = 0.0 * like, 0.0 * like + 1.0
    for k in range(shape[1]):
        middle = change_at(group, k, lane, like, shape, SIGNED, ranges, known)
        half = change_at(groups + group, k, lane, like, shape, SIZES, ranges, known)
        z = greater(middle - half, 0.0) + lesser(middle + half, 0.0)
        weight = fma(z, take(known, place_of(GAUGE, k, shape[1], lane), like), 1.0)
        above = fma(above, weight, z * z * below)
        below = below * weight
    return may_be_within(room, above, below)


@inner
def bound_of(
    row: int, lane: int, like: float, shape: Shape, scaled: Array, counts: Array, known: Array
) -> tuple[float, float]:
    """A lower bound of chi^2 of a row without its prior, as numerator and denominator.

    For t = d/N0 the deviance is at least 2 N0 t^2 (15 + 8 t)/(30 + 36 t + 9 t^2): their difference vanishes at t = 0,
    and its derivative by t has the sign of t.
    """
    above, below = 0.0 * like, 0.0 * like + 1.0
    for k in range(shape[1]):
        s = counts[INVERSE_ROOT, k]
        z = change_at(row, k, lane, like, shape, SIGNED, scaled, known)
        weight = fma(z, fma(z, 0.3 * s * s, 1.2 * s), 1.0)
        above = fma(above, weight, z * z * fma(z, (8.0 / 15.0) * s, 1.0) * below)
        below = below * weight
    return above, below


@inner
def chi2_of(row: int, lane: int, like: float, shape: Shape, changes: Array, counts: Array, known: Array) -> float:
    """Chi^2 of a row without its prior."""
    half = 0.0 * like
    for k in range(shape[1]):
        half = half + half_deviance(change_at(row, k, lane, like, shape, SIGNED, changes, known), k, counts)
    return 2.0 * half


@inner
def likeliest(lane: int, like: float, nuisances: Flat, known: Array) -> float:
    """The row with the least bound of chi^2 at the coupling that was set."""
    shape, _, scaled, ranges, priors, counts = nuisances
    groups = (priors.size + GROUP - 1) // GROUP
    least, best = 0.0 * like + math.inf, 0.0 * like
    for group in range(groups):
        first = GROUP * group
        last = first
        if some(group_may(group, groups, lane, like, least - priors[first], shape, ranges, known)):
            last = min(first + GROUP, priors.size)
        for row in range(first, last):
            above, below = bound_of(row, lane, like, shape, scaled, counts, known)
            if some(may_be_within(least - priors[row], above, below)):
                value = above / below + priors[row]
                best = select(least <= value, best, 1.0 * row)
                least = select(least <= value, least, value)
    return best


@inner
def allowing(lane: int, like: float, nuisances: Flat, threshold: float, last: float, known: Array) -> float:
    """The row, but for the last, with the least chi^2 at the coupling that was set, or -1 if none allows it."""
    shape, changes, scaled, ranges, priors, counts = nuisances
    groups, most = (priors.size + GROUP - 1) // GROUP, threshold * (1.0 + SLACK)
    least, best = 0.0 * like + threshold, 0.0 * like - 1.0
    for group in range(groups):
        first = GROUP * group
        room, end = 0.0 * like + (most - priors[first]), first
        if some(group_may(group, groups, lane, like, room, shape, ranges, known)):
            end = min(first + GROUP, priors.size)
        for row in range(first, end):
            above, below = bound_of(row, lane, like, shape, scaled, counts, known)
            near = select(last != 1.0 * row, may_be_within(0.0 * like + (most - priors[row]), above, below), 0.0)
            if some(near):
                value = chi2_of(row, lane, like, shape, changes, counts, known) + priors[row]
                better = select(value <= least, near, 0.0)
                best = select(better <= 0.0, best, 1.0 * row)
                least = select(better <= 0.0, least, value)
    return best


@inner
def least_of_rows(lane: int, like: float, nuisances: Flat, known: Array) -> float:
    """The least chi^2 with prior of all rows at the coupling that was set."""
    shape, changes, scaled, ranges, priors, counts = nuisances
    groups, least = (priors.size + GROUP - 1) // GROUP, 0.0 * like + math.inf
    for group in range(groups):
        first = GROUP * group
        room, end = least * (1.0 + SLACK) - priors[first], first
        if some(group_may(group, groups, lane, like, room, shape, ranges, known)):
            end = min(first + GROUP, priors.size)
        for row in range(first, end):
            above, below = bound_of(row, lane, like, shape, scaled, counts, known)
            if some(may_be_within(least * (1.0 + SLACK) - priors[row], above, below)):
                value = chi2_of(row, lane, like, shape, changes, counts, known) + priors[row]
                least = lesser(value, least)
    return least

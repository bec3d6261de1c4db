"""Limits and chi^2 of a point, minimised over nuisance parameters.

A nuisance point is a row of quadratic forms with its levels, yields and prior; the Standard Model's event numbers
belong to the truth, which is the first row. The profiled chi^2 is the least over all rows, so a coupling is allowed
if any row allows it, and the allowed couplings are the union of the rows' allowed intervals.
"""

import math

import numpy as np

from renp_fast.kernels.amplitude.cancellation import least_events, left_over
from renp_fast.kernels.amplitude.models import IMAGINARY, REAL, SQUARE
from renp_fast.kernels.amplitude.propagator import strength
from renp_fast.kernels.grid.loops import LEVELS, MEDIATOR_ROW, MODEL, OUT, YIELD, next_offsets
from renp_fast.kernels.likelihood.allowed_points import (
    fill_open,
    fill_table,
    fill_terms,
    kept_rows,
    likeliest_row,
    new_table,
    sources,
)
from renp_fast.kernels.likelihood.crossings import (
    CONSTANT_CHANGE,
    EXPECTED,
    FOUND,
    LEAST,
    LINEAR_CHANGE,
    NOT_CONVERGED,
    POLE,
    SQUARE_CHANGE,
    TERMS,
    UNREACHABLE,
    chi2_at,
    fill_edges,
)
from renp_fast.kernels.likelihood.first_crossing import newton, rough_crossing, within_until
from renp_fast.kernels.likelihood.mediator_limits import (
    CLOSED,
    END,
    LAST_ROW,
    RESULTS,
    fill_ends,
    fill_least,
    fill_strengths,
    may_cancel,
)
from renp_fast.kernels.likelihood.mediator_table import COLUMNS
from renp_fast.kernels.likelihood.nuisance_search import Nuisances, nuisances_of
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.vectors import LANES
from renp_fast.kernels.types import Array, IntArray

# Columns of a result: limits, statuses, how many allowed intervals there are, and those nearest to zero
POSITIVE, NEGATIVE, POSITIVE_STATUS, NEGATIVE_STATUS, COUNT, INTERVALS = 0, 1, 2, 3, 4, 5
# Intervals of a single row that have room, besides two for each trigger, so that rounding may make some too
SPARE_INTERVALS = 8
# What a stored count can hold
MOST_COUNTED = 255
# Rows that the search for a limit goes through at most before it looks at all of them in their order
MOST_JUMPS = 32


@kernel
def expected_events(form: Array, levels: Array, yields: Array, expected: Array) -> None:
    """Write the Standard Model's event numbers into ``expected`` (triggers)."""
    for k in range(expected.size):
        expected[k] = yields[k, 0] * levels[k, 1] * form[0, k] + yields[k, 1]


@kernel
def event_terms(
    form: Array, levels: Array, yields: Array, mediator: Array, expected: Array, sign: float, terms: Array
) -> bool:
    """Write the change of every event number with the coupling into ``terms``; False on a mediator's pole."""
    for k in range(expected.size):
        per_W, offset = yields[k, 0] * levels[k, 1], yields[k, 1]
        signal = per_W * form[0, k]
        terms[k, 0], terms[k, 1], terms[k, LEAST] = expected[k], (signal + offset) - expected[k], signal + offset
        terms[k, LINEAR_CHANGE] = terms[k, SQUARE_CHANGE] = 0.0
        if form.shape[0] == 1:
            continue
        x, y = strength(1.0, mediator[1], mediator[2], levels[k, 0], mediator[3])
        if math.isinf(x) or math.isinf(form[SQUARE, k]):  # of averages the square itself is infinite
            if per_W != 0.0:
                return False
            continue
        real, square = per_W * form[REAL, k], per_W * form[SQUARE, k]
        imaginary = per_W * form[IMAGINARY, k] if form.shape[0] == 4 else 0.0
        terms[k, LINEAR_CHANGE] = sign * (x * real + y * imaginary)
        terms[k, SQUARE_CHANGE] = (x * x + y * y) * square
        left = left_over(signal, real, imaginary, square)
        terms[k, LEAST] = least_events(left, offset, real, imaginary, square, x, y)
    return True


@kernel
def likely_end(table: Array, expected: Array, threshold: float, sign: float) -> tuple[float, int]:
    """Where the allowed interval that contains zero may end, a row allowing it all the way, and which; or (0, -1).

    From the crossing of one row the search goes to that of the row with the least chi^2 there, until no other row
    allows it.
    """
    terms = np.empty((expected.size, TERMS))
    rest = threshold - fill_terms(table, 0, expected, sign, terms)
    end, last = rough_crossing(terms, rest), -1
    row = max(likeliest_row(table, expected, sign * end, threshold, -1), 0)
    for jump in range(MOST_JUMPS):
        rest = threshold - fill_terms(table, row, expected, sign, terms)
        if jump > 0 and not chi2_at(terms, 0.0, end) < rest:
            break
        end, last = newton(terms, rest, end), row
        row = likeliest_row(table, expected, sign * end, threshold, row)
        if row < 0:
            break
    rest = threshold - fill_terms(table, last, expected, sign, terms)
    if chi2_at(terms, 0.0, 0.0) <= rest and within_until(terms, rest, 0.0, end):
        return end, last
    return 0.0, -1


@kernel
def with_interval(intervals: Array, count: int, start: float, end: float) -> int:
    """Add an interval to those in ``intervals`` (n, 2), which ascend and do not overlap; their number.

    Two that only touch remain two: the gap between them may be narrower than float64 resolves.
    """
    first = 0
    while first < count and not intervals[first, 1] > start:
        first += 1
    last = first
    while last < count and intervals[last, 0] < end:
        start, end = min(start, intervals[last, 0]), max(end, intervals[last, 1])
        last += 1
    if last == first and first > 0 and intervals[first - 1, 0] == start and intervals[first - 1, 1] == end:
        return count  # a single coupling that is known
    moved = 1 - (last - first)
    if moved > 0:
        for i in range(count - 1, last - 1, -1):
            intervals[i + 1] = intervals[i]
    elif moved < 0:
        for i in range(last, count):
            intervals[i + moved] = intervals[i]
    intervals[first, 0], intervals[first, 1] = start, end
    return count + moved


@kernel
def fill_intervals(
    table: Array, expected: Array, threshold: float, likely: Array, every: bool, intervals: Array
) -> tuple[int, bool]:
    """Write all allowed intervals of the rows of a table into ``intervals``; their number, and whether all were found.

    ``likely`` (2, 2) holds for each sign what `likely_end` finds. Rows that add nothing to it need not be looked at,
    unless ``every`` one is to be.
    """
    rows, terms = np.empty(table.shape[0] * LANES, dtype=np.int64), np.empty((expected.size, TERMS))
    edges = np.empty(4 * expected.size + 2 * SPARE_INTERVALS)
    wanted, count, all_ended = np.zeros(rows.size, dtype=np.bool_), 0, True
    for side in range(2):
        opened = 0 if every else fill_open(table, expected, likely[side, 0], 1.0 - 2.0 * side, threshold, rows)
        for row in rows[:opened]:
            wanted[row] = True
    if likely[0, 0] > 0.0 or likely[1, 0] > 0.0:
        count = with_interval(intervals, count, -likely[1, 0], likely[0, 0])
    for row in range(rows.size):
        if wanted[row] or every:
            rest = threshold - fill_terms(table, row, expected, 1.0, terms)
            if not rest >= 0.0:
                continue
            found, ended = fill_edges(terms, rest, edges)
            all_ended = all_ended and ended
            for i in range(0, found - 1, 2):
                count = with_interval(intervals, count, edges[i], edges[i + 1])
    return count, all_ended


@kernel
def room_for_intervals(table: Array, triggers: int) -> Array:
    """Memory for all allowed intervals of the rows of a table."""
    return np.empty((1 + table.shape[0] * LANES * (2 * triggers + SPARE_INTERVALS), 2))


@kernel
def free_of_coupling(terms: Array) -> None:
    """Leave the changes without coupling, as on a mediator's pole, where the coupling is 0."""
    for k in range(terms.shape[0]):
        terms[k, LINEAR_CHANGE] = terms[k, SQUARE_CHANGE] = 0.0
        terms[k, LEAST] = terms[k, EXPECTED] + terms[k, CONSTANT_CHANGE]


@kernel
def least_chi2(
    forms: Array, levels: Array, yields: Array, priors: Array, mediator: Array, expected: Array, coupling: float
) -> float:
    """Chi^2 at a coupling of either sign, minimised over the rows; infinite on a pole."""
    terms = np.empty((expected.size, TERMS))
    least = math.inf
    for row in range(forms.shape[0]):
        if not event_terms(forms[row], levels[row], yields[row], mediator, expected, 1.0, terms):
            if coupling != 0.0:
                return math.inf
            free_of_coupling(terms)
        least = min(least, chi2_at(terms, priors[row], coupling))
    return least


@kernel
def same_levels(levels: Array, kept: IntArray) -> bool:
    """Whether there are rows, and a mediator has the same strength for all of them."""
    for row in kept:
        for k in range(levels.shape[1]):
            if levels[row, k, 0] != levels[kept[0], k, 0]:
                return False
    return kept.size > 0


@kernel
def fill_profiled_chi2(
    forms: Array, levels: Array, yields: Array, priors: Array, mediators: Array, values: Array
) -> None:
    """Write the profiled chi^2 of every mediator (rows, 4) into ``values`` (rows)."""
    expected = np.empty(forms.shape[2])
    expected_events(forms[0], levels[0], yields[0], expected)
    kept = np.argsort(priors, kind="mergesort")
    at_once = priors.size > 1 and same_levels(levels, kept)
    usable, known, least = np.zeros(LANES), np.empty((COLUMNS, expected.size, LANES)), np.empty(LANES)
    nuisances = nuisances_of(forms, levels, yields, priors, kept if at_once else kept[:1], expected)
    for first in range(0, mediators.shape[0], LANES):
        if at_once:
            fill_strengths(levels[0], nuisances.counts, mediators[first:], known, usable)
            fill_least(nuisances, mediators[first:], known, least)
        for m in range(first, min(first + LANES, mediators.shape[0])):
            values[m] = least[m - first]
            close = usable[m - first] != 0.0 and may_cancel(m - first, mediators[m, 0], nuisances, known)
            if usable[m - first] == 0.0 or close or math.isinf(least[m - first]):
                values[m] = least_chi2(forms, levels, yields, priors, mediators[m], expected, mediators[m, 0])


@kernel
def limits_of_table(
    table: Array, expected: Array, threshold: float, zero_allowed: bool, likely: Array, result: Array
) -> None:
    """Write limits, statuses and allowed intervals into ``result``.

    ``likely`` (2, 2) holds for each sign what `likely_end` finds, or NaN if that is yet to be found.
    """
    intervals, ends = room_for_intervals(table, expected.size), np.zeros((2, 2))
    for side in range(2):
        if zero_allowed:
            ends[side, 0], ends[side, 1] = likely[side, 0], likely[side, 1]
            if math.isnan(likely[side, 0]):
                ends[side, 0], ends[side, 1] = likely_end(table, expected, threshold, 1.0 - 2.0 * side)
    count, all_ended = fill_intervals(table, expected, threshold, ends, not zero_allowed, intervals)
    write_limits(intervals[:count], all_ended, result)


@kernel
def write_limits(intervals: Array, all_ended: bool, result: Array) -> None:
    """Write limits, statuses and the intervals that there is room for, which `fill_intervals` has found."""
    count = intervals.shape[0]
    result[COUNT] = min(count, MOST_COUNTED)
    result[POSITIVE_STATUS] = result[NEGATIVE_STATUS] = UNREACHABLE
    for i in range(count):
        start, end = intervals[i, 0], intervals[i, 1]
        if start <= 0.0 <= end and (start < 0.0 or end > 0.0):
            if end < math.inf:
                result[POSITIVE], result[POSITIVE_STATUS] = end, FOUND
            if start > -math.inf:
                result[NEGATIVE], result[NEGATIVE_STATUS] = start, FOUND
    if not all_ended:
        result[POSITIVE_STATUS] = result[NEGATIVE_STATUS] = NOT_CONVERGED
        result[POSITIVE] = result[NEGATIVE] = math.nan
    room = (result.size - INTERVALS) // 2
    distances = np.maximum(np.maximum(intervals[:, 0], -intervals[:, 1]), 0.0)
    nearest = np.argsort(distances, kind="mergesort")[:room]
    place = INTERVALS
    for interval in np.sort(nearest):
        result[place], result[place + 1] = intervals[interval, 0], intervals[interval, 1]
        place += 2


@kernel
def fill_only_intervals(
    nuisances: Nuisances, levels: Array, mediators: Array, threshold: float, likely: Array, results: Array
) -> int:
    """Write the results of those mediators that are shown to have one allowed interval; how many these are.

    For others, and signs, ``likely`` (mediators, 2, 2) gets where the interval that contains zero may end, and which
    row allows it all the way. ``levels`` (triggers, 2) are those of all rows.
    """
    usable, known, done = np.empty(LANES), np.empty((COLUMNS, levels.shape[0], LANES)), 0
    up, down = np.empty((RESULTS, LANES)), np.empty((RESULTS, LANES))
    for first in range(0, mediators.shape[0], LANES):
        fill_strengths(levels, nuisances.counts, mediators[first:], known, usable)
        fill_ends(1.0, nuisances, threshold, usable, known, up)
        fill_ends(-1.0, nuisances, threshold, usable, known, down)
        for m in range(first, min(first + LANES, mediators.shape[0])):
            lane, result = m - first, results[m]
            likely[m, 0, 0], likely[m, 0, 1] = up[END, lane], up[LAST_ROW, lane]
            likely[m, 1, 0], likely[m, 1, 1] = down[END, lane], down[LAST_ROW, lane]
            if up[CLOSED, lane] != 0.0 and down[CLOSED, lane] != 0.0:
                result[POSITIVE_STATUS] = result[NEGATIVE_STATUS] = FOUND
                result[POSITIVE] = result[INTERVALS + 1] = up[END, lane]
                result[NEGATIVE] = result[INTERVALS] = -down[END, lane]
                result[COUNT] = 1.0
                done += 1
    return done


@kernel
def fill_profiled_limits(
    forms: Array, levels: Array, yields: Array, priors: Array, mediators: Array, threshold: float, results: Array
) -> None:
    """Write limits, statuses and allowed intervals of mediators (rows, 4) into ``results`` (rows, n).

    ``forms`` (nuisances, powers, triggers), ``levels`` and ``yields`` (nuisances, triggers, 2), ``priors``
    (nuisances); the first nuisance point is the truth. Intervals ascend; what is not used is NaN.
    Nuisances can make more intervals than there is room for: then those nearest to zero are kept, and the count tells.
    """
    triggers, count = forms.shape[2], mediators.shape[0]
    expected, terms = np.empty(triggers), np.empty((triggers, TERMS))
    expected_events(forms[0], levels[0], yields[0], expected)
    likely = np.full((count, 2, 2), math.nan)
    results[:] = math.nan
    results[:, COUNT] = 0.0
    kept = kept_rows(priors, threshold)
    kept = kept[np.argsort(priors[kept], kind="mergesort")]
    if priors.size > 1 and same_levels(levels, kept):
        nuisances = nuisances_of(forms, levels, yields, priors, kept, expected)
        if fill_only_intervals(nuisances, levels[kept[0]], mediators, threshold, likely, results) == count:
            return
    source, same = sources(forms, levels, yields, priors, kept, expected)
    table = new_table(source, triggers)
    for m in range(count):
        if results[m, COUNT] != 0.0:
            continue
        if not event_terms(forms[0], levels[0], yields[0], mediators[m], expected, 1.0, terms):
            results[m, POSITIVE_STATUS] = results[m, NEGATIVE_STATUS] = POLE
            continue
        # The truth allows zero; where other interactions change it, they may not
        zero_allowed = priors[0] <= threshold
        if not zero_allowed:
            zero_allowed = least_chi2(forms, levels, yields, priors, mediators[m], expected, 0.0) <= threshold
        fill_table(source, same, levels, kept, mediators[m], table)
        limits_of_table(table, expected, threshold, zero_allowed, likely[m], results[m])


@kernel
def fill_limits_of_sets(
    forms: Array, levels: Array, yields: Array, priors: Array, mediators: Array, threshold: float, results: Array
) -> None:
    """As `fill_profiled_limits` for many sets: all but the priors and the threshold have a first axis of sets.

    What is the same for all sets has one of them only.
    """
    for i in range(results.shape[0]):
        fill_profiled_limits(
            forms[i % forms.shape[0]],
            levels[i % levels.shape[0]],
            yields[i % yields.shape[0]],
            priors,
            mediators[i % mediators.shape[0]],
            threshold,
            results[i],
        )


@kernel
def fill_limits_of_point(
    form: Array, levels: Array, yields: Array, mediator: Array, threshold: float, result: Array
) -> None:
    """Write the limits and intervals of a point without nuisances."""
    expected = np.empty(form.shape[1])
    terms, edges = np.empty((expected.size, TERMS)), np.empty(4 * expected.size + 2 * SPARE_INTERVALS)
    expected_events(form, levels, yields, expected)
    result[:] = math.nan
    if not event_terms(form, levels, yields, mediator, expected, 1.0, terms):
        result[COUNT], result[POSITIVE_STATUS], result[NEGATIVE_STATUS] = 0.0, POLE, POLE
        return
    count, ended = fill_edges(terms, threshold, edges)
    write_limits(edges[: count // 2 * 2].reshape((count // 2, 2)), ended, result)


@kernel
def fill_limits(
    shape: IntArray,
    strides: IntArray,
    forms: Array,
    levels: Array,
    mediators: Array,
    yields: Array,
    threshold: float,
    values: Array,
) -> None:
    """Write the limits of every point of a box, without nuisances, into the flat ``values``.

    Columns as of `fill_profiled_limits`; tables and strides as of `likelihood.chi2_grid.fill_chi2`.
    """
    index, offsets = np.zeros(shape.size, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    triggers = forms.shape[2]
    columns = INTERVALS + 2 * (triggers + 1)
    step = strides[:, -1].copy()
    for _ in range(np.prod(shape[:-1])):
        for k in range(shape[-1]):
            here = offsets + k * step
            level, gain, out = here[LEVELS], here[YIELD], here[OUT]
            fill_limits_of_point(
                forms[here[MODEL]],
                levels[level : level + triggers],
                yields[gain : gain + triggers],
                mediators[here[MEDIATOR_ROW]],
                threshold,
                values[out : out + columns],
            )
        next_offsets(shape, strides, index, offsets)

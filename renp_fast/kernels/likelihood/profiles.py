"""Limits and chi^2 of a point, minimised over nuisance parameters.

A nuisance point is a row of quadratic forms with its levels, yields and prior; the Standard Model's event numbers
belong to the truth, which is the first row. The profiled chi^2 is the least over all rows, so a coupling is allowed
if any row allows it, and the allowed couplings are the union of the rows' allowed intervals.
"""

import math

import numpy as np

from renp_fast.kernels.amplitude.propagator import strength
from renp_fast.kernels.amplitude.quadratic_form import IMAGINARY, REAL, SQUARE
from renp_fast.kernels.grid.loops import LEVELS, MEDIATOR_ROW, MODEL, OUT, YIELD, next_offsets
from renp_fast.kernels.likelihood.allowed_points import (
    fill_open,
    fill_table,
    fill_terms,
    kept_rows,
    likeliest_row,
    sources,
)
from renp_fast.kernels.likelihood.crossings import FOUND, NOT_CONVERGED, POLE, UNREACHABLE, chi2_at
from renp_fast.kernels.likelihood.first_crossing import (
    first_crossing,
    newton,
    next_return,
    rough_crossing,
    within_until,
)
from renp_fast.kernels.likelihood.mediator_limits import (
    CLOSED,
    END,
    LAST_ROW,
    RESULTS,
    fill_ends,
    fill_least,
    fill_strengths,
)
from renp_fast.kernels.likelihood.mediator_table import COLUMNS
from renp_fast.kernels.likelihood.nuisance_search import Nuisances, nuisances_of
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.vectors import LANES
from renp_fast.kernels.types import Array, IntArray

# Beyond the end of an interval by this part of it, the search for the next one begins
STEP_OUT = 1e-12
# Columns of a result: limits, statuses, how many allowed intervals there are, and those nearest to zero
POSITIVE, NEGATIVE, POSITIVE_STATUS, NEGATIVE_STATUS, COUNT, INTERVALS = 0, 1, 2, 3, 4, 5
# Intervals that are looked for on each side; without nuisances there are at most triggers + 1 on both
MOST_INTERVALS = 16
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
        per_W = yields[k, 0] * levels[k, 1]
        terms[k, 0], terms[k, 1] = expected[k], (per_W * form[0, k] + yields[k, 1]) - expected[k]
        terms[k, 2] = terms[k, 3] = 0.0
        if form.shape[0] == 1:
            continue
        real, imaginary = strength(1.0, mediator[1], mediator[2], levels[k, 0], mediator[3])
        if math.isinf(real) or math.isinf(form[SQUARE, k]):  # of averages the square itself is infinite
            if per_W != 0.0:
                return False
            continue
        linear = real * form[REAL, k]
        if form.shape[0] == 4:
            linear += imaginary * form[IMAGINARY, k]
        terms[k, 2] = sign * per_W * linear
        terms[k, 3] = per_W * ((real * real + imaginary * imaginary) * form[SQUARE, k])
    return True


@kernel
def likely_end(table: Array, expected: Array, threshold: float, sign: float) -> tuple[float, int]:
    """Where the allowed interval that contains zero may end, a row allowing it all the way, and which; or (0, -1).

    From the crossing of one row the search goes to that of the row with the least chi^2 there, until no other row
    allows it.
    """
    terms = np.empty((expected.size, 4))
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
def extended(
    table: Array, expected: Array, threshold: float, sign: float, start: tuple[float, int], rows: IntArray
) -> tuple[float, int, int]:
    """End of the allowed interval that contains a coupling of a sign, status, and how many ``rows`` are open beyond.

    Only a row that allows the present end can move it: rows are gone through until none of them does, but for the
    last that has moved it. ``start`` is the size of the coupling, and the row that is known to end there, or -1.
    """
    terms = np.empty((expected.size, 4))
    end, last = start
    moved, count = True, 0
    while moved:
        moved, count = False, fill_open(table, expected, end, sign, threshold, rows)
        for row in rows[:count]:
            rest = threshold - fill_terms(table, row, expected, sign, terms)
            if row == last or not chi2_at(terms, 0.0, end) <= rest:
                continue
            guess = newton(terms, rest, max(end, rough_crossing(terms, rest)))
            further, status = first_crossing(terms, rest, end, guess)
            if status == UNREACHABLE:
                return math.inf, UNREACHABLE, 0
            if status == NOT_CONVERGED:
                return math.nan, NOT_CONVERGED, 0
            if further > end * (1.0 + 1e-15):
                end, last, moved = further, row, True
    return end, FOUND, count


@kernel
def next_start(
    table: Array, expected: Array, threshold: float, sign: float, end: float, rows: IntArray
) -> tuple[float, int]:
    """Where the next allowed interval beyond ``end``, of a sign, begins; infinity if there is none.

    ``rows`` are those that are open beyond.
    """
    terms = np.empty((expected.size, 4))
    outside, start = end * (1.0 + STEP_OUT), math.inf
    for row in rows:
        rest = threshold - fill_terms(table, row, expected, sign, terms)
        if not chi2_at(terms, 0.0, outside) > rest:
            continue
        found, status = next_return(terms, rest, outside, start)
        if status == NOT_CONVERGED:
            return math.nan, NOT_CONVERGED
        if status == FOUND:
            start = found
    return start, FOUND


@kernel
def least_chi2(
    forms: Array, levels: Array, yields: Array, priors: Array, mediator: Array, expected: Array, coupling: float
) -> float:
    """Chi^2 at a coupling of either sign, minimised over the rows; infinite on a pole."""
    terms = np.empty((expected.size, 4))
    least = math.inf
    for row in range(forms.shape[0]):
        if not event_terms(forms[row], levels[row], yields[row], mediator, expected, 1.0, terms):
            if coupling != 0.0:
                return math.inf
            terms[:, 2:] = 0.0
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
            if usable[m - first] == 0.0 or math.isinf(least[m - first]):
                values[m] = least_chi2(forms, levels, yields, priors, mediators[m], expected, mediators[m, 0])


@kernel
def limits_of_table(table: Array, expected: Array, threshold: float, likely: Array, result: Array) -> None:
    """Write limits, statuses and allowed intervals into ``result``, where zero is allowed.

    ``likely`` (2, 2) holds for each sign what `likely_end` finds, or NaN if that is yet to be found.
    """
    starts, ends = np.empty(2 * MOST_INTERVALS), np.empty(2 * MOST_INTERVALS)
    rows = np.empty(table.shape[0] * LANES, dtype=np.int64)
    count = 1
    for side in range(2):
        sign = 1.0 - 2.0 * side
        start = (likely[side, 0], int(likely[side, 1]))
        if math.isnan(start[0]):
            start = likely_end(table, expected, threshold, sign)
        end, status, opened = extended(table, expected, threshold, sign, start, rows)
        result[POSITIVE_STATUS + side] = status
        if side == 0:
            ends[0] = end
        else:
            starts[0] = -end
        if status == FOUND:
            result[POSITIVE + side] = sign * end
        while status == FOUND and count < MOST_INTERVALS * (side + 1):
            entry, status = next_start(table, expected, threshold, sign, end, rows[:opened])
            if status != FOUND or math.isinf(entry):
                break
            inside = (entry * (1.0 + STEP_OUT), -1)
            end, status, opened = extended(table, expected, threshold, sign, inside, rows)
            starts[count], ends[count] = (entry, end) if side == 0 else (-end, -entry)
            count += 1
    result[COUNT] = count
    room = (result.size - INTERVALS) // 2
    distances = np.maximum(np.maximum(starts[:count], -ends[:count]), 0.0)
    nearest = np.argsort(distances)[:room]
    place = INTERVALS
    for interval in nearest[np.argsort(starts[nearest])]:
        result[place], result[place + 1] = starts[interval], ends[interval]
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
    expected, terms = np.empty(triggers), np.empty((triggers, 4))
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
    table = np.empty((source.shape[0], 1 + 3 * triggers, LANES))
    for m in range(count):
        if results[m, COUNT] != 0.0:
            continue
        status = FOUND
        if not event_terms(forms[0], levels[0], yields[0], mediators[m], expected, 1.0, terms):
            status = POLE
        elif (
            priors[0] > threshold and least_chi2(forms, levels, yields, priors, mediators[m], expected, 0.0) > threshold
        ):
            status = UNREACHABLE
        results[m, POSITIVE_STATUS] = results[m, NEGATIVE_STATUS] = status
        if status == FOUND:
            fill_table(source, same, levels, kept, mediators[m], table)
            limits_of_table(table, expected, threshold, likely[m], results[m])


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

    Columns as of `fill_profiled_limits`; tables and strides as of `grid.loops.fill_chi2`.
    """
    index, offsets = np.zeros(shape.size, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    triggers = forms.shape[2]
    columns = INTERVALS + 2 * (triggers + 1)
    no_prior = np.zeros(1)
    step = strides[:, -1].copy()
    for _ in range(np.prod(shape[:-1])):
        for k in range(shape[-1]):
            form = offsets[MODEL] + k * step[MODEL]
            level = offsets[LEVELS] + k * step[LEVELS]
            gain = offsets[YIELD] + k * step[YIELD]
            mediator = offsets[MEDIATOR_ROW] + k * step[MEDIATOR_ROW]
            out = offsets[OUT] + k * step[OUT]
            fill_profiled_limits(
                forms[form : form + 1],
                levels[level : level + triggers].reshape((1, triggers, 2)),
                yields[gain : gain + triggers].reshape((1, triggers, 2)),
                no_prior,
                mediators[mediator : mediator + 1],
                threshold,
                values[out : out + columns].reshape((1, columns)),
            )
        next_offsets(shape, strides, index, offsets)

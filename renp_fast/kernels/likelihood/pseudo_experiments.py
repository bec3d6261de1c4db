"""Expected limits from Poisson pseudo-experiments.

A pseudo-experiment draws the events of every trigger about the Standard Model's. Couplings are allowed where chi^2
against these events is above its least value, over all couplings and nuisance points, by no more than the threshold;
the limit of a sign is the end of the allowed interval that contains zero, or of the next one of that sign, or zero if
there is none. Numbers are drawn for (seed, experiment, trigger), not for the point: all points of a scan see the same
pseudo-experiments, and neighbours differ by their physics alone.
"""

import math

import numpy as np

from renp_fast.kernels.grid.point_rows import FINITE
from renp_fast.kernels.likelihood.allowed_points import fill_table, kept_rows, new_table, sources
from renp_fast.kernels.likelihood.crossings import FOUND, NOT_CONVERGED, POLE, TERMS, UNREACHABLE
from renp_fast.kernels.likelihood.minimum import least_over_coupling
from renp_fast.kernels.likelihood.philox import poisson
from renp_fast.kernels.likelihood.profiles import (
    NEGATIVE_STATUS,
    POSITIVE,
    POSITIVE_STATUS,
    event_terms,
    expected_events,
    fill_intervals,
    free_of_coupling,
    least_chi2,
    likely_end,
    room_for_intervals,
)
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array

# Quantiles of the limits follow the limits and statuses, those of the positive sign first
QUANTILES = NEGATIVE_STATUS + 1
LEVELS_OF_QUANTILES = (0.025, 0.16, 0.5, 0.84, 0.975)
MEDIAN = 2


@kernel
def draw(expected: Array, seed: int, experiment: int, data: Array) -> None:
    """Write the events of a pseudo-experiment into ``data`` (triggers)."""
    key = np.array([seed, 0], dtype=np.uint64)
    for k in range(expected.size):
        counter = np.array([0, k, experiment, 0], dtype=np.uint64)
        data[k] = poisson(expected[k], counter, key)


@kernel
def least_of_all(
    forms: Array, levels: Array, yields: Array, priors: Array, mediator: Array, data: Array
) -> tuple[float, bool]:
    """The least chi^2 over couplings and nuisance points, priors added, and whether all searches ended."""
    terms = np.empty((data.size, TERMS))
    least, all_ended = math.inf, True
    for row in range(forms.shape[0]):
        if not event_terms(forms[row], levels[row], yields[row], mediator, data, 1.0, terms):
            free_of_coupling(terms)
        value, _, ended = least_over_coupling(terms)
        least, all_ended = min(least, value + priors[row]), all_ended and ended
    return least, all_ended


@kernel
def experiment_limits(table: Array, data: Array, threshold: float, zero_allowed: bool, sizes: Array) -> bool:
    """Write the sizes of the limits of both signs, where chi^2 reaches a threshold; whether all were found."""
    intervals, likely = room_for_intervals(table, data.size), np.zeros((2, 2))
    for side in range(2):
        if zero_allowed:
            likely[side, 0], likely[side, 1] = likely_end(table, data, threshold, 1.0 - 2.0 * side)
    count, all_ended = fill_intervals(table, data, threshold, likely, False, intervals)
    sizes[:] = 0.0
    for i in range(count):  # the last one below zero is the nearest of that sign
        if intervals[i, 0] < 0.0:
            sizes[1] = -intervals[i, 0]
    for i in range(count - 1, -1, -1):
        if intervals[i, 1] > 0.0:
            sizes[0] = intervals[i, 1]
    return all_ended


@kernel
def point_toys(
    forms: Array,
    levels: Array,
    yields: Array,
    priors: Array,
    mediator: Array,
    question: tuple[float, int, int],
    result: Array,
) -> None:
    """Write median limits, statuses and quantiles of both signs into ``result`` (14).

    Rows as of `likelihood.profiles.fill_profiled_limits`; ``question`` holds the threshold, the number of
    pseudo-experiments and the seed. A limit without end counts as infinite. The quantile q is the least number that a
    part q does not exceed.
    """
    threshold, experiments, seed = question
    triggers = forms.shape[2]
    expected, data, terms = np.empty(triggers), np.empty(triggers), np.empty((triggers, TERMS))
    sizes, statuses, both = np.empty((2, experiments)), np.full(2, FOUND), np.empty(2)
    expected_events(forms[0], levels[0], yields[0], expected)
    result[:] = math.nan
    if not event_terms(forms[0], levels[0], yields[0], mediator, expected, 1.0, terms):
        result[POSITIVE_STATUS] = result[NEGATIVE_STATUS] = POLE
        return
    kept = kept_rows(priors, FINITE)
    source, same_levels = sources(forms, levels, yields, priors, kept, np.zeros(triggers))
    total = new_table(source, triggers)
    fill_table(source, same_levels, levels, kept, mediator, total)
    table = total.copy()
    for experiment in range(experiments):
        draw(expected, seed, experiment, data)
        for k in range(triggers):
            table[:, 1 + 3 * k] = total[:, 1 + 3 * k] - data[k]
        least, ended = least_of_all(forms, levels, yields, priors, mediator, data)
        zero_allowed = least_chi2(forms, levels, yields, priors, mediator, data, 0.0) <= threshold + least
        found = experiment_limits(table, data, threshold + least, zero_allowed, both)
        sizes[:, experiment] = both
        if not (ended and found):
            statuses[:] = NOT_CONVERGED
    for side in range(2):
        if statuses[side] == FOUND:
            sign, place = 1.0 - 2.0 * side, QUANTILES + side * len(LEVELS_OF_QUANTILES)
            ordered = np.sort(sizes[side])
            for i, level in enumerate(LEVELS_OF_QUANTILES):
                result[place + i] = sign * ordered[max(0, math.ceil(level * experiments) - 1)]
            result[POSITIVE + side] = result[place + MEDIAN]
            if math.isinf(result[POSITIVE + side]):
                result[POSITIVE + side] = math.nan
                statuses[side] = UNREACHABLE
        result[POSITIVE_STATUS + side] = statuses[side]


@kernel
def fill_toys(
    forms: Array,
    levels: Array,
    yields: Array,
    priors: Array,
    mediators: Array,
    profiled: bool,
    question: tuple[float, int, int],
    results: Array,
) -> None:
    """Write the `point_toys` of every point into ``results`` (points, 14).

    Each point has one row of the tables, or all of them as its nuisance points if ``profiled``.
    """
    for p in range(results.shape[0]):
        first, last = (0, forms.shape[0]) if profiled else (p, p + 1)
        point_toys(
            forms[first:last],
            levels[first:last],
            yields[first:last],
            priors[first:last],
            mediators[p],
            question,
            results[p],
        )

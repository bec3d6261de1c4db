"""How well events of a true hypothesis are described by an alternative: chi^2, and the exposure that tells them apart.

Chi^2 is a factor on all exposures times its value at the scan's own, and priors do not grow with it: the factor at
which the least of chi^2 + prior reaches a threshold is the largest of (threshold - prior)/chi^2 over all nuisance
points.

A truth on the pole of a mediator without width has infinitely many events: chi^2 is infinite then, and no exposure and
no events are needed in the limit. Nothing can be said if the alternative may be on a pole too.
"""

import math

import numpy as np

from renp_fast.kernels.amplitude.propagator import COUPLING
from renp_fast.kernels.likelihood.crossings import FOUND, NOT_CONVERGED, POLE, TERMS, chi2_at
from renp_fast.kernels.likelihood.minimum import least_over_coupling
from renp_fast.kernels.likelihood.profiles import event_terms, free_of_coupling
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array

# Columns of a result
CHI2, FACTOR, EVENTS, STATUS = 0, 1, 2, 3
# Chi^2 of events that differ by 1e-14 of themselves, for each event: less is rounding
ROUNDING = 1e-28


@kernel
def may_be_infinite(
    forms: Array,
    levels: Array,
    yields: Array,
    priors: Array,
    mediator: Array,
    expected: Array,
    free: bool,
    terms: Array,
) -> bool:
    """Whether some row of an alternative is on a pole: of its own mediator, or, its prior being infinite, of others."""
    for row in range(forms.shape[0]):
        finite = event_terms(forms[row], levels[row], yields[row], mediator, expected, 1.0, terms)
        if math.isinf(priors[row]) or (not finite and (free or mediator[COUPLING] != 0.0)):
            return True
    return False


@kernel
def fill_separations(
    forms: Array,
    levels: Array,
    yields: Array,
    priors: Array,
    mediators: Array,
    expected: Array,
    question: tuple[float, bool, bool],
    results: Array,
) -> None:
    """Write chi^2, the factor on the exposures, the events it makes, and a status into ``results`` (points, 4).

    Parameters
    ----------
    forms, levels, yields, priors : ndarray
        The alternative: (rows, powers, triggers), (rows, triggers, 2) twice, and (rows,).
    mediators : ndarray
        (points, 4), of the alternative.
    expected : ndarray
        (points, triggers): events of the truth.
    question : (threshold, free, profiled)
        Chi^2 to be reached by the factor; whether the least over all couplings is meant; whether each point is
        minimised over all rows, rather than having one of its own.
    """
    threshold, free, profiled = question
    terms = np.empty((expected.shape[1], TERMS))
    for p in range(results.shape[0]):
        first, last = (0, forms.shape[0]) if profiled else (p, p + 1)
        if np.isinf(expected[p]).any():
            own = slice(first, last)
            alike = may_be_infinite(
                forms[own], levels[own], yields[own], priors[own], mediators[p], expected[p], free, terms
            )
            results[p, CHI2] = math.nan if alike else math.inf
            results[p, FACTOR] = results[p, EVENTS] = math.nan if alike else 0.0
            results[p, STATUS] = POLE if alike else FOUND
            continue
        chi2, factor, status = math.inf, 0.0, FOUND
        for row in range(first, last):
            value, ended = math.inf, True
            on_pole = not event_terms(forms[row], levels[row], yields[row], mediators[p], expected[p], 1.0, terms)
            if on_pole:
                free_of_coupling(terms)
            if free:
                value, _, ended = least_over_coupling(terms)
            elif not on_pole or mediators[p, 0] == 0.0:
                value = chi2_at(terms, 0.0, mediators[p, 0])
            if not ended:
                status = NOT_CONVERGED
            if value < ROUNDING * expected[p].sum():
                value = 0.0
            chi2 = min(chi2, value + priors[row])
            if priors[row] < threshold:
                factor = max(factor, (threshold - priors[row]) / value)
        if status != FOUND:
            chi2 = factor = math.nan
        results[p, CHI2], results[p, FACTOR], results[p, STATUS] = chi2, factor, status
        results[p, EVENTS] = factor if math.isinf(factor) else factor * expected[p].sum()

"""Event numbers of hypotheses as functions of the coupling, for a search among them."""

import math

import numpy as np

from renp_fast.kernels.likelihood.crossings import LINEAR_CHANGE, SQUARE_CHANGE, chi2_at
from renp_fast.kernels.likelihood.minimum import least_over_coupling
from renp_fast.kernels.likelihood.profiles import event_terms, free_of_coupling
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array


@kernel
def fill_row_terms(forms: Array, levels: Array, yields: Array, mediator: Array, expected: Array, terms: Array) -> None:
    """Write N0 and the change with the coupling of each row and trigger into ``terms`` (rows, triggers, 5).

    ``forms`` (rows, powers, triggers), ``levels`` and ``yields`` (rows, triggers, 2). On a mediator's pole what the
    coupling is multiplied with is infinite.
    """
    for row in range(forms.shape[0]):
        if not event_terms(forms[row], levels[row], yields[row], mediator, expected, 1.0, terms[row]):
            for k in range(expected.size):
                terms[row, k, LINEAR_CHANGE] = terms[row, k, SQUARE_CHANGE] = math.inf


@kernel
def fill_row_chi2(terms: Array, coupling: float, free: bool, chi2: Array, couplings: Array) -> None:
    """Write chi^2 of each row of ``terms`` (rows, triggers, 5), and the coupling it is for, into (rows,) each.

    That is ``coupling``, or, if ``free``, where chi^2 is least. On a pole no coupling but zero is possible.
    """
    for row in range(terms.shape[0]):
        own, g = terms[row], coupling
        if math.isinf(own[0, LINEAR_CHANGE]):
            own, g = own.copy(), 0.0
            free_of_coupling(own)
        elif free:
            g = least_over_coupling(own)[1]
        value = chi2_at(own, 0.0, g) if free or g == coupling else math.inf
        couplings[row], chi2[row] = g, value if np.isfinite(value) else math.inf

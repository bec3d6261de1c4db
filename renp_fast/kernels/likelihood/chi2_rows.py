"""Chi^2 at rows of couplings, where nothing else varies, by whole vectors."""

import math

from renp_fast.kernels.amplitude.cancellation import least_events, left_over
from renp_fast.kernels.amplitude.models import CONSTANT, IMAGINARY, REAL, SQUARE
from renp_fast.kernels.amplitude.propagator import propagated, propagator_of_row
from renp_fast.kernels.grid.point_rows import FINITE, Terms, value_at
from renp_fast.kernels.likelihood.poisson import FEW, NEAR_ZERO, excess, excess_near_zero, excess_of_few, excess_of_some
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.tracing import traced
from renp_fast.kernels.simd.vectors import (
    LANES,
    any_of,
    fma,
    greater,
    greatest_of,
    put,
    select,
    take,
    whole_vectors,
    wide,
)
from renp_fast.kernels.types import Array, Row

# Expected events of an empty bin: so few that the logarithm adds nothing to 2 N
NO_EVENTS = 1e-250
# Couplings that are dealt with together: what they need fits the fastest cache
COUPLINGS = 512
# Below this change nearly no events are left, and their number is a difference with fewer digits
NEARLY_NONE = -0.99
# Other interactions make many more events when they change them by more than this
MANY = 1.0


@kernel
def least_of_form(form: Row, per_W: float, offset: float, s: float, mediator: Row) -> float:
    """The least events over all couplings, for the powers of a form and a mediator that is not on its pole."""
    signal, real, square = per_W * form[CONSTANT], per_W * form[REAL], per_W * form[SQUARE]
    if form.size <= IMAGINARY:
        return offset + left_over(signal, real, 0.0, square)
    imaginary = per_W * form[IMAGINARY]
    x, _, y = propagated(s, propagator_of_row(mediator), False)
    return least_events(left_over(signal, real, imaginary, square), offset, real, imaginary, square, x, y)


@kernel
def fill_change(terms: Terms, others: float, least: float, balance: float, change: Array) -> None:
    """Write what chi^2 of a trigger needs into ``change`` (5,), all but the first relative to the expected events.

    What the excess of the change counts, the factors of g and g^2 in it, what other interactions change, and the least
    events, or on a pole the coupling that takes it away, ``balance``.
    """
    expected = NO_EVENTS if terms[0] <= NO_EVENTS else terms[0]
    change[0], change[1], change[2] = 2.0 * expected, terms[1] / expected, terms[2] / expected
    change[3] = others / (0.5 * change[0])
    # Where no events are expected none can be cancelled
    change[4] = math.nan if expected == NO_EVENTS else least / expected
    if math.isinf(terms[2]):
        change[4] = balance


@kernel
def change_terms(change: Array) -> tuple[Terms, float]:
    """The terms of a change in the coupling less a shift, and the shift.

    Where other interactions make many events, which the coupling takes away again, it is the coupling of the least
    events: there remains a square of small numbers instead of a difference of large ones.
    """
    linear, square = change[1], change[2]
    if math.isinf(square):
        return (change[3], linear, square), change[4]
    if change[3] > MANY and 0.0 < square < FINITE and math.isfinite(change[3] + change[4]):
        return (change[4] - 1.0, 0.0, square), -0.5 * linear / square
    return (change[3], linear, square), 0.0


@kernel
def chi2_at(changes: Array, g: float) -> float:
    """Chi^2 at a coupling, for ``changes`` (triggers, 5) as of `fill_change`."""
    chi2 = 0.0
    for trigger in range(changes.shape[0]):
        terms, shift = change_terms(changes[trigger])
        change, own = value_at(terms, g - shift), math.nan
        if change <= NEARLY_NONE and changes[trigger, 2] > 0.0:
            u = g + 0.5 * changes[trigger, 1] / changes[trigger, 2]
            left = changes[trigger, 4] + changes[trigger, 2] * u * u
            own = (left - 1.0) - math.log(left) if left > 0.0 else math.inf
        chi2 = fma(changes[trigger, 0], excess(change) if math.isnan(own) else own, chi2)
    return chi2


@traced
def change_at(couplings: Array, k: int, like: float, terms: Terms) -> float:
    """The change of a trigger at a vector of couplings from k on."""
    g = take(couplings, k, like)
    return fma(g, fma(g, terms[2], terms[1]), terms[0])


@traced
def add_part(values: Array, k: int, weight: float, part: float) -> None:
    """Add a weighted part to a vector of values from k on."""
    put(values, k, fma(weight, part, take(values, k, part)))


@kernel
def add_excess(couplings: Array, largest: float, weight: float, terms: Terms, values: Array) -> None:
    """Add a trigger's part of chi^2 to ``values`` (n,), n a multiple of `LANES`; no coupling is above ``largest``.

    Small changes take fewer operations, to the same bits. Where nearly no events are left it is NaN.
    """
    n = couplings.size
    bound = math.fabs(terms[0]) + largest * (math.fabs(terms[1]) + largest * math.fabs(terms[2]))
    if bound < NEAR_ZERO:
        for k in range(0, n, LANES):
            add_part(values, k, weight, excess_near_zero(change_at(couplings, k, wide(0.0), terms)))
    elif bound < FEW:
        for k in range(0, n, LANES):
            add_part(values, k, weight, excess_of_few(change_at(couplings, k, wide(0.0), terms)))
    else:
        for k in range(0, n, LANES):
            change = change_at(couplings, k, wide(0.0), terms)
            add_part(values, k, weight, excess_of_some(select(change <= NEARLY_NONE, -2.0, change)))


@kernel
def fill_chi2_of_couplings(couplings: Array, changes: Array, values: Array) -> None:
    """Write `chi2_at` every coupling (n,) into ``values`` (n,)."""
    n = couplings.size
    whole = whole_vectors(n)
    for start in range(0, whole, COUPLINGS):
        stop = min(start + COUPLINGS, whole)
        some, into, largest = couplings[start:stop], values[start:stop], wide(0.0)
        for k in range(0, stop - start, LANES):
            g = take(some, k, largest)
            largest = greater(greater(g, -g), largest)
            put(into, k, wide(0.0))
        for trigger in range(changes.shape[0]):
            terms, shift = change_terms(changes[trigger])
            if shift == 0.0:
                add_excess(some, greatest_of(largest), changes[trigger, 0], terms, into)
            else:
                add_excess(some - shift, math.inf, changes[trigger, 0], terms, into)
        for k in range(0, stop - start, LANES):
            chi2 = take(into, k, wide(0.0))
            if any_of(chi2 != chi2):  # few events or none, a pole, NaN: rare
                for lane in range(k, k + LANES):
                    into[lane] = chi2_at(changes, some[lane])
    for k in range(whole, n):
        values[k] = chi2_at(changes, couplings[k])

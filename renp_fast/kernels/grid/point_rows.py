"""Rows of grid points: what is the same for all points of a row is computed once, the rest by whole vectors.

At every point the observable is a quadratic polynomial in the coupling g,

    value = start + g (linear + g square).
"""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from renp_fast.kernels.amplitude.models import CONSTANT, IMAGINARY, REAL, SQUARE
from renp_fast.kernels.amplitude.propagator import propagated, propagator_of_row, sharp
from renp_fast.kernels.simd.jit import inner, kernel
from renp_fast.kernels.simd.tracing import traced
from renp_fast.kernels.simd.vectors import (
    LANES,
    fma,
    on_cache_line,
    put,
    select,
    spread,
    stream,
    take,
    whole_vectors,
    wide,
)
from renp_fast.kernels.types import Array, IntArray

# Results of more numbers than this find no room in the caches, and are written past them
CACHED_NUMBERS = 2**20
FINITE = 1.7976931348623157e308
# start, linear, square
Terms: TypeAlias = tuple[float, float, float]
# Gain, offset, coupling, propagator
EnergyLaws: TypeAlias = tuple[float, float, float, Sequence[float]]


@inner
def terms_of(
    forms: Array, model: int, energy: int, s: float, per_W: float, offset: float, mediators: Array, m: int
) -> Terms:
    """Terms of a point with mediator m; ``per_W`` and ``offset`` turn W into the observable.

    On the pole of a mediator that some open pair feels, the last is infinite.
    """
    start = fma(per_W, forms[model, CONSTANT, energy], offset)
    if forms.shape[1] == 1:
        return start, 0.0, 0.0
    square = per_W * forms[model, SQUARE, energy]
    if not square > 0.0:
        return start, 0.0, 0.0
    real, size, imaginary = propagated(s, propagator_of_row(mediators[m]), False)
    linear = per_W * forms[model, REAL, energy] * real
    if forms.shape[1] == 4:
        linear = fma(per_W * forms[model, IMAGINARY, energy], imaginary, linear)
    return start, linear, square * size


@kernel
def value_at(terms: Terms, g: float) -> float:
    """The polynomial at a coupling; infinite on a pole, unless the coupling is 0."""
    if math.isinf(terms[2]):
        return terms[0] if g == 0.0 else math.inf
    return fma(g, fma(g, terms[2], terms[1]), terms[0])


@kernel
def fill_couplings(terms: Terms, couplings: Array, values: Array) -> None:
    """Write the polynomial at every coupling (n,) into ``values`` (n,)."""
    n = couplings.size
    whole = 0 if math.isinf(terms[2]) else whole_vectors(n)
    for k in range(0, whole, LANES):
        g = take(couplings, k, wide(0.0))
        put(values, k, fma(g, fma(g, terms[2], terms[1]), terms[0]))
    for k in range(whole, n):
        values[k] = value_at(terms, couplings[k])


@traced
def trigger_step(couplings: float, places: IntArray, place: int, terms: Array) -> float:
    """Values of the vector of triggers from ``place`` on, of eight couplings."""
    g = spread(couplings, places, place)
    linear = fma(g, take(terms[2], place, g), take(terms[1], place, g))
    return fma(g, linear, take(terms[0], place, g))


@kernel
def fill_couplings_by_triggers(
    terms: Array, places: IntArray, couplings: Array, past_caches: bool, values: Array
) -> None:
    """Write the polynomials of all triggers at every coupling (n,), triggers side by side, into the flat ``values``.

    ``terms`` (3, triggers x LANES) are those of the triggers, repeated until vectors end where triggers do: that many
    numbers take eight couplings, and ``places`` (triggers x LANES) says which of them each number takes.
    """
    period = terms.shape[1]
    triggers, whole = period // LANES, 0
    if np.isfinite(terms[2]).all():
        whole = whole_vectors(couplings.size)
    if past_caches and on_cache_line(values):
        for k in range(0, whole, LANES):
            eight = take(couplings, k, wide(0.0))
            for place in range(0, period, LANES):
                stream(values, k * triggers + place, trigger_step(eight, places, place, terms))
    else:
        for k in range(0, whole, LANES):
            eight = take(couplings, k, wide(0.0))
            for place in range(0, period, LANES):
                put(values, k * triggers + place, trigger_step(eight, places, place, terms))
    for k in range(whole, couplings.size):
        for trigger in range(triggers):
            of_trigger = terms[0, trigger], terms[1, trigger], terms[2, trigger]
            values[k * triggers + trigger] = value_at(of_trigger, couplings[k])


@traced
def energy_value(form: Sequence[float], fourth: float, s: float, level: float, laws: EnergyLaws, width: bool) -> float:
    """Value for the powers of a form, the one of Im x apart, which counts if there may be a ``width``."""
    gain, offset, g, by = laws
    per_W = gain * level
    start, square = fma(per_W, form[CONSTANT], offset), per_W * form[SQUARE]
    unseen = square <= 0.0
    if width:
        real, size, imaginary = propagated(s, by, unseen)
        linear = fma(per_W * fourth, imaginary, per_W * form[REAL] * real)
    else:
        real = select(unseen, 0.0, sharp(s, by))
        size, linear = real * real, per_W * form[REAL] * real
    linear = select(size <= FINITE, linear, 0.0)  # on a pole the square alone counts
    return fma(g, fma(g, square * size, linear), start)

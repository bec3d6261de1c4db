"""Rows of grid points: what is the same for all points of a row is computed once, the rest by whole vectors.

At every point the observable is a quadratic polynomial in the strength x = g p of the new interaction, with the
coupling g and the propagator p:

    value = c0 + Re x (c1 + Re x c2) + Im x (c3 + Im x c2).
"""

import math
from typing import TypeAlias

from renp_fast.kernels.jit import inner, kernel
from renp_fast.kernels.likelihood import excess
from renp_fast.kernels.simd import LANES, fma, put, select, take, whole_vectors, wide
from renp_fast.kernels.spectral import CONSTANT, CONTACT, IMAGINARY, PHOTON_WITH_S, REAL, SQUARE, strength
from renp_fast.kernels.types import Array, Row

# Columns of a mediator
COUPLING, MASS, WIDTH, EXCHANGE = 0, 1, 2, 3
# Expected events of an empty bin: so few that the logarithm adds nothing to 2 N
NO_EVENTS = 1e-250
# c0, c1, c2, c3, Re p, Im p
Terms: TypeAlias = tuple[float, float, float, float, float, float]


@kernel
def terms_of(
    forms: Array, model: int, energy: int, s: float, per_W: float, offset: float, mediators: Array, m: int
) -> Terms:
    """Terms of a point with mediator m; the propagator is 0 where no open pair feels it, even on a pole.

    ``per_W`` and ``offset`` turn W into the observable.
    """
    start = fma(per_W, forms[model, CONSTANT, energy], offset)
    if forms.shape[1] == 1:
        return start, 0.0, 0.0, 0.0, 0.0, 0.0
    square = per_W * forms[model, SQUARE, energy]
    if square <= 0.0:
        return start, 0.0, 0.0, 0.0, 0.0, 0.0
    imaginary = per_W * forms[model, IMAGINARY, energy] if forms.shape[1] == 4 else 0.0
    p = strength(1.0, mediators[m, MASS], mediators[m, WIDTH], s, mediators[m, EXCHANGE])
    return start, per_W * forms[model, REAL, energy], square, imaginary, p[0], p[1]


@inner
def polynomial(terms: Terms, start: float, g: float) -> float:
    """The polynomial, from ``start`` instead of c0, at a coupling or a vector of couplings; not on a pole."""
    real, imaginary = g * terms[4], g * terms[5]
    value = fma(real, fma(real, terms[2], terms[1]), start)
    return fma(imaginary, fma(imaginary, terms[2], terms[3]), value)  # type: ignore[no-any-return]


@kernel
def value_at(terms: Terms, start: float, g: float) -> float:
    """The polynomial at a coupling; infinite on a pole, unless the coupling is 0."""
    if math.isinf(terms[4]):
        return start if g == 0.0 else math.inf
    return polynomial(terms, start, g)


@kernel
def fill_couplings(terms: Terms, start: float, couplings: Array, values: Array) -> None:
    """Write the polynomial at every coupling (n,) into ``values`` (n,)."""
    n = couplings.size
    whole = 0 if math.isinf(terms[4]) else whole_vectors(n)
    for k in range(0, whole, LANES):
        put(values, k, polynomial(terms, start, take(couplings, k, wide(0.0))))
    for k in range(whole, n):
        values[k] = value_at(terms, start, couplings[k])


@inner
def energy_step(
    k: int, like: float, form: Array, level: tuple[Array, Array], factors: tuple[float, ...], values: Array
) -> None:
    """Value at photon energy k; ``factors``: gain, offset, coupling, and the propagator (n0 + n1 s)/(d0 + d1 s)."""
    gain, offset, g, n0, n1, d0, d1 = factors
    per_W = gain * take(level[1], k, like)
    start = fma(per_W, take(form[CONSTANT], k, like), offset)
    s = take(level[0], k, like)
    square = per_W * take(form[SQUARE], k, like)
    p = select(square <= 0.0, 0.0, fma(n1, s, n0) / fma(d1, s, d0))
    x = g * p
    put(values, k, fma(x, fma(x, square, per_W * take(form[REAL], k, like)), start))


@inner
def standard_energy_step(
    k: int, like: float, form: Array, level: Array, gain: float, offset: float, values: Array
) -> None:
    """Value at photon energy k without new interaction."""
    put(values, k, fma(gain * take(level, k, like), take(form[CONSTANT], k, like), offset))


@kernel
def fill_energies(
    form: Array, level: tuple[Array, Array], gain: float, offset: float, mediator: Row, values: Array
) -> None:
    """Write the values at photon energies (n,), ``form`` (powers, n), ``level`` (s, w/(E_eg (E_vg - w)^2)).

    For a mediator without width.
    """
    n = values.size
    whole = whole_vectors(n)
    g = mediator[COUPLING]
    if form.shape[0] == 1 or g == 0.0:
        for k in range(0, whole, LANES):
            standard_energy_step(k, wide(0.0), form, level[1], gain, offset, values)
        for k in range(whole, n):
            standard_energy_step(k, 0.0, form, level[1], gain, offset, values)
        return
    propagator = (1.0, 0.0, -mediator[MASS] * mediator[MASS], 1.0)
    if mediator[EXCHANGE] == CONTACT:
        propagator = (1.0, 0.0, 1.0, 0.0)
    elif mediator[EXCHANGE] == PHOTON_WITH_S:
        propagator = (0.0, 1.0, 1.0, 0.0)
    factors = (gain, offset, g, propagator[0], propagator[1], propagator[2], propagator[3])
    for k in range(0, whole, LANES):
        energy_step(k, wide(0.0), form, level, factors, values)
    for k in range(whole, n):
        energy_step(k, 0.0, form, level, factors, values)


@kernel
def relative(terms: Terms) -> tuple[float, Terms]:
    """What the excess of the change relative to c0 counts in chi^2, and the polynomial of that change."""
    expected = NO_EVENTS if terms[0] <= NO_EVENTS else terms[0]
    return 2.0 * expected, (0.0, terms[1] / expected, terms[2] / expected, terms[3] / expected, terms[4], terms[5])


@kernel
def add_chi2(weights: Array, changes: Array, n: int, chi2: Array) -> None:
    """Add ``weights`` times the excess of the relative ``changes`` of n points to ``chi2``."""
    whole = whole_vectors(n)
    for k in range(0, whole, LANES):
        like = wide(0.0)
        put(chi2, k, fma(take(weights, k, like), excess(take(changes, k, like)), take(chi2, k, like)))
    for k in range(whole, n):
        chi2[k] = fma(weights[k], excess(changes[k]), chi2[k])

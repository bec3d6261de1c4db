"""Rows of quadratic forms: the powers of W at photon energies, in closed form.

`amplitude.quadratic_form` has the coefficients, `amplitude.pair_sums` what they make of a photon energy.
"""

import numpy as np

from renp_fast.kernels.amplitude.pair_sums import (
    current_terms,
    exchange_terms,
    opened,
    squared_energy,
    standard_terms,
    three_current_terms,
)
from renp_fast.kernels.amplitude.phase_space import (
    ACTIVE,
    TWO_TERMS,
    SixFloats,
    ThreeArrays,
    roots_of_pairs,
    sums_over_pairs,
)
from renp_fast.kernels.amplitude.quadratic_form import CONSTANT, REAL, SQUARE, pack_pairs
from renp_fast.kernels.simd.jit import inner, kernel
from renp_fast.kernels.simd.vectors import LANES, LONG_LANES, long_wide, put, take, whole_vectors, wide
from renp_fast.kernels.types import Array

# Photon energies that are dealt with together; what they need fits the fastest cache
PIECE = 496


@inner
def standard_step(k: int, like: float, detuning: Array, E_eg: float, pairs: Array, two: bool, form: Array) -> None:
    """W without new interaction, at entry k."""
    put(form, k, standard_terms(opened(take(detuning, k, like)), E_eg, pairs, two))


@inner
def currents_only_step(k: int, like: float, detuning: Array, E_eg: float, powers: ThreeArrays, form: Array) -> None:
    """Three powers of which none has a term D0, D1 or D3, at entry k."""
    terms = three_current_terms(opened(take(detuning, k, like)), E_eg, powers, 0.0)
    put(form[CONSTANT], k, terms[CONSTANT])
    put(form[REAL], k, terms[REAL])
    put(form[SQUARE], k, terms[SQUARE])


@inner
def first_step(k: int, like: float, detuning: Array, E_eg: float, pairs: Array, form: Array, scratch: Array) -> None:
    """As `standard_step`, keeping the roots in ``scratch`` for other powers."""
    x = opened(take(detuning, k, like))
    roots = roots_of_pairs(x, pairs)
    put(scratch, k, roots[0])
    put(scratch, k + PIECE, roots[1])
    put(scratch, k + 2 * PIECE, roots[2])
    put(scratch, k + 3 * PIECE, roots[3])
    put(scratch, k + 4 * PIECE, roots[4])
    put(scratch, k + 5 * PIECE, roots[5])
    put(form, k, current_terms(x, squared_energy(x, E_eg), pairs, sums_over_pairs(x, roots, pairs)))


@inner
def kept_roots(k: int, like: float, scratch: Array) -> SixFloats:
    """The roots that `first_step` kept."""
    return (
        take(scratch, k, like),
        take(scratch, k + PIECE, like),
        take(scratch, k + 2 * PIECE, like),
        take(scratch, k + 3 * PIECE, like),
        take(scratch, k + 4 * PIECE, like),
        take(scratch, k + 5 * PIECE, like),
    )


@inner
def currents_step(k: int, like: float, detuning: Array, E_eg: float, pairs: Array, scratch: Array) -> float:
    """The terms E0, E1, D2 of another power, at entry k."""
    x = opened(take(detuning, k, like))
    return current_terms(x, squared_energy(x, E_eg), pairs, sums_over_pairs(x, kept_roots(k, like, scratch), pairs))


@inner
def exchanges_step(k: int, like: float, detuning: Array, E_eg: float, pairs: Array, scratch: Array) -> float:
    """The terms D0, D1, D3 of another power, at entry k."""
    x = opened(take(detuning, k, like))
    sums = sums_over_pairs(x, kept_roots(k, like, scratch), pairs)
    return exchange_terms(x, squared_energy(x, E_eg), E_eg, sums)


@kernel
def add_currents(detuning: Array, E_eg: float, pairs: Array, scratch: Array, form: Array) -> None:
    """Add the terms E0, E1, D2 of a power to ``form`` (n,)."""
    n = detuning.size
    whole = whole_vectors(n)
    for k in range(0, whole, LANES):
        like = wide(0.0)
        put(form, k, take(form, k, like) + currents_step(k, like, detuning, E_eg, pairs, scratch))
    for k in range(whole, n):
        form[k] += currents_step(k, 0.0, detuning, E_eg, pairs, scratch)


@kernel
def add_exchanges(detuning: Array, E_eg: float, pairs: Array, scratch: Array, form: Array) -> None:
    """Add the terms D0, D1, D3 of a power to ``form`` (n,)."""
    n = detuning.size
    whole = whole_vectors(n)
    for k in range(0, whole, LANES):
        like = wide(0.0)
        put(form, k, take(form, k, like) + exchanges_step(k, like, detuning, E_eg, pairs, scratch))
    for k in range(whole, n):
        form[k] += exchanges_step(k, 0.0, detuning, E_eg, pairs, scratch)


@kernel
def fill_form_of_currents(detuning: Array, E_eg: float, packed: Array, form: Array) -> None:
    """As `fill_form`, for three powers of which none has a term D0, D1 or D3."""
    n = detuning.size
    powers = (packed[CONSTANT, 0], packed[REAL, 0], packed[SQUARE, 0])
    whole = whole_vectors(n)
    long = whole - whole % LONG_LANES
    for k in range(0, long, LONG_LANES):
        currents_only_step(k, long_wide(0.0), detuning, E_eg, powers, form)
    for k in range(long, n):
        currents_only_step(k, 0.0, detuning, E_eg, powers, form)


@kernel
def fill_standard_form(detuning: Array, E_eg: float, pairs: Array, form: Array) -> None:
    """Write W without new interaction at detunings (n,) into ``form`` (n,)."""
    n = detuning.size
    whole = whole_vectors(n)
    if pairs[0, TWO_TERMS] != 0.0:
        for k in range(0, whole, LANES):
            standard_step(k, wide(0.0), detuning, E_eg, pairs, True, form)
    else:
        for k in range(0, whole, LANES):
            standard_step(k, wide(0.0), detuning, E_eg, pairs, False, form)
    for k in range(whole, n):
        standard_step(k, 0.0, detuning, E_eg, pairs, False, form)


@kernel
def fill_form(detuning: Array, E_eg: float, packed: Array, scratch: Array, form: Array) -> None:
    """Write the quadratic form at detunings (n,) into ``form`` (powers, n), for at most `PIECE` unless one power.

    ``packed`` (powers, 2, 6, 13) holds the terms; ``scratch`` (6 PIECE) is for more than one power.
    """
    n, powers = detuning.size, form.shape[0]
    if powers >= 3 and not packed[:, 1, 0, ACTIVE].any():
        for start in range(0, powers, 3):
            first = min(start, powers - 3)
            fill_form_of_currents(detuning, E_eg, packed[first : first + 3], form[first : first + 3])
        return
    whole = whole_vectors(n)
    pairs, row = packed[CONSTANT, 0], form[CONSTANT]
    if powers == 1:
        fill_standard_form(detuning, E_eg, pairs, row)
        return
    for k in range(0, whole, LANES):
        first_step(k, wide(0.0), detuning, E_eg, pairs, row, scratch)
    for k in range(whole, n):
        first_step(k, 0.0, detuning, E_eg, pairs, row, scratch)
    for power in range(1, powers):
        row = form[power]
        row[:] = 0.0
        if packed[power, 0, 0, ACTIVE] != 0.0:
            add_currents(detuning, E_eg, packed[power, 0], scratch, row)
        if packed[power, 1, 0, ACTIVE] != 0.0:
            add_exchanges(detuning, E_eg, packed[power, 1], scratch, row)


@kernel
def fill_form_in_pieces(detuning: Array, E_eg: float, packed: Array, scratch: Array, form: Array) -> None:
    """As `fill_form`, for any number of detunings."""
    n = detuning.size
    piece = n if form.shape[0] == 1 else PIECE
    for start in range(0, n, max(piece, 1)):
        stop = min(start + piece, n)
        fill_form(detuning[start:stop], E_eg, packed, scratch, form[:, start:stop])


@kernel
def quadratic_form(
    detuning: Array, E_eg: float, thresholds: Array, coefficients: Array, along: float, form: Array
) -> None:
    """Write the powers of x in W (eV^2) at every detuning E_eg/2 - w (n,) into ``form`` (powers, n).

    ``form`` holds the first one (Standard Model), three (real x) or four (complex x) powers. Closed pairs contribute
    an exact 0; NaN passes through. ``along`` is the weight of spins along q (`ALONG` of the scales).
    """
    packed = pack_pairs(thresholds, coefficients, E_eg, along, form.shape[0])
    fill_form_in_pieces(detuning, E_eg, packed, np.empty(6 * PIECE), form)

"""What a photon energy, or a vector of them, needs for W: the sums over the pairs, put together.

With detunings x = s/(2 E_eg) and the scales that `amplitude.quadratic_form.pack_pairs` gives the sums, currents have

    W = [(x + w^2 A/(6 E_eg)) (x S_E0 + S_E1) + w^2/(2 E_eg) S_D2] / x^3

with the weight A of spins along q; all of them are positive, and one division does.
"""

from renp_fast.kernels.amplitude.phase_space import (
    ALONG_COLUMN,
    CLOSED,
    INVERSE_COLUMN,
    ThreeArrays,
    ThreeFloats,
    TwoFloats,
    roots_of_pairs,
    sums_over_pairs,
    three_sums_over_pairs,
    two_sums_over_pairs,
)
from renp_fast.kernels.simd.jit import inner
from renp_fast.kernels.simd.vectors import fma, greater, select
from renp_fast.kernels.types import Array


@inner
def opened(x: float) -> float:
    """Detuning x, but 0 where no pair counts as open; NaN stays."""
    return select(x <= CLOSED, 0.0, x)  # type: ignore[no-any-return]


@inner
def squared_energy(x: float, E_eg: float) -> float:
    """Squared photon energy at detuning x."""
    w = 0.5 * E_eg - x
    return w * w


@inner
def factor_along(x: float, E_eg: float, inverse_mass2: float) -> float:
    """What the longitudinal part of a propagator multiplies amplitudes along q by, 1 - s/M^2."""
    return fma(-2.0 * E_eg * inverse_mass2, x, 1.0)  # type: ignore[no-any-return]


@inner
def current_terms(x: float, w2: float, pairs: Array, sums: ThreeFloats) -> float:
    """The terms E0, E1, D2 of W, for a detuning as of `opened` and the squared photon energy."""
    first = fma(w2, pairs[0, ALONG_COLUMN], x) * fma(x, sums[0], sums[1])
    divisor = greater(CLOSED, x)
    return fma(w2 * pairs[0, INVERSE_COLUMN], sums[2], first) / (divisor * divisor * divisor)  # type: ignore[no-any-return]


@inner
def standard_terms(x: float, E_eg: float, pairs: Array, two: bool) -> float:
    """W without new interaction; ``two``: whether the third term of each pair is its second."""
    roots = roots_of_pairs(x, pairs)
    sums = two_sums_over_pairs(x, roots, pairs) if two else sums_over_pairs(x, roots, pairs)
    return current_terms(x, squared_energy(x, E_eg), pairs, sums)


@inner
def apart(x: float, w2: float, pairs: Array, sums: ThreeFloats) -> TwoFloats:
    """As `current_terms`, the term D2 apart from the others."""
    divisor = greater(CLOSED, x)
    cube = divisor * divisor * divisor
    others = fma(w2, pairs[0, ALONG_COLUMN], x) * fma(x, sums[0], sums[1])
    return others / cube, w2 * pairs[0, INVERSE_COLUMN] * sums[2] / cube


@inner
def three_current_terms(x: float, E_eg: float, powers: ThreeArrays, inverse_mass2: float) -> ThreeFloats:
    """The terms E0, E1, D2 of three powers; with 1/M^2 of a longitudinal part, or 0."""
    w2, sums = squared_energy(x, E_eg), three_sums_over_pairs(x, powers)
    start = current_terms(x, w2, powers[0], sums[0])
    if inverse_mass2 == 0.0:
        return start, current_terms(x, w2, powers[1], sums[1]), current_terms(x, w2, powers[2], sums[2])
    z = factor_along(x, E_eg, inverse_mass2)
    real, real_along = apart(x, w2, powers[1], sums[1])
    square, square_along = apart(x, w2, powers[2], sums[2])
    return start, fma(z, real_along, real), fma(z * z, square_along, square)


@inner
def exchange_terms(x: float, w2: float, E_eg: float, sums: ThreeFloats) -> float:
    """The terms D0, D1, D3 of W."""
    u = 1.0 / (2.0 * E_eg * greater(CLOSED, x))
    v = w2 * u
    return u * fma(v * (u * u), sums[2], fma(v, sums[1], w2 * sums[0]))  # type: ignore[no-any-return]

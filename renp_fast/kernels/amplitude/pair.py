"""The amplitude of a pair of neutrinos, once: its couplings, the six numbers they make, and what is squared of them.

The pair has masses m_i and m_j, M = m_i + m_j, dl = m_i - m_j, energy Q0 and momentum Q, s = Q0^2 - Q^2. In its rest
frame every vertex acts as three numbers of either parity (v, or a, is the current; k f that of a form factor, k mu a
moment's, k = 3 Q/(sqrt2 s); sS and sP belong to scalars and to the longitudinal part of a propagator):

    V1 = sqrt(s - D) (v + M dd)     V0 = sqrt((s - D)/s) (M v + s dd)     P0 = Q sqrt(s - D) (sP + a M/s)
    A1 = sqrt(s - S) (a + dl ee)    A0 = sqrt((s - S)/s) (dl a + s ee)    S0 = Q sqrt(s - S) (sS + v dl/s)

with S = M^2, D = dl^2. Each is linear in every coupling. Spin h = +1 or -1 along q has v - h k fV, dd = -h k mu, and
a - h k fA, ee = -h k i eps; spin 0 has Q0 v/sqrt(s) and Q0 a/sqrt(s). With K for (2 |V1|^2 + |V0|^2 + 2 |A1|^2 +
|A0|^2)/3

    T_perp = mean of K over h,    T_par = K of spin 0 + |S0|^2 + |P0|^2,    T = (2 T_perp + T_par)/3

for spins in all directions, and T = T_perp for those transverse to q; W is the sum of Delta T over ordered pairs
(`squared_amplitude`). As a function of s and Q^2, beside the square roots, T is

    (3 + along Q^2/s)/9 [(s - D)(2 + S/s)|v|^2 + (s - S)(2 + D/s)|a|^2]
      + along Q^2/(3 s^2) [(s - S) D |v|^2 + (s - D) S |a|^2] + Q^2 sum over n of [(s - D) V_n + (s - S) A_n]/s^n

with `along` 1 or 0; V_n and A_n are what `side_products` says, of two amplitudes whose product is asked for.
"""

from typing import Any, NamedTuple

from renp_fast.kernels.simd.complexes import times_i

# Columns of the scales: how the texture enters each of the couplings, then the weights of spins along q and of photon
# exchange, where spins are transverse to q, and 1/M^2 if a vector mediator's propagator has its longitudinal part
LEFT, RIGHT, SCALAR, PSEUDOSCALAR, MAGNETIC, ELECTRIC, VECTOR_FACTOR, AXIAL_FACTOR = range(8)
ALONG, PHOTON, LONGITUDINAL = range(8, 11)
SCALES = 11
# Orders n of `side_products`
ORDERS = 4


class Couplings(NamedTuple):
    """What an amplitude has of a pair (i, j): complex numbers; ``electric`` is i eps."""

    v: Any
    a: Any
    scalar: Any
    pseudoscalar: Any
    magnetic: Any
    electric: Any
    vector_factor: Any
    axial_factor: Any


def chiral_couplings(given: Any, swapped: Any, majorana: Any) -> tuple[Any, Any, Any, Any]:
    """(aL, aR, fV, fA) of a pair, as they act: Majorana neutrinos get those of the swapped pair too.

    ``given`` and ``swapped`` are (aL, aR, fV, fA) of the pairs (i, j) and (j, i); ``majorana`` is 1 or 0.
    """
    (left, right, vector, axial), (left_ji, right_ji, vector_ji, axial_ji) = given, swapped
    return (
        left - majorana * right_ji,
        right - majorana * left_ji,
        vector - majorana * vector_ji,
        axial + majorana * axial_ji,
    )


def standard_couplings(axial: Any, swapped: Any, majorana: Any) -> Couplings:
    """Of W and Z exchange, whose aL is the axial coupling of (i, j); ``swapped`` is that of (j, i)."""
    zero = 0.0 * axial
    left, right, _, _ = chiral_couplings((axial, zero, zero, zero), (swapped, zero, zero, zero), majorana)
    return Couplings(0.5 * (left + right), 0.5 * (right - left), *[zero] * 6)


def new_couplings(scales: Any, texture: Any, swapped: Any, majorana: Any, total: Any, difference: Any) -> Couplings:
    """Of an interaction of unit strength, from its texture at (i, j) and (j, i), M and dl; ``scales`` (11,)."""
    chiral = LEFT, RIGHT, VECTOR_FACTOR, AXIAL_FACTOR
    given, other = ([scales[column] * each for column in chiral] for each in (texture, swapped))
    left, right, vector_factor, axial_factor = chiral_couplings(given, other, majorana)
    v, a = 0.5 * (left + right), 0.5 * (right - left)
    longitudinal = scales[LONGITUDINAL]
    return Couplings(
        v,
        a,
        times_i(scales[SCALAR] * texture) - longitudinal * difference * v,
        -(scales[PSEUDOSCALAR] * texture) - longitudinal * total * a,
        scales[MAGNETIC] * texture,
        times_i(scales[ELECTRIC] * texture),
        vector_factor,
        axial_factor,
    )


def side_products(first: Any, other: Any, mass: Any, along: Any, photon: Any) -> list[Any]:
    """V_0 to V_3 of two amplitudes, x_a* x_b apart, from (a, sP, mu, fV) and M of each.

    From (v, sS, i eps, fA) and dl they are A_0 to A_3. The square of a current by itself is left out.
    """
    current, scalar, moment, factor = (each.conjugate() for each in first)
    current_b, scalar_b, moment_b, factor_b = other
    third, moments, factors = along / 3.0, moment * moment_b, factor * factor_b
    return [
        third * (scalar * scalar_b),
        third * mass * (current * scalar_b + scalar * current_b) + photon * moments,
        photon * (2.0 * mass * mass * moments + 2.0 * factors + 3.0 * mass * (factor * moment_b + moment * factor_b)),
        photon * mass * mass * factors,
    ]


def exchange_products(
    first: Couplings, other: Couplings, total: Any, difference: Any, along: Any, photon: Any
) -> list[Any]:
    """V_n and A_n for all n: what x_a* x_b multiplies in the squared amplitude beside v* v and a* a."""
    natural = [(c.a, c.pseudoscalar, c.magnetic, c.vector_factor) for c in (first, other)]
    unnatural = [(c.v, c.scalar, c.electric, c.axial_factor) for c in (first, other)]
    return [
        *side_products(natural[0], natural[1], total, along, photon),
        *side_products(unnatural[0], unnatural[1], difference, along, photon),
    ]


def squared_amplitude(c: Couplings, masses: Any, Q0: Any, Q: Any, transverse: Any, parallel: Any) -> Any:
    """T of the whole amplitude, as the text above has it: the weights are those of T_perp and T_par."""
    total, difference = masses[0] + masses[1], masses[0] - masses[1]
    s, k = Q0 * Q0 - Q * Q, 3.0 * Q / (2.0**0.5 * (Q0 * Q0 - Q * Q))
    below, above = s - total * total, s - difference * difference

    def size(z: Any) -> Any:
        return (z * z.conjugate()).real

    def squares(v: Any, dd: Any, a: Any, ee: Any) -> Any:
        natural = 2.0 * size(v + total * dd) + size(total * v + s * dd) / s
        return (above * natural + below * (2.0 * size(a + difference * ee) + size(difference * a + s * ee) / s)) / 3.0

    perp = 0.0
    for h in (1.0, -1.0):
        v, a = c.v - h * k * c.vector_factor, c.a - h * k * c.axial_factor
        perp = perp + 0.5 * squares(v, -h * k * c.magnetic, a, -h * k * c.electric)
    par = Q0 * Q0 / s * squares(c.v, 0.0, c.a, 0.0)
    par = par + Q * Q * below * size(c.scalar + c.v * (difference / s))
    par = par + Q * Q * above * size(c.pseudoscalar + c.a * (total / s))
    return transverse * perp + parallel * par

"""The spectral function in closed form, as a quadratic form in the new coupling.

For each unordered pair p = (i, j) of mass eigenstates the squared amplitude, integrated over phase space, is

    T_p = (s - S) [(3 + w^2/s) (e0 + e1/s) + w^2 (d0 + d1/s + d2/s^2 + d3/s^3)]_S + (s - D) [the same]_D,

with S = (m_i + m_j)^2, D = (m_i - m_j)^2, photon energy w and s = E_eg (E_eg - 2 w); each of the twelve coefficients
is a quadratic form in the complex strength x of the new interaction,

    c = c[CONSTANT] + c[REAL] Re x + c[SQUARE] |x|^2 + c[IMAGINARY] Im x.

So masses, mixing and texture are dealt with once (`pair_coefficients`), and a photon energy costs six square roots
and the sums of six polynomials over the pairs (`spectrum.forms`). The arrangement is a sum of positive terms: the
vector and axial parts v = (aL + aR)/2 and a = (aR - aL)/2 of the neutrino current enter through R of Dinh et al.,
arXiv:1209.4808,

    (1/6)(3 + w^2/s) R + (w^2/3) [|sS + v (m_i - m_j)/s|^2 (s - S) + |sP + a (m_i + m_j)/s|^2 (s - D)],
    R = (2/(3 s)) [|v|^2 (2 s + S)(s - D) + |a|^2 (2 s + D)(s - S)],

with a scalar mediator's sS = i C yS/(2 sqrt2 G_F), sP = -C yP/(2 sqrt2 G_F), and photon exchange adds
e^2 w^2/(36 G_F^2 m_e^2) times the dipole and form-factor terms.
"""

import math

import numpy as np

from renp_fast.kernels.amplitude import double_double as dd
from renp_fast.kernels.amplitude.masses_and_mixing import MAJORANA, axial_coupling, masses, squared_mass_difference
from renp_fast.kernels.amplitude.phase_space import (
    ACTIVE,
    ALONG_COLUMN,
    INVERSE_COLUMN,
    PAIR_COLUMNS,
    TWO_TERMS,
)
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array, ComplexMatrix, Row

# Powers of the strength x
CONSTANT, REAL, SQUARE, IMAGINARY = 0, 1, 2, 3
# Terms of a side
E0, E1, D0, D1, D2, D3 = 0, 1, 2, 3, 4, 5
# Sides: the terms that open with s - S, and those with s - D
SUM_SIDE, DIFFERENCE_SIDE = 0, 1
PARTS = ((E0, E1, D2), (D0, D1, D3))
# Columns of the thresholds of a pair, as detunings E_eg/2 - w: S/(2 E_eg) as a double-double, and D/(2 E_eg)
SUM_HIGH, SUM_LOW, DIFFERENCE = 0, 1, 2
# Columns of the scales after the eight multiples of the texture
ALONG, PHOTON, LONGITUDINAL = 8, 9, 10
# A low part this much smaller than the high one is left out, and terms that differ so little are the same
NO_LOW, SAME = 1e-36, 1e-15


@kernel
def pair_thresholds(neutrino: Row, E_eg: float, thresholds: Array) -> None:
    """Write the six thresholds into ``thresholds`` (6, 3), in the order 11, 12, 13, 22, 23, 33."""
    mass = masses(neutrino)
    pair = 0
    for i in range(3):
        for j in range(i, 3):
            total = dd.add(mass[i], mass[j])
            high, low = dd.divide(dd.square(total), 2.0 * E_eg)
            thresholds[pair, SUM_HIGH] = high
            thresholds[pair, SUM_LOW] = low
            difference = 0.0
            if i != j:
                difference = squared_mass_difference(neutrino, i, j) / total[0]
            thresholds[pair, DIFFERENCE] = difference * difference / (2.0 * E_eg)
            pair += 1


@kernel
def add_square(coefficients: Array, k: int, factor: float, constant: complex, slope: complex) -> None:
    """Add factor |constant + x slope|^2 to coefficient k of all powers of x."""
    mixed = constant.conjugate() * slope
    coefficients[CONSTANT, k] += factor * (constant.real * constant.real + constant.imag * constant.imag)
    coefficients[REAL, k] += factor * 2.0 * mixed.real
    coefficients[IMAGINARY, k] -= factor * 2.0 * mixed.imag
    coefficients[SQUARE, k] += factor * (slope.real * slope.real + slope.imag * slope.imag)


@kernel
def add_current(coefficients: Array, half: float, current: complex, slope: complex, mass_squared: float) -> None:
    """Add half |current + x slope|^2 times its part of R; ``mass_squared`` is S for v, D for a: what R adds to 2 s."""
    add_square(coefficients, E0, half * 2.0 / 9.0, current, slope)
    add_square(coefficients, E1, half * mass_squared / 9.0, current, slope)


@kernel
def add_exchange(
    coefficients: Array, half: float, scalar: complex, mass: float, current: complex, slope: complex
) -> None:
    """Add half (w^2/3) |x scalar + (current + x slope) mass/s|^2."""
    third = half / 3.0
    mixed = current.conjugate() * scalar
    coefficients[SQUARE, D0] += third * (scalar.real * scalar.real + scalar.imag * scalar.imag)
    coefficients[REAL, D1] += third * 2.0 * mass * mixed.real
    coefficients[IMAGINARY, D1] -= third * 2.0 * mass * mixed.imag
    coefficients[SQUARE, D1] += third * 2.0 * mass * (slope.conjugate() * scalar).real
    add_square(coefficients, D2, third * mass * mass, current, slope)


@kernel
def add_photon(
    coefficients: Array, half: float, moment: complex, form_factor: complex, mass_squared: float, mixed: float
) -> None:
    """Add photon exchange by a dipole moment and a form factor; ``mixed`` is their interference with its mass."""
    moment_squared = moment.real * moment.real + moment.imag * moment.imag
    factor_squared = form_factor.real * form_factor.real + form_factor.imag * form_factor.imag
    coefficients[SQUARE, D1] += half * moment_squared
    coefficients[SQUARE, D2] += half * 2.0 * (mass_squared * moment_squared + factor_squared + 3.0 * mixed)
    coefficients[SQUARE, D3] += half * mass_squared * factor_squared


@kernel
def coefficients_of(neutrino: Row, a: ComplexMatrix, scales: Row, texture: ComplexMatrix, coefficients: Array) -> None:
    """Write the quadratic form of every pair into ``coefficients`` (6, 2, 4, 6): pair, side, power of x, term.

    ``a`` (3, 3) holds the axial couplings of W and Z exchange. ``texture`` T (3, 3) is complex, in the mass basis.
    ``scales`` (11,) says how T enters for x = 1: the multiples of T in aL, aR, in the scalar and pseudoscalar
    amplitudes sS/i and -sP, and in mu, eps, fV, fA, these four multiplied by e/(6 G_F m_e); the weights of electron
    spins along q and of photon exchange, where spins are transverse to q; and 1/M^2 if a vector mediator's propagator
    has its longitudinal part, else 0, with which sS and sP get -(m_i - m_j) v/M^2 and -(m_i + m_j) a/M^2. Majorana
    neutrinos: the couplings are antisymmetrised and the rate is halved.
    """
    coefficients[:] = 0.0
    majorana = neutrino[MAJORANA] != 0.0
    half = 0.5 if majorana else 1.0
    along, photon, longitudinal = half * scales[ALONG], half * scales[PHOTON], scales[LONGITUDINAL]
    mass = masses(neutrino)
    for i in range(3):
        for j in range(3):
            first, second = min(i, j), max(i, j)
            pair = first * (5 - first) // 2 + second
            total = mass[i][0] + mass[j][0]
            difference = squared_mass_difference(neutrino, i, j) / total if i != j else 0.0

            left, right = a[i, j], 0.0j
            left_slope, right_slope = scales[0] * texture[i, j], scales[1] * texture[i, j]
            vector_factor, axial_factor = scales[6] * texture[i, j], scales[7] * texture[i, j]
            if majorana:
                right = -a[j, i]
                left_slope, right_slope = (
                    left_slope - scales[1] * texture[j, i],
                    right_slope - scales[0] * texture[j, i],
                )
                vector_factor -= scales[6] * texture[j, i]
                axial_factor += scales[7] * texture[j, i]
            v, v_slope = 0.5 * (left + right), 0.5 * (left_slope + right_slope)
            axial, axial_slope = 0.5 * (right - left), 0.5 * (right_slope - left_slope)
            magnetic, electric = scales[4] * texture[i, j], scales[5] * texture[i, j]

            side = coefficients[pair, SUM_SIDE]
            add_current(side, half, axial, axial_slope, difference * difference)
            scalar = 1.0j * (scales[2] * texture[i, j]) - longitudinal * difference * v_slope
            add_exchange(side, along, scalar, difference, v, v_slope)
            mixed = difference * (axial_factor * electric.conjugate()).imag
            add_photon(side, photon, electric, axial_factor, difference * difference, mixed)

            side = coefficients[pair, DIFFERENCE_SIDE]
            add_current(side, half, v, v_slope, total * total)
            pseudoscalar = -scales[3] * texture[i, j] - longitudinal * total * axial_slope
            add_exchange(side, along, pseudoscalar, total, axial, axial_slope)
            mixed = total * (vector_factor * magnetic.conjugate()).real
            add_photon(side, photon, magnetic, vector_factor, total * total, mixed)


@kernel
def pair_coefficients(neutrino: Row, scales: Row, texture: ComplexMatrix, coefficients: Array) -> None:
    """As `coefficients_of`, for the axial couplings of a neutrino's own mixing."""
    a = np.empty((3, 3), dtype=np.complex128)
    axial_coupling(neutrino, a)
    coefficients_of(neutrino, a, scales, texture, coefficients)


@kernel
def pack_pairs(thresholds: Array, coefficients: Array, E_eg: float, along: float, powers: int) -> Array:
    """The coefficients as `fill_form` needs them, (powers, 2, 6, 13).

    Above the threshold by a the sides open with s - S = 2 E_eg a and s - D = 2 E_eg (a + b): so the two coefficients of
    a term come together as A a + B. The six terms are dealt with in two parts, (E0, E1, D2) and (D0, D1, D3); the
    Standard Model and currents have only the first, whose terms get what `amplitude.pair_sums.current_terms` leaves
    out. ``along`` is the weight of spins along q.
    """
    packed = np.empty((powers, 2, 6, PAIR_COLUMNS))
    packed[..., ALONG_COLUMN], packed[..., INVERSE_COLUMN] = along / (6.0 * E_eg), 0.5 / E_eg
    scales = ((6.0 * E_eg, 3.0, 1.0), (4.0 * E_eg * E_eg, 4.0 * E_eg * E_eg, 4.0 * E_eg * E_eg))
    for power in range(powers):
        for part in range(2):
            for pair in range(6):
                to, high, low = packed[power, part, pair], thresholds[pair, SUM_HIGH], thresholds[pair, SUM_LOW]
                between = (high - thresholds[pair, DIFFERENCE]) + low
                to[0], to[1], to[2] = high, low if math.fabs(low) > NO_LOW * high else 0.0, between
                for k in range(3):
                    term, scale = PARTS[part][k], scales[part][k]
                    on_difference = coefficients[pair, DIFFERENCE_SIDE, power, term]
                    to[3 + 2 * k] = scale * (coefficients[pair, SUM_SIDE, power, term] + on_difference)
                    to[4 + 2 * k] = scale * between * on_difference
            whole = packed[power, part]
            whole[:, ACTIVE] = 1.0 if whole[:, 3:ACTIVE].any() else 0.0
            whole[:, TWO_TERMS] = 1.0 if join_terms(whole) else 0.0
    return packed


@kernel
def join_terms(pairs: Array) -> bool:
    """Whether the third term of each pair is its second but for rounding; if so, make them the same."""
    for k in (5, 6):
        for pair in range(6):
            if math.fabs(pairs[pair, k + 2] - pairs[pair, k]) > SAME * math.fabs(pairs[pair, k]):
                return False
    pairs[:, 7:9] = pairs[:, 5:7]
    return True


@kernel
def currents_only(packed: Array) -> bool:
    """Whether there is a new interaction, and no term D0, D1 or D3, and none of Im x."""
    powers = packed.shape[0]
    quiet = powers == 3 or (powers == 4 and not packed[IMAGINARY, 0, 0, ACTIVE])
    return quiet and not packed[:, 1, 0, ACTIVE].any()

"""The spectral function in closed form, as a quadratic form in the new coupling.

For each unordered pair p = (i, j) of mass eigenstates the squared amplitude, integrated over phase space, is

    T_p = (s - S) [e0 + e1/s + w^2 (d0 + d1/s + d2/s^2 + d3/s^3)]_S + (s - D) [the same]_D,

with S = (m_i + m_j)^2, D = (m_i - m_j)^2, photon energy w and s = E_eg (E_eg - 2 w); each of the twelve coefficients
is a quadratic form in the complex strength x of the new interaction,

    c = c[CONSTANT] + c[REAL] Re x + c[SQUARE] |x|^2 + c[IMAGINARY] Im x.

So masses, mixing and texture are dealt with once (`pair_coefficients`), and a photon energy costs six square roots
and a few polynomials (`quadratic_form`). The arrangement is a sum of positive terms: the vector and axial parts
v = (aL + aR)/2 and a = (aR - aL)/2 of the neutrino current enter through R of Dinh et al., arXiv:1209.4808,

    (1/6)(3 + w^2/s) R + (w^2/3) [|sS + v (m_i - m_j)/s|^2 (s - S) + |sP + a (m_i + m_j)/s|^2 (s - D)],
    R = (2/(3 s)) [|v|^2 (2 s + S)(s - D) + |a|^2 (2 s + D)(s - S)],

with a scalar mediator's sS = i C yS/(2 sqrt2 G_F), sP = -C yP/(2 sqrt2 G_F), and photon exchange adds
e^2 w^2/(36 G_F^2 m_e^2) times the dipole and form-factor terms.
"""

import math

import numpy as np

from renp_fast.kernels import double_double as dd
from renp_fast.kernels.jit import kernel
from renp_fast.kernels.neutrinos import MAJORANA, axial_coupling, masses, squared_mass_difference
from renp_fast.kernels.types import Array, ComplexMatrix, Row

# Powers of the strength x
CONSTANT, REAL, SQUARE, IMAGINARY = 0, 1, 2, 3
# Terms of a side
E0, E1, D0, D1, D2, D3 = 0, 1, 2, 3, 4, 5
# Sides: the terms that open with s - S, and those with s - D
SUM_SIDE, DIFFERENCE_SIDE = 0, 1
# Columns of the thresholds of a pair, as detunings E_eg/2 - w: S/(2 E_eg) as a double-double, and D/(2 E_eg)
SUM_HIGH, SUM_LOW, DIFFERENCE = 0, 1, 2
# How the strength x follows from the coupling g: g/(s - M^2 + i M Gamma), g, or g s
MEDIATOR, CONTACT, PHOTON_WITH_S = 0, 1, 2


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
    add_square(coefficients, E0, half * 2.0 / 3.0, current, slope)
    add_square(coefficients, E1, half * mass_squared / 3.0, current, slope)
    add_square(coefficients, D1, half * 2.0 / 9.0, current, slope)
    add_square(coefficients, D2, half * mass_squared / 9.0, current, slope)


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
def pair_coefficients(neutrino: Row, scales: Row, texture: ComplexMatrix, coefficients: Array) -> None:
    """Write the quadratic form of every pair into ``coefficients`` (6, 2, 4, 6): pair, side, power of x, term.

    ``texture`` T (3, 3) is complex, in the mass basis. ``scales`` (8,) says how T enters for x = 1: the multiples of T
    in aL, aR, in the scalar and pseudoscalar amplitudes sS/i and -sP, and in mu, eps, fV, fA, these four multiplied
    by e/(6 G_F m_e). Majorana neutrinos: the couplings are antisymmetrised and the rate is halved.
    """
    coefficients[:] = 0.0
    majorana = neutrino[MAJORANA] != 0.0
    half = 0.5 if majorana else 1.0
    mass = masses(neutrino)
    a = np.empty((3, 3), dtype=np.complex128)
    axial_coupling(neutrino, a)
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
            add_exchange(side, half, 1.0j * (scales[2] * texture[i, j]), difference, v, v_slope)
            mixed = difference * (axial_factor * electric.conjugate()).imag
            add_photon(side, half, electric, axial_factor, difference * difference, mixed)

            side = coefficients[pair, DIFFERENCE_SIDE]
            add_current(side, half, v, v_slope, total * total)
            add_exchange(side, half, -scales[3] * texture[i, j], total, axial, axial_slope)
            mixed = total * (vector_factor * magnetic.conjugate()).real
            add_photon(side, half, magnetic, vector_factor, total * total, mixed)


@kernel
def quadratic_form(
    detuning: Array, E_eg: float, thresholds: Array, coefficients: Array, work: Array, form: Array
) -> None:
    """Write the powers of x in W (eV^2) at every detuning E_eg/2 - w (n,) into ``form`` (powers, n).

    ``form`` holds the first one (Standard Model), three (real x) or four (complex x) powers; ``work`` (4, n) is
    scratch. Closed pairs contribute an exact 0; NaN passes through.
    """
    # What does not vary is read before each loop: else the compiler must expect the loop's stores to change it
    n, half, two_E = detuning.size, 0.5 * E_eg, 2.0 * E_eg
    inverse_s, photon_squared, on_sum, on_difference = work[0], work[1], work[2], work[3]
    form[:] = 0.0
    for k in range(n):
        s = two_E * detuning[k]
        inverse_s[k] = 1.0 / (1.0 if s <= 0.0 else s)
        photon_squared[k] = (half - detuning[k]) * (half - detuning[k])
    for pair in range(6):
        high, low = thresholds[pair, SUM_HIGH], thresholds[pair, SUM_LOW]
        difference = thresholds[pair, DIFFERENCE]
        for k in range(n):
            above_sum = (detuning[k] - high) - low
            above_sum = 0.0 if above_sum < 0.0 else above_sum
            above_difference = detuning[k] - difference
            above_difference = 0.0 if above_difference < 0.0 else above_difference
            phase_space = two_E * two_E * math.sqrt(above_sum * above_difference) * inverse_s[k]
            on_sum[k] = phase_space * above_sum
            on_difference[k] = phase_space * above_difference
        for power in range(form.shape[0]):
            p, q = coefficients[pair, SUM_SIDE, power], coefficients[pair, DIFFERENCE_SIDE, power]
            p0, p1, p2, p3, p4, p5 = p[E0], p[E1], p[D0], p[D1], p[D2], p[D3]
            q0, q1, q2, q3, q4, q5 = q[E0], q[E1], q[D0], q[D1], q[D2], q[D3]
            row = form[power]
            for k in range(n):
                u, w2 = inverse_s[k], photon_squared[k]
                sum_side = p0 + p1 * u + w2 * (p2 + u * (p3 + u * (p4 + u * p5)))
                difference_side = q0 + q1 * u + w2 * (q2 + u * (q3 + u * (q4 + u * q5)))
                row[k] += on_sum[k] * sum_side + on_difference[k] * difference_side


@kernel
def strength(coupling: float, mass: float, width: float, s: float, exchange: float) -> tuple[float, float]:
    """Complex strength x of the new interaction as (Re x, Im x); (inf, 0) on the pole of a mediator without width."""
    if exchange == CONTACT:
        return coupling, 0.0
    if exchange == PHOTON_WITH_S:
        return coupling * s, 0.0
    real, imaginary = s - mass * mass, mass * width
    if imaginary == 0.0:
        return (coupling / real if coupling != 0.0 else 0.0), 0.0
    # Division of complex numbers after Smith, whose squares neither overflow nor vanish
    if math.fabs(real) >= imaginary:
        ratio = imaginary / real
        size = coupling / (real + imaginary * ratio)
        return size, -size * ratio
    ratio = real / imaginary
    size = coupling / (real * ratio + imaginary)
    return size * ratio, -size


@kernel
def change_of_form(forms: Array, model: int, k: int, x: tuple[float, float]) -> float:
    """W(x) - W(0) in eV^2 of a model at column k of its quadratic form; infinite on a pole that the form feels."""
    if forms.shape[1] == 1:
        return 0.0
    square = forms[model, SQUARE, k]
    if math.isinf(x[0]):
        return math.inf if square > 0.0 else 0.0
    change: float = x[0] * forms[model, REAL, k]
    if square != 0.0:  # closed pairs: even a strength whose square overflows does nothing
        change += (x[0] * x[0] + x[1] * x[1]) * square
    if forms.shape[1] == 4:
        change += x[1] * forms[model, IMAGINARY, k]
    return change

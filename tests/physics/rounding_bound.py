"""How far the quadrature over the neutrino energy may be off, from its own terms: a bound, not a guess."""

import math

import numpy as np
from physics_cases import Case
from published_form import PAIRS

from renp_fast.kernels import quadrature
from renp_fast.kernels.types import ComplexMatrix
from renp_fast.physics.interactions import standard_matrices
from renp_fast.physics.spectrum import RULE

EPS = float(np.finfo(np.float64).eps)


def size_of_terms(E: float, s: float, w: float, Q0: float, m_i: float, m_j: float, c: ComplexMatrix) -> float:
    """Sum of the sizes of all terms of the integrand at E, differences turned into sums; ``c`` holds sizes.

    A float64 evaluation is wrong by a few eps times this, however much cancels in it: 3 E E' against w^2 - E^2 - E'^2,
    p_T^2 = E^2 - m^2 - p_L^2, which is of order s out of terms of order E^2, the products of the couplings with each
    other, and what is odd in E - <E> and cancels between the two nodes.
    """
    aL, aR, yS, yP, mu, eps, fV, fA = c
    S, d, both, other = (m_i + m_j) ** 2, m_i**2 + m_j**2, m_i + m_j, Q0 + E
    p_long = (E * Q0 + 0.5 * (s + d)) / w
    p_transverse2 = E * E + m_i**2 + p_long**2
    T = (aL + aR) ** 2 * (3.0 * E * other + 0.5 * (w * w + E * E + d + other * other)) / 3.0
    T += w * w / 3.0 * (yS**2 + yP**2) * (s + S) + 2.0 / 3.0 * (yS + yP) * (aL + aR) * both * w * (w + p_long)
    photon = (mu**2 + eps**2) * (8.0 * s * p_transverse2 + 4.0 * S * (s + S))
    photon += (fV**2 + fA**2) * (4.0 * (s + S) + 8.0 * p_transverse2)
    T += w * w / (s * s) * (0.75 * photon + 6.0 * (fV * mu + fA * eps) * both * (s + S))
    return float(T + 4.0 * math.sqrt(2.0) * (E + Q0) * (aL + aR) * (fV + fA + both * (mu + eps)))


def rounding_error(case: Case) -> float:
    """First-order bound of the quadrature's relative error; the closed form's is far smaller (published_form.py).

    Two sources for each pair, added with weight Delta and divided by the result:

    - s - S, S = (m_i + m_j)^2. In units of u = eps/2: s = 2 E_eg x has an error of 1, S one of 5 (2 for each of the
      two masses and their sum, squared, and 1 for the square), their difference 1 more: at most 7 u s/(s - S). The
      same holds for s - D, and Delta takes the square root of both: 3.5 eps s/(s - S) of the pair's T.
    - T: the sum of the sizes of its terms, each a product of about ten factors rounded once: 10 u, and as much again
      for the errors of E and the masses, which enter every term up to squared: 10 eps.

    The new coupling and a_ij count with the sum of their sizes, since they may cancel.
    """
    neutrinos, E_eg = case.neutrinos, case.target.E_eg_eV
    s, w = 2.0 * E_eg * case.detuning_eV, 0.5 * E_eg - case.detuning_eV
    Q0, m = E_eg - w, neutrinos.masses_eV
    sm = standard_matrices(neutrinos)
    new = case.interaction.strength(s) * case.interaction.matrices(neutrinos)
    couplings, sizes = sm + new, abs(sm) + abs(new)
    W = error = 0.0
    for i, j in PAIRS:
        S = (m[i] + m[j]) ** 2
        centre, half_width, Delta = quadrature.energy_limits(s, w, Q0, m[i], m[j])
        for node in RULE[:, 0] if Delta > 0.0 else ():
            E = centre + half_width * node
            T = quadrature.integrand(E, s, w, Q0, (m[i], m[j]), couplings[:, i, j], False)
            W += 0.5 * Delta * T
            terms = size_of_terms(abs(E), s, w, Q0, m[i], m[j], sizes[:, i, j])
            error += 0.5 * Delta * EPS * (3.5 * s / (s - S) * abs(T) + 10.0 * terms)
    return error / W

"""The same spectral function by integration over the neutrino energy: the integrand before any integral is done.

The neutrino's energy E runs uniformly in phase space over E+- = [(E_eg - w)(1 + d/s) +- w Delta]/2 with
d = m_i^2 - m_j^2; T_ij is the mean of the integrand over it.
"""

import math

from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.types import Array, ComplexMatrix

SQRT2 = math.sqrt(2.0)
# Couplings of a pair: aL, aR, C yS, C yP, and e/(6 G_F m_e) times mu, eps, fV, fA; C y is divided by 2 sqrt2 G_F
A_LEFT, A_RIGHT, SCALAR, PSEUDOSCALAR, MAGNETIC, ELECTRIC, VECTOR_FACTOR, AXIAL_FACTOR = range(8)


@kernel
def energy_limits(s: float, w: float, Q0: float, m_i: float, m_j: float) -> tuple[float, float, float]:
    """(centre and half-width of the range of E in eV, Delta) of an open pair; (0, 0, 0) of a closed one."""
    S, D = (m_i + m_j) ** 2, (m_i - m_j) ** 2
    if s <= S:
        return 0.0, 0.0, 0.0
    Delta = math.sqrt((s - S) * (s - D)) / s
    return 0.5 * Q0 * (1.0 + (m_i * m_i - m_j * m_j) / s), 0.5 * w * Delta, Delta


@kernel
def integrand(
    E: float, s: float, w: float, Q0: float, masses: tuple[float, float], c: ComplexMatrix, polarised: bool
) -> float:
    """Squared amplitude of a pair at neutrino energy E, in eV^2; ``c`` (8,) are the couplings of the pair.

    With ``polarised`` the electron's spin is transverse to q, and the amplitude averaged over angles around q.

    The terms odd in E - <E>, current times photon, vanish in the mean but not in the distribution.
    """
    m_i, m_j = masses
    S, D, d = (m_i + m_j) ** 2, (m_i - m_j) ** 2, m_i * m_i - m_j * m_j
    other = Q0 - E
    p_long = (E * Q0 - 0.5 * (s + d)) / w
    p_transverse2 = E * E - m_i * m_i - p_long * p_long

    aL, aR = c[A_LEFT], c[A_RIGHT]
    size = abs(aL) ** 2 + abs(aR) ** 2
    T: float = 2.0 * (aL * aR.conjugate()).real * m_i * m_j
    if polarised:
        T += size * (0.5 * (s - m_i * m_i - m_j * m_j) - p_transverse2)
    else:
        T += size * (3.0 * E * other - 0.5 * (w * w - E * E + m_i * m_i - other * other + m_j * m_j)) / 3.0
        yS, yP = c[SCALAR], c[PSEUDOSCALAR]
        T += w * w / 3.0 * (abs(yS) ** 2 * (s - S) + abs(yP) ** 2 * (s - D))
        along_i, along_j = m_i * w * (w - p_long), m_j * w * p_long
        T += 2.0 / 3.0 * (yS.conjugate() * (aL + aR)).imag * (along_i - along_j)
        T += 2.0 / 3.0 * (yP.conjugate() * (aL - aR)).real * (along_i + along_j)

    mu, eps, fV, fA = c[MAGNETIC], c[ELECTRIC], c[VECTOR_FACTOR], c[AXIAL_FACTOR]
    photon = abs(mu) ** 2 * (8.0 * s * p_transverse2 + 4.0 * S * (s - D))
    photon += abs(eps) ** 2 * (8.0 * s * p_transverse2 + 4.0 * D * (s - S))
    photon += abs(fV) ** 2 * (4.0 * (s - D) - 8.0 * p_transverse2)
    photon += abs(fA) ** 2 * (4.0 * (s - S) - 8.0 * p_transverse2)
    mixed = (fV * mu.conjugate()).real * (m_i + m_j) * (s - D)
    mixed += (fA * eps.conjugate()).imag * (m_i - m_j) * (s - S)
    weight = 1.5 if polarised else 1.0
    T += weight * w * w / (s * s) * (0.75 * photon + 6.0 * mixed)

    odd = ((aL - aR) * (fV + (m_i + m_j) * mu).conjugate()).real - ((aL + aR) * fA.conjugate()).real
    odd += (m_i - m_j) * ((aL + aR).conjugate() * eps).imag
    T += weight * 2.0 * SQRT2 * (E - 0.5 * Q0 * (1.0 + d / s)) * odd
    return T


@kernel
def integrated(
    s: float, w: float, Q0: float, masses: Array, couplings: ComplexMatrix, polarised: bool, rule: Array
) -> float:
    """Sum over ordered pairs of Delta T in eV^2, by a ``rule`` (n, 2): nodes on (-1, 1), and weights of sum 2.

    ``couplings`` (8, 3, 3); Q0 = E_eg - w is the energy of the pair.
    """
    W = 0.0
    for i in range(3):
        for j in range(3):
            centre, half_width, Delta = energy_limits(s, w, Q0, masses[i], masses[j])
            if Delta == 0.0:
                continue
            mean = 0.0
            for k in range(rule.shape[0]):
                E, pair = centre + half_width * rule[k, 0], (masses[i], masses[j])
                mean += 0.5 * rule[k, 1] * integrand(E, s, w, Q0, pair, couplings[:, i, j], polarised)
            W += Delta * mean
    return W


@kernel
def differential(
    E: Array,
    s: float,
    w: float,
    Q0: float,
    masses: Array,
    couplings: ComplexMatrix,
    polarised: bool,
    density: Array,
) -> None:
    """Write dW/dE in eV at every neutrino energy E (n,) into ``density``, summed over ordered pairs."""
    density[:] = 0.0
    for i in range(3):
        for j in range(3):
            centre, half_width, Delta = energy_limits(s, w, Q0, masses[i], masses[j])
            if half_width == 0.0:
                continue
            for k in range(E.size):
                if abs(E[k] - centre) > half_width:
                    continue
                T = integrand(E[k], s, w, Q0, (masses[i], masses[j]), couplings[:, i, j], polarised)
                density[k] += Delta * T / (2.0 * half_width)

"""The squared amplitude of section 3 of the physics contract by explicit Dirac matrices: no trace is done by hand.

Metric (+, -, -, -), Dirac representation, sigma^{mu nu} = (i/2)[gamma^mu, gamma^nu], eps^{123} = 1. The amplitude is
S^k ubar_i V_k v_j with the photon's and mediator's momentum q = p + p' along the third axis.
"""

from itertools import permutations

import numpy as np

from renp_fast.kernels.types import Array, ComplexMatrix

METRIC = np.diag([1.0, -1.0, -1.0, -1.0])
PAULI = np.array([[[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
ZERO, ONE = np.zeros((2, 2)), np.eye(2)
GAMMA = np.array(
    [np.block([[ONE, ZERO], [ZERO, -ONE]])] + [np.block([[ZERO, sigma], [-sigma, ZERO]]) for sigma in PAULI]
)
GAMMA5 = 1j * GAMMA[0] @ GAMMA[1] @ GAMMA[2] @ GAMMA[3]
UNIT = np.eye(4)
P_LEFT, P_RIGHT = (UNIT - GAMMA5) / 2, (UNIT + GAMMA5) / 2
SIGMA = np.array([[0.5j * (GAMMA[m] @ GAMMA[n] - GAMMA[n] @ GAMMA[m]) for n in range(4)] for m in range(4)])
LEVI_CIVITA = np.zeros((3, 3, 3))
for order in permutations(range(3)):
    LEVI_CIVITA[order] = np.linalg.det(np.eye(3)[list(order)])


def slash(momentum: Array) -> ComplexMatrix:
    return np.einsum("m,mab->ab", METRIC @ momentum, GAMMA)


def vertices(q: Array, couplings: ComplexMatrix, longitudinal: ComplexMatrix | None = None) -> ComplexMatrix:
    """V_k/(2 sqrt2 G_F) for k = 1, 2, 3, with the couplings scaled as those of ``kernels.quadrature``.

    C y/(2 sqrt2 G_F) stands there for a mediator's coupling, and e/(6 G_F m_e) times a moment or form factor, which
    is sqrt2/3 of what is needed here. ``longitudinal``: aL and aR of a vector mediator alone, over its mass squared;
    its propagator is g_{mu nu} - q_mu q_nu/M^2, and S^mu has no time component.
    """
    aL, aR, yS, yP, mu, eps, fV, fA = couplings
    s, photon = q @ METRIC @ q, 3.0 / np.sqrt(2.0)
    sigma_q = np.einsum("mnab,n->mab", SIGMA, METRIC @ q)
    V = []
    for k in range(3):
        vertex = -GAMMA[k + 1] @ (aL * P_LEFT + aR * P_RIGHT)
        if longitudinal is not None:
            vertex = vertex + q[k + 1] * slash(q) @ (longitudinal[0] * P_LEFT + longitudinal[1] * P_RIGHT)
        vertex = vertex - 1j * q[k + 1] * (yS * UNIT + 1j * yP * GAMMA5)
        for line in range(3):
            turn = LEVI_CIVITA[k, line] @ q[1:] * photon / s
            vertex = vertex - turn * sigma_q[line + 1] @ (mu * UNIT + 1j * eps * GAMMA5)
            vertex = vertex + 1j * turn * GAMMA[line + 1] @ (fV * UNIT + fA * GAMMA5)
        V.append(vertex)
    return np.array(V)


def squared_amplitude(
    p: Array,
    p_other: Array,
    m_i: float,
    m_j: float,
    couplings: ComplexMatrix,
    weights: tuple[float, float, float] = (1.0, 1.0, 1.0),
    longitudinal: ComplexMatrix | None = None,
) -> float:
    """Sum over neutrino spins and average over the electron spin, normalised to T_ij: |aL|^2 I_ij for aL alone.

    Sum_k Tr[(p + m_i) V_k (p' - m_j) Vbar_k]; with V_k in units of 2 sqrt2 G_F it is 6 |aL|^2 I_ij. A spin along one
    axis alone has the ``weights`` 3 there and 0 elsewhere.
    """
    total = 0.0
    for weight, V in zip(weights, vertices(p + p_other, couplings, longitudinal), strict=True):
        V_bar = GAMMA[0] @ V.conj().T @ GAMMA[0]
        total += weight * np.trace((slash(p) + m_i * UNIT) @ V @ (slash(p_other) - m_j * UNIT) @ V_bar).real
    return float(total / 6.0)

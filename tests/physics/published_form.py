"""The spectral function in its published form, with 50 digits, written from sections 1 to 6 of the physics contract.

Nothing of the package enters but the parameters: constants, mixing matrix, masses and couplings are made here, in
the arrangement of the papers (I_ij with Delta), which differs from the one that the kernels evaluate.
"""

from typing import Any, NamedTuple

import mpmath
import numpy as np

import renp_fast as rf

mp = mpmath.MPContext()  # a context of its own: nobody else can change the number of digits
mp.dps = 50

Number = Any  # mpmath's mpf or mpc
Matrix = Any  # mpmath matrix, or an object array of them

G_F = mp.mpf(1.1663788e-23)
M_E = mp.mpf(510998.95069)
E_CHARGE = mp.sqrt(4 * mp.pi * mp.mpf(7.2973525643e-3))
MU_B = E_CHARGE / (2 * M_E)
HBAR_C = mp.mpf(1.9732698045930252e-5)
PAIRS = [(i, j) for i in range(3) for j in range(3)]
NAMES = ("aL", "aR", "CyS", "CyP", "mu", "eps", "fV", "fA")


class Published(NamedTuple):
    """I(w) and its condition number: the sum of the sizes of its terms over itself."""

    value: Number
    condition: Number


def masses(neutrinos: rf.Neutrinos) -> list[Number]:
    m0, dm21, dm3l = (mp.mpf(v) for v in (neutrinos.lightest_mass_eV, neutrinos.dm21_eV2, neutrinos.dm3l_eV2))
    if neutrinos.ordering == "normal":
        return [m0, mp.sqrt(m0**2 + dm21), mp.sqrt(m0**2 + dm3l)]
    m2 = mp.sqrt(m0**2 - dm3l)
    return [mp.sqrt(m2**2 - dm21), m2, m0]


def pmns(neutrinos: rf.Neutrinos) -> Matrix:
    """U = R23 R13 R12 diag(1, exp(i alpha21/2), exp(i alpha31/2)), each factor written out."""
    t12, t13, t23, delta, alpha21, alpha31 = (
        mp.mpf(value) * mp.pi / 180
        for value in (
            neutrinos.theta12_deg,
            neutrinos.theta13_deg,
            neutrinos.theta23_deg,
            neutrinos.delta_cp_deg,
            neutrinos.alpha21_deg,
            neutrinos.alpha31_deg,
        )
    )
    c12, s12, c13, s13, c23, s23 = mp.cos(t12), mp.sin(t12), mp.cos(t13), mp.sin(t13), mp.cos(t23), mp.sin(t23)
    r23 = mp.matrix([[1, 0, 0], [0, c23, s23], [0, -s23, c23]])
    r13 = mp.matrix([[c13, 0, s13 * mp.expj(-delta)], [0, 1, 0], [-s13 * mp.expj(delta), 0, c13]])
    r12 = mp.matrix([[c12, s12, 0], [-s12, c12, 0], [0, 0, 1]])
    return r23 * r13 * r12 * mp.diag([1, mp.expj(alpha21 / 2), mp.expj(alpha31 / 2)])


def texture(given: Any, kind: str, chirality: str, nature: str) -> Matrix:
    """T of a name or of a matrix of complex numbers."""
    if not isinstance(given, str):
        return mp.matrix([[mp.mpc(complex(entry)) for entry in row] for row in given])
    if given == "universal":
        return mp.eye(3)
    only_antisymmetric = kind == "dipole" or chirality in ("millicharge", "charge_radius", "vector")
    i, j = int(given[0]) - 1, int(given[1]) - 1
    T = mp.zeros(3)
    T[i, j], T[j, i] = (mp.mpc(0, 1), mp.mpc(0, -1)) if nature == "majorana" and only_antisymmetric else (1, 1)
    return T


def standard_model(neutrinos: rf.Neutrinos) -> dict[str, Matrix]:
    """The eight matrices of section 3 without new physics, before the substitutions for Majorana neutrinos."""
    U = pmns(neutrinos)
    couplings = {name: mp.zeros(3) for name in NAMES}
    for i, j in PAIRS:
        couplings["aL"][i, j] = mp.conj(U[0, i]) * U[0, j] - (mp.mpf(1) / 2 if i == j else 0)
    return couplings


def new_physics(interaction: Any, nature: str, s: Number) -> dict[str, Matrix]:
    """The eight matrices of section 3 of the new interaction alone."""
    couplings = {name: mp.zeros(3) for name in NAMES}
    kind, chirality, g = interaction.kind, interaction.chirality, mp.mpf(interaction.coupling)
    if kind == "standard_model":
        return couplings
    gT = g * texture(interaction.texture, kind, chirality, nature)
    M, width = mp.mpf(interaction.mediator_mass_eV), mp.mpf(interaction.mediator_width_eV)
    if kind == "vector":
        current = gT / (mp.sqrt(2) * G_F * mp.mpc(s - M**2, M * width))
        signs = {"left": (1, 0), "right": (0, 1), "vector": (1, 1), "axial": (-1, 1)}[chirality]
        couplings["aL"], couplings["aR"] = signs[0] * current, signs[1] * current
    elif kind == "scalar":
        couplings["CyS" if chirality == "scalar" else "CyP"] = gT / (M_E * mp.mpc(s - M**2, M * width))
    elif kind == "dipole":
        couplings["mu" if chirality == "magnetic" else "eps"] = MU_B * gT
    elif chirality == "millicharge":
        couplings["fV"] = E_CHARGE * gT
    elif chirality == "charge_radius":
        couplings["fV"] = s * E_CHARGE * gT / 6 / HBAR_C**2
    else:
        couplings["fA"] = s * E_CHARGE * gT / HBAR_C**2
    return couplings


def effective(couplings: dict[str, Matrix], nature: str) -> dict[str, Matrix]:
    """Section 5: what stands for the couplings in the formulas for Dirac neutrinos."""
    if nature == "dirac":
        return couplings
    replaced = dict(couplings)
    replaced["aL"] = couplings["aL"] - couplings["aR"].T
    replaced["aR"] = couplings["aR"] - couplings["aL"].T
    replaced["fV"] = couplings["fV"] - couplings["fV"].T
    replaced["fA"] = couplings["fA"] + couplings["fA"].T
    return replaced


def squared_amplitude(c: dict[str, Number], s: Number, w: Number, E_eg: Number, m_i: Number, m_j: Number) -> Number:
    """T_ij of section 4 in eV^2; ``c`` holds the eight couplings of the pair."""
    S, D, d = (m_i + m_j) ** 2, (m_i - m_j) ** 2, m_i**2 - m_j**2
    Delta2 = (s - S) * (s - D) / s**2
    I_ij = (s + w**2 / 2 - w**2 * Delta2 / 6 - (m_i**2 + m_j**2) / 2 - (E_eg - w) ** 2 * d**2 / (2 * s**2)) / 3
    aL, aR, yS, yP, mu, eps, fV, fA = (c[name] for name in NAMES)
    T = (abs(aL) ** 2 + abs(aR) ** 2) * I_ij + 2 * mp.re(aL * mp.conj(aR)) * m_i * m_j
    T += w**2 / (24 * G_F**2) * (abs(yS) ** 2 * (s - S) + abs(yP) ** 2 * (s - D))
    scalar = mp.im(mp.conj(yS) * (aL + aR)) * (m_i - m_j) * (1 - S / s)
    scalar += mp.re(mp.conj(yP) * (aL - aR)) * (m_i + m_j) * (1 - D / s)
    T += mp.sqrt(2) * w**2 / (12 * G_F) * scalar
    photon = E_CHARGE**2 * w**2 / (36 * G_F**2 * M_E**2)
    T += photon / s**2 * (abs(mu) ** 2 * (s - D) * (s + 2 * S) + abs(eps) ** 2 * (s - S) * (s + 2 * D))
    T += photon / s**3 * (abs(fV) ** 2 * (s - D) * (2 * s + S) + abs(fA) ** 2 * (s - S) * (2 * s + D))
    mixed = mp.re(fV * mp.conj(mu)) * (m_i + m_j) * (s - D) + mp.im(fA * mp.conj(eps)) * (m_i - m_j) * (s - S)
    return T + 6 * photon / s**2 * mixed


def spectral_function(
    neutrinos: rf.Neutrinos, interaction: Any, target: rf.Target, detuning_eV: float | np.float64 | Number
) -> Published:
    """I(w) at the detuning E_eg/2 - w, and how ill-conditioned it is.

    The condition number holds what a float64 evaluation of a sum of positive terms cannot avoid:

    - the interference of new physics with the Standard Model may cancel; by the inequality of Cauchy and Schwarz it is
      no larger than the sum T0 + T2 of the two squares, so that all terms together are at most 2 (T0 + T2);
    - s - D, with D in float64, loses a factor D/(s - D) (s - S does not: thresholds are double-doubles);
    - the propagator loses a factor (s + M^2)/|s - M^2 + i M Gamma|, which enters T up to squared;
    - a_ii = |U_ei|^2 - 1/2 loses a factor (|U_ei|^2 + 1/2)/|a_ii|, likewise squared.
    """
    E_eg, E_vg, x = mp.mpf(target.E_eg_eV), mp.mpf(target.E_vg_eV), mp.mpf(detuning_eV)
    w, s, m, nature = E_eg / 2 - x, 2 * E_eg * x, masses(neutrinos), neutrinos.nature
    if s <= 0:
        return Published(mp.mpf(0), mp.mpf(0))
    sm, new = standard_model(neutrinos), new_physics(interaction, nature, s)
    both = {name: sm[name] + new[name] for name in NAMES}
    sm, new, both = (effective(couplings, nature) for couplings in (sm, new, both))
    M, width = mp.mpf(interaction.mediator_mass_eV), mp.mpf(interaction.mediator_width_eV)
    pole = (s + M**2) / abs(mp.mpc(s - M**2, M * width)) if interaction.kind in ("vector", "scalar") else 1
    U = pmns(neutrinos)
    mixing = max((abs(U[0, i]) ** 2 + 0.5) / abs(abs(U[0, i]) ** 2 - 0.5) for i in range(3))
    W = size = mp.mpf(0)
    for i, j in PAIRS:
        S, D = (m[i] + m[j]) ** 2, (m[i] - m[j]) ** 2
        if s <= S:
            continue
        Delta = mp.sqrt((s - S) * (s - D)) / s
        T, T0, T2 = (
            squared_amplitude({name: c[name][i, j] for name in NAMES}, s, w, E_eg, m[i], m[j]) for c in (both, sm, new)
        )
        W += Delta * T
        size += Delta * 2 * (T0 + T2) * (D / (s - D) + 2 * pole + 2 * mixing)
    half = mp.mpf(1) / 2 if nature == "majorana" else 1
    value = half * W * w / (E_eg * (E_vg - w) ** 2)
    return Published(value, size / W if W else mp.mpf(0))


def thresholds(neutrinos: rf.Neutrinos, target: rf.Target) -> dict[str, Number]:
    """Detunings E_eg/2 - w at which the pairs open, (m_i + m_j)^2/(2 E_eg)."""
    m = masses(neutrinos)
    return {f"{i + 1}{j + 1}": (m[i] + m[j]) ** 2 / (2 * mp.mpf(target.E_eg_eV)) for i, j in PAIRS if i <= j}

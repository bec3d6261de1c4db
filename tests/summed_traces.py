"""The spectral function with the amplitudes of several interactions, by explicit Dirac matrices and Gauss nodes.

The couplings are written here from sections 3 and 5 of the physics contract: of the package nothing enters but
constants, masses and mixing.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from dirac_traces import squared_amplitude

import renp_fast as rf
from renp_fast.kernels.types import Array, ComplexMatrix
from renp_fast.physics.constants import FINE_STRUCTURE, G_F, HBAR_C, M_E
from renp_fast.physics.targets import ATOMS

SQRT2 = math.sqrt(2.0)
E_CHARGE = math.sqrt(4.0 * math.pi * FINE_STRUCTURE.value)
MU_B = E_CHARGE / (2.0 * M_E)
A_L, A_R, Y_S, Y_P, MU, EPS, F_V, F_A = range(8)
CHIRAL = {"left": (1.0, 0.0), "right": (0.0, 1.0), "vector": (1.0, 1.0), "axial": (-1.0, 1.0)}


def new_couplings(interaction: Any, nature: str, s: float) -> tuple[ComplexMatrix, ComplexMatrix]:
    """(aL, aR, C yS, C yP, mu, eps, fV, fA) of one interaction (8, 3, 3), and aL, aR over M^2 if longitudinal.

    In the units of `dirac_traces.vertices`; with the substitutions for Majorana neutrinos.
    """
    c = np.zeros((8, 3, 3), dtype=np.complex128)
    gT = interaction.coupling * np.array(interaction.texture, dtype=np.complex128)
    M, width = interaction.mediator_mass_eV, interaction.mediator_width_eV
    propagator = 1.0 / (s - M * M + 1j * M * width)
    photon = E_CHARGE / (6.0 * G_F * M_E)
    if interaction.kind == "vector":
        for place, factor in enumerate(CHIRAL[interaction.chirality]):
            c[place] = factor * gT * propagator / (SQRT2 * G_F)
    elif interaction.kind == "scalar":
        place = {"scalar": Y_S, "pseudoscalar": Y_P}[interaction.chirality]
        c[place] = gT * propagator / M_E / (2.0 * SQRT2 * G_F)
    elif interaction.kind == "dipole":
        c[{"magnetic": MU, "electric": EPS}[interaction.chirality]] = photon * MU_B * gT
    else:
        area = s / HBAR_C.value**2
        place, factor = {"millicharge": (F_V, 1.0), "charge_radius": (F_V, area / 6.0), "anapole": (F_A, area)}[
            interaction.chirality
        ]
        c[place] = photon * E_CHARGE * factor * gT
    if nature == "majorana":
        aL, aR, fV, fA = c[A_L], c[A_R], c[F_V], c[F_A]
        c[A_L], c[A_R], c[F_V], c[F_A] = aL - aR.T, aR - aL.T, fV - fV.T, fA + fA.T
    longitudinal = c[:2] / M**2 if interaction.longitudinal == "on" else np.zeros((2, 3, 3), dtype=np.complex128)
    return c, longitudinal


def amplitudes(interactions: Sequence[Any], neutrinos: rf.Neutrinos, s: float) -> tuple[ComplexMatrix, ComplexMatrix]:
    """All couplings at once, those of W and Z exchange among them."""
    c, along_q = np.zeros((8, 3, 3), dtype=np.complex128), np.zeros((2, 3, 3), dtype=np.complex128)
    c[A_L] = neutrinos.axial_coupling
    if neutrinos.nature == "majorana":
        c[A_R] = -neutrinos.axial_coupling.T
    for interaction in interactions:
        new, longitudinal = new_couplings(interaction, neutrinos.nature, s)
        c, along_q = c + new, along_q + longitudinal
    return c, along_q


def by_traces(
    w: float,
    interactions: Sequence[Any],
    neutrinos: rf.Neutrinos,
    atom: str = "Yb",
    polarised: bool = False,
    energy: float | None = None,
) -> float:
    """I(w), or its distribution over the neutrino's energy at ``energy``."""
    E_eg, E_vg = ATOMS[atom].E_eg_eV, ATOMS[atom].E_vg_eV
    s, Q0, m = E_eg * (E_eg - 2.0 * w), E_eg - w, neutrinos.masses_eV
    c, along_q = amplitudes(interactions, neutrinos, s)
    nodes, weights = np.polynomial.legendre.leggauss(3)
    W = 0.0
    for i in range(3):
        for j in range(3):
            d, S, D = m[i] ** 2 - m[j] ** 2, (m[i] + m[j]) ** 2, (m[i] - m[j]) ** 2
            if s <= S:
                continue
            Delta = math.sqrt((s - S) * (s - D)) / s
            centre, half = 0.5 * Q0 * (1.0 + d / s), 0.5 * w * Delta
            pair = (m[i], m[j], c[:, i, j], along_q[:, i, j])
            if energy is None:
                for node, weight in zip(nodes, weights, strict=True):
                    W += Delta * 0.5 * weight * at_energy(centre + half * node, w, Q0, pair, polarised)
            elif abs(energy - centre) < half:
                W += Delta * at_energy(energy, w, Q0, pair, polarised) / (2.0 * half)
    return (0.5 if neutrinos.nature == "majorana" else 1.0) * w / E_eg * W / (E_vg - w) ** 2


def at_energy(E: float, w: float, Q0: float, pair: tuple[float, float, Array, Array], polarised: bool) -> float:
    """T_ij at a neutrino energy, averaged over azimuths if the spin is polarised: four stand for all."""
    m_i, m_j, c, along_q = pair
    p_long = (E * Q0 - 0.5 * (Q0 * Q0 - w * w + m_i**2 - m_j**2)) / w
    across = math.sqrt(E * E - m_i**2 - p_long**2)
    q, spins = np.array([Q0, 0.0, 0.0, w]), (3.0, 0.0, 0.0) if polarised else (1.0, 1.0, 1.0)
    azimuths = 0.3 + 0.5 * math.pi * np.arange(4 if polarised else 1)
    total = 0.0
    for phi in azimuths:
        p = np.array([E, across * math.cos(phi), across * math.sin(phi), p_long])
        total += squared_amplitude(p, q - p, m_i, m_j, c, spins, along_q)
    return total / azimuths.size

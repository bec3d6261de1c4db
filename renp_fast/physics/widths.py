"""The width of a mediator into neutrinos, for `mediator_width_eV`."""

import math
from typing import Any

import numpy as np

from renp_fast.physics.interactions import Scalar, Vector, effective_matrices
from renp_fast.physics.neutrinos import Neutrinos

SPIN_STATES = 3.0  # of a vector, averaged over


def neutrino_width_eV(interaction: Vector | Scalar, neutrino_coupling: float, **neutrino: Any) -> float:
    """Width of a vector or scalar mediator into all pairs of neutrinos, at rest.

    Two-body decays, sum over ordered pairs (i, j) of sqrt((s - S)(s - D)) <|M|^2>/(16 pi M s) at s = M^2, with
    S = (m_i + m_j)^2 and D = (m_i - m_j)^2; for a vector
    <|M|^2> = (2/(3 s)) [|v|^2 (2 s + S)(s - D) + |a|^2 (2 s + D)(s - S)], v and a the vector and axial parts of g_nu T;
    for a scalar 2 [|yS|^2 (s - S) + |yP|^2 (s - D)]. For massless neutrinos g^2 M/(24 pi) for each of one chirality,
    and y^2 M/(8 pi). Half of the sum for Majorana neutrinos, with their couplings.

    Parameters
    ----------
    interaction : Vector or Scalar
        Its mass, chirality and texture T count; its coupling, a product with the electron's, does not.
    neutrino_coupling : float
        g_nu or y_nu.
    **neutrino
        Keywords of `Neutrinos`.

    Returns
    -------
    float
        Width in eV; 0 if the mediator is too light for any pair.

    Raises
    ------
    ValueError
        For an interaction without a mediator, or parameters out of their domain.
    """
    if not isinstance(interaction, (Vector, Scalar)):
        raise ValueError(f"interaction: got {interaction!r}; allowed: Vector, Scalar")
    neutrinos = Neutrinos(**neutrino)
    M, m = interaction.mediator_mass_eV, neutrinos.masses_eV
    scales = np.sign(interaction.scales())  # g T without what makes an amplitude of it
    aL, aR, yS, yP = (
        neutrino_coupling * effective_matrices(scales, interaction.matrix(neutrinos.nature), neutrinos.nature)[:4]
    )
    v, a, s = abs(0.5 * (aL + aR)) ** 2, abs(0.5 * (aR - aL)) ** 2, M * M
    S, D = (m[:, np.newaxis] + m) ** 2, (m[:, np.newaxis] - m) ** 2
    vector = 2.0 / (SPIN_STATES * s) * (v * (2.0 * s + S) * (s - D) + a * (2.0 * s + D) * (s - S)) if s > 0.0 else 0.0
    scalar = 2.0 * (abs(yS) ** 2 * (s - S) + abs(yP) ** 2 * (s - D))
    phase_space = np.sqrt(np.maximum(s - S, 0.0) * np.maximum(s - D, 0.0))
    half = 0.5 if neutrinos.nature == "majorana" else 1.0
    return float(half * np.sum(phase_space * (vector + scalar)) / (16.0 * math.pi * M * s)) if s > 0.0 else 0.0

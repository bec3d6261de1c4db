"""Several interactions at once: the sum of their amplitudes, by named parameters."""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from renp_fast.kernels import series, several, spectral
from renp_fast.kernels.types import Array, ComplexMatrix
from renp_fast.physics.interactions import Interaction, standard_matrices
from renp_fast.physics.neutrinos import Neutrinos

# Average over spins, magnetic factor
Chain: TypeAlias = tuple[str, float]


class Amplitude:
    """The coupling matrices of W and Z exchange and of some interactions, whose amplitudes add."""

    def __init__(self, interactions: Sequence[Interaction], neutrinos: Neutrinos, magnetic_factor: float) -> None:
        self.standard = standard_matrices(neutrinos)
        self.new = [(each, each.matrices(neutrinos, magnetic_factor)) for each in interactions]

    def at(self, s: float) -> tuple[ComplexMatrix, list[ComplexMatrix]]:
        """The matrices (8, 3, 3) at s in eV^2, and those per unit strength of each interaction on its pole."""
        total, polar = self.standard, []
        for interaction, matrices in self.new:
            x = interaction.strength(s)
            if math.isinf(x.real):
                polar.append(matrices)
            else:
                total = total + x * matrices
        return total, polar


def closed_form_of_several(
    E_eg: float,
    interactions: Sequence[Interaction],
    neutrinos: Neutrinos,
    energies: Array,
    detuned: bool,
    chain: Chain,
) -> Array:
    """W in eV^2 at photon energies, or detunings if ``detuned`` (n,), with the amplitudes of all interactions."""
    n = len(interactions)
    complex_strength = any(each.mediator_width_eV != 0.0 for each in interactions)
    own = several.COMPLEX_POWERS if complex_strength else several.REAL_POWERS
    scales = np.array([each.scales(*chain) for each in interactions])
    textures = np.array([each.matrix(neutrinos.nature) for each in interactions])
    models = np.concatenate([neutrinos.row, [E_eg], np.arange(n), scales[:, spectral.LONGITUDINAL]])
    forms = np.empty((1, several.powers_of(n, own), energies.size))
    rows, long = (models[np.newaxis], textures, scales, own), energies.size >= series.LONG
    several.fill_forms_of_several(rows, energies, detuned, forms, long)
    s = 2.0 * E_eg * (energies if detuned else 0.5 * E_eg - energies)
    mediators = np.array(
        [(each.coupling, each.mediator_mass_eV, each.mediator_width_eV, each.exchange) for each in interactions]
    )
    folded, change = np.empty((1, 1 + own, energies.size)), np.empty((1, energies.size))
    several.fold(forms, np.zeros(1, dtype=np.int64), mediators[np.newaxis], s[np.newaxis], own, folded, change)
    coupling, mass, width, exchange = mediators[0]
    leading = [spectral.strength(coupling, mass, width, at, exchange) for at in s]
    changes = [spectral.change_of_form(folded, 0, k, x) for k, x in enumerate(leading)]
    total: Array = folded[0, spectral.CONSTANT] + (change[0] + np.array(changes))
    return total

"""Several interactions at once: the sum of their amplitudes, by named parameters."""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from renp_fast.kernels.amplitude import quadratic_form
from renp_fast.kernels.grid.loops import ONE_ROW
from renp_fast.kernels.grid.memory import memory
from renp_fast.kernels.spectrum import added_forms, added_spectra
from renp_fast.kernels.types import Array, ComplexMatrix
from renp_fast.physics.interactions import Interaction, standard_matrices
from renp_fast.physics.neutrinos import Neutrinos
from renp_fast.physics.targets import Target

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


def spectrum_of_several(
    atom: Target,
    interactions: Sequence[Interaction],
    neutrinos: Neutrinos,
    energies: Array,
    detuned: bool,
    chain: Chain,
) -> Array:
    """I(w) at photon energies, or detunings if ``detuned`` (n,), with the amplitudes of all interactions."""
    n = len(interactions)
    complex_strength = any(each.mediator_width_eV != 0.0 for each in interactions)
    own = added_forms.COMPLEX_POWERS if complex_strength else added_forms.REAL_POWERS
    scales = np.array([each.scales(*chain) for each in interactions])
    textures = np.array([each.matrix(neutrinos.nature) for each in interactions])
    models = np.concatenate([neutrinos.row, [atom.E_eg_eV], np.arange(n), scales[:, quadratic_form.LONGITUDINAL]])
    mediators = [(each.coupling, each.mediator_mass_eV, each.mediator_width_eV, each.exchange) for each in interactions]
    values = memory(energies.size)
    added_spectra.fill_spectra(
        np.array([energies.size]),
        ONE_ROW,
        (models[np.newaxis], textures, scales, own),
        (added_forms.powers_of(n, own), 1 + own),
        energies,
        detuned,
        (np.array([[atom.E_eg_eV, atom.E_vg_eV]]), np.array([mediators]), np.array([[1.0, 0.0]])),
        values,
    )
    return values

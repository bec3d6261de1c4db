"""Several interactions at once: the sum of their amplitudes, by named parameters."""

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from renp_fast.kernels.amplitude.models import (
    COMPLEX_POWERS,
    CONSTANT,
    REAL,
    REAL_POWERS,
    SQUARE,
    given_of,
    model_row,
    models_of,
    orders_of,
    powers_of,
)
from renp_fast.kernels.amplitude.pair import LONGITUDINAL
from renp_fast.kernels.amplitude.propagator import COUPLING, EXCHANGE, MASS, WIDTH, strength
from renp_fast.kernels.grid.loops import ENERGY, LEVELS, OUT, fill_values
from renp_fast.kernels.grid.memory import memory
from renp_fast.kernels.spectrum.added_forms import fold
from renp_fast.kernels.spectrum.forms import fill_forms_of
from renp_fast.kernels.spectrum.prefactor import detuning_level_and_energy
from renp_fast.kernels.types import Array, ComplexMatrix
from renp_fast.physics.interactions import Interaction, standard_matrices
from renp_fast.physics.neutrinos import Neutrinos
from renp_fast.physics.targets import Target

# Photon energies that are dealt with together
PIECE = 2**12
# Strides of a box that is one row of photon energies; and what leaves the spectral function as it is
ONE_ROW = np.isin(np.arange(6), [ENERGY, LEVELS, OUT])[:, np.newaxis].astype(np.int64)
NO_YIELD = np.array([[1.0, 0.0]])
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
    own = COMPLEX_POWERS if any(each.mediator_width_eV != 0.0 for each in interactions) else REAL_POWERS
    scales = np.array([each.scales(*chain) for each in interactions])
    textures = np.array([each.matrix(neutrinos.nature) for each in interactions])
    row = np.array([model_row(neutrinos.row, atom.E_eg_eV, range(n), scales[:, LONGITUDINAL])])
    mediators = np.array([each.mediator for each in interactions])[np.newaxis]
    given, powers, values = given_of(row, textures, scales), powers_of(n, own), memory(energies.size)
    models, orders = models_of(given, powers), orders_of(given)
    for start in range(0, energies.size, PIECE):
        some = energies[start : start + PIECE]
        form, folded = np.empty((1, powers, some.size)), np.empty((1, 1 + own, some.size))
        change, balance = np.empty((1, some.size)), np.empty((1, 2, some.size))
        fill_forms_of(models, orders, some, detuned, form)
        x, level, _ = detuning_level_and_energy(some, detuned, atom.E_eg_eV, atom.E_vg_eV)
        s = 2.0 * atom.E_eg_eV * x
        fold(form, np.zeros(1, dtype=np.int64), mediators, s[np.newaxis], own, folded, change, balance)
        for k in np.flatnonzero(balance[0, 0]):
            if _balanced(mediators[0, 0], s[k], balance[0, 0, k]):
                change[0, k], folded[0, REAL, k], folded[0, SQUARE, k] = balance[0, 1, k], 0.0, 0.0
        folded[0, CONSTANT] += np.where(level != 0.0, change[0], 0.0)  # where no photon is there is nothing
        levels = np.stack([s, level], axis=1)
        fill_values(np.array([some.size]), ONE_ROW, folded, levels, mediators[0, :1], NO_YIELD, values[start:])
    return values


def _balanced(mediator: Array, s: float, coupling: float) -> bool:
    """Whether the leading interaction is on its pole too, with the coupling that takes away that of others."""
    pole = math.isinf(strength(1.0, mediator[MASS], mediator[WIDTH], s, mediator[EXCHANGE])[0])
    return pole and bool(mediator[COUPLING] == coupling)

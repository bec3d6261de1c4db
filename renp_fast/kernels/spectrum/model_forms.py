"""Models: rows of what W depends on but the photon energy and the mediator, and their quadratic forms."""

import numpy as np

from renp_fast.kernels.amplitude.masses_and_mixing import NEUTRINO_COLUMNS, axial_coupling
from renp_fast.kernels.amplitude.quadratic_form import (
    ALONG,
    LONGITUDINAL,
    coefficients_of,
    currents_only,
    pack_pairs,
    pair_thresholds,
)
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.spectrum.forms import PIECE, fill_form_in_pieces
from renp_fast.kernels.spectrum.longitudinal import SPLIT_POWERS, fold_split, split_powers
from renp_fast.kernels.types import Array, ComplexMatrix

# Columns of a model row after those of the neutrino
MODEL_E_EG = NEUTRINO_COLUMNS
MODEL_INTERACTION = NEUTRINO_COLUMNS + 1
MODEL_LONGITUDINAL = NEUTRINO_COLUMNS + 2
MODEL_COLUMNS = NEUTRINO_COLUMNS + 3


@kernel
def packed_with(
    models: tuple[Array, ComplexMatrix, Array], m: int, a: ComplexMatrix, inverse_mass2: float, powers: int
) -> Array:
    """As `packed_model`, for other axial couplings (3, 3), and another 1/M^2 of the longitudinal part."""
    rows, textures, scales = models
    thresholds, coefficients = np.empty((6, 3)), np.empty((6, 2, 4, 6))
    neutrino, E_eg, interaction = rows[m, :NEUTRINO_COLUMNS], rows[m, MODEL_E_EG], int(rows[m, MODEL_INTERACTION])
    pair_thresholds(neutrino, E_eg, thresholds)
    own_scales = scales[interaction].copy()
    own_scales[LONGITUDINAL] = inverse_mass2
    coefficients_of(neutrino, a, own_scales, textures[interaction], coefficients)
    return pack_pairs(thresholds, coefficients, E_eg, own_scales[ALONG], powers)


@kernel
def packed_model(models: tuple[Array, ComplexMatrix, Array], m: int, powers: int) -> Array:
    """Packed coefficients of model m (`amplitude.quadratic_form.pack_pairs`); ``models``: rows, textures, scales."""
    a = np.empty((3, 3), dtype=np.complex128)
    axial_coupling(models[0][m, :NEUTRINO_COLUMNS], a)
    return packed_with(models, m, a, models[0][m, MODEL_LONGITUDINAL], powers)


@kernel
def split_model(models: tuple[Array, ComplexMatrix, Array], m: int, powers: int) -> tuple[Array, float]:
    """Packed coefficients without longitudinal part, and 1/M^2, if `spectrum.longitudinal` can split their powers.

    Otherwise as of `packed_model`, and 0.
    """
    inverse_mass2, a = models[0][m, MODEL_LONGITUDINAL], np.empty((3, 3), dtype=np.complex128)
    axial_coupling(models[0][m, :NEUTRINO_COLUMNS], a)
    packed = packed_with(models, m, a, 0.0, powers)
    if inverse_mass2 == 0.0 or currents_only(packed):
        return packed, inverse_mass2
    return packed_with(models, m, a, inverse_mass2, powers), 0.0


@kernel
def same_but_mass(models: Array, m: int, n: int) -> bool:
    """Whether two models differ only in the mass of their longitudinal parts."""
    for column in range(MODEL_COLUMNS):
        if column != MODEL_LONGITUDINAL and models[m, column] != models[n, column]:
            return False
    return models[m, MODEL_LONGITUDINAL] != 0.0 and models[n, MODEL_LONGITUDINAL] != 0.0  # type: ignore[no-any-return]


@kernel
def step_of_masses(models: Array) -> int:
    """How many models on the first one comes again with another mass; 1 if it does not."""
    for m in range(1, models.shape[0]):
        if same_but_mass(models, 0, m):
            return m
    return 1


@kernel
def fill_forms(
    models: Array,
    textures: ComplexMatrix,
    scales: Array,
    energies: Array,
    detuned: bool,
    forms: Array,
) -> None:
    """Write the quadratic form of every model and photon energy into ``forms`` (models, powers, energies).

    ``models`` (models, 13) holds neutrino rows, E_eg in eV, the index of the interaction in ``textures``
    (interactions, 3, 3) and ``scales`` (interactions, 11), and their entry `LONGITUDINAL`; ``energies`` are photon
    energies in eV, or detunings E_eg/2 - w if ``detuned``.
    """
    detuning, scratch, split = energies.copy(), np.empty(6 * PIECE), np.empty((SPLIT_POWERS, energies.size))
    step, last = step_of_masses(models), -1  # models that differ in a mass come one after the other
    for first in range(step):
        for m in range(first, models.shape[0], step):
            E_eg, form = models[m, MODEL_E_EG], forms[m]
            if last >= 0 and same_but_mass(models, m, last):
                fold_split(split, detuning, E_eg, models[m, MODEL_LONGITUDINAL], form)
                continue
            if not detuned:
                for k in range(energies.size):
                    detuning[k] = 0.5 * E_eg - energies[k]
            packed, inverse_mass2 = split_model((models, textures, scales), m, forms.shape[1])
            last = m if inverse_mass2 != 0.0 else -1
            if last >= 0:
                packed, form = split_powers(packed), split
            fill_form_in_pieces(detuning, E_eg, packed, scratch, form)
            if last >= 0:
                fold_split(split, detuning, E_eg, inverse_mass2, forms[m])

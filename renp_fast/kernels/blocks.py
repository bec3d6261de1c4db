"""The only loops over grid points.

A block's points are an n-dimensional box. What a point needs lies in tables that hold only what differs: a row for
each set of neutrino parameters, for each photon energy, for each mediator, and so on. For each table a row of
``strides`` says how far one step along each axis of the box moves in it (0 where the axis does not matter).
"""

import numpy as np

from renp_fast.kernels.jit import kernel
from renp_fast.kernels.likelihood import poisson_chi2
from renp_fast.kernels.neutrinos import NEUTRINO_COLUMNS
from renp_fast.kernels.spectral import (
    change_of_form,
    pair_coefficients,
    pair_thresholds,
    quadratic_form,
    strength,
)
from renp_fast.kernels.types import Array, ComplexMatrix, IntArray

# Columns of a model row after those of the neutrino
MODEL_E_EG = NEUTRINO_COLUMNS
MODEL_INTERACTION = NEUTRINO_COLUMNS + 1
MODEL_COLUMNS = NEUTRINO_COLUMNS + 2
# Rows of the strides
MODEL, ENERGY, LEVELS, MEDIATOR_ROW, YIELD, OUT = 0, 1, 2, 3, 4, 5


@kernel
def fill_forms(
    models: Array, textures: ComplexMatrix, scales: Array, energies: Array, detuned: bool, forms: Array
) -> None:
    """Write the quadratic form of every model and photon energy into ``forms`` (models, powers, energies).

    ``models`` (models, 12) holds neutrino rows, E_eg in eV and the index of the interaction in ``textures``
    (interactions, 3, 3) and ``scales`` (interactions, 8); ``energies`` are photon energies in eV, or detunings
    E_eg/2 - w if ``detuned``.
    """
    thresholds = np.empty((6, 3))
    coefficients = np.empty((6, 2, 4, 6))
    detuning = energies.copy()
    for m in range(models.shape[0]):
        neutrino, E_eg = models[m, :NEUTRINO_COLUMNS], models[m, MODEL_E_EG]
        interaction = int(models[m, MODEL_INTERACTION])
        pair_thresholds(neutrino, E_eg, thresholds)
        pair_coefficients(neutrino, scales[interaction], textures[interaction], coefficients)
        if not detuned:
            for k in range(energies.size):
                detuning[k] = 0.5 * E_eg - energies[k]
        quadratic_form(detuning, E_eg, thresholds, coefficients, forms[m])


@kernel
def next_offsets(shape: IntArray, strides: IntArray, index: IntArray, offsets: IntArray) -> None:
    """Step the odometer ``index`` over all axes but the last, and each table's ``offsets`` with it."""
    for axis in range(shape.size - 2, -1, -1):
        index[axis] += 1
        offsets += strides[:, axis]
        if index[axis] < shape[axis]:
            return
        index[axis] = 0
        offsets -= strides[:, axis] * shape[axis]


@kernel
def fill_values(
    shape: IntArray,
    strides: IntArray,
    forms: Array,
    levels: Array,
    mediators: Array,
    yields: Array,
    values: Array,
) -> None:
    """Write yield (w/E_eg) W/(E_vg - w)^2 + offset of every point into the flat ``values``.

    ``levels`` (rows, 2): s in eV^2 and w/(E_eg (E_vg - w)^2) in eV^-2; ``mediators`` (rows, 4): coupling, mass,
    width and how the strength follows from them; ``yields`` (rows, 2): factor and offset of the observable.
    """
    # Tables are indexed by row and column throughout: a view of a row would cost more than the point itself
    index, offsets = np.zeros(shape.size, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    step = strides[:, -1].copy()
    for _ in range(np.prod(shape[:-1])):
        for k in range(shape[-1]):
            model, energy = offsets[MODEL] + k * step[MODEL], offsets[ENERGY] + k * step[ENERGY]
            level = offsets[LEVELS] + k * step[LEVELS]
            m = offsets[MEDIATOR_ROW] + k * step[MEDIATOR_ROW]
            gain = offsets[YIELD] + k * step[YIELD]
            W = forms[model, 0, energy]
            if forms.shape[1] > 1:
                x = strength(mediators[m, 0], mediators[m, 1], mediators[m, 2], levels[level, 0], mediators[m, 3])
                W += change_of_form(forms, model, energy, x)
            # On a pole W is infinite, but nothing comes of it where the photon has no energy or nobody looks
            value = 0.0 if yields[gain, 0] * levels[level, 1] == 0.0 else yields[gain, 0] * (levels[level, 1] * W)
            values[offsets[OUT] + k * step[OUT]] = value + yields[gain, 1]
        next_offsets(shape, strides, index, offsets)


@kernel
def fill_chi2(
    shape: IntArray,
    strides: IntArray,
    forms: Array,
    levels: Array,
    mediators: Array,
    yields: Array,
    values: Array,
) -> None:
    """Write the Poisson chi^2 of every point against the Standard Model into the flat ``values``.

    As `fill_values`, with all triggers at each point: rows of ``levels`` and ``yields`` at steps of one trigger.
    """
    # Tables are indexed by row and column throughout: a view of a row would cost more than the point itself
    index, offsets = np.zeros(shape.size, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    step = strides[:, -1].copy()
    for _ in range(np.prod(shape[:-1])):
        for k in range(shape[-1]):
            model = offsets[MODEL] + k * step[MODEL]
            m = offsets[MEDIATOR_ROW] + k * step[MEDIATOR_ROW]
            chi2 = 0.0
            for trigger in range(forms.shape[2]):
                level = offsets[LEVELS] + k * step[LEVELS] + trigger
                gain = offsets[YIELD] + k * step[YIELD] + trigger
                x = strength(mediators[m, 0], mediators[m, 1], mediators[m, 2], levels[level, 0], mediators[m, 3])
                per_W = yields[gain, 0] * levels[level, 1]
                change = 0.0 if per_W == 0.0 else per_W * change_of_form(forms, model, trigger, x)
                chi2 += poisson_chi2(per_W * forms[model, 0, trigger] + yields[gain, 1], change)
            values[offsets[OUT] + k * step[OUT]] = chi2
        next_offsets(shape, strides, index, offsets)

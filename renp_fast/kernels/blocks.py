"""The only loops over grid points.

A block's points are an n-dimensional box. What a point needs lies in tables that hold only what differs: a row for
each set of neutrino parameters, for each photon energy, for each mediator, and so on. For each table a row of
``strides`` says how far one step along each axis of the box moves in it (0 where the axis does not matter). A table is
the outer product of its axes: where couplings have an axis of their own, all mediators have the same.
"""

import numpy as np

from renp_fast.kernels.jit import kernel
from renp_fast.kernels.longitudinal import SPLIT_POWERS, fold_split, split_powers
from renp_fast.kernels.memory import kernel_memory
from renp_fast.kernels.neutrinos import NEUTRINO_COLUMNS, axial_coupling
from renp_fast.kernels.propagator import COUPLING
from renp_fast.kernels.rows import (
    CACHED_NUMBERS,
    chi2_at,
    fill_chi2_of_couplings,
    fill_couplings,
    fill_couplings_by_triggers,
    fill_energies,
    relative,
    terms_of,
    value_at,
)
from renp_fast.kernels.series import no_series, series_of
from renp_fast.kernels.series_forms import fill_form_in_pieces
from renp_fast.kernels.simd import LANES
from renp_fast.kernels.spectral import (
    ALONG,
    LONGITUDINAL,
    PIECE,
    coefficients_of,
    currents_only,
    pack_pairs,
    pair_thresholds,
)
from renp_fast.kernels.types import Array, ComplexMatrix, IntArray

# Columns of a model row after those of the neutrino
MODEL_E_EG = NEUTRINO_COLUMNS
MODEL_INTERACTION = NEUTRINO_COLUMNS + 1
MODEL_LONGITUDINAL = NEUTRINO_COLUMNS + 2
MODEL_COLUMNS = NEUTRINO_COLUMNS + 3
# Rows of the strides
MODEL, ENERGY, LEVELS, MEDIATOR_ROW, YIELD, OUT = 0, 1, 2, 3, 4, 5


@kernel
def packed_with(models: tuple[Array, ComplexMatrix, Array], m: int, a: ComplexMatrix, powers: int) -> Array:
    """As `packed_model`, for other axial couplings (3, 3)."""
    rows, textures, scales = models
    thresholds, coefficients = np.empty((6, 3)), np.empty((6, 2, 4, 6))
    neutrino, E_eg, interaction = rows[m, :NEUTRINO_COLUMNS], rows[m, MODEL_E_EG], int(rows[m, MODEL_INTERACTION])
    pair_thresholds(neutrino, E_eg, thresholds)
    own_scales = scales[interaction].copy()
    own_scales[LONGITUDINAL] = rows[m, MODEL_LONGITUDINAL]
    coefficients_of(neutrino, a, own_scales, textures[interaction], coefficients)
    return pack_pairs(thresholds, coefficients, E_eg, own_scales[ALONG], powers)


@kernel
def packed_model(models: tuple[Array, ComplexMatrix, Array], m: int, powers: int) -> Array:
    """Packed coefficients of model m (`kernels.spectral.pack_pairs`); ``models``: rows, textures, scales."""
    a = np.empty((3, 3), dtype=np.complex128)
    axial_coupling(models[0][m, :NEUTRINO_COLUMNS], a)
    return packed_with(models, m, a, powers)


@kernel
def split_model(models: tuple[Array, ComplexMatrix, Array], m: int, powers: int) -> tuple[Array, float]:
    """Packed coefficients without longitudinal part, and 1/M^2, if `kernels.longitudinal` can split their powers.

    Otherwise as of `packed_model`, and 0.
    """
    inverse_mass2 = models[0][m, MODEL_LONGITUDINAL]
    if inverse_mass2 != 0.0:
        row = models[0][m : m + 1].copy()
        row[0, MODEL_LONGITUDINAL] = 0.0
        packed = packed_model((row, models[1], models[2]), 0, powers)
        if currents_only(packed):
            return packed, inverse_mass2
    return packed_model(models, m, powers), 0.0


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
    with_series: bool = False,
) -> None:
    """Write the quadratic form of every model and photon energy into ``forms`` (models, powers, energies).

    ``models`` (models, 13) holds neutrino rows, E_eg in eV, the index of the interaction in ``textures``
    (interactions, 3, 3) and ``scales`` (interactions, 11), and their entry `LONGITUDINAL`; ``energies`` are photon
    energies in eV, or detunings E_eg/2 - w if ``detuned``; ``with_series``: whether `kernels.series` serves.
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
            series = series_of(packed, E_eg) if with_series else no_series()
            fill_form_in_pieces(detuning, E_eg, packed, series, scratch, form)
            if last >= 0:
                fold_split(split, detuning, E_eg, inverse_mass2, forms[m])


@kernel
def next_offsets(shape: IntArray, strides: IntArray, index: IntArray, offsets: IntArray) -> None:
    """Step the odometer ``index`` over all axes but the last, and each table's ``offsets`` with it."""
    for axis in range(shape.size - 2, -1, -1):
        index[axis] += 1
        steps = 1 if index[axis] < shape[axis] else 1 - shape[axis]
        for table in range(offsets.size):
            offsets[table] += steps * strides[table, axis]
        if steps == 1:
            return
        index[axis] = 0


@kernel
def only_coupling_varies(step: IntArray, n: int, mediators: Array) -> bool:
    """Whether nothing but the coupling varies along the last axis, and its values lie side by side, always the same."""
    for table in (MODEL, ENERGY, LEVELS, YIELD):
        if step[table] != 0:
            return False
    if step[MEDIATOR_ROW] != 1:
        return False
    for column in range(1, 4):
        for k in range(n):
            if mediators[k, column] != mediators[0, column]:
                return False
    # If couplings have another axis, what varies along this one is nothing
    return not (mediators[::n, COUPLING] != mediators[0, COUPLING]).any()


@kernel
def only_energy_varies(step: IntArray) -> bool:
    """Whether nothing but the photon energy varies along the last axis."""
    alone = step[MODEL] == 0 and step[MEDIATOR_ROW] == 0 and step[YIELD] == 0
    return alone and step[ENERGY] == 1 and step[LEVELS] == 1 and step[OUT] == 1  # type: ignore[no-any-return]


@kernel
def couplings_by_triggers(shape: IntArray, strides: IntArray, mediators: Array) -> bool:
    """Whether the last two axes are couplings and triggers, their values side by side."""
    if shape.size < 2 or strides[OUT, -1] != 1 or strides[OUT, -2] != shape[-1]:
        return False
    if strides[ENERGY, -1] != 1 or strides[MODEL, -1] != 0 or strides[MEDIATOR_ROW, -1] != 0:
        return False
    return only_coupling_varies(strides[:, -2], shape[-2], mediators)


@kernel
def fill_events(
    shape: IntArray,
    strides: IntArray,
    forms: Array,
    levels: Array,
    mediators: Array,
    yields: Array,
    values: Array,
) -> None:
    """As `fill_values`, for boxes of `couplings_by_triggers`."""
    index, offsets = np.zeros(shape.size - 1, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    step, triggers, n = strides[:, -1].copy(), shape[-1], shape[-2]
    period = triggers * LANES
    terms, couplings = kernel_memory(3 * period).reshape((3, period)), mediators[:n, COUPLING].copy()
    places = np.array([k // triggers for k in range(period)])
    for _ in range(np.prod(shape[:-2])):
        m, out = offsets[MEDIATOR_ROW], offsets[OUT]
        for trigger in range(triggers):
            level, gain = offsets[LEVELS] + trigger * step[LEVELS], offsets[YIELD] + trigger * step[YIELD]
            energy, per_W = offsets[ENERGY] + trigger, yields[gain, 0] * levels[level, 1]
            these = terms_of(forms, offsets[MODEL], energy, levels[level, 0], per_W, yields[gain, 1], mediators, m)
            for k in range(trigger, period, triggers):
                terms[0, k], terms[1, k], terms[2, k] = these
        row = values[out : out + n * triggers]
        fill_couplings_by_triggers(terms, places, couplings, values.size > CACHED_NUMBERS, row)
        next_offsets(shape[:-1], strides[:, :-1], index, offsets)


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
    if couplings_by_triggers(shape, strides, mediators):
        fill_events(shape, strides, forms, levels, mediators, yields, values)
        return
    index, offsets = np.zeros(shape.size, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    step, n = strides[:, -1].copy(), shape[-1]
    couplings, s_of, factor_of = mediators[:n, COUPLING].copy(), levels[:, 0].copy(), levels[:, 1].copy()
    by_coupling = step[OUT] == 1 and only_coupling_varies(step, n, mediators)
    by_energy = only_energy_varies(step)
    for _ in range(np.prod(shape[:-1])):
        model, energy, level = offsets[MODEL], offsets[ENERGY], offsets[LEVELS]
        m, gain, out = offsets[MEDIATOR_ROW], offsets[YIELD], offsets[OUT]
        if by_coupling:
            per_W = yields[gain, 0] * factor_of[level]
            terms = terms_of(forms, model, energy, s_of[level], per_W, yields[gain, 1], mediators, m)
            fill_couplings(terms, couplings, values[out : out + n])
        elif by_energy:
            form, row = forms[model, :, energy : energy + n], values[out : out + n]
            columns = (s_of[level : level + n], factor_of[level : level + n])
            fill_energies(form, columns, yields[gain, 0], yields[gain, 1], mediators[m], row)
        else:
            for k in range(n):
                level, m = offsets[LEVELS] + k * step[LEVELS], offsets[MEDIATOR_ROW] + k * step[MEDIATOR_ROW]
                model, energy = offsets[MODEL] + k * step[MODEL], offsets[ENERGY] + k * step[ENERGY]
                gain = offsets[YIELD] + k * step[YIELD]
                per_W = yields[gain, 0] * factor_of[level]
                terms = terms_of(forms, model, energy, s_of[level], per_W, yields[gain, 1], mediators, m)
                values[out + k * step[OUT]] = value_at(terms, mediators[m, COUPLING])
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
    index, offsets = np.zeros(shape.size, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    step, n = strides[:, -1].copy(), shape[-1]
    couplings = mediators[:n, COUPLING].copy()
    by_coupling = step[OUT] == 1 and only_coupling_varies(step, n, mediators)
    changes = np.zeros((forms.shape[2], 4))
    for _ in range(np.prod(shape[:-1])):
        for k in range(1 if by_coupling else n):
            m, out = offsets[MEDIATOR_ROW] + k * step[MEDIATOR_ROW], offsets[OUT] + k * step[OUT]
            for trigger in range(forms.shape[2]):
                level = offsets[LEVELS] + k * step[LEVELS] + trigger
                gain = offsets[YIELD] + k * step[YIELD] + trigger
                model, per_W = offsets[MODEL] + k * step[MODEL], yields[gain, 0] * levels[level, 1]
                terms = terms_of(forms, model, trigger, levels[level, 0], per_W, yields[gain, 1], mediators, m)
                changes[trigger, 0], changes[trigger, 1], changes[trigger, 2] = relative(terms)
            if by_coupling:
                fill_chi2_of_couplings(couplings, changes, values[out : out + n])
            else:
                values[out] = chi2_at(changes, mediators[m, COUPLING])
        next_offsets(shape, strides, index, offsets)

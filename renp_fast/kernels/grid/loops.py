"""The only loops over grid points.

A block's points are an n-dimensional box. What a point needs lies in tables that hold only what differs: a row for
each set of neutrino parameters, for each photon energy, for each mediator, and so on. For each table a row of
``strides`` says how far one step along each axis of the box moves in it (0 where the axis does not matter). A table is
the outer product of its axes: where couplings have an axis of their own, all mediators have the same.
"""

import numpy as np

from renp_fast.kernels.amplitude.propagator import COUPLING
from renp_fast.kernels.grid.memory import kernel_memory
from renp_fast.kernels.grid.point_rows import (
    CACHED_NUMBERS,
    chi2_at,
    fill_change,
    fill_chi2_of_couplings,
    fill_couplings,
    fill_couplings_by_triggers,
    fill_energies,
    least_of_form,
    terms_of,
    value_at,
)
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.vectors import LANES
from renp_fast.kernels.types import Array, IntArray

# Rows of the strides
MODEL, ENERGY, LEVELS, MEDIATOR_ROW, YIELD, OUT = 0, 1, 2, 3, 4, 5
# Those of a box that is one row of photon energies
ONE_ROW = np.isin(np.arange(6), [ENERGY, OUT])[:, np.newaxis].astype(np.int64)


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
    changes = np.empty((forms.shape[2], 5))
    for _ in range(np.prod(shape[:-1])):
        for k in range(1 if by_coupling else n):
            m, out = offsets[MEDIATOR_ROW] + k * step[MEDIATOR_ROW], offsets[OUT] + k * step[OUT]
            for trigger in range(forms.shape[2]):
                level = offsets[LEVELS] + k * step[LEVELS] + trigger
                gain = offsets[YIELD] + k * step[YIELD] + trigger
                model, per_W = offsets[MODEL] + k * step[MODEL], yields[gain, 0] * levels[level, 1]
                terms = terms_of(forms, model, trigger, levels[level, 0], per_W, yields[gain, 1], mediators, m)
                least = terms[0]
                if terms[2] > 0.0:
                    least = least_of_form(
                        forms[model, :, trigger], per_W, yields[gain, 1], levels[level, 0], mediators[m]
                    )
                fill_change(terms, 0.0, least, 0.0, changes[trigger])
            if by_coupling:
                fill_chi2_of_couplings(couplings, changes, values[out : out + n])
            else:
                values[out] = chi2_at(changes, mediators[m, COUPLING])
        next_offsets(shape, strides, index, offsets)

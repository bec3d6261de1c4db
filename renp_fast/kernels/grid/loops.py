"""The only loops over grid points.

A block's points are an n-dimensional box. What a point needs lies in tables that hold only what differs: a row for
each set of neutrino parameters, for each photon energy, for each mediator, and so on. For each table a row of
``strides`` says how far one step along each axis of the box moves in it (0 where the axis does not matter). A table is
the outer product of its axes: where couplings have an axis of their own, all mediators have the same.
"""

from functools import cache
from typing import Any

import numpy as np

from renp_fast.kernels.amplitude.models import CONSTANT, IMAGINARY
from renp_fast.kernels.amplitude.propagator import COUPLING, propagators
from renp_fast.kernels.grid.memory import kernel_memory
from renp_fast.kernels.grid.point_rows import (
    CACHED_NUMBERS,
    energy_value,
    fill_couplings,
    fill_couplings_by_triggers,
    terms_of,
    value_at,
)
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.tracing import traced
from renp_fast.kernels.simd.vectors import LANES, STEP, fma, put, row_wide, take
from renp_fast.kernels.types import Array, IntArray

# Rows of the strides
MODEL, ENERGY, LEVELS, MEDIATOR_ROW, YIELD, OUT = 0, 1, 2, 3, 4, 5


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


def couplings_vary(step: IntArray, n: int, mediators: Array) -> bool:
    """As `only_coupling_varies`, for Python."""
    alone = not step[[MODEL, ENERGY, LEVELS, YIELD]].any() and step[MEDIATOR_ROW] == 1
    if not alone or (mediators[:n, 1:] != mediators[0, 1:]).any():
        return False
    return bool((mediators[::n, COUPLING] == mediators[0, COUPLING]).all())


def couplings_by_triggers(shape: IntArray, strides: IntArray, mediators: Array) -> bool:
    """Whether the last two axes are couplings and triggers, their values side by side."""
    if shape.size < 2 or strides[OUT, -1] != 1 or strides[OUT, -2] != shape[-1]:
        return False
    if strides[ENERGY, -1] != 1 or strides[MODEL, -1] != 0 or strides[MEDIATOR_ROW, -1] != 0:
        return False
    return couplings_vary(strides[:, -2], int(shape[-2]), mediators)


def row_offsets(shape: IntArray, strides: IntArray) -> IntArray:
    """Where each row along the last axis begins in every table (rows, tables)."""
    offsets = np.zeros((1, len(strides)), dtype=np.int64)
    for n, steps in zip(shape[:-1], strides.T[:-1], strict=True):
        offsets = (offsets[:, np.newaxis] + np.arange(n)[:, np.newaxis] * steps).reshape(-1, len(strides))
    return offsets


@kernel
def fill_events(
    offsets: IntArray,
    step: IntArray,
    size: tuple[int, int],
    forms: Array,
    levels: Array,
    mediators: Array,
    yields: Array,
    values: Array,
) -> None:
    """Write the observable at couplings and triggers, of which the last are side by side; ``size``: their numbers.

    ``step`` is that of the tables from one trigger to the next; the rest as of `fill_values`.
    """
    n, triggers = size
    period = triggers * LANES
    terms, couplings = kernel_memory(3 * period).reshape((3, period)), np.empty(n)
    places = np.empty(period, dtype=np.int64)
    for k in range(period):
        places[k] = k // triggers
    for k in range(n):
        couplings[k] = mediators[k, COUPLING]
    for row in range(offsets.shape[0]):
        own = offsets[row]
        for trigger in range(triggers):
            level, gain = own[LEVELS] + trigger * step[LEVELS], own[YIELD] + trigger * step[YIELD]
            energy, per_W = own[ENERGY] + trigger, yields[gain, 0] * levels[level, 1]
            m, s, offset = own[MEDIATOR_ROW], levels[level, 0], yields[gain, 1]
            these = terms_of(forms, own[MODEL], energy, s, per_W, offset, mediators, m)
            for k in range(trigger, period, triggers):
                terms[0, k], terms[1, k], terms[2, k] = these
        out = own[OUT]
        past_caches = values.size > CACHED_NUMBERS
        fill_couplings_by_triggers(terms, places, couplings, past_caches, values[out : out + n * triggers])


@kernel
def fill_by_coupling(
    offsets: IntArray, n: int, forms: Array, levels: Array, mediators: Array, yields: Array, values: Array
) -> None:
    """Write the observable at n couplings side by side, always the same; the rest as of `fill_values`."""
    couplings = np.empty(n)
    for k in range(n):
        couplings[k] = mediators[k, COUPLING]
    for row in range(offsets.shape[0]):
        own = offsets[row]
        level, gain, out = own[LEVELS], own[YIELD], own[OUT]
        per_W, s, offset = yields[gain, 0] * levels[level, 1], levels[level, 0], yields[gain, 1]
        terms = terms_of(forms, own[MODEL], own[ENERGY], s, per_W, offset, mediators, own[MEDIATOR_ROW])
        fill_couplings(terms, couplings, values[out : out + n])


@traced
def form_laws_at(laws: Array, row: int) -> tuple[float, ...]:
    """Factor and offset of the observable, coupling and propagator of a row."""
    return tuple(laws[row, column] for column in range(8))


@traced
def energy_of_form(
    k: int,
    like: float,
    places: tuple[int, ...],
    law: tuple[float, ...],
    forms: Array,
    levels: Array,
    powers: int,
    values: Array,
) -> None:
    """Write the observable at photon energy k; ``places``: model, and beginnings in forms, levels and values."""
    model, energy, level, out = places
    gain, offset, g, *by = law
    form = [take(forms[model, power], energy + k, like) for power in range(powers)]
    s, factor = take(levels[0], level + k, like), take(levels[1], level + k, like)
    if powers == 1:
        value = fma(gain * factor, form[CONSTANT], offset)
    else:
        width = powers > IMAGINARY
        value = energy_value(form, form[IMAGINARY] if width else 0.0, s, factor, (gain, offset, g, by), width)
    put(values, out + k, value)


@cache
def _by_energy(powers: int) -> Any:
    """`fill`, for forms of 1, 3 or 4 powers."""

    @kernel
    def fill(offsets: IntArray, n: int, laws: Array, forms: Array, levels: Array, values: Array) -> None:
        for row in range(offsets.shape[0]):
            law, own = form_laws_at(laws, row), offsets[row]
            places = own[MODEL], own[ENERGY], own[LEVELS], own[OUT]
            for start in range(0, n, STEP):
                energy_of_form(min(start, n - STEP), row_wide(0.0), places, law, forms, levels, powers, values)

    return fill


def fill_by_energy(
    offsets: IntArray, n: int, forms: Array, levels: Array, mediators: Array, yields: Array, values: Array
) -> None:
    """Write the observable at n photon energies side by side; the rest as of `fill_values`."""
    of_rows = mediators[offsets[:, MEDIATOR_ROW]]
    laws = np.column_stack([yields[offsets[:, YIELD]], of_rows[:, COUPLING], propagators(of_rows)])
    # Vectors are loaded from tables that end where their columns do
    columns = np.ascontiguousarray(levels.T)
    _by_energy(forms.shape[1])(offsets, n, laws, forms, columns, values)


@kernel
def fill_points(
    offsets: IntArray,
    step: IntArray,
    n: int,
    forms: Array,
    levels: Array,
    mediators: Array,
    yields: Array,
    values: Array,
) -> None:
    """Write the observable at n points, ``step`` apart in the tables; the rest as of `fill_values`."""
    for row in range(offsets.shape[0]):
        own = offsets[row]
        for k in range(n):
            level, m = own[LEVELS] + k * step[LEVELS], own[MEDIATOR_ROW] + k * step[MEDIATOR_ROW]
            model, energy = own[MODEL] + k * step[MODEL], own[ENERGY] + k * step[ENERGY]
            gain = own[YIELD] + k * step[YIELD]
            per_W, s, offset = yields[gain, 0] * levels[level, 1], levels[level, 0], yields[gain, 1]
            terms = terms_of(forms, model, energy, s, per_W, offset, mediators, m)
            values[own[OUT] + k * step[OUT]] = value_at(terms, mediators[m, COUPLING])


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

    By the kernel that the axes of the box need and no other, to the same bits.

    Parameters
    ----------
    shape : ndarray
        Of the box.
    strides : ndarray (6, axes)
        Rows as named above.
    forms : ndarray (models, powers, energies)
        In eV^2.
    levels : ndarray (rows, 2)
        s in eV^2, and w/(E_eg (E_vg - w)^2) in eV^-2.
    mediators : ndarray (rows, 4)
        Coupling, mass, width and how the strength follows from them.
    yields : ndarray (rows, 2)
        Factor and offset of the observable.
    values : ndarray
    """
    step, n, tables = np.ascontiguousarray(strides[:, -1]), int(shape[-1]), (forms, levels, mediators, yields, values)
    if couplings_by_triggers(shape, strides, mediators):
        fill_events(row_offsets(shape[:-1], strides[:, :-1]), step, (int(shape[-2]), n), *tables)
        return
    offsets = row_offsets(shape, strides)
    if step[OUT] == 1 and couplings_vary(step, n, mediators):
        fill_by_coupling(offsets, n, *tables)
    elif n >= STEP and not step[[MODEL, MEDIATOR_ROW, YIELD]].any() and (step[[ENERGY, LEVELS, OUT]] == 1).all():
        fill_by_energy(offsets, n, *tables)
    else:
        fill_points(offsets, step, n, *tables)

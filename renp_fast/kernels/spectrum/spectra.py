"""Spectra: rows of photon energies, from the pairs to the observable without a table in between.

For one mediator; where many share the masses and the mixing it is better to compute the quadratic forms once
(`spectrum.forms`), which gives the same bits.
"""

from functools import cache
from typing import Any

import numpy as np

from renp_fast.kernels.amplitude.masses_and_mixing import MAJORANA
from renp_fast.kernels.amplitude.models import CONSTANT, IMAGINARY, given_of, models_of, orders_of
from renp_fast.kernels.amplitude.phase_space import (
    Models,
    Parts,
    factors_of,
    light_at,
    opened,
    power_of,
    squared_energy,
)
from renp_fast.kernels.amplitude.propagator import COUPLING, propagators
from renp_fast.kernels.grid.point_rows import energy_value
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.tracing import traced
from renp_fast.kernels.simd.vectors import AVX512, SLOW_ROOTS, STEP, fma, least_of, lesser, put, row_wide, take
from renp_fast.kernels.spectrum.forms import SOME_MODELS
from renp_fast.kernels.spectrum.prefactor import detuning_level_and_room
from renp_fast.kernels.types import Array, ComplexMatrix, IntArray

# Columns of the laws of a row: E_eg and E_vg in eV, factor and offset of the observable, coupling, and propagator
LAWS = 10
# Pairs whose roots are taken by multipliers, as bits: where little else is to be done, and where roots are slow
REFINED = {True: 0b111100 if SLOW_ROOTS else 0b110000 if AVX512 else 0, False: 0b111100 if SLOW_ROOTS else 0}


@traced
def laws_at(laws: Array, row: int) -> tuple[float, ...]:
    """Those of a row."""
    return tuple(laws[row, column] for column in range(LAWS))


@traced
def value_step(
    places: tuple[int, int],
    room: float,
    rows: tuple[Array, bool, tuple[float, ...]],
    models: Models,
    m: int,
    kind: int,
    values: Array,
) -> float:
    """Write the observable at a photon energy; returns the room that it and those before leave within 0 and E_vg.

    ``places`` among energies and values; ``rows``: the energies, whether they are detunings, and the laws; ``kind``
    as of `kind_of`.
    """
    (k, at), (energies, detuned, laws) = places, rows
    E_eg, E_vg, gain, offset, g, *by = laws
    powers, axial, orders = kind & 7, bool(kind & 8), kind >> 4
    x, level, here = detuning_level_and_room(take(energies, k, room), detuned, E_eg, E_vg)
    s, x = 2.0 * E_eg * x, opened(x)
    light = light_at(x, squared_energy(x, 0.5 * E_eg), models.levels, m, orders != 0)
    factors = factors_of(x, light, models.pairs, m, REFINED[powers == 1], axial, orders != 0)
    form = [power_of(light, factors, models, m, p, axial, 0 if p == CONSTANT else orders) for p in range(powers)]
    if powers == 1:
        value = fma(gain * level, form[CONSTANT], offset)
    else:
        width = powers > IMAGINARY
        value = energy_value(form, form[IMAGINARY] if width else 0.0, s, level, (gain, offset, g, by), width)
    put(values, at, value)
    return lesser(here, room)


def kind_of(powers: int, axial: bool, orders: int) -> int:
    """A kind of spectra: 1, 3 or 4 powers, whether F_a counts, and for which n V_n and A_n do, as bits."""
    return powers | axial << 3 | orders << 4


@cache
def _kernel_of(kind: int) -> Any:
    """`fill`, for spectra of a kind."""

    @kernel
    def fill(model_of_row: IntArray, laws: Array, energies: Array, detuned: bool, parts: Parts, values: Array) -> float:
        models, room, n = Models(*parts), row_wide(1.0), energies.size
        for row in range(model_of_row.size):
            own = (energies, detuned, laws_at(laws, row))
            for start in range(0, n, STEP):
                k = min(start, n - STEP)
                room = value_step((k, row * n + k), room, own, models, model_of_row[row], kind, values)
        return least_of(room)  # type: ignore[no-any-return]

    return fill


def laws_of(atoms: Array, mediators: Array, yields: Array) -> Array:
    """Laws of rows, from E_eg and E_vg, mediators and yields of each; no strength where the coupling is 0."""
    laws = np.empty((len(atoms), LAWS))
    laws[:, :2], laws[:, 2:4], laws[:, 4] = atoms, yields, mediators[:, COUPLING]
    laws[:, 5:] = propagators(mediators)
    return laws


def fill_spectra(
    given: tuple[Array, ComplexMatrix, Array],
    powers: int,
    model_of_row: IntArray,
    laws: Array,
    energies: Array,
    detuned: bool,
    values: Array,
) -> bool:
    """Write the observable of rows of photon energies, one after the other, into the flat ``values``.

    Parameters
    ----------
    given : (rows, textures, scales)
        Models, as of `spectrum.forms.fill_forms`.
    powers : int
        1, 3, or 4 with widths.
    model_of_row : ndarray
        (rows,).
    laws : ndarray
        (rows, 10), as of `laws_of`.
    energies : ndarray
        Photon energies in eV, or detunings if ``detuned``; those of all rows.
    detuned : bool
    values : ndarray

    Returns
    -------
    bool
        Whether all photon energies lie between 0 and E_vg, its ends excluded; NaN does.
    """
    n, inside = energies.size, True
    if n == 0:
        return True
    wide = energies if n >= STEP else np.resize(energies, STEP)
    for start in range(0, len(laws), SOME_MODELS):
        some = slice(start, start + SOME_MODELS)
        rows, own = given[0], model_of_row[some]
        if len(rows) > SOME_MODELS:
            needed, own = np.unique(own, return_inverse=True)
            rows, own = rows[needed], own.ravel()
        chosen = given_of(rows, *given[1:])
        own_powers = powers if laws[some, 4].any() else 1
        orders = orders_of(chosen) if own_powers > 1 else 0
        axial = own_powers > 1 or bool((chosen.rows[:, MAJORANA] != 0.0).any())
        models = models_of(chosen, own_powers)
        part = values[start * n : (start + own.size) * n]
        into = part if wide.size == n else np.empty(own.size * wide.size)
        fill = _kernel_of(kind_of(own_powers, axial, orders))
        inside &= fill(own, laws[some], wide, detuned, tuple(models), into) > 0.0
        if into is not part:
            part[:] = into.reshape(-1, wide.size)[:, :n].ravel()
    return inside

"""Spectra: rows of photon energies, from the parameters to the observable without a table in between.

For boxes whose last axis is the photon energy and that have one mediator; where many share the masses and the mixing,
it is better to compute the quadratic forms once (`kernels.blocks`).
"""

import numpy as np

from renp_fast.kernels.blocks import LEVELS, MEDIATOR_ROW, MODEL, OUT, YIELD, next_offsets, packed_model
from renp_fast.kernels.jit import inner, kernel
from renp_fast.kernels.phase_space import TWO_TERMS, ThreeArrays
from renp_fast.kernels.rows import COUPLING, WIDTH, energy_factors, energy_value, fill_energies, terms_of, value_at
from renp_fast.kernels.simd import (
    LANES,
    LONG_LANES,
    any_of,
    fma,
    greater,
    lesser,
    long_wide,
    put,
    take,
    whole_vectors,
    wide,
)
from renp_fast.kernels.spectral import CONSTANT, PIECE, REAL, SQUARE, currents_only, fill_form
from renp_fast.kernels.terms import opened, standard_terms, three_current_terms
from renp_fast.kernels.types import Array, ComplexMatrix, IntArray, Row

# Below all (E_vg - w)^2 of float64, but 0
TINY = 1e-60


@inner
def detuning_level_and_room(energy: float, detuned: bool, E_eg: float, E_vg: float) -> tuple[float, float, float]:
    """(E_eg/2 - w, w/(E_eg (E_vg - w)^2), how far w is inside of 0 to E_vg) for a photon energy w, or a detuning.

    The second is any finite number at w = E_vg.
    """
    half = 0.5 * E_eg
    other = half - energy
    x, w = (energy, other) if detuned else (other, energy)
    gap = E_vg - w
    return x, w / (E_eg * greater(TINY, gap * gap)), lesser(w, gap)


@inner
def standard_step(
    k: int, like: float, energies: Array, detuned: bool, laws: tuple[float, ...], pairs: Array, two: bool, values: Array
) -> float:
    """Value at photon energy k without new interaction; returns its room. ``laws``: E_eg, E_vg, gain, offset."""
    E_eg, E_vg, gain, offset = laws
    x, level, room = detuning_level_and_room(take(energies, k, like), detuned, E_eg, E_vg)
    put(values, k, fma(gain * level, standard_terms(opened(x), E_eg, pairs, two), offset))
    return room


@kernel
def fill_standard_spectrum(
    energies: Array, detuned: bool, laws: tuple[float, ...], pairs: Array, values: Array
) -> bool:
    """As `fill_spectrum`, without new interaction."""
    n = energies.size
    whole, room, rest = whole_vectors(n), wide(1.0), 1.0
    if pairs[0, TWO_TERMS] != 0.0:
        for k in range(0, whole, LANES):
            room = lesser(standard_step(k, room, energies, detuned, laws, pairs, True, values), room)
    else:
        for k in range(0, whole, LANES):
            room = lesser(standard_step(k, room, energies, detuned, laws, pairs, False, values), room)
    for k in range(whole, n):
        rest = lesser(standard_step(k, rest, energies, detuned, laws, pairs, False, values), rest)
    return not (any_of(room <= 0.0) or rest <= 0.0)


@inner
def currents_step(
    k: int, like: float, energies: Array, detuned: bool, factors: tuple[float, ...], powers: ThreeArrays, values: Array
) -> float:
    """Value at photon energy k; returns its room. ``factors``: E_eg, E_vg and those of `energy_value`."""
    E_eg, E_vg = factors[0], factors[1]
    x, level, room = detuning_level_and_room(take(energies, k, like), detuned, E_eg, E_vg)
    terms = three_current_terms(opened(x), E_eg, powers)
    put(values, k, energy_value(terms, 2.0 * E_eg * x, level, factors[2:]))
    return room


@kernel
def fill_spectrum_of_currents(
    energies: Array, detuned: bool, laws: tuple[float, ...], packed: Array, mediator: Row, values: Array
) -> bool:
    """As `fill_spectrum`, for `currents_only` and a mediator without width."""
    factors = (laws[0], laws[1], *energy_factors(laws[2], laws[3], mediator))
    powers = (packed[CONSTANT, 0], packed[REAL, 0], packed[SQUARE, 0])
    n = energies.size
    whole, room, rest = whole_vectors(n), long_wide(1.0), 1.0
    long = whole - whole % LONG_LANES
    for k in range(0, long, LONG_LANES):
        room = lesser(currents_step(k, room, energies, detuned, factors, powers, values), room)
    for k in range(long, n):
        rest = lesser(currents_step(k, rest, energies, detuned, factors, powers, values), rest)
    return not (any_of(room <= 0.0) or rest <= 0.0)


@inner
def level_step(k: int, like: float, energies: Array, detuned: bool, laws: tuple[float, ...], columns: Array) -> float:
    """Detuning, s and level of photon energy k into ``columns`` (3, PIECE); returns its room."""
    x, level, room = detuning_level_and_room(take(energies, k, like), detuned, laws[0], laws[1])
    put(columns[0], k, x)
    put(columns[1], k, 2.0 * laws[0] * x)
    put(columns[2], k, level)
    return room


@kernel
def fill_levels(energies: Array, detuned: bool, laws: tuple[float, ...], columns: Array) -> bool:
    """Write detunings, s and levels of at most `PIECE` photon energies into ``columns`` (3, PIECE)."""
    n = energies.size
    whole, room, rest = whole_vectors(n), wide(1.0), 1.0
    for k in range(0, whole, LANES):
        room = lesser(level_step(k, room, energies, detuned, laws, columns), room)
    for k in range(whole, n):
        rest = lesser(level_step(k, rest, energies, detuned, laws, columns), rest)
    return not (any_of(room <= 0.0) or rest <= 0.0)


@kernel
def fill_spectrum_in_pieces(
    energies: Array,
    detuned: bool,
    laws: tuple[float, ...],
    packed: Array,
    mediator: Array,
    buffers: tuple[Array, Array, Array],
    values: Array,
) -> bool:
    """As `fill_spectrum`, whatever the powers and the mediator."""
    form, columns, scratch = buffers
    inside = True
    for start in range(0, values.size, PIECE):
        stop = min(start + PIECE, values.size)
        size = stop - start
        inside &= fill_levels(energies[start:stop], detuned, laws, columns)
        fill_form(columns[0, :size], laws[0], packed, scratch, form[0, :, :size])
        if mediator[0, WIDTH] == 0.0:
            columns_here = (columns[1, :size], columns[2, :size])
            fill_energies(form[0, :, :size], columns_here, laws[2], laws[3], mediator[0], values[start:stop])
        else:
            for k in range(size):
                terms = terms_of(form, 0, k, columns[1, k], laws[2] * columns[2, k], laws[3], mediator, 0)
                values[start + k] = value_at(terms, mediator[0, COUPLING])
    return inside


@kernel
def buffers_of(powers: int) -> tuple[Array, Array, Array]:
    """Memory that `fill_spectrum` needs: a form, levels and scratch."""
    return np.empty((1, powers, PIECE)), np.empty((3, PIECE)), np.empty(6 * PIECE)


@kernel
def fill_spectrum(
    energies: Array,
    detuned: bool,
    laws: tuple[float, ...],
    packed: Array,
    mediator: Array,
    buffers: tuple[Array, Array, Array],
    values: Array,
) -> bool:
    """Write the observable at photon energies or detunings (n,) into ``values`` (n,).

    ``laws``: E_eg, E_vg, gain, offset; ``packed`` as of `kernels.spectral.pack_pairs`; ``mediator`` (1, 4). Returns
    whether all photon energies lie between 0 and E_vg, its ends excluded; NaN does.
    """
    width = mediator[0, WIDTH]
    if packed.shape[0] == 1 or (mediator[0, COUPLING] == 0.0 and width == 0.0):
        return fill_standard_spectrum(energies, detuned, laws, packed[CONSTANT, 0], values)
    if width == 0.0 and currents_only(packed):
        return fill_spectrum_of_currents(energies, detuned, laws, packed, mediator[0], values)
    return fill_spectrum_in_pieces(energies, detuned, laws, packed, mediator, buffers, values)


@kernel
def fill_spectra(
    shape: IntArray,
    strides: IntArray,
    models: tuple[Array, ComplexMatrix, Array],
    powers: int,
    energies: Array,
    detuned: bool,
    tables: tuple[Array, Array, Array],
    values: Array,
) -> None:
    """Write the observable at the points of a box whose last axis is the photon energy into the flat ``values``.

    ``models``: rows, textures and scales as of `kernels.blocks.fill_forms`; ``tables``: rows of (E_eg, E_vg), of
    mediators and of yields as of `kernels.blocks.fill_values`. Rows of ``strides`` as there.
    """
    index, offsets = np.zeros(shape.size, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    atoms, mediators, yields = tables
    buffers = buffers_of(powers)
    packed, model, n = np.empty((0, 0, 0, 0)), -1, shape[-1]
    for _ in range(np.prod(shape[:-1])):
        if offsets[MODEL] != model:
            model = offsets[MODEL]
            packed = packed_model(models, model, powers)
        atom, m, gain, out = offsets[LEVELS], offsets[MEDIATOR_ROW], offsets[YIELD], offsets[OUT]
        laws = (atoms[atom, 0], atoms[atom, 1], yields[gain, 0], yields[gain, 1])
        row = values[out : out + n]
        fill_spectrum(energies, detuned, laws, packed, mediators[m : m + 1], buffers, row)
        next_offsets(shape, strides, index, offsets)

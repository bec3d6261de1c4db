"""Spectra: rows of photon energies, from the parameters to the observable without a table in between.

For boxes whose last axis is the photon energy and that have one mediator; where many share the masses and the mixing,
it is better to compute the quadratic forms once (`kernels.blocks`).
"""

import numpy as np

from renp_fast.kernels.blocks import LEVELS, MEDIATOR_ROW, MODEL, OUT, YIELD, next_offsets, packed_model
from renp_fast.kernels.jit import inner, kernel
from renp_fast.kernels.phase_space import ThreeArrays, roots_of_pairs, sums_over_pairs
from renp_fast.kernels.rows import COUPLING, WIDTH, energy_factors, energy_value, fill_energies, terms_of, value_at
from renp_fast.kernels.simd import LANES, LONG_LANES, fma, long_wide, put, select, take, whole_vectors, wide
from renp_fast.kernels.spectral import (
    ALONG_COLUMN,
    CONSTANT,
    PIECE,
    REAL,
    SQUARE,
    current_terms,
    currents_only,
    fill_form,
    inverse_and_square,
    three_current_terms,
)
from renp_fast.kernels.types import Array, ComplexMatrix, IntArray, Row


@inner
def detuning_and_level(energy: float, detuned: bool, E_eg: float, E_vg: float) -> tuple[float, float]:
    """(E_eg/2 - w, w/(E_eg (E_vg - w)^2)) for a photon energy w, or a detuning; at w = E_vg any finite number does."""
    half = 0.5 * E_eg
    other = half - energy
    x, w = (energy, other) if detuned else (other, energy)
    squared = (E_vg - w) * (E_vg - w)
    return x, w / (E_eg * select(squared <= 0.0, 1.0, squared))


@inner
def standard_step(
    k: int, like: float, energies: Array, detuned: bool, laws: tuple[float, ...], pairs: Array, values: Array
) -> None:
    """Value at photon energy k without new interaction; ``laws``: E_eg, E_vg, gain, offset."""
    E_eg, E_vg, gain, offset = laws
    x, level = detuning_and_level(take(energies, k, like), detuned, E_eg, E_vg)
    u, w2 = inverse_and_square(x, E_eg)
    W = current_terms(u, w2, pairs[0, ALONG_COLUMN], sums_over_pairs(x, roots_of_pairs(x, pairs), pairs))
    put(values, k, fma(gain * level, W, offset))


@kernel
def fill_standard_spectrum(
    energies: Array, detuned: bool, laws: tuple[float, ...], pairs: Array, values: Array
) -> None:
    """Write the values at photon energies or detunings (n,) without new interaction."""
    n = energies.size
    whole = whole_vectors(n)
    for k in range(0, whole, LANES):
        standard_step(k, wide(0.0), energies, detuned, laws, pairs, values)
    for k in range(whole, n):
        standard_step(k, 0.0, energies, detuned, laws, pairs, values)


@inner
def currents_step(
    k: int, like: float, energies: Array, detuned: bool, factors: tuple[float, ...], powers: ThreeArrays, values: Array
) -> None:
    """Value at photon energy k; ``factors``: E_eg, E_vg and those of `energy_value`."""
    E_eg, E_vg = factors[0], factors[1]
    x, level = detuning_and_level(take(energies, k, like), detuned, E_eg, E_vg)
    put(values, k, energy_value(three_current_terms(x, E_eg, powers), 2.0 * E_eg * x, level, factors[2:]))


@kernel
def fill_spectrum_of_currents(
    energies: Array, detuned: bool, laws: tuple[float, ...], packed: Array, mediator: Row, values: Array
) -> None:
    """As `fill_standard_spectrum`, for `currents_only` and a mediator without width."""
    factors = (laws[0], laws[1], *energy_factors(laws[2], laws[3], mediator))
    powers = (packed[CONSTANT, 0], packed[REAL, 0], packed[SQUARE, 0])
    n = energies.size
    whole = whole_vectors(n)
    long = whole - whole % LONG_LANES
    for k in range(0, long, LONG_LANES):
        currents_step(k, long_wide(0.0), energies, detuned, factors, powers, values)
    for k in range(long, n):
        currents_step(k, 0.0, energies, detuned, factors, powers, values)


@inner
def level_step(k: int, like: float, energies: Array, detuned: bool, laws: tuple[float, ...], columns: Array) -> None:
    """Detuning, s and level of photon energy k into ``columns`` (3, PIECE)."""
    x, level = detuning_and_level(take(energies, k, like), detuned, laws[0], laws[1])
    put(columns[0], k, x)
    put(columns[1], k, 2.0 * laws[0] * x)
    put(columns[2], k, level)


@kernel
def fill_levels(energies: Array, detuned: bool, laws: tuple[float, ...], columns: Array) -> None:
    """Write detunings, s and levels of at most `PIECE` photon energies into ``columns`` (3, PIECE)."""
    n = energies.size
    whole = whole_vectors(n)
    for k in range(0, whole, LANES):
        level_step(k, wide(0.0), energies, detuned, laws, columns)
    for k in range(whole, n):
        level_step(k, 0.0, energies, detuned, laws, columns)


@kernel
def fill_spectrum_in_pieces(
    energies: Array,
    detuned: bool,
    laws: tuple[float, ...],
    packed: Array,
    mediator: Array,
    buffers: tuple[Array, Array, Array],
    values: Array,
) -> None:
    """As `fill_spectrum`, whatever the powers and the mediator."""
    form, columns, scratch = buffers
    for start in range(0, values.size, PIECE):
        stop = min(start + PIECE, values.size)
        size = stop - start
        fill_levels(energies[start:stop], detuned, laws, columns)
        fill_form(columns[0, :size], laws[0], packed, scratch, form[0, :, :size])
        if mediator[0, WIDTH] == 0.0:
            columns_here = (columns[1, :size], columns[2, :size])
            fill_energies(form[0, :, :size], columns_here, laws[2], laws[3], mediator[0], values[start:stop])
        else:
            for k in range(size):
                terms = terms_of(form, 0, k, columns[1, k], laws[2] * columns[2, k], laws[3], mediator, 0)
                values[start + k] = value_at(terms, mediator[0, COUPLING])


@kernel
def buffers_of(powers: int) -> tuple[Array, Array, Array]:
    """Memory that `fill_spectrum` needs: a form, levels and scratch."""
    return np.empty((1, powers, PIECE)), np.empty((3, PIECE)), np.empty(8 * PIECE)


@kernel
def fill_spectrum(
    energies: Array,
    detuned: bool,
    laws: tuple[float, ...],
    packed: Array,
    mediator: Array,
    buffers: tuple[Array, Array, Array],
    values: Array,
) -> None:
    """Write the observable at photon energies or detunings (n,) into ``values`` (n,).

    ``laws``: E_eg, E_vg, gain, offset; ``packed`` as of `kernels.spectral.pack_pairs`; ``mediator`` (1, 4).
    """
    width = mediator[0, WIDTH]
    if packed.shape[0] == 1 or (mediator[0, COUPLING] == 0.0 and width == 0.0):
        fill_standard_spectrum(energies, detuned, laws, packed[CONSTANT, 0], values)
    elif width == 0.0 and currents_only(packed):
        fill_spectrum_of_currents(energies, detuned, laws, packed, mediator[0], values)
    else:
        fill_spectrum_in_pieces(energies, detuned, laws, packed, mediator, buffers, values)


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

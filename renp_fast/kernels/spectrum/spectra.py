"""Spectra: rows of photon energies, from the parameters to the observable without a table in between.

For boxes whose last axis is the photon energy and that have one mediator; where many share the masses and the mixing,
it is better to compute the quadratic forms once (`grid.loops`).
"""

import numpy as np

from renp_fast.kernels.amplitude.propagator import COUPLING
from renp_fast.kernels.amplitude.quadratic_form import CONSTANT, currents_only
from renp_fast.kernels.grid.loops import LEVELS, MEDIATOR_ROW, MODEL, OUT, YIELD, next_offsets
from renp_fast.kernels.grid.point_rows import fill_energies
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.spectrum.energy_rows import fill_spectrum_of_currents, fill_standard_spectrum
from renp_fast.kernels.spectrum.forms import PIECE, fill_form
from renp_fast.kernels.spectrum.model_forms import split_model
from renp_fast.kernels.spectrum.prefactor import fill_levels
from renp_fast.kernels.types import Array, ComplexMatrix, IntArray, Row


@kernel
def fill_spectrum_in_pieces(
    energies: Array,
    detuned: bool,
    laws: tuple[float, ...],
    packed: Array,
    mediator: Row,
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
        columns_here = (columns[1, :size], columns[2, :size])
        fill_energies(form[0, :, :size], columns_here, laws[2], laws[3], mediator, values[start:stop])
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
    model: tuple[Array, float],
    mediator: Row,
    buffers: tuple[Array, Array, Array],
    values: Array,
) -> bool:
    """Write the observable at photon energies or detunings (n,) into ``values`` (n,).

    ``laws``: E_eg, E_vg, gain, offset; ``model``: coefficients, and 1/M^2, as of `spectrum.model_forms.split_model`;
    ``mediator`` (4,). Returns whether all photon energies lie between 0 and E_vg, its ends excluded; NaN does.
    """
    packed, _ = model
    if packed.shape[0] == 1 or mediator[COUPLING] == 0.0:
        return fill_standard_spectrum(energies, detuned, laws, packed[CONSTANT, 0], values)
    if currents_only(packed):
        return fill_spectrum_of_currents(energies, detuned, laws, model, mediator, values)
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
) -> bool:
    """Write the observable at the points of a box whose last axis is the photon energy into the flat ``values``.

    ``models``: rows, textures and scales as of `spectrum.model_forms.fill_forms`; ``powers``: their number;
    ``tables``: rows of (E_eg, E_vg), of mediators and of yields as of
    `grid.loops.fill_values`. Rows of ``strides`` as there. Returns what `fill_spectrum` does of all rows.
    """
    index, offsets = np.zeros(shape.size, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    atoms, mediators, yields = tables
    buffers = buffers_of(powers)
    packed, inverse_mass2, model = np.empty((0, 0, 0, 0)), 0.0, -1
    n, inside = shape[-1], True
    for _ in range(np.prod(shape[:-1])):
        if offsets[MODEL] != model:
            model = offsets[MODEL]
            packed, inverse_mass2 = split_model(models, model, powers)
        atom, m, gain, out = offsets[LEVELS], offsets[MEDIATOR_ROW], offsets[YIELD], offsets[OUT]
        laws = (atoms[atom, 0], atoms[atom, 1], yields[gain, 0], yields[gain, 1])
        row = values[out : out + n]
        inside &= fill_spectrum(energies, detuned, laws, (packed, inverse_mass2), mediators[m], buffers, row)
        next_offsets(shape, strides, index, offsets)
    return inside

"""Spectra with several interactions: rows of photon energies, as `spectrum.spectra` has them for one."""

import math

import numpy as np

from renp_fast.kernels.amplitude.propagator import COUPLING, EXCHANGE, MASS, WIDTH, strength
from renp_fast.kernels.amplitude.quadratic_form import CONSTANT, REAL, SQUARE
from renp_fast.kernels.grid.loops import LEVELS, MEDIATOR_ROW, MODEL, OUT, YIELD, next_offsets
from renp_fast.kernels.grid.point_rows import fill_energies
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.spectrum.added_forms import fold, packed_model
from renp_fast.kernels.spectrum.forms import PIECE, fill_form
from renp_fast.kernels.spectrum.prefactor import fill_levels
from renp_fast.kernels.types import Array, ComplexMatrix, IntArray, Row


@kernel
def balanced(mediator: Row, s: float, coupling: float) -> bool:
    """Whether the leading interaction is on its pole too, with the coupling that takes away that of others."""
    pole = math.isinf(strength(1.0, mediator[MASS], mediator[WIDTH], s, mediator[EXCHANGE])[0])
    return pole and mediator[COUPLING] == coupling


@kernel
def fill_piece(
    columns: tuple[Array, Array],
    gain: float,
    offset: float,
    mediators: Array,
    folded: Array,
    change: Array,
    balance: Array,
    values: Array,
) -> None:
    """Write the observable at some photon energies, of which ``columns`` are s and w/(E_eg (E_vg - w)^2)."""
    for pole in np.flatnonzero(balance[0]):
        if balanced(mediators[0], columns[0][pole], balance[0, pole]):
            change[0, pole], folded[REAL, pole], folded[SQUARE, pole] = balance[1, pole], 0.0, 0.0
    for k in range(values.size):
        # Where no photon is there is nothing, even on a pole
        folded[CONSTANT, k] += change[0, k] if columns[1][k] != 0.0 else 0.0
    fill_energies(folded, columns, gain, offset, mediators[0], values)


@kernel
def fill_by_folding(
    energies: Array,
    detuned: bool,
    laws: tuple[float, ...],
    model: tuple[Array, int],
    mediators: Array,
    buffers: tuple[Array, Array, Array, Array, Array, Array],
    values: Array,
) -> None:
    """Write the observable at photon energies (n,) into ``values`` (n,), by way of quadratic forms.

    ``laws``: E_eg, E_vg, gain, offset; ``model``: coefficients as of `amplitude.quadratic_form.pack_pairs`
    and own powers; ``mediators`` (interactions, 4); ``buffers``: a form, a folded
    one, changes, levels and scratch, for `PIECE` photon energies.
    """
    packed, own = model
    form, folded, change, columns, scratch, balance = buffers
    first = np.zeros(1, dtype=np.int64)
    for start in range(0, values.size, PIECE):
        stop = min(start + PIECE, values.size)
        size = stop - start
        fill_levels(energies[start:stop], detuned, laws, columns)
        fill_form(columns[0, :size], laws[0], packed, scratch, form[0, :, :size])
        here = (folded[:, :, :size], change[:, :size], balance[:, :, :size])
        both = mediators.reshape((1, *mediators.shape))
        fold(form[:, :, :size], first, both, columns[1:2, :size], own, here[0], here[1], here[2])
        levels = (columns[1, :size], columns[2, :size])
        fill_piece(levels, laws[2], laws[3], mediators, here[0][0], here[1], here[2][0], values[start:stop])


@kernel
def fill_spectra(
    shape: IntArray,
    strides: IntArray,
    models: tuple[Array, ComplexMatrix, Array, int],
    powers: tuple[int, int],
    energies: Array,
    detuned: bool,
    tables: tuple[Array, Array, Array],
    values: Array,
) -> None:
    """Write the observable at the points of a box whose last axis is the photon energy into the flat ``values``.

    ``models``: rows, textures, scales and own powers as of `spectrum.added_forms.fill_forms_of_several`; ``powers``
    before and after folding; ``tables``: rows of (E_eg, E_vg), of mediators
    (interactions, 4), the leading one first, and of yields. Rows of ``strides`` as of `grid.loops.fill_values`.
    """
    index, offsets = np.zeros(shape.size, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    atoms, mediators, yields = tables
    form, folded, change = np.empty((1, powers[0], PIECE)), np.empty((1, powers[1], PIECE)), np.empty((1, PIECE))
    buffers = (form, folded, change, np.empty((3, PIECE)), np.empty(6 * PIECE), np.empty((1, 2, PIECE)))
    packed, model, n = np.empty((0, 0, 0, 0)), -1, shape[-1]
    for _ in range(np.prod(shape[:-1])):
        if offsets[MODEL] != model:
            model = offsets[MODEL]
            packed = packed_model(models, model, powers[0])
        atom, m, gain, out = offsets[LEVELS], offsets[MEDIATOR_ROW], offsets[YIELD], offsets[OUT]
        laws = (atoms[atom, 0], atoms[atom, 1], yields[gain, 0], yields[gain, 1])
        fill_by_folding(energies, detuned, laws, (packed, models[3]), mediators[m], buffers, values[out : out + n])
        next_offsets(shape, strides, index, offsets)

"""Spectra with several interactions: rows of photon energies, piece by piece, as `kernels.spectra` does for one."""

import numpy as np

from renp_fast.kernels.blocks import LEVELS, MEDIATOR_ROW, MODEL, OUT, YIELD, next_offsets
from renp_fast.kernels.jit import kernel
from renp_fast.kernels.rows import COUPLING, WIDTH, fill_energies, terms_of, value_at
from renp_fast.kernels.several import fill_powers, fold, packed_model
from renp_fast.kernels.spectra import fill_levels
from renp_fast.kernels.spectral import CONSTANT, PIECE
from renp_fast.kernels.types import Array, ComplexMatrix, IntArray


@kernel
def fill_piece(
    columns: tuple[Array, Array],
    gain: float,
    offset: float,
    mediators: Array,
    folded: Array,
    change: Array,
    values: Array,
) -> None:
    """Write the observable at some photon energies, of which ``columns`` are s and w/(E_eg (E_vg - w)^2)."""
    for k in range(values.size):
        # Where no photon is there is nothing, even on a pole
        folded[0, CONSTANT, k] += change[0, k] if columns[1][k] != 0.0 else 0.0
    if mediators[0, WIDTH] == 0.0:
        fill_energies(folded[0], columns, gain, offset, mediators[0], values)
        return
    for k in range(values.size):
        terms = terms_of(folded, 0, k, columns[0][k], gain * columns[1][k], offset, mediators, 0)
        values[k] = value_at(terms, mediators[0, COUPLING])


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

    ``models``: rows, textures, scales and own powers as of `kernels.several.fill_forms_of_several`; ``powers`` before
    and after folding; ``tables``: rows of (E_eg, E_vg), of mediators (interactions, 4), the leading one first, and of
    yields. Rows of ``strides`` as of `kernels.blocks.fill_values`.
    """
    index, offsets = np.zeros(shape.size, dtype=np.int64), np.zeros(strides.shape[0], dtype=np.int64)
    atoms, mediators, yields = tables
    form, scratch, columns = np.empty((1, powers[0], PIECE)), np.empty(6 * PIECE), np.empty((3, PIECE))
    folded, change, first = np.empty((1, powers[1], PIECE)), np.empty((1, PIECE)), np.zeros(1, dtype=np.int64)
    packed, model, n = np.empty((0, 0, 0, 0)), -1, shape[-1]
    for _ in range(np.prod(shape[:-1])):
        if offsets[MODEL] != model:
            model = offsets[MODEL]
            packed = packed_model(models, model, powers[0])
        atom, m, gain, out = offsets[LEVELS], offsets[MEDIATOR_ROW], offsets[YIELD], offsets[OUT]
        laws = (atoms[atom, 0], atoms[atom, 1], yields[gain, 0], yields[gain, 1])
        for start in range(0, n, PIECE):
            stop = min(start + PIECE, n)
            size = stop - start
            fill_levels(energies[start:stop], detuned, laws, columns)
            fill_powers(columns[0, :size], laws[0], packed, scratch, form[0, :, :size])
            here = (folded[:, :, :size], change[:, :size])
            fold(form[:, :, :size], first, mediators[m : m + 1], columns[1:2, :size], models[3], here[0], here[1])
            levels = (columns[1, :size], columns[2, :size])
            fill_piece(levels, laws[2], laws[3], mediators[m], here[0], here[1], values[out + start : out + stop])
        next_offsets(shape, strides, index, offsets)

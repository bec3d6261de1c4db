"""The quadratic forms of neutrinos of the same masses for many mixing angles and phases.

Without new interaction W is quadratic in the axial couplings a_ij, in the interference linear, and the square of the
new interaction does not depend on them. No two pairs, nor real and imaginary parts, are multiplied with one another.
So masses, texture and photon energies are dealt with once, for a_ij = 1 and a_ij = i of each pair, and a mixing costs a
few sums.
"""

import math

import numpy as np

from renp_fast.kernels.amplitude.masses_and_mixing import ALPHA31, NEUTRINO_COLUMNS, THETA12, axial_coupling
from renp_fast.kernels.amplitude.phase_space import ACTIVE
from renp_fast.kernels.amplitude.quadratic_form import CONSTANT, SQUARE
from renp_fast.kernels.simd.jit import inner, kernel
from renp_fast.kernels.simd.vectors import LANES, LONG_LANES, fma, put, take, whole_vectors, wide
from renp_fast.kernels.spectrum.forms import PIECE, fill_form_in_pieces
from renp_fast.kernels.spectrum.model_forms import (
    MODEL_COLUMNS,
    MODEL_E_EG,
    MODEL_LONGITUDINAL,
    packed_model,
    packed_with,
)
from renp_fast.kernels.types import Array, ComplexMatrix, IntArray

# Real parts of the couplings of six pairs, then the imaginary parts of those of two different states
PARTS = 9
# So many mixings in a row, at least, are worth the preparations
FEW = 12


@kernel
def starts_of_runs(models: Array) -> IntArray:
    """Where models begin that have all in common with those before but mixing angles and phases; the first is 0."""
    new = np.ones(models.shape[0], dtype=np.bool_)
    for m in range(1, models.shape[0]):
        new[m] = False
        for column in range(MODEL_COLUMNS):
            if not THETA12 <= column <= ALPHA31 and models[m, column] != models[m - 1, column]:
                new[m] = True
    starts: IntArray = np.flatnonzero(new)
    return starts


@kernel
def same_mixing(model: Array, mixing: Array) -> bool:
    """Whether a model has these mixing angles and phases (5,)."""
    same = True
    for k in range(mixing.size):
        same = same and model[THETA12 + k] == mixing[k]
    return same


@kernel
def fill_parts(model: Array, parts: Array) -> None:
    """Write the squares and the values of the parts of the axial couplings of a model into ``parts`` (2, 9)."""
    a = np.empty((3, 3), dtype=np.complex128)
    axial_coupling(model[:NEUTRINO_COLUMNS], a)
    pair, different = 0, 6
    for i in range(3):
        for j in range(i, 3):
            parts[1, pair] = a[i, j].real
            pair += 1
            if i != j:
                parts[1, different] = a[i, j].imag
                different += 1
    for part in range(PARTS):
        parts[0, part] = parts[1, part] * parts[1, part]


@kernel
def keep_terms(packed: Array, kept: int, pair: int, lone: Array) -> None:
    """Write the terms of a pair into ``lone``, or zeros unless the pair is that which is kept."""
    for power in range(packed.shape[0]):
        for part in range(packed.shape[1]):
            for k in range(3, ACTIVE):
                lone[power, part, pair, k] = packed[power, part, pair, k] if pair == kept else 0.0


@kernel
def fill_responses(
    models: tuple[Array, ComplexMatrix, Array], m: int, detuning: Array, responses: Array, square: Array
) -> None:
    """Write the forms for each part alone being 1 into ``responses`` (9, powers, n), and that of |x|^2 into ``square``.

    ``models``: rows, textures and scales; what the couplings of model m are does not matter.
    """
    E_eg, powers, n = models[0][m, MODEL_E_EG], responses.shape[1], detuning.size
    form, scratch, a = np.empty((powers, n)), np.empty(6 * PIECE), np.empty((3, 3), dtype=np.complex128)
    part = 0
    for unit in range(2):
        for i in range(3):
            for j in range(3):
                a[i, j] = 1.0 if unit == 0 else complex(0.0, np.sign(j - i))
        packed = packed_with(models, m, a, models[0][m, MODEL_LONGITUDINAL], powers)
        if unit == 0:
            fill_form_in_pieces(detuning, E_eg, packed, scratch, form)
            square[:] = form[SQUARE]
        lone = packed.copy()
        for pair in range(6):
            keep_terms(packed, -1, pair, lone)
        for pair in range(6):
            if unit == 1 and pair in (0, 3, 5):
                continue
            keep_terms(packed, pair, pair, lone)
            fill_form_in_pieces(detuning, E_eg, lone, scratch, responses[part])
            keep_terms(packed, -1, pair, lone)
            part += 1


@inner
def sum_of_parts(k: int, like: float, parts: Array, first: int, responses: Array, step: int) -> float:
    """Sum over the parts that begin with ``first`` times their responses at entry k, each ``step`` behind the last."""
    total = 0.0 * like
    for part in range(PARTS):
        total = fma(take(responses, k + part * step, like), take(parts, first + part, 0.0), total)
    return total


@kernel
def fill_mixings(responses: Array, square: Array, parts: Array, scratch: Array, forms: Array) -> None:
    """Write the forms of models of the same responses (9, powers, padded) into ``forms`` (models, powers, n).

    ``parts`` (models, 2, 9) as of `fill_parts`; ``square`` and ``scratch`` (padded,).
    """
    models, powers, n = forms.shape
    padded = scratch.size
    flat_responses, flat_parts, step = responses.reshape(responses.size), parts.reshape(parts.size), powers * padded
    whole = whole_vectors(padded)
    for m in range(models):
        for power in range(powers):
            if power == SQUARE:
                for k in range(n):
                    forms[m, power, k] = square[k]
                continue
            first, row = PARTS * (2 * m + (0 if power == CONSTANT else 1)), power * padded
            for k in range(0, min(whole, n), LANES):
                put(scratch, k, sum_of_parts(row + k, wide(0.0), flat_parts, first, flat_responses, step))
            for k in range(whole, n):
                scratch[k] = sum_of_parts(row + k, 0.0, flat_parts, first, flat_responses, step)
            for k in range(n):
                forms[m, power, k] = scratch[k]


@kernel
def fill_forms_of_sets(
    models: Array,
    sets: Array,
    varied: IntArray,
    runs: IntArray,
    couplings: tuple[ComplexMatrix, Array],
    energies: Array,
    forms: Array,
) -> None:
    """Write the quadratic forms of the models of many sets into ``forms`` (sets, models, powers, energies).

    ``models`` (models, 13), ``couplings`` (textures, scales) and ``energies`` as of `spectrum.model_forms.fill_forms`.
    ``sets`` (sets, columns) holds what each set has in the columns ``varied`` of all its models. ``runs`` are where
    models begin that differ in mixing angles and phases only, and at last their number. The bits of a set depend on it
    alone.
    """
    own, n, powers = models.copy(), energies.size, forms.shape[2]
    tables = (own, couplings[0], couplings[1])
    # Whole long vectors cost as much as a few single numbers
    padded = (n + LONG_LANES - 1) // LONG_LANES * LONG_LANES
    detuning, scratch = np.empty(padded), np.empty(6 * PIECE)
    form, sums, square = np.empty((powers, padded)), np.empty(padded), np.empty(padded)
    parts, responses = np.empty((models.shape[0], 2, PARTS)), np.empty((PARTS, powers, padded))
    mixings = np.full((models.shape[0], ALPHA31 + 1 - THETA12), math.nan)  # whose parts these are
    for i in range(sets.shape[0]):
        for k in range(varied.size):
            own[:, varied[k]] = sets[i, k]
        for run in range(runs.size - 1):
            start, stop = runs[run], runs[run + 1]
            E_eg = own[start, MODEL_E_EG]
            for k in range(padded):
                detuning[k] = 0.5 * E_eg - energies[min(k, n - 1)]
            if stop - start < FEW:
                for m in range(start, stop):
                    fill_form_in_pieces(detuning, E_eg, packed_model(tables, m, powers), scratch, form)
                    forms[i, m] = form[:, :n]
                continue
            fill_responses(tables, start, detuning, responses, square)
            for m in range(start, stop):
                if not same_mixing(own[m], mixings[m]):
                    fill_parts(own[m], parts[m])
                    mixings[m] = own[m, THETA12 : ALPHA31 + 1]
            fill_mixings(responses, square, parts[start:stop], sums, forms[i, start:stop])

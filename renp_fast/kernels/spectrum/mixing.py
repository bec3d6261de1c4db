"""The quadratic forms of neutrinos of the same masses for many mixing angles and phases.

Without new interaction W is quadratic in the axial couplings a_ij, in the interference linear, and the square of the
new interaction does not depend on them. No two pairs, nor real and imaginary parts, are multiplied with one another.
So masses, texture and photon energies are dealt with once, for a_ij = 1 and a_ij = i of each pair, and a mixing costs a
few sums.
"""

from functools import cache
from typing import Any

import numpy as np

from renp_fast.kernels.amplitude.masses_and_mixing import ALPHA31, THETA12
from renp_fast.kernels.amplitude.models import (
    CONSTANT,
    REAL_POWERS,
    SQUARE,
    empty_models,
    fill_axial,
    fill_models,
    fill_states,
    given_of,
    orders_of,
    powers_of,
    terms_of,
    work_of,
)
from renp_fast.kernels.amplitude.phase_space import PAIRS, STATES, Models, Parts, power_of
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.tracing import traced
from renp_fast.kernels.simd.vectors import LANES, STEP, fma, put, row_wide, take
from renp_fast.kernels.spectrum.forms import KEPT_ROWS, PIECE, fill_forms, keep_factors, kept_factors, kept_power
from renp_fast.kernels.types import Array, ComplexMatrix, IntArray

# Real parts of the couplings of all pairs, then the imaginary parts of those of two different states
DIFFERENT = tuple(pair for pair, (i, j) in enumerate(PAIRS) if i != j)
PARTS = len(PAIRS) + len(DIFFERENT)
MIXING = slice(THETA12, ALPHA31 + 1)
# So many mixings in a row, at least, are worth the preparations
FEW = 12


def starts_of_runs(models: Array) -> IntArray:
    """Where models begin that have all in common with those before but mixing angles and phases; the first is 0."""
    others = np.delete(models, np.r_[MIXING], axis=1)
    new = np.ones(len(models), dtype=np.bool_)
    new[1:] = (others[1:] != others[:-1]).any(axis=1)
    starts: IntArray = np.flatnonzero(new)
    return starts


@kernel
def fill_parts(rows: Array, states: Array, axial: Array, parts: Array) -> None:
    """Write the squares and the values of the parts of the axial couplings of models into ``parts`` (models, 2, 9)."""
    for m in range(rows.shape[0]):
        fill_states(rows, m, states)
        pair, different = 0, len(PAIRS)
        for i in range(STATES):
            for j in range(i, STATES):
                fill_axial(states, i, j, i == j, axial)
                parts[m, 1, pair] = axial[i, j, 0]
                pair += 1
                if i != j:
                    parts[m, 1, different] = axial[i, j, 1]
                    different += 1
        for part in range(PARTS):
            parts[m, 0, part] = parts[m, 1, part] * parts[m, 1, part]


@traced
def put_response(
    at: int, like: float, models: Models, m: int, places: tuple[int, int], orders: int, kept: Array, form: Array
) -> None:
    """Write what a pair adds to a power; ``places``: these two."""
    power, pair = places
    light, factors = kept_factors(at, like, orders, kept, [pair])
    put(form, at, power_of(light, factors, models, m, power, True, orders, [pair]))


@traced
def sum_of_parts(at: int, like: float, parts: Array, responses: Array, power: int) -> float:
    """Sum over all parts times their responses."""
    total = 0.0
    for part in range(PARTS):
        total = fma(take(responses[part, power], at, like), parts[part], total)
    return total


@cache
def _kernel_of(orders: int) -> Any:
    """`fill`, for given n of V_n and A_n."""

    @kernel
    def fill(
        units: tuple[Parts, Parts],
        runs: IntArray,
        energies: Array,
        parts: Array,
        kept: Array,
        responses: Array,
        forms: Array,
    ) -> None:
        powers, n, sums = forms.shape[2], forms.shape[3], np.empty(PIECE)
        real, imaginary = Models(*units[0]), Models(*units[1])
        for b in range(runs.shape[0]):
            i, start, stop = runs[b, 0], runs[b, 1], runs[b, 2]
            for first in range(0, energies.size, PIECE):
                size, used = min(PIECE, energies.size - first), min(PIECE, n - first)
                for at in range(0, size, STEP):
                    like = row_wide(0.0)
                    keep_factors((first + at, at), like, energies, False, real, b, orders, kept)
                    put(responses[PARTS, 0], at, kept_power(at, like, real, b, SQUARE, orders, kept))
                    for power in range(powers):
                        if power != SQUARE:
                            for pair in range(len(PAIRS)):
                                put_response(at, like, real, b, (power, pair), orders, kept, responses[pair, power])
                            for part in range(len(DIFFERENT)):
                                place, row = (power, DIFFERENT[part]), responses[len(PAIRS) + part, power]
                                put_response(at, like, imaginary, b, place, orders, kept, row)
                for m in range(start, stop):
                    own = parts[i if parts.shape[0] > 1 else 0, m]
                    for power in range(powers):
                        if power == SQUARE:
                            for k in range(used):
                                forms[i, m, power, first + k] = responses[PARTS, 0, k]
                            continue
                        for at in range(0, size, STEP):
                            some = own[0] if power == CONSTANT else own[1]
                            put(sums, at, sum_of_parts(at, row_wide(0.0), some, responses, power))
                        for k in range(used):
                            forms[i, m, power, first + k] = sums[k]

    return fill


def _units(given: Any, powers: int, exchanges: bool) -> tuple[Parts, Parts]:
    """Models with axial couplings 1, and with i above the diagonal and -i below, whatever their mixing."""
    models = []
    own = REAL_POWERS if powers == powers_of(1, REAL_POWERS) else REAL_POWERS + 1
    states = np.arange(STATES)
    for part, value in enumerate((np.ones((STATES, STATES)), np.sign(states - states[:, np.newaxis]))):
        work, made = work_of(1), empty_models(len(given.rows), powers, exchanges)
        work.axial[:] = 0.0
        work.axial[..., part] = value
        fill_models(given, terms_of(1, own), False, work, made)
        models.append((made.pairs, made.levels, made.currents, made.exchanges))
    return models[0], models[1]


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

    ``models`` (models, 13), ``couplings`` (textures, scales) and ``energies`` as of `spectrum.forms.fill_forms`.
    ``sets`` (sets, columns) holds what each set has in the columns ``varied`` of all its models. ``runs`` are where
    models begin that differ in mixing angles and phases only, and at last their number. The bits of a set depend on it
    alone.
    """
    few, spans, mixed = _split(tuple(runs.tolist()), tuple(varied.tolist()))
    rows, powers = np.empty((len(sets), *models.shape)), forms.shape[2]
    rows[:] = models
    rows[:, :, varied] = sets[:, np.newaxis]
    if few.size:
        made = np.empty((len(sets) * few.size, powers, energies.size))
        fill_forms(rows[:, few].reshape(len(made), -1), *couplings, energies, False, made)
        forms[:, few] = made.reshape(len(sets), few.size, powers, -1)
    if len(spans):
        places = np.empty((len(sets), len(spans), 3), dtype=np.int64)
        places[:, :, 0], places[:, :, 1:] = np.arange(len(sets))[:, np.newaxis], spans
        given = given_of(rows[:, spans[:, 0]].reshape(-1, models.shape[1]), *couplings)
        orders, own, work = orders_of(given), rows if mixed else rows[:1], work_of(0)
        parts = np.empty((*own.shape[:2], 2, PARTS))
        fill_parts(own.reshape(-1, own.shape[2]), work.states, work.axial, parts.reshape(-1, 2, PARTS))
        padded = np.concatenate([energies, np.full(-energies.size % LANES, energies[-1])])
        kept, responses = np.empty((KEPT_ROWS, PIECE)), np.empty((PARTS + 1, powers, PIECE))
        units = _units(given, powers, orders != 0)
        _kernel_of(orders)(units, places.reshape(-1, 3), padded, parts, kept, responses, forms)


@cache
def _split(runs: tuple[int, ...], varied: tuple[int, ...]) -> tuple[IntArray, IntArray, bool]:
    """Models of short runs, where the others begin and end, and whether mixings differ from set to set."""
    ends = np.array(runs)
    many = np.diff(ends) >= FEW
    few = np.flatnonzero(np.repeat(~many, np.diff(ends)))
    spans = np.stack([ends[:-1][many], ends[1:][many]], axis=1)
    return few, spans, any(THETA12 <= column <= ALPHA31 for column in varied)

"""Quadratic forms: the powers of the strengths in W, of many models at photon energies.

What pairs have at a photon energy is computed once for all models of the same masses and levels, and kept; each power
of a model is then a sum of products.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from renp_fast.kernels.amplitude.models import CONSTANT, given_of, models_of, orders_of
from renp_fast.kernels.amplitude.pair import ORDERS
from renp_fast.kernels.amplitude.phase_space import (
    PAIRS,
    Factors,
    Light,
    Models,
    Parts,
    factors_of,
    light_at,
    opened,
    power_of,
    squared_energy,
)
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.tracing import traced
from renp_fast.kernels.simd.vectors import LANES, STEP, put, row_wide, select, take
from renp_fast.kernels.types import Array, ComplexMatrix

# Photon energies that are dealt with together: what they need fits the fastest cache
PIECE = 128
# Models that are dealt with together
SOME_MODELS = 4096
# Rows of what is kept: 1/x^3, Q^2/x and 1/x, then four factors of each pair
LIGHT_ROWS, FACTORS = 3, len(Factors._fields)
KEPT_ROWS = LIGHT_ROWS + FACTORS * len(PAIRS)
# Bits of all n of V_n and A_n
ALL_ORDERS = (1 << ORDERS) - 1


def keep_at(at: int, x: float, w2: float, models: Models, m: int, orders: int, kept: Array) -> None:
    """Write what pairs have at a detuning as of `opened`, and a squared momentum, into ``kept`` (27, PIECE)."""
    light = light_at(x, w2, models.levels, m, orders != 0)
    for row, value in enumerate(light[-LIGHT_ROWS:] if orders else [light.inverse_cube]):
        put(kept[row], at, value)
    for pair, factors in enumerate(factors_of(x, light, models.pairs, m, 0, True, orders != 0)):
        for c, value in enumerate(factors if orders else factors[:2]):
            put(kept[LIGHT_ROWS + FACTORS * pair + c], at, value)


@traced
def keep_factors(
    places: tuple[int, int],
    like: float,
    energies: Array,
    detuned: bool,
    models: Models,
    m: int,
    orders: int,
    kept: Array,
) -> None:
    """As `keep_at`, at a photon energy or a detuning; ``places``: among energies, and in ``kept``."""
    k, at = places
    energy, half = take(energies, k, like), models.levels[m, 0]
    x = opened(select(detuned, energy, half - energy))
    keep_at(at, x, squared_energy(x, half), models, m, orders, kept)


def kept_factors(at: int, like: float, orders: int, kept: Array, pairs: Sequence[int]) -> tuple[Light, list[Factors]]:
    """What `keep_factors` kept, of some pairs."""
    some = FACTORS if orders else 2
    light = [take(kept[row], at, like) if orders or row == 0 else 0.0 for row in range(LIGHT_ROWS)]
    factors = []
    for pair in pairs:
        values = [take(kept[pair * FACTORS + (LIGHT_ROWS + c)], at, like) for c in range(some)]
        factors.append(Factors(*values, *[0.0] * (FACTORS - some)))
    return Light(0.0, 0.0, 0.0, 0.0, *light), factors


@traced
def kept_power(at: int, like: float, models: Models, m: int, power: int, orders: int, kept: Array) -> float:
    """A power of a model, from what `keep_factors` kept."""
    every = range(len(PAIRS))
    light, factors = kept_factors(at, like, orders, kept, every)
    return power_of(light, factors, models, m, power, True, orders, every)


@cache
def _kernel_of(orders: int) -> Any:
    """`fill`, for given n of V_n and A_n."""

    @kernel
    def fill(parts: Parts, new: Array, energies: Array, detuned: bool, kept: Array, forms: Array) -> None:
        models = Models(*parts)
        for start in range(0, energies.size, PIECE):
            stop = min(start + PIECE, energies.size)
            for m in range(forms.shape[0]):
                if new[m] != 0.0:
                    for k in range(start, stop, STEP):
                        keep_factors((k, k - start), row_wide(0.0), energies, detuned, models, m, orders, kept)
                for power in range(forms.shape[1]):
                    form = forms[m, power]
                    if power == CONSTANT or orders == 0:
                        for k in range(start, stop, STEP):
                            put(form, k, kept_power(k - start, row_wide(0.0), models, m, power, 0, kept))
                    else:
                        for k in range(start, stop, STEP):
                            put(form, k, kept_power(k - start, row_wide(0.0), models, m, power, orders, kept))

    return fill


def fill_forms_of(models: Models, orders: int, energies: Array, detuned: bool, forms: Array) -> None:
    """Write the quadratic form of every model and photon energy into ``forms`` (models, powers, energies)."""
    n = energies.size
    if n == 0:
        return
    padded = np.concatenate([energies, np.full(-n % LANES, energies[-1])])
    into = forms if padded.size == n and forms.flags.c_contiguous else np.empty((*forms.shape[:2], padded.size))
    parts = models.pairs.reshape(len(models.pairs), -1), models.levels
    new = np.ones(len(models.pairs))
    new[1:] = np.any([(part[1:] != part[:-1]).any(axis=1) for part in parts], axis=0)
    _kernel_of(orders)(tuple(models), new, padded, detuned, np.empty((KEPT_ROWS, PIECE)), into)
    if into is not forms:
        forms[:] = into[..., :n]


def fill_forms(
    rows: Array, textures: ComplexMatrix, scales: Array, energies: Array, detuned: bool, forms: Array
) -> None:
    """Write the quadratic form of every model and photon energy into ``forms`` (models, powers, energies).

    Parameters
    ----------
    rows : ndarray
        (models, 13), or (models, 11 + 2 strengths), as of `amplitude.models.Given`.
    textures : ndarray
        (all, 3, 3), complex, in the mass basis.
    scales : ndarray
        (all, 11), as of `amplitude.pair`.
    energies : ndarray
        Photon energies in eV, or detunings E_eg/2 - w if ``detuned``.
    detuned : bool
    forms : ndarray
        Powers of `amplitude.models.terms_of`, in eV^2.
    """
    for start in range(0, len(rows), SOME_MODELS):
        some = slice(start, start + SOME_MODELS)
        given = given_of(rows[some], textures, scales)
        orders = orders_of(given) if forms.shape[1] > 1 else 0
        fill_forms_of(models_of(given, forms.shape[1]), orders, energies, detuned, forms[some])

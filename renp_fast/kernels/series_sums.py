"""Several interactions at very many photon energies: all powers of a vector of them are summed as they come.

What `kernels.several.fold` does of whole rows, and `kernels.series_forms` before it, to the same bits; for mediators
without width, and vectors whose photon energies lie in one interval of the series and on no pole.
"""

from typing import TypeAlias

import numpy as np

from renp_fast.kernels.jit import inner, kernel
from renp_fast.kernels.levels import detuning_level_and_energy
from renp_fast.kernels.memory import kernel_memory
from renp_fast.kernels.propagator import COUPLING, EXCHANGE, MASS, MEDIATOR, PHOTON_WITH_S
from renp_fast.kernels.rows import FINITE, EnergyLaws, energy_value
from renp_fast.kernels.series import (
    BY_DETUNING,
    BY_FACTOR,
    COEFFICIENTS,
    coefficients_at,
    coefficients_from,
    copy_coefficients,
    factor_of,
    found,
    has_series,
    interval_of,
    lies_in,
    polynomial,
    position,
)
from renp_fast.kernels.several import REAL_POWERS, place_of_pair
from renp_fast.kernels.simd import LANES, LONG_LANES, all_of, any_of, fma, greater, long_wide, put, select, take, wide
from renp_fast.kernels.spectral import CONSTANT, REAL, SQUARE
from renp_fast.kernels.terms import squared_energy
from renp_fast.kernels.types import Array, IntArray

# What a power has: F, G, and a factor m with x or the place in it
WITH_F, WITH_G, WITH_X, WITH_PLACE = 1, 2, 4, 8
# Detuned, E_eg, E_vg, places; coefficients and parts; whether a vector is in one interval, whose coefficients, entries;
# detuning, w^2, place and position
Atom: TypeAlias = tuple[bool, float, float, float]
Model: TypeAlias = tuple[Array, IntArray]
Where: TypeAlias = tuple[bool, Array, float]
Point: TypeAlias = tuple[float, float, float, float]


@kernel
def parts_of(packed: Array, series: Array) -> IntArray:
    """What each power has."""
    parts = np.zeros(packed.shape[0], dtype=np.int64)
    for power in range(parts.size):
        if series[power, BY_DETUNING].any():
            parts[power] += WITH_F
        if series[power, BY_FACTOR].any():
            parts[power] += WITH_G
        by_detuning, by_place = factor_of(packed, power)
        parts[power] += WITH_X if by_detuning != 0.0 else WITH_PLACE if by_place != 0.0 else 0
    return parts


@inner
def polynomial_at(power: int, part: int, t: float, series: Array, where: Where) -> float:
    """F or G of a power; ``where``: whether all lie in one interval, its coefficients, and entries for any others."""
    even, one, entry = where
    if even:
        return polynomial(coefficients_from(one, COEFFICIENTS * (2 * power + part)), t)
    return polynomial(coefficients_at(series[power, part], entry), t)


@inner
def power_at(power: int, point: Point, model: Model, where: Where) -> float:
    """A power of W; the same bits as `kernels.series.power_of`."""
    (series, parts), (x, w2, place, t) = model, point
    has, value = parts[power], 0.0 * x
    if has & WITH_G:
        m = w2 * x if has & WITH_X else w2 * place if has & WITH_PLACE else w2
        value = m * polynomial_at(power, BY_FACTOR, t, series, where)
    if has & WITH_F:
        value = fma(x, polynomial_at(power, BY_DETUNING, t, series, where), value)
    return value


@inner
def fill_strengths(s: float, mediators: Array, strengths: Array) -> bool:
    """Write a vector of strengths of each interaction but the first into ``strengths``; False on a pole."""
    finite = True
    for b in range(1, mediators.shape[0]):
        coupling, mass, exchange = mediators[b, COUPLING], mediators[b, MASS], mediators[b, EXCHANGE]
        strength = 0.0 * s + coupling
        if exchange == PHOTON_WITH_S:
            strength = coupling * s
        elif exchange == MEDIATOR and coupling != 0.0:
            strength = coupling / (s - mass * mass)
            finite &= not any_of(greater(strength, -strength) > FINITE)
        put(strengths, LONG_LANES * b, strength)
    return finite


@inner
def sums_of(point: Point, model: Model, where: Where, strengths: Array, interactions: int) -> tuple[float, float]:
    """What the other interactions change: of the power without the leading one, and of that linear in it."""
    x = point[0]
    change, linear = 0.0 * x, power_at(REAL, point, model, where)
    for b in range(1, interactions):
        place, strength = 1 + b * REAL_POWERS, take(strengths, LONG_LANES * b, x)
        change = change + power_at(place, point, model, where) * strength
        change = change + power_at(place + 1, point, model, where) * (strength * strength)
        place = place_of_pair(0, b, interactions, REAL_POWERS)
        linear = linear + power_at(place, point, model, where) * strength
        for a in range(1, b):
            place = place_of_pair(a, b, interactions, REAL_POWERS)
            mixed = take(strengths, LONG_LANES * a, x) * strength
            change = change + power_at(place, point, model, where) * mixed
    return change, linear


@inner
def sum_step(
    k: int,
    point: Point,
    level: float,
    E_eg: float,
    model: Model,
    where: Where,
    interactions: tuple[Array, EnergyLaws, Array],
    values: Array,
) -> None:
    """Write the observable at entry k."""
    mediators, laws, strengths = interactions
    change, linear = sums_of(point, model, where, strengths, mediators.shape[0])
    # Where no photon is there is nothing
    start = power_at(CONSTANT, point, model, where) + select(level != 0.0, change, 0.0)
    if mediators[0, COUPLING] == 0.0:
        put(values, k, fma(laws[0] * level, start, laws[1]))
    else:
        terms = start, linear, power_at(SQUARE, point, model, where)
        put(values, k, energy_value(terms, 0.0 * start, 2.0 * E_eg * point[0], level, laws))


@kernel
def run_in_series(
    k: int, energies: Array, atom: Atom, model: Model, interactions: tuple[Array, EnergyLaws], values: Array
) -> int:
    """Write the observable from entry k on, as long as all have a series and are on no pole; returns what comes after.

    ``energies`` are a whole number of vectors; ``atom``: detuned, E_eg, E_vg and the places of
    `kernels.series.places_of`; ``model``: coefficients of `kernels.series.series_of`, and `parts_of` them;
    ``interactions``: mediators and the laws of `kernels.rows.energy_value` of the first.
    """
    detuned, E_eg, E_vg, places = atom
    mediators, laws = interactions
    one = kernel_memory(model[0].shape[0] * 2 * COEFFICIENTS)
    strengths, interval = kernel_memory(mediators.shape[0] * LONG_LANES), -1
    both = (mediators, laws, strengths)
    while k < energies.size:
        first = interval_of(places / (energies[k] if detuned else 0.5 * E_eg - energies[k]))
        if first >= 0 and k + LONG_LANES <= energies.size:
            x, level, _ = detuning_level_and_energy(take(energies, k, long_wide(0.0)), detuned, E_eg, E_vg)
            place = places / x
            if lies_in(place, float(first)) and fill_strengths(2.0 * E_eg * x, mediators, strengths):
                if first != interval:
                    interval = first
                    copy_coefficients(model[0], interval, one)
                point = (x, squared_energy(x, E_eg), place, position(place, float(interval)))
                sum_step(k, point, level, E_eg, model, (True, one, 0.0), both, values)
                k += LONG_LANES
                continue
        few_x, few_level, _ = detuning_level_and_energy(take(energies, k, wide(0.0)), detuned, E_eg, E_vg)
        few = places / few_x
        if not (all_of(has_series(few)) and fill_strengths(2.0 * E_eg * few_x, mediators, strengths)):
            return k
        _, own, entry = found(few)
        few_point = (few_x, squared_energy(few_x, E_eg), few, position(few, own))
        sum_step(k, few_point, few_level, E_eg, model, (False, one, entry), both, values)
        k += LANES
    return k


@kernel
def without_series_until(k: int, energies: Array, atom: Atom) -> int:
    """Where a vector with a series for all comes, behind k."""
    detuned, E_eg, _, places = atom
    for start in range(k + LANES, energies.size, LANES):
        energy = take(energies, start, wide(0.0))
        if all_of(has_series(places / (energy if detuned else 0.5 * E_eg - energy))):
            return start
    return energies.size

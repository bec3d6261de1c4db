"""Rows of very many photon energies, straight from the coefficients of `kernels.series` to the observable.

What lies near a threshold or beyond is left to `kernels.exact_spectra`, whose functions these replace.
"""

from typing import TypeAlias

import numpy as np

from renp_fast.kernels.exact_spectra import fill_spectrum_of_currents, fill_standard_spectrum
from renp_fast.kernels.jit import inner, kernel
from renp_fast.kernels.levels import detuning_level_and_energy, detuning_level_and_room
from renp_fast.kernels.phase_space import ALONG_COLUMN, ThreeFloats
from renp_fast.kernels.rows import EnergyLaws, energy_laws, energy_value, has_width, without_width
from renp_fast.kernels.series import (
    BY_DETUNING,
    BY_FACTOR,
    COEFFICIENTS,
    EightFloats,
    coefficients_at,
    coefficients_from,
    coefficients_in,
    copy_coefficients,
    found,
    has_series,
    interval_of,
    lies_in,
    may_have_series,
    places_of,
    polynomial,
    position,
    power_of,
    uneven_until,
)
from renp_fast.kernels.simd import (
    LANES,
    LONG_LANES,
    any_of,
    fma,
    lesser,
    long_wide,
    put,
    select,
    take,
    whole_vectors,
    wide,
)
from renp_fast.kernels.spectral import CONSTANT, REAL, SQUARE
from renp_fast.kernels.terms import factor_along, squared_energy
from renp_fast.kernels.types import Array, Row

# Detuned, E_eg, E_vg, 1/M^2 of a longitudinal part, A/(6 E_eg), places, and laws of `energy_value`
CurrentLaws: TypeAlias = tuple[bool, float, float, float, float, float, EnergyLaws]
# F and G of each power
SixPolynomials: TypeAlias = tuple[EightFloats, EightFloats, EightFloats, EightFloats, EightFloats, EightFloats]


@inner
def standard_run(
    k: int,
    whole: int,
    interval: int,
    energies: Array,
    detuned: bool,
    laws: tuple[float, ...],
    table: Array,
    values: Array,
    room: float,
) -> tuple[int, float]:
    """Write values from entry k on, as long as whole vectors lie in an interval.

    ``laws``: E_eg, E_vg, gain, offset and the places of `kernels.series.places_of`. Returns the entry after these
    vectors, and the least photon energy, or ``room`` if that is less.
    """
    E_eg, E_vg, gain, offset, places = laws
    f, g = coefficients_in(table[BY_DETUNING], interval), coefficients_in(table[BY_FACTOR], interval)
    own = float(interval)
    if k >= whole:
        return k, room
    x, level, w = detuning_level_and_energy(take(energies, k, room), detuned, E_eg, E_vg)
    place = places / x
    while k < whole and lies_in(place, own):
        # What comes next begins before, as divisions take long
        ahead = min(k + LANES, whole - LANES)
        next_x, next_level, next_w = detuning_level_and_energy(take(energies, ahead, room), detuned, E_eg, E_vg)
        next_place = places / next_x
        W = power_of(x, squared_energy(x, E_eg), position(place, own), f, g)
        put(values, k, fma(gain * level, W, offset))
        room = lesser(w, room)
        x, level, w, place = next_x, next_level, next_w, next_place
        k += LANES
    return k, room


@inner
def standard_mixed(
    k: int, room: float, energies: Array, detuned: bool, laws: tuple[float, ...], table: Array, values: Array
) -> float:
    """Write values at entry k where there is a series; returns the least room."""
    E_eg, E_vg, gain, offset, places = laws
    energy = take(energies, k, room)
    if not may_have_series(energy, detuned, E_eg, places):
        return room
    x, level, here = detuning_level_and_room(energy, detuned, E_eg, E_vg)
    place = places / x
    own, interval, entry = found(place)
    f, g = coefficients_at(table[BY_DETUNING], entry), coefficients_at(table[BY_FACTOR], entry)
    W = power_of(x, squared_energy(x, E_eg), position(own, interval), f, g)
    put(values, k, select(has_series(place), fma(gain * level, W, offset), take(values, k, room)))
    return lesser(here, room)  # type: ignore[no-any-return]


@kernel
def fill_standard_spectrum_with_series(
    energies: Array, detuned: bool, laws: tuple[float, ...], pairs: Array, table: Array, values: Array
) -> bool:
    """As `fill_standard_spectrum`, with a ``table`` of `kernels.series.series_of`."""
    E_eg, E_vg, gain, offset = laws
    places, n = places_of(pairs), energies.size
    whole, k, room, rest, inside = whole_vectors(n), 0, wide(1.0), 1.0, True
    own = (E_eg, E_vg, gain, offset, places)
    while k < whole:
        interval = interval_of(places / (energies[k] if detuned else 0.5 * E_eg - energies[k]))
        if interval >= 0:
            k, room = standard_run(k, whole, interval, energies, detuned, own, table, values, room)
        stop, outside = uneven_until(k, energies[:whole], detuned, E_eg, places)
        if outside:
            inside &= fill_standard_spectrum(energies[k:stop], detuned, laws, pairs, values[k:stop])
        for entry in range(k, stop, LANES):
            room = standard_mixed(entry, room, energies, detuned, own, table, values)
        k = stop
    inside &= fill_standard_spectrum(energies[whole:], detuned, laws, pairs, values[whole:])
    for entry in range(whole, n):
        rest = standard_mixed(entry, rest, energies, detuned, own, table, values)
    return inside and not (any_of(room <= 0.0) or rest <= 0.0 or E_vg <= 0.5 * E_eg)


@inner
def three_powers(x: float, place: float, t: float, c: SixPolynomials, laws: CurrentLaws) -> ThreeFloats:
    """Three powers of currents; those with a longitudinal part are as of `kernels.longitudinal.joined`."""
    E_eg, inverse_mass2, along = laws[1], laws[3], laws[4]
    w2 = squared_energy(x, E_eg)
    start = power_of(x, w2, t, c[0], c[1])
    if inverse_mass2 == 0.0:
        return start, power_of(x, w2, t, c[2], c[3]), power_of(x, w2, t, c[4], c[5])
    n, m, z = fma(w2, along, x), w2 * place, factor_along(x, E_eg, inverse_mass2)
    linear = fma(z, m * polynomial(c[3], t), n * polynomial(c[2], t))
    return start, linear, fma(z * z, m * polynomial(c[5], t), n * polynomial(c[4], t))


@inner
def polynomials_from(one: Array) -> SixPolynomials:
    """The coefficients of an interval, as of `copy_coefficients`."""
    return (
        coefficients_from(one, 0),
        coefficients_from(one, COEFFICIENTS),
        coefficients_from(one, 2 * COEFFICIENTS),
        coefficients_from(one, 3 * COEFFICIENTS),
        coefficients_from(one, 4 * COEFFICIENTS),
        coefficients_from(one, 5 * COEFFICIENTS),
    )


@inner
def polynomials_at(series: Array, interval: float) -> SixPolynomials:
    """The coefficients of intervals as of `found`."""
    return (
        coefficients_at(series[CONSTANT, BY_DETUNING], interval),
        coefficients_at(series[CONSTANT, BY_FACTOR], interval),
        coefficients_at(series[REAL, BY_DETUNING], interval),
        coefficients_at(series[REAL, BY_FACTOR], interval),
        coefficients_at(series[SQUARE, BY_DETUNING], interval),
        coefficients_at(series[SQUARE, BY_FACTOR], interval),
    )


@inner
def currents_run(
    k: int,
    whole: int,
    lanes: int,
    interval: int,
    energies: Array,
    laws: CurrentLaws,
    one: Array,
    values: Array,
    room: float,
) -> tuple[int, float]:
    """As `standard_run`, for currents."""
    detuned, E_eg, E_vg, _, _, places, own_laws = laws
    own = float(interval)
    if k + lanes > whole:
        return k, room
    x, level, w = detuning_level_and_energy(take(energies, k, room), detuned, E_eg, E_vg)
    place = places / x
    while k + lanes <= whole and lies_in(place, own):
        # What comes next begins before, as divisions take long
        ahead = min(k + lanes, whole - lanes)
        next_x, next_level, next_w = detuning_level_and_energy(take(energies, ahead, room), detuned, E_eg, E_vg)
        next_place = places / next_x
        terms = three_powers(x, place, position(place, own), polynomials_from(one), laws)
        put(values, k, energy_value(terms, 0.0 * x, 2.0 * E_eg * x, level, own_laws))
        room = lesser(w, room)
        x, level, w, place = next_x, next_level, next_w, next_place
        k += lanes
    return k, room


@inner
def currents_mixed(
    k: int,
    room: float,
    energies: Array,
    laws: CurrentLaws,
    series: Array,
    values: Array,
) -> float:
    """As `standard_mixed`, for currents."""
    detuned, E_eg, E_vg, _, _, places, own_laws = laws
    energy = take(energies, k, room)
    if not may_have_series(energy, detuned, E_eg, places):
        return room
    x, level, here = detuning_level_and_room(energy, detuned, E_eg, E_vg)
    place = places / x
    own, interval, entry = found(place)
    terms = three_powers(x, own, position(own, interval), polynomials_at(series, entry), laws)
    value = energy_value(terms, 0.0 * x, 2.0 * E_eg * x, level, own_laws)
    put(values, k, select(has_series(place), value, take(values, k, room)))
    return lesser(here, room)  # type: ignore[no-any-return]


@kernel
def fill_spectrum_of_currents_with_series(
    energies: Array,
    detuned: bool,
    laws: tuple[float, ...],
    model: tuple[Array, Array, float],
    mediator: Row,
    values: Array,
) -> bool:
    """As `fill_spectrum_of_currents`, for a model with coefficients too.

    These are of `kernels.series.series_of`, or of `kernels.longitudinal.joined`.
    """
    packed, series, inverse_mass2 = model
    pairs, exact = packed[CONSTANT, 0], (packed, inverse_mass2)
    E_eg, E_vg, along, places, n = laws[0], laws[1], pairs[0, ALONG_COLUMN], places_of(pairs), energies.size
    whole, k, room, long_room, rest, inside = whole_vectors(n), 0, wide(1.0), long_wide(1.0), 1.0, True
    one = np.empty(3 * 2 * COEFFICIENTS)
    of_value = energy_laws(laws[2], laws[3], mediator)
    own = (detuned, E_eg, E_vg, inverse_mass2, along, places, of_value)
    plain = inverse_mass2 == 0.0 and not has_width(of_value)
    while k < whole:
        interval = interval_of(places / (energies[k] if detuned else 0.5 * E_eg - energies[k]))
        if interval >= 0:
            copy_coefficients(series, interval, one)
            if plain:
                known = (detuned, E_eg, E_vg, 0.0, along, places, without_width(of_value))
                k, long_room = currents_run(k, whole, LONG_LANES, interval, energies, known, one, values, long_room)
            else:
                k, long_room = currents_run(k, whole, LONG_LANES, interval, energies, own, one, values, long_room)
            k, room = currents_run(k, whole, LANES, interval, energies, own, one, values, room)
        stop, outside = uneven_until(k, energies[:whole], detuned, E_eg, places)
        if outside:
            inside &= fill_spectrum_of_currents(energies[k:stop], detuned, laws, exact, mediator, values[k:stop])
        for entry in range(k, stop, LANES):
            room = currents_mixed(entry, room, energies, own, series, values)
        k = stop
    inside &= fill_spectrum_of_currents(energies[whole:], detuned, laws, exact, mediator, values[whole:])
    for entry in range(whole, n):
        rest = currents_mixed(entry, rest, energies, own, series, values)
    return inside and not (any_of(long_room <= 0.0) or any_of(room <= 0.0) or rest <= 0.0 or E_vg <= 0.5 * E_eg)

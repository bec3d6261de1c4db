"""Rows of photon energies in closed form, from the pairs' coefficients to the observable without a table in between."""

from renp_fast.kernels.amplitude.pair_sums import opened, standard_terms, three_current_terms
from renp_fast.kernels.amplitude.phase_space import TWO_TERMS, ThreeArrays
from renp_fast.kernels.amplitude.quadratic_form import CONSTANT, REAL, SQUARE
from renp_fast.kernels.grid.point_rows import EnergyLaws, energy_laws, energy_value, has_width, without_width
from renp_fast.kernels.simd.jit import inner, kernel
from renp_fast.kernels.simd.vectors import (
    LANES,
    LONG_LANES,
    any_of,
    fma,
    lesser,
    long_wide,
    put,
    take,
    whole_vectors,
    wide,
)
from renp_fast.kernels.spectrum.prefactor import detuning_level_and_room
from renp_fast.kernels.types import Array, Row


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
    k: int,
    like: float,
    energies: Array,
    atom: tuple[bool, float, float, float],
    laws: EnergyLaws,
    powers: ThreeArrays,
    values: Array,
) -> float:
    """Value at photon energy k; returns its room. ``atom``: whether detuned, E_eg, E_vg and 1/M^2."""
    detuned, E_eg, E_vg, inverse_mass2 = atom
    x, level, room = detuning_level_and_room(take(energies, k, like), detuned, E_eg, E_vg)
    terms = three_current_terms(opened(x), E_eg, powers, inverse_mass2)
    put(values, k, energy_value(terms, 0.0 * x, 2.0 * E_eg * x, level, laws))
    return room


@kernel
def fill_spectrum_of_currents(
    energies: Array,
    detuned: bool,
    laws: tuple[float, ...],
    model: tuple[Array, float],
    mediator: Row,
    values: Array,
) -> bool:
    """As `fill_spectrum`, for `currents_only`; ``model``: coefficients, and 1/M^2 of a longitudinal part or 0."""
    packed, inverse_mass2 = model
    atom, own = (detuned, laws[0], laws[1], inverse_mass2), energy_laws(laws[2], laws[3], mediator)
    powers = (packed[CONSTANT, 0], packed[REAL, 0], packed[SQUARE, 0])
    n = energies.size
    whole, room, few, rest = whole_vectors(n), long_wide(1.0), wide(1.0), 1.0
    long = whole - whole % LONG_LANES
    if inverse_mass2 == 0.0 and not has_width(own):
        known, of_value = (detuned, laws[0], laws[1], 0.0), without_width(own)
        for k in range(0, long, LONG_LANES):
            room = lesser(currents_step(k, room, energies, known, of_value, powers, values), room)
    else:
        for k in range(0, long, LONG_LANES):
            room = lesser(currents_step(k, room, energies, atom, own, powers, values), room)
    for k in range(long, whole, LANES):
        few = lesser(currents_step(k, few, energies, atom, own, powers, values), few)
    for k in range(whole, n):
        rest = lesser(currents_step(k, rest, energies, atom, own, powers, values), rest)
    return not (any_of(room <= 0.0) or any_of(few <= 0.0) or rest <= 0.0)

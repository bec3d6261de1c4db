"""Powers of W far from the thresholds, where polynomials replace the square roots.

At a detuning x = s/(2 E_eg) above the highest threshold, x_S, every power of the strength in W is

    (x + a w^2) F(y) + m G(y),    y = 1/x,

with m = w^2, but w^2 x or w^2 y where that makes G tend to a number at y = 0: for a scalar mediator and form factors by
themselves (`kernels.terms` has all terms). The a is 0 but where `kernels.longitudinal` wants the terms D2 apart. Each
of F and G is a sum over the pairs of Delta times a polynomial in y: smooth from y = 0 to y = 1/x_S, where the first
square root bends. So from y = 0 to `REACH`/x_S both are interpolated, at the Chebyshev nodes of `INTERVALS` equal
intervals; the nearest singularity lies at least 33 half-widths from the middle of each, and what `COEFFICIENTS`
coefficients leave out is below 1e-16. They are coefficients of t^n, t from -1 to 1 along the interval. Nodes ->
Chebyshev polynomials -> powers of t is a stable way; from nodes to powers at once is none. The result is within 8 eps
of the closed form, of the size of its terms.

A photon energy then takes two divisions and two polynomials instead of six square roots. The place p of its detuning,
INTERVALS x_S/(REACH x), says by its whole part in which interval it lies and by the rest where; so which path a photon
energy takes, and its bits, depend on nothing but itself. A vector whose photon energies lie in one interval, which is
the rule in dense rows, has the same coefficients for all; any other looks them up. The rows themselves are in
`kernels.series_forms` and `kernels.series_spectra`.
"""

import math
from typing import TypeAlias

import numpy as np

from renp_fast.kernels.jit import inner, kernel
from renp_fast.kernels.lookup import look_up
from renp_fast.kernels.phase_space import (
    ACTIVE,
    ALONG_COLUMN,
    APART_COLUMN,
    INVERSE_COLUMN,
    TwoFloats,
    roots_of_pairs,
    sums_over_pairs,
)
from renp_fast.kernels.simd import LANES, all_of, any_of, floor, fma, greater, put, select, take, whole_vectors, wide
from renp_fast.kernels.terms import exchange_terms
from renp_fast.kernels.types import Array

# Intervals are as many as numbers of a table of `kernels.lookup`; of x_S y they end at `REACH`
INTERVALS, COEFFICIENTS, REACH = 16, 8, 0.5
# F and G of a table
BY_DETUNING, BY_FACTOR = 0, 1
END, NODES = float(INTERVALS), INTERVALS * COEFFICIENTS
# From this many photon energies on a table is worth its time
LONG = 256
# Added to a whole number below 16 it leaves that number in the last bits
LAST_BITS = 2.0**52
# Of the end of the series: so far below it rounding does not count
NEARLY = 0.999
# Photon energies that are dealt with together, a whole number of vectors
PIECE = 1008

_ANGLES = math.pi * (np.arange(COEFFICIENTS) + 0.5) / COEFFICIENTS
# Where the nodes lie in an interval from 0 to 1
_FRACTIONS = 0.5 + 0.5 * np.cos(_ANGLES)
# From values at nodes to coefficients of Chebyshev polynomials, and from these to coefficients of powers
TO_CHEBYSHEV = np.cos(np.outer(np.arange(COEFFICIENTS), _ANGLES)) * (2.0 / COEFFICIENTS)
TO_CHEBYSHEV[0] *= 0.5
TO_POWERS = np.stack(
    [np.pad(p := np.polynomial.chebyshev.cheb2poly(row), (0, COEFFICIENTS - len(p))) for row in np.eye(COEFFICIENTS)],
    axis=1,
)
# Places of all nodes, interval by interval for each of the nodes of one
PLACES = (_FRACTIONS[:, np.newaxis] + np.arange(INTERVALS)).ravel()

EightFloats: TypeAlias = tuple[float, float, float, float, float, float, float, float]


@kernel
def places_of(pairs: Array) -> float:
    """Place of a detuning x, times x; NaN, which is in no interval, without any threshold above 0."""
    highest = pairs[:, 0].max()
    return END / REACH * highest if highest > 0.0 else math.nan


@kernel
def factor_of(packed: Array, power: int) -> TwoFloats:
    """How the factor m of a power follows from w^2: (1, 0) times x, (0, 1) times the place, (0, 0) as it is.

    G then tends to a number at y = 0, not to 0 or infinity.
    """
    if packed[power, 1, :, 3:5].any():  # D0
        return 1.0, 0.0
    if packed[power, 0, :, 3:7].any() or packed[power, 1, :, 5:7].any():  # E0, E1, D1
        return 0.0, 0.0
    return 0.0, 1.0 if packed[power, :, :, 7:9].any() else 0.0  # D2, D3


@kernel
def is_regular(packed: Array) -> bool:
    """Whether `factor_of` gives G of all powers a size that varies little.

    That of a longitudinal vector is a number times x and another one, of any ratio: it would lose bits at large x.
    """
    regular = True
    for power in range(packed.shape[0]):
        others = packed[power, 0, :, 3:9].any() or packed[power, 1, :, 5:9].any()
        regular &= not (packed[power, 1, :, 3:5].any() and others)
    return regular


@inner
def times(x: float, place: float, factor: TwoFloats) -> float:
    """What the factor m of a power is times w^2."""
    by_detuning, by_place = factor
    return fma(by_detuning, x, fma(by_place, place, 1.0 - (by_detuning + by_place)))  # type: ignore[no-any-return]


@inner
def node_step(
    k: int, like: float, detuning: Array, E_eg: float, power: Array, factor: TwoFloats, values: Array
) -> None:
    """Values of F and G at node k into ``values`` (2, NODES), for the coefficients ``power`` (2, 6, 14)."""
    x = take(detuning, k, like)
    roots = roots_of_pairs(x, power[0])
    first, second, third = sums_over_pairs(x, roots, power[0])
    current, cube = fma(x, first, second), x * x * x
    along = power[0, 0, ALONG_COLUMN] - power[0, 0, APART_COLUMN]
    by_factor = fma(power[0, 0, INVERSE_COLUMN], third, along * current) / cube
    if power[1, 0, ACTIVE] != 0.0:
        by_factor = by_factor + exchange_terms(x, 1.0, E_eg, sums_over_pairs(x, roots, power[1]))
    put(values[BY_DETUNING], k, current / cube)
    put(values[BY_FACTOR], k, by_factor / times(x, take(PLACES, k, like), factor))


@kernel
def fill_polynomials(values: Array, table: Array) -> None:
    """Write the coefficients of polynomials into ``table`` (COEFFICIENTS, INTERVALS), from ``values`` at nodes."""
    chebyshev = np.zeros((COEFFICIENTS, INTERVALS))
    table[:] = 0.0
    for m in range(COEFFICIENTS):
        for node in range(COEFFICIENTS):
            for k in range(INTERVALS):
                # Differences are small and exact, and so is what their sums lose
                chebyshev[m, k] += TO_CHEBYSHEV[m, node] * (values[node, k] - values[0, k])
    for n in range(COEFFICIENTS):
        for m in range(n, COEFFICIENTS):
            for k in range(INTERVALS):
                table[n, k] += TO_POWERS[n, m] * chebyshev[m, k]
    table[0] += values[0]


@kernel
def no_series() -> Array:
    """What stands for coefficients where there are none."""
    return np.empty((0, 2, COEFFICIENTS, INTERVALS))


@kernel
def series_of(packed: Array, E_eg: float) -> Array:
    """Coefficients (powers, 2, COEFFICIENTS, INTERVALS) of F and G of every power; none unless `is_regular`.

    ``packed`` as of `kernels.spectral.pack_pairs`.
    """
    if not is_regular(packed):
        return no_series()
    powers = packed.shape[0]
    series, values = np.empty((powers, 2, COEFFICIENTS, INTERVALS)), np.empty((2, NODES))
    detuning, whole = places_of(packed[0, 0]) / PLACES, whole_vectors(NODES)
    for power in range(powers):
        factor = factor_of(packed, power)
        for k in range(0, whole, LANES):
            node_step(k, wide(0.0), detuning, E_eg, packed[power], factor, values)
        for k in range(whole, NODES):
            node_step(k, 0.0, detuning, E_eg, packed[power], factor, values)
        for part in range(2):
            fill_polynomials(values[part].reshape((COEFFICIENTS, INTERVALS)), series[power, part])
    return series


@inner
def interval_of(place: float) -> int:
    """The interval of a place, or -1 if it is in none."""
    return int(place) if 0.0 <= place < END else -1


@inner
def lies_in(place: float, interval: float) -> bool:
    """Whether places all lie in an interval."""
    return all_of(interval <= place) and all_of(place < interval + 1.0)  # type: ignore[no-any-return]


@inner
def position(place: float, interval: float) -> float:
    """Where places lie in their intervals, from -1 to 1."""
    return fma(2.0, place, -fma(2.0, interval, 1.0))  # type: ignore[no-any-return]


@inner
def found(place: float) -> tuple[float, float, float]:
    """(place, its interval, the same for `look_up`), for any places; those in no interval become 0."""
    inside = greater(select(place < END, place, 0.0), 0.0)
    interval = floor(inside)
    return inside, interval, interval + LAST_BITS


@inner
def has_series(place: float) -> bool:
    """Where places lie in any interval."""
    return select(place < END, place, -1.0) >= 0.0  # type: ignore[no-any-return]


@inner
def may_have_series(energy: float, detuned: bool, E_eg: float, places: float) -> bool:
    """False if for certain no photon energy lies in any interval."""
    x = energy if detuned else 0.5 * E_eg - energy
    return any_of(NEARLY * places < END * x)  # type: ignore[no-any-return]


@inner
def coefficients_in(table: Array, interval: int) -> EightFloats:
    """The coefficients of an interval."""
    return (
        table[0, interval],
        table[1, interval],
        table[2, interval],
        table[3, interval],
        table[4, interval],
        table[5, interval],
        table[6, interval],
        table[7, interval],
    )


@kernel
def copy_coefficients(series: Array, interval: int, one: Array) -> None:
    """Copy the coefficients of an interval into the flat ``one``."""
    flat = series.reshape((one.size, INTERVALS))
    for k in range(one.size):
        one[k] = flat[k, interval]


@inner
def coefficients_from(one: Array, k: int) -> EightFloats:
    """The coefficients of a polynomial, from entry k on."""
    return (
        take(one, k, 0.0),
        take(one, k + 1, 0.0),
        take(one, k + 2, 0.0),
        take(one, k + 3, 0.0),
        take(one, k + 4, 0.0),
        take(one, k + 5, 0.0),
        take(one, k + 6, 0.0),
        take(one, k + 7, 0.0),
    )


@inner
def coefficients_at(table: Array, interval: float) -> EightFloats:
    """The coefficients of intervals as of `found`."""
    return (
        look_up(table[0], interval),
        look_up(table[1], interval),
        look_up(table[2], interval),
        look_up(table[3], interval),
        look_up(table[4], interval),
        look_up(table[5], interval),
        look_up(table[6], interval),
        look_up(table[7], interval),
    )


@inner
def polynomial(c: EightFloats, t: float) -> float:
    """The sum of c[n] t^n."""
    upper = fma(fma(fma(c[7], t, c[6]), t, c[5]), t, c[4])
    return fma(fma(fma(fma(upper, t, c[3]), t, c[2]), t, c[1]), t, c[0])  # type: ignore[no-any-return]


@inner
def power_of(n: float, m: float, t: float, f: EightFloats, g: EightFloats) -> float:
    """A power of W, n F + m G."""
    return fma(n, polynomial(f, t), m * polynomial(g, t))  # type: ignore[no-any-return]


@kernel
def uneven_until(k: int, energies: Array, detuned: bool, E_eg: float, places: float) -> tuple[int, bool]:
    """The entry from which on a vector lies in one interval, not far behind k, and whether any before has no series.

    ``energies`` are a whole number of vectors.
    """
    half, outside = 0.5 * E_eg, False
    for start in range(k, min(k + PIECE, energies.size), LANES):
        energy = take(energies, start, wide(0.0))
        if not may_have_series(energy, detuned, E_eg, places):
            outside = True
            continue
        place = places / (energy if detuned else half - energy)
        interval = interval_of(places / (energies[start] if detuned else half - energies[start]))
        if interval >= 0 and lies_in(place, float(interval)):
            return start, outside
        outside |= not all_of(has_series(place))
    return min(k + PIECE, energies.size), outside

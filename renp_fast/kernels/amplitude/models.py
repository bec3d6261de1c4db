"""Models: from rows of parameters to what W depends on besides photon energies and strengths (`Models`)."""

from functools import cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from renp_fast.kernels.amplitude import double_double as dd
from renp_fast.kernels.amplitude.masses_and_mixing import (
    MAJORANA,
    NEUTRINO_COLUMNS,
    axial_coupling_of,
    electron_row,
    from_first,
    masses,
)
from renp_fast.kernels.amplitude.pair import (
    ALONG,
    LONGITUDINAL,
    MAGNETIC,
    ORDERS,
    PHOTON,
    PSEUDOSCALAR,
    SCALAR,
    SCALES,
    VECTOR_FACTOR,
    Couplings,
    exchange_products,
    new_couplings,
    standard_couplings,
)
from renp_fast.kernels.amplitude.phase_space import (
    APART,
    BETWEEN,
    BOTH,
    HIGH,
    LOW,
    PAIR_COLUMNS,
    PAIRS,
    PRODUCT,
    STATES,
    SUM,
    Models,
    Parts,
)
from renp_fast.kernels.simd.complexes import Complex
from renp_fast.kernels.simd.jit import kernel
from renp_fast.kernels.simd.tracing import traced
from renp_fast.kernels.simd.vectors import select
from renp_fast.kernels.types import Array, ComplexMatrix, IntArray, Row

# Columns of a model row: those of the neutrino, E_eg in eV, the number of each interaction among textures and scales,
# and then for each of them 1/M^2 in eV^-2 of a longitudinal part, or 0
MODEL_E_EG = NEUTRINO_COLUMNS
MODEL_NUMBERS = NEUTRINO_COLUMNS + 1
# Powers of one strength: the Standard Model, Re x, |x|^2, and Im x if there is a width
CONSTANT, REAL, SQUARE, IMAGINARY = 0, 1, 2, 3
# Powers that each of several strengths has by itself: without and with that of Im x
REAL_POWERS, COMPLEX_POWERS = 2, 3
# Columns of a state: its mass as high and low part, m^2 - m_1^2, and its entry in the electron's row of U
MASS, MASS_LOW, FROM_FIRST, ROW_REAL, ROW_IMAGINARY = range(5)
# Model, power, pair
Place: TypeAlias = tuple[int, int, int]
# A low part this much smaller than the high one is left out
NO_LOW = 1e-36


class Given(NamedTuple):
    """Rows of models (models, 11 + 2 strengths), and what their numbers stand for.

    Attributes
    ----------
    rows : ndarray
    textures : ndarray (all, 3, 3, 2)
        In the mass basis, real and imaginary parts.
    scales : ndarray (all, 11)
        As of `amplitude.pair`.
    """

    rows: Array
    textures: Array
    scales: Array


class Work(NamedTuple):
    """Memory for one model: states (3, 5), axial couplings (3, 3, 2), couplings of a pair (1 + strengths, 8, 2)."""

    states: Array
    axial: Array
    couplings: Array


def model_row(neutrino: Row, E_eg: Any, numbers: Any, inverse_masses2: Any) -> list[Any]:
    """A row of a model, of its parts: each a number, or a column of many."""
    return [*neutrino, E_eg, *numbers, *inverse_masses2]


def strengths_of(rows: Array) -> int:
    """How many strengths the rows of some models have."""
    return int(rows.shape[1] - MODEL_NUMBERS) // 2


def powers_of(strengths: int, own: int) -> int:
    """Powers of a form of several strengths, of which each has ``own`` by itself."""
    return 1 + strengths * own + strengths * (strengths - 1) // 2 * (own - 1)


def place_of_pair(a: int, b: int, strengths: int, own: int) -> int:
    """Where the powers Re(x_a* x_b), and Im(x_a* x_b) if any, of the pair a < b begin."""
    before = a * (2 * strengths - a - 1) // 2 + b - a - 1
    return 1 + strengths * own + before * (own - 1)


@cache
def terms_of(strengths: int, own: int) -> IntArray:
    """Which amplitudes make which power: rows of two amplitudes, 0 that of the Standard Model, power, real or not."""
    terms = [(0, 0, CONSTANT, 1)]
    for b in range(1, strengths + 1):
        first = (b - 1) * own
        terms += [(0, b, first + REAL, 1), (b, b, first + SQUARE, 1)]
        terms += [(0, b, first + IMAGINARY, 0)] * (own == COMPLEX_POWERS)
        for a in range(1, b):
            place = place_of_pair(a - 1, b - 1, strengths, own)
            terms += [(a, b, place, 1)] + [(a, b, place + 1, 0)] * (own == COMPLEX_POWERS)
    return np.array(terms)


def _complex_at(array: Any, *place: Any) -> Complex:
    return Complex(array[(*place, 0)], array[(*place, 1)])


def _put_complex(array: Any, z: Any, *place: Any) -> None:
    array[(*place, 0)], array[(*place, 1)] = z.real, z.imag


def threshold(first: Any, other: Any, difference: Any, same: Any, E_eg: Any) -> tuple[Any, Any, Any]:
    """(high, low, D/(2 E_eg)): S/(2 E_eg) as a double-double, from two masses and m_i^2 - m_j^2."""
    total = dd.add(first, other)
    high, low = dd.divide(dd.square(total), 2.0 * E_eg)
    apart = select(same, 0.0, difference / select(same, 1.0, total[0]))
    return high, low, apart * apart / (2.0 * E_eg)


def pair_thresholds(neutrino: Row, E_eg: Any) -> list[tuple[Any, Any, Any]]:
    """`threshold` of the pairs 11, 12, 13, 22, 23, 33, for Python."""
    mass, squared = masses(neutrino), from_first(neutrino)
    return [threshold(mass[i], mass[j], squared[i] - squared[j], i == j, E_eg) for i, j in PAIRS]


@traced
def fill_states(rows: Array, m: int, states: Array) -> None:
    """Write the columns of all states of the neutrino of row m into ``states`` (3, 5)."""
    neutrino = rows[m]
    every = zip(masses(neutrino), from_first(neutrino), electron_row(neutrino), strict=True)
    for i, (mass, squared, U) in enumerate(every):
        for column, value in enumerate((*mass, squared, U.real, U.imag)):
            states[i, column] = value


@traced
def fill_axial(states: Array, i: int, j: int, same: bool, axial: Array) -> None:
    """Write the axial coupling of states i, j into ``axial`` (3, 3, 2)."""
    row_i, row_j = (Complex(states[k, ROW_REAL], states[k, ROW_IMAGINARY]) for k in (i, j))
    _put_complex(axial, axial_coupling_of(row_i, row_j, same), i, j)


@traced
def fill_pair(states: Array, i: int, j: int, same: bool, E_eg: float, m: int, pair: int, pairs: Array) -> None:
    """Write the columns of a pair of states."""
    mass_i, mass_j = ((states[k, MASS], states[k, MASS_LOW]) for k in (i, j))
    high, low, apart = threshold(mass_i, mass_j, states[i, FROM_FIRST] - states[j, FROM_FIRST], same, E_eg)
    between = (high - apart) + low
    columns = {HIGH: high, LOW: select(abs(low) > NO_LOW * high, low, 0.0), BETWEEN: between, SUM: high + apart}
    columns |= {PRODUCT: high * between, BOTH: high, APART: apart}
    for column, value in columns.items():
        pairs[m, pair, column] = value


def _masses_of_pair(states: Any, i: Any, j: Any, same: Any) -> tuple[Any, Any]:
    """M and dl."""
    total = states[i, MASS] + states[j, MASS]
    squared = states[i, FROM_FIRST] - states[j, FROM_FIRST]
    return total, select(same, 0.0, squared / select(same, 1.0, total))


def _couplings_at(couplings: Any, amplitude: Any, some: int) -> Couplings:
    """The couplings of an amplitude, or only some of them."""
    found = [_complex_at(couplings, amplitude, c) for c in range(some)]
    return Couplings(*found, *[None] * (len(Couplings._fields) - some))


@traced
def fill_standard_couplings(i: int, j: int, majorana: float, work: Work) -> None:
    """Write the couplings of W and Z exchange."""
    c = standard_couplings(_complex_at(work.axial, i, j), _complex_at(work.axial, j, i), majorana)
    for k, z in enumerate(c):
        _put_complex(work.couplings, z, 0, k)


@traced
def fill_new_couplings(
    given: Given, number: int, inverse_mass2: float, states: tuple[int, int, bool], majorana: float, k: int, work: Work
) -> None:
    """Write the couplings of interaction ``number`` as those of amplitude k; ``states``: i, j, whether they are one."""
    i, j, same = states
    scales = [given.scales[number, column] for column in range(SCALES)]
    scales[LONGITUDINAL] = inverse_mass2
    textures = _complex_at(given.textures, number, i, j), _complex_at(given.textures, number, j, i)
    made = new_couplings(scales, *textures, majorana, *_masses_of_pair(work.states, i, j, same))
    for c, z in enumerate(made):
        _put_complex(work.couplings, z, k, c)


@traced
def add_currents(a: int, b: int, part: float, weight: float, couplings: Array, place: Place, models: Models) -> None:
    """Add what the currents of two amplitudes make of a power; ``part``: 1 for its real part, 0 for the other."""
    first, other = (_couplings_at(couplings, amplitude, 2) for amplitude in (a, b))
    real = part != 0.0
    v, axial = (select(real, z.real, -z.imag) for z in (first.v.conjugate() * other.v, first.a.conjugate() * other.a))
    to = models.currents
    to[(*place, 0)] = to[(*place, 0)] + weight * v
    to[(*place, 1)] = to[(*place, 1)] + weight * (axial - v)


@traced
def add_exchanges(
    a: int,
    b: int,
    part: float,
    weights: tuple[float, ...],
    states: tuple[int, int, bool],
    work: Work,
    place: Place,
    models: Models,
) -> None:
    """Add everything else; ``weights``: of all, of spins along q, of photon exchange, and the unit of s."""
    weight, along, photon, unit = weights
    first, other = (_couplings_at(work.couplings, amplitude, 8) for amplitude in (a, b))
    masses_of_pair = _masses_of_pair(work.states, *states)
    real, to = part != 0.0, models.exchanges
    made = exchange_products(first, other, *masses_of_pair, along, photon)
    for n, scale in enumerate((weight * unit, weight, weight / unit, weight / (unit * unit))):
        for side in range(2):
            z, at = made[ORDERS * side + n], (*place, side, n)
            to[at] = to[at] + scale * select(real, z.real, -z.imag)


@cache
def _kernel_of(exchanges: bool) -> Any:
    """`fill_models`, with or without exchanges."""

    @kernel
    def fill(parts: tuple[Array, ...], terms: IntArray, own_axial: bool, room: tuple[Array, ...], made: Parts) -> None:
        given, work, models = Given(*parts), Work(*room), Models(*made)
        strengths = work.couplings.shape[0] - 1
        for m in range(given.rows.shape[0]):
            fill_states(given.rows, m, work.states)
            E_eg, majorana = given.rows[m, MODEL_E_EG], given.rows[m, MAJORANA]
            leading = int(given.rows[m, MODEL_NUMBERS])
            along, photon = given.scales[leading, ALONG], given.scales[leading, PHOTON]
            half = 0.5 if majorana != 0.0 else 1.0
            models.levels[m, 0], models.levels[m, 1] = 0.5 * E_eg, along / (2.0 * E_eg)
            models.levels[m, 2] = 3.0 * along / (2.0 * E_eg)
            if own_axial:
                for i in range(STATES):
                    for j in range(STATES):
                        fill_axial(work.states, i, j, i == j, work.axial)
            for i in range(STATES):
                for j in range(STATES):
                    first, last = min(i, j), max(i, j)
                    pair = first * (2 * STATES - 1 - first) // 2 + last
                    if i <= j:
                        fill_pair(work.states, i, j, i == j, E_eg, m, pair, models.pairs)
                    fill_standard_couplings(i, j, majorana, work)
                    for k in range(strengths):
                        number = int(given.rows[m, MODEL_NUMBERS + k])
                        inverse = given.rows[m, MODEL_NUMBERS + strengths + k]
                        fill_new_couplings(given, number, inverse, (i, j, i == j), majorana, k + 1, work)
                    for term in range(terms.shape[0]):
                        a, b, place = terms[term, 0], terms[term, 1], (m, terms[term, 2], pair)
                        weight, part = half if a == b else 2.0 * half, float(terms[term, 3])
                        add_currents(a, b, part, weight * 2.0 * E_eg / 9.0, work.couplings, place, models)
                        if exchanges and b > 0:
                            weights = (weight, along, photon, 2.0 * E_eg)
                            add_exchanges(a, b, part, weights, (i, j, i == j), work, place, models)

    return fill


def fill_models(given: Given, terms: IntArray, own_axial: bool, work: Work, models: Models) -> None:
    """Write every model; their currents and exchanges are zeros before.

    Parameters
    ----------
    given : Given
    terms : ndarray
        As of `terms_of`.
    own_axial : bool
        Whether axial couplings follow from the mixing; otherwise they are those of ``work``.
    work : Work
    models : Models
    """
    _kernel_of(models.exchanges.size > 0)(tuple(given), terms, own_axial, tuple(work), tuple(models))


def given_of(rows: Array, textures: ComplexMatrix, scales: Array) -> Given:
    """Rows, textures (all, 3, 3) and scales as kernels take them."""
    parts = np.ascontiguousarray(textures, dtype=np.complex128).view(np.float64).reshape(*textures.shape, 2)
    return Given(np.ascontiguousarray(rows), parts, np.ascontiguousarray(scales))


def work_of(strengths: int) -> Work:
    """Memory for one model."""
    return Work(np.empty((STATES, 5)), np.empty((STATES, STATES, 2)), np.empty((1 + strengths, 8, 2)))


def empty_models(count: int, powers: int, exchanges: bool) -> Models:
    """Memory for some models."""
    return Models(
        np.empty((count, len(PAIRS), PAIR_COLUMNS)),
        np.empty((count, 3)),
        np.zeros((count, powers, len(PAIRS), 2)),
        np.zeros((count if exchanges else 0, powers, len(PAIRS), 2, ORDERS)),
    )


def models_of(given: Given, powers: int) -> Models:
    """All models, with the powers of no strength (1), or of all that the rows have."""
    strengths = strengths_of(given.rows) if powers > 1 else 0
    own = REAL_POWERS if powers == powers_of(strengths, REAL_POWERS) else COMPLEX_POWERS
    exchanges = strengths > 0 and orders_of(given) != 0
    models = empty_models(len(given.rows), powers, exchanges)
    fill_models(given, terms_of(strengths, own), True, work_of(strengths), models)
    return models


def orders_of(given: Given) -> int:
    """Bits of the n of which V_n and A_n may count: with scalars, longitudinal parts, moments or form factors."""
    longitudinal = given.rows[:, MODEL_NUMBERS + strengths_of(given.rows) :]
    scalars = given.scales[:, SCALAR : PSEUDOSCALAR + 1].any() or longitudinal.any()
    moments, factors = (given.scales[:, k : k + 2].any() for k in (MAGNETIC, VECTOR_FACTOR))
    return (0b0011 if scalars else 0) | (0b0110 if moments else 0) | (0b1100 if factors else 0)

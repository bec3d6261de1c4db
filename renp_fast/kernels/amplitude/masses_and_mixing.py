"""Neutrino masses, the electron row of the mixing matrix, and the axial coupling to electrons.

A neutrino travels as one row of float64; these are its columns. Angles are in degrees, masses in eV, squared-mass
differences in eV^2; ``MAJORANA`` and ``INVERTED`` are 0 or 1. The functions are for traced ones and for Python.
"""

import math
from collections.abc import Sequence
from typing import Any

from renp_fast.kernels.amplitude import double_double as dd
from renp_fast.kernels.simd.complexes import complex_number
from renp_fast.kernels.simd.vectors import cosine, select, sine
from renp_fast.kernels.types import ComplexMatrix, Row

MAJORANA = 0
INVERTED = 1
LIGHTEST_MASS = 2
DM21 = 3
DM3L = 4
THETA12 = 5
THETA13 = 6
DELTA_CP = 7
ALPHA21 = 8
ALPHA31 = 9
NEUTRINO_COLUMNS = 10
RADIANS = math.pi / 180.0


def masses(neutrino: Row) -> tuple[tuple[float, float], ...]:
    """(m1, m2, m3) in eV as double-doubles.

    Normal ordering: m1 = m0, m2^2 = m0^2 + dm21, m3^2 = m0^2 + dm31 (dm3l = dm31).
    Inverted ordering: m3 = m0, m2^2 = m0^2 - dm32, m1^2 = m2^2 - dm21 (dm3l = dm32 < 0).
    """
    inverted = neutrino[INVERTED] != 0.0
    lightest, dm21, dm3l = neutrino[LIGHTEST_MASS], neutrino[DM21], neutrino[DM3L]
    squared = dd.two_product(lightest, lightest)
    second_squared = dd.add(squared, (select(inverted, -dm3l, dm21), 0.0))
    base = select(inverted, second_squared[0], squared[0]), select(inverted, second_squared[1], squared[1])
    second = dd.square_root(second_squared)
    other = dd.square_root(dd.add(base, (select(inverted, -dm21, dm3l), 0.0)))
    first = select(inverted, other[0], lightest), select(inverted, other[1], 0.0)
    third = select(inverted, lightest, other[0]), select(inverted, 0.0, other[1])
    return first, second, third


def from_first(neutrino: Row) -> tuple[float, float, float]:
    """m_i^2 - m_1^2 in eV^2, from the differences themselves."""
    dm21, dm3l = neutrino[DM21], neutrino[DM3L]
    return 0.0, dm21, select(neutrino[INVERTED] != 0.0, dm3l + dm21, dm3l)


def squared_mass_difference(neutrino: Row, i: int, j: int) -> float:
    """m_i^2 - m_j^2 in eV^2, free of cancellation."""
    differences = from_first(neutrino)
    return differences[i] - differences[j]


def electron_row(neutrino: Row) -> tuple[Any, Any, Any]:
    """(U_e1, U_e2, U_e3), PDG parametrisation times diag(1, exp(i alpha21/2), exp(i alpha31/2))."""
    theta12, theta13 = neutrino[THETA12] * RADIANS, neutrino[THETA13] * RADIANS
    phase2 = neutrino[ALPHA21] * RADIANS / 2.0
    phase3 = neutrino[ALPHA31] * RADIANS / 2.0 - neutrino[DELTA_CP] * RADIANS
    c13, size3 = cosine(theta13), sine(theta13)
    size2 = sine(theta12) * c13
    return (
        complex_number(cosine(theta12) * c13, 0.0),
        complex_number(size2 * cosine(phase2), size2 * sine(phase2)),
        complex_number(size3 * cosine(phase3), size3 * sine(phase3)),
    )


def axial_coupling_of(row_i: Any, row_j: Any, same: Any) -> Any:
    """a_ij = U*_ei U_ej - delta_ij/2, the axial coupling of W and Z exchange; ``same``: whether i = j."""
    product = row_i.conjugate() * row_j
    return complex_number(product.real - select(same, 0.5, 0.0), product.imag)


def axial_coupling(neutrino: Row, a: ComplexMatrix) -> None:
    """Write a_ij into ``a`` (3, 3); for Python."""
    row: Sequence[complex] = electron_row(neutrino)
    for i in range(3):
        for j in range(3):
            a[i, j] = axial_coupling_of(row[i], row[j], i == j)
